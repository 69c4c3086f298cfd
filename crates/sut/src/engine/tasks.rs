//! On tokio.

use super::{Engine, Reply, headers};
use siox_engineio::{CloseReason, Event, Method};
use siox_stack::{Config, Engine as Session};
use siox_tokio::{
    About, Admit, App, Conn, Host,
    front::{Fields, Options},
};
use siox_wire::SendError;
use std::{
    io,
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
    task::Context,
};

/// On one thread of its own: where two requests leave in one moment, on two connections, the suites rely
/// on the first being seen first.
pub(super) fn serve(listener: TcpListener, engine: Engine) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(listener, engine))
}

async fn run(listener: TcpListener, engine: Engine) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let config = Config::new(engine.config(), siox_socketio::Config::default());
    let host = Host::with_options(Arc::new(engine), config, Options::default());
    siox_tokio::serve(listener, host.map_err(io::Error::other)?).await
}

impl App for Engine {
    type Machine = Session;
    /// The headers of the session's last POST.
    type Data = Mutex<String>;

    fn admit(self: &Arc<Self>, about: &About<'_>) -> Admit {
        Admit::Now(Engine::admit(self, about))
    }

    fn open(&self, _: &About<'_>) -> Mutex<String> {
        Mutex::default()
    }

    fn initial_headers(&self, conn: &Conn<Self>, _: &About<'_>, fields: &mut Fields) {
        Engine::initial_headers(self, fields);
        if let Some(greeting) = self.greeting() {
            // Nothing is queued before it.
            let _ = conn.with(|session| session.text(greeting));
        }
    }

    fn headers(&self, conn: &Conn<Self>, about: &About<'_>, _: &mut Fields) {
        if about.method == Method::Post {
            let mut kept = conn.data().lock().unwrap_or_else(PoisonError::into_inner);
            *kept = headers(about);
        }
    }

    fn handle_event(
        self: &Arc<Self>,
        conn: &Arc<Conn<Self>>,
        _: &mut Context<'_>,
        event: Event<'_>,
    ) {
        match event {
            Event::Message(message) => {
                let kept = || {
                    let kept = conn.data().lock().unwrap_or_else(PoisonError::into_inner);
                    kept.clone()
                };
                // A peer that does not read loses its answer at the high-water mark, and nothing else.
                let _ = act(conn, self.reply(message, kept));
            }
            Event::Heartbeat | Event::Upgrading | Event::Upgraded => {}
            Event::Closed(reason) => self.has_ended(conn.sid().as_str(), reason),
        }
    }
}

fn act(conn: &Conn<Engine>, reply: Reply) -> Result<(), SendError> {
    match reply {
        Reply::Send(message) => conn.with(|session| session.send(message)),
        Reply::Count(count) => {
            conn.with(|session| (0..count).try_for_each(|n| session.text(&n.to_string())))
        }
        Reply::Close => {
            conn.close(CloseReason::ForcedClose);
            Ok(())
        }
    }
}
