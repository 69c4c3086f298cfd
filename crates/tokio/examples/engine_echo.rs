//! An Engine.IO echo: an app of its own on the runtime's sessions, over polling and WebSocket.
//!
//! `cargo run -p siox-tokio --example engine_echo`, then in Node with `engine.io-client`:
//! `const s = new Socket("ws://127.0.0.1:3000"); s.on("message", console.log); s.send("hello")`;
//! or by hand: `curl "http://127.0.0.1:3000/engine.io/?EIO=4&transport=polling"`

use siox_engineio::Event;
use siox_stack::{Config, Engine};
use siox_tokio::{About, App, Conn, Host};
use std::{io, sync::Arc, task::Context};
use tokio::net::TcpListener;

struct Echo;

impl App for Echo {
    type Machine = Engine;
    type Data = ();

    fn open(&self, about: &About<'_>) {
        println!("a client has come from {:?}", about.peer);
    }

    fn handle_event(
        self: &Arc<Self>,
        conn: &Arc<Conn<Self>>,
        _: &mut Context<'_>,
        event: Event<'_>,
    ) {
        match event {
            Event::Message(message) => {
                if let Err(e) = conn.with(|engine| engine.send(message)) {
                    println!("lost: {e}");
                }
            }
            Event::Heartbeat | Event::Upgrading => {}
            Event::Upgraded => println!("a client goes on over its WebSocket"),
            Event::Closed(reason) => println!("a client has gone: {reason}"),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let host = Host::new(Arc::new(Echo), Config::default(), "/engine.io/");
    siox_tokio::serve(TcpListener::bind("127.0.0.1:3000").await?, host).await
}
