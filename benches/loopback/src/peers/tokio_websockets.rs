//! tokio-websockets.

use super::{Failure, echo_items, echo_items_corked};
use tokio::net::TcpStream;
use tokio_websockets::{Message, ServerBuilder};

pub(super) async fn echo(stream: TcpStream) -> Result<(), Failure> {
    let (_, socket) = ServerBuilder::new().accept(stream).await?;
    echo_items(socket, answer).await
}

pub(super) async fn echo_corked(stream: TcpStream) -> Result<(), Failure> {
    let (_, socket) = ServerBuilder::new().accept(stream).await?;
    echo_items_corked(socket, answer).await
}

fn answer(message: Message) -> Option<Message> {
    (message.is_text() || message.is_binary()).then_some(message)
}
