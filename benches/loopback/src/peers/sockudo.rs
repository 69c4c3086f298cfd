//! sockudo-ws, with the handshake of its own echo example.

use super::{Failure, echo_items, echo_items_corked};
use sockudo_ws::{
    Config, Message, WebSocketStream,
    handshake::{build_response, generate_accept_key, parse_request},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(super) async fn echo(stream: TcpStream) -> Result<(), Failure> {
    echo_items(open(stream).await?, answer).await
}

pub(super) async fn echo_corked(stream: TcpStream) -> Result<(), Failure> {
    echo_items_corked(open(stream).await?, answer).await
}

async fn open(mut stream: TcpStream) -> Result<impl Socket, Failure> {
    let mut head = Vec::with_capacity(4096);
    loop {
        if stream.read_buf(&mut head).await? == 0 {
            return Err("the end before a request".into());
        }
        if let Some((request, _)) = parse_request(&head)? {
            let answer = build_response(&generate_accept_key(request.key), None, None);
            stream.write_all(&answer).await?;
            return Ok(WebSocketStream::server(stream, Config::default()));
        }
    }
}

/// What `open` makes.
trait Socket:
    futures_util::Stream<Item = Result<Message, sockudo_ws::Error>>
    + futures_util::Sink<Message, Error = sockudo_ws::Error>
    + Unpin
    + Send
{
}

impl<S> Socket for S where
    S: futures_util::Stream<Item = Result<Message, sockudo_ws::Error>>
        + futures_util::Sink<Message, Error = sockudo_ws::Error>
        + Unpin
        + Send
{
}

fn answer(message: Message) -> Option<Message> {
    matches!(message, Message::Text(_) | Message::Binary(_)).then_some(message)
}
