//! The plain Engine.IO server over real HTTP, by our own HTTP server and inside hyper.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/echo.rs"]
mod echo;

mod caps;
mod class_d;
mod dress;
mod foreign;
mod hooks;
mod origins;
mod sockets;
mod version3;

use common::http::{Answer, Http};
use echo::Below;
use siox_tokio::engine::{Builder, Server, Socket};
use std::net::SocketAddr;
use tokio::net::TcpListener;

pub(crate) const POLLING: &str = "/engine.io/?EIO=4&transport=polling";
pub(crate) const SOCKET: &str = "/engine.io/?EIO=4&transport=websocket";
pub(crate) const WEBSOCKET: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

/// Serves on a port of its own; clients wait to be accepted.
pub(crate) async fn start(builder: Builder, below: Below) -> (Server, SocketAddr) {
    let server = builder.build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    match below {
        Below::Own => {
            let server = server.clone();
            tokio::spawn(async move { server.serve(listener).await });
        }
        Below::Hyper => {
            tokio::spawn(echo::inside_hyper(listener, server.layer()));
        }
    }
    (server, address)
}

/// As [`start`]; clients are sent back what they send.
pub(crate) async fn start_echo(builder: Builder, below: Below) -> (Server, SocketAddr) {
    let (server, address) = start(builder, below).await;
    let accepting = server.clone();
    tokio::spawn(async move {
        while let Some(socket) = accepting.accept().await {
            tokio::spawn(send_back(socket));
        }
    });
    (server, address)
}

async fn send_back(socket: Socket) {
    while let Some(message) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// One request on a connection of its own.
pub(crate) async fn ask(to: SocketAddr, method: &str, target: &str, headers: &str) -> Answer {
    let mut http = Http::connect(to).await;
    http.send(format!(
        "{method} {target} HTTP/1.1\r\nHost: here\r\n{headers}\r\n"
    ))
    .await;
    http.answer().await
}

/// Opens a polling session; the target of its requests.
pub(crate) async fn open(http: &mut Http) -> String {
    let sid = http.open("/engine.io/").await;
    format!("{POLLING}&sid={sid}")
}
