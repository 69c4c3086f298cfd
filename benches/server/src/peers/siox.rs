//! siox in plain use: the application that `siox-sut bench` serves.

use super::Failure;
use tokio::net::TcpListener;

#[path = "../../../../crates/sut/src/socket_bench.rs"]
mod app;

pub(super) async fn serve(listener: TcpListener) -> Result<(), Failure> {
    // On a task, as each connection is.
    tokio::spawn(async move { app::server().serve(listener).await }).await??;
    Ok(())
}
