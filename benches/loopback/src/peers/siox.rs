//! siox-tokio in plain use.

use super::Failure;
use siox_tokio::websocket;
use std::sync::{Arc, LazyLock};
use tokio::net::TcpStream;

static LIMITS: LazyLock<Arc<websocket::Limits>> = LazyLock::new(Arc::default);

pub(super) async fn echo(stream: TcpStream) -> Result<(), Failure> {
    let mut socket = websocket::accept(stream, LIMITS.clone()).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        socket.send(message).await?;
    }
    Ok(())
}
