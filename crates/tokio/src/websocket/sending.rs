//! One message on its way out, as a future.

use super::{Error, Message, WebSocket, turn::Begun, warm};
use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite};

/// What [`WebSocket::send`] returns: sends once it is polled.
#[must_use = "nothing is sent unless it is awaited"]
pub struct Sending<'s, 'm, Io> {
    socket: &'s mut WebSocket<Io>,
    /// Until it is queued.
    message: Option<Message<'m>>,
}

impl<'s, 'm, Io> Sending<'s, 'm, Io> {
    #[inline]
    pub(super) fn new(socket: &'s mut WebSocket<Io>, message: Message<'m>) -> Self {
        Self {
            socket,
            message: Some(message),
        }
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Future for Sending<'_, '_, Io> {
    type Output = Result<(), Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Self { socket, message } = &mut *self;
        match message {
            Some(waiting) if socket.hold(waiting) => {
                socket.rest.spare.keep(waiting);
                *message = None;
                Poll::Ready(Ok(()))
            }
            Some(_) | None => self.poll_sent(cx),
        }
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Sending<'_, '_, Io> {
    #[inline(never)]
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Self { socket, message } = self;
        while let Some(waiting) = message {
            match socket.begin_send(waiting) {
                Ok(Begun::Full) => ready!(socket.poll_room(cx))?,
                Ok(Begun::Held) => {
                    socket.rest.spare.keep(waiting);
                    *message = None;
                    return Poll::Ready(Ok(()));
                }
                Ok(Begun::Queued) => {
                    warm::keep(waiting);
                    *message = None;
                }
                Err(e) => {
                    *message = None;
                    return Poll::Ready(Err(e.into()));
                }
            }
        }
        ready!(socket.poll_flushed(cx))?;
        warm::release(&mut socket.connection);
        Poll::Ready(Ok(()))
    }
}

impl<Io> fmt::Debug for Sending<'_, '_, Io> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}
