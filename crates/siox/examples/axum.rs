//! A Socket.IO server inside axum, beside other routes.
//!
//! `cargo run -p siox --example axum`, then `curl http://127.0.0.1:3000/count`, and with the official
//! client: `io("http://127.0.0.1:3000").emit("add", 5, console.log)`

use axum::{Router, extract::State as Shared, routing::get};
use siox::{Ack, Data, Server, State};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};
use tokio::net::TcpListener;

type Count = Arc<AtomicU64>;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app()?).await
}

pub(crate) fn app() -> std::io::Result<Router> {
    let count = Count::default();
    let io = Server::builder().state(count.clone()).build()?;
    io.namespace("/").on(
        "add",
        |State(count): State<Count>, Data(n): Data<u64>, ack: Ack| {
            ack.send(&(count.fetch_add(n, Relaxed) + n))
        },
    );
    Ok(Router::new()
        .route("/count", get(show))
        .with_state(count)
        .layer(io.layer()))
}

async fn show(Shared(count): Shared<Count>) -> String {
    format!("{}\n", count.load(Relaxed))
}
