//! One message on its way out, as a future.

use super::{Error, Message, WebSocket, stream::COPIED, turn::Begun, warm};
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
    /// It is below [`COPIED`].
    is_short: bool,
}

impl<'s, 'm, Io> Sending<'s, 'm, Io> {
    #[inline]
    pub(super) fn new(socket: &'s mut WebSocket<Io>, message: Message<'m>) -> Self {
        // To look at each kind has it moved by words, as it was made just now: moved as a whole, by vectors, it
        // would have to reach the cache first.
        let (message, is_short) = match message {
            Message::Text(text) => {
                let is_short = text.len() < COPIED;
                (Message::Text(text), is_short)
            }
            Message::Binary(bytes) => {
                let is_short = bytes.len() < COPIED;
                (Message::Binary(bytes), is_short)
            }
        };
        Self {
            socket,
            message: Some(message),
            is_short,
        }
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Future for Sending<'_, '_, Io> {
    type Output = Result<(), Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Self {
            socket,
            message,
            is_short: true,
        } = &mut *self
        else {
            return self.poll_sent(cx);
        };
        // The most common ways, taken out for speed.
        match message
            .as_mut()
            .map(|waiting| (socket.hold(waiting), waiting))
        {
            Some((Begun::Held, waiting)) => {
                socket.rest.spare.keep(waiting);
                *message = None;
                Poll::Ready(Ok(()))
            }
            Some((Begun::Queued, waiting)) => {
                warm::keep(waiting);
                *message = None;
                self.poll_written(cx)
            }
            Some((Begun::Full, _)) | None => self.poll_sent(cx),
        }
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Sending<'_, '_, Io> {
    #[inline(never)]
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Self {
            socket, message, ..
        } = self;
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
        self.poll_written(cx)
    }

    #[inline(never)]
    fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.socket.poll_flushed(cx))?;
        warm::release(&mut self.socket.connection);
        Poll::Ready(Ok(()))
    }
}

impl<Io> fmt::Debug for Sending<'_, '_, Io> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}
