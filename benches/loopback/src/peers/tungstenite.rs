//! tokio-tungstenite.

use super::{Failure, echo_items, echo_items_corked};
use tokio::net::TcpStream;
use tokio_tungstenite::{accept_async, tungstenite::Message};

pub(super) async fn echo(stream: TcpStream) -> Result<(), Failure> {
    echo_items(accept_async(stream).await?, answer).await
}

pub(super) async fn echo_corked(stream: TcpStream) -> Result<(), Failure> {
    echo_items_corked(accept_async(stream).await?, answer).await
}

fn answer(message: Message) -> Option<Message> {
    (message.is_text() || message.is_binary()).then_some(message)
}
