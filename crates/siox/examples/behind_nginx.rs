//! One of several servers behind nginx or haproxy, which stand before them as `deploy/nginx.conf` and
//! `deploy/haproxy.cfg` say.
//!
//! `cargo run -p siox --example behind_nginx -- --port 3001`, the same with 3002, then with the official
//! client, through the proxy: `io("http://127.0.0.1").emit("whoami", console.log)` tells the client's
//! address as the proxy saw it, whether it came by TLS, and which server it has reached.

use serde::Serialize;
use siox::{Ack, Server, Socket};
use std::{error::Error, io, net::IpAddr};
use tokio::net::TcpListener;

/// What a server knows of a client.
#[derive(Debug, Serialize)]
struct Seen {
    address: Option<IpAddr>,
    secure: bool,
    node: u16,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip_while(|word| word != "--port");
    let port: u16 = words.nth(1).ok_or("--port is missing")?.parse()?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on {}", listener.local_addr()?);
    Ok(server(port)?.serve(listener).await?)
}

pub(crate) fn server(node: u16) -> io::Result<Server> {
    let io = Server::builder()
        // The proxy, and nobody else: only it reaches this port.
        .trusted_proxies(1)
        .max_sessions(100_000)
        .max_sessions_per_address(1_000)
        .build()?;
    io.namespace("/")
        .on("whoami", move |socket: Socket, ack: Ack| {
            let handshake = socket.handshake();
            ack.send(&Seen {
                address: handshake.client_address(),
                secure: handshake.is_secure(),
                node,
            })
        });
    Ok(io)
}
