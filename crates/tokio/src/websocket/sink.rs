//! `futures`' traits. A sink closed by them says goodbye and writes; the answer to that is the stream's
//! to await.

use super::{CloseCode, Error, Message, WebSocket, turn::Ending};
use futures_core::{FusedStream, Stream};
use futures_sink::Sink;
use std::{
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite};

impl<Io: AsyncRead + AsyncWrite + Unpin> Stream for WebSocket<Io> {
    type Item = Result<Message<'static>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_message(cx)
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> FusedStream for WebSocket<Io> {
    fn is_terminated(&self) -> bool {
        self.ending.is_some_and(Ending::is_done) && self.failure.is_none()
    }
}

impl<'m, Io: AsyncRead + AsyncWrite + Unpin> Sink<Message<'m>> for WebSocket<Io> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_room(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message<'m>) -> Result<(), Error> {
        self.queue(message).map_err(Error::Send)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_flushed(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.queue_close(CloseCode::NORMAL, "");
        self.poll_flushed(cx)
    }
}
