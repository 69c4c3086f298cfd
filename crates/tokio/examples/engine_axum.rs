//! A plain Engine.IO server beside other routes of an axum server:
//! `cargo run -p siox-tokio --example engine_axum`.

use axum::{Router, routing::get};
use siox_tokio::engine::{Server, Socket};
use std::io;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}/engine.io/", listener.local_addr()?);
    serve(listener).await
}

/// Serves for ever.
pub(crate) async fn serve(listener: TcpListener) -> io::Result<()> {
    let server = Server::builder().build().map_err(io::Error::other)?;
    let router = Router::new()
        .route("/", get(async || "a page"))
        .layer(server.layer());
    tokio::spawn(async move {
        while let Some(socket) = server.accept().await {
            tokio::spawn(echo(socket));
        }
    });
    axum::serve(listener, router).await
}

async fn echo(socket: Socket) {
    while let Some(message) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}
