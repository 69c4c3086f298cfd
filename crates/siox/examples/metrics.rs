//! The numbers of a server for Prometheus, at `/metrics` beside it.
//!
//! `cargo run -p siox --example metrics`, then `curl http://127.0.0.1:3000/metrics`. In production, serve
//! them on a port that only your Prometheus reaches.

use axum::{Router, http::header::CONTENT_TYPE, response::IntoResponse, routing::get};
use siox::{Ack, Args, Metrics, Server};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    axum::serve(TcpListener::bind("127.0.0.1:3000").await?, app(server())).await
}

pub(crate) fn server() -> Server {
    let io = Server::new();
    io.on_error(|e| eprintln!("socket {}: {e}", e.socket.id()));
    io.namespace("/")
        .on("echo", |args: Args, ack: Ack| ack.relay(&args));
    io
}

pub(crate) fn app(io: Server) -> Router {
    let layer = io.layer();
    let metrics = get(async move || {
        let text = io.metrics().to_prometheus_with(&[("job", "echo")]);
        ([(CONTENT_TYPE, Metrics::PROMETHEUS)], text).into_response()
    });
    Router::new().route("/metrics", metrics).layer(layer)
}
