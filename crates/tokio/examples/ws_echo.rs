//! A plain WebSocket echo: no sessions, no polling.
//!
//! `cargo run -p siox-tokio --example ws_echo`, then in a page or in Node:
//! `const s = new WebSocket("ws://127.0.0.1:3000"); s.onmessage = e => console.log(e.data);
//! s.onopen = () => s.send("hello")`

use siox_tokio::websocket;
use siox_websocket::Limits;
use siox_wire::Message;
use std::{io, sync::Arc};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let limits = Arc::new(Limits::default());
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(echo(stream, limits.clone()));
    }
}

async fn echo(stream: TcpStream, limits: Arc<Limits>) {
    let end = match websocket::accept(stream, limits).await {
        Ok(socket) => {
            socket
                .run(|connection, message| match message {
                    Message::Text(text) => connection.text(&text),
                    Message::Binary(bytes) => connection.binary(bytes.into_owned().into()),
                })
                .await
        }
        Err(e) => Err(e),
    };
    match end {
        Ok(()) => println!("a client has gone"),
        Err(e) => println!("a client was lost: {e}"),
    }
}
