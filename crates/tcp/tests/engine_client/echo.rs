//! An echo on tokio, on a thread of its own.

use siox_engineio::{self as engineio, CloseReason, Event};
use siox_stack::{Config, Engine};
use siox_tokio::{About, App, Conn, Host};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, mpsc},
    task::Context,
    thread,
    time::{Duration, Instant},
};

/// Sends every message back, and remembers why sessions ended.
#[derive(Default)]
pub(crate) struct Echo {
    ends: Mutex<Vec<CloseReason>>,
}

impl App for Echo {
    type Machine = Engine;
    type Data = ();

    fn open(&self, _: &About<'_>) {}

    fn handle_event(
        self: &Arc<Self>,
        conn: &Arc<Conn<Self>>,
        _: &mut Context<'_>,
        event: Event<'_>,
    ) {
        match event {
            Event::Message(message) => drop(conn.with(|m| m.send(message))),
            Event::Heartbeat | Event::Upgrading | Event::Upgraded => {}
            Event::Closed(reason) => self.ends.lock().unwrap().push(reason),
        }
    }
}

pub(crate) struct Server {
    address: SocketAddr,
    echo: Arc<Echo>,
}

impl Server {
    pub(crate) fn new() -> Self {
        let (tell, told) = mpsc::channel();
        let echo = Arc::new(Echo::default());
        let app = echo.clone();
        thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let engine = engineio::Config {
                    allow_eio3: true,
                    ..engineio::Config::default()
                };
                let config = Config::new(engine, siox_socketio::Config::default());
                let host = Host::new(app, config, "/engine.io/");
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                siox_tokio::serve(listener, host).await.unwrap();
            });
        });
        Self {
            address: told.recv().unwrap(),
            echo,
        }
    }

    #[cfg(feature = "tls")]
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Waits until one session has ended, for this reason.
    pub(crate) fn ended(&self, reason: CloseReason) {
        let end = Instant::now() + crate::PATIENCE;
        loop {
            let ends = self.echo.ends.lock().unwrap().clone();
            if ends == [reason] {
                return;
            }
            assert!(ends.is_empty() && Instant::now() < end, "{ends:?}");
            thread::sleep(Duration::from_millis(2));
        }
    }
}
