//! An Engine.IO echo on threads: `cargo run -p siox-tcp --example engine_echo [ADDRESS]`, then connect
//! with an Engine.IO client, or try
//! `curl 'http://127.0.0.1:8080/engine.io/?EIO=4&transport=polling'`.

use siox_tcp::engine::Server;
use std::{error::Error, net::TcpListener};

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:8080"))?;
    println!("listening on {}", listener.local_addr()?);
    let server = Server::builder().path("/engine.io/").build()?;
    server.serve_with(&listener, |socket| {
        while let Some(message) = socket.recv() {
            // A client that has gone is told of by `recv`.
            let _ = socket.send(message);
        }
    })?;
    Ok(())
}
