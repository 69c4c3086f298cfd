//! `eio-v4`: sends every Engine.IO message back as it came.

use siox_engineio::{Config as Engine, Event};
use siox_stack::{Config, Engine as Session};
use siox_tokio::{About, App, Conn, Host};
use std::{io, sync::Arc, task::Context, time::Duration};
use tokio::net::TcpListener;

struct Echo;

impl App for Echo {
    type Machine = Session;
    type Data = ();

    fn open(&self, _: &About<'_>) {}

    fn handle_event(
        self: &Arc<Self>,
        conn: &Arc<Conn<Self>>,
        _: &mut Context<'_>,
        event: Event<'_>,
    ) {
        if let Event::Message(message) = event {
            // A peer that does not read loses its echo at the high-water mark, and nothing else.
            let _ = conn.with(|session| session.send(message));
        }
    }
}

pub(crate) async fn serve(listener: TcpListener) -> io::Result<()> {
    let engine = Engine {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        max_payload: 1_000_000,
        ..Engine::default()
    };
    let config = Config::new(engine, siox_socketio::Config::default());
    siox_tokio::serve(listener, Host::new(Arc::new(Echo), config, "/engine.io/")).await
}
