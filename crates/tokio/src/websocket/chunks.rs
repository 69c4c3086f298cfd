//! Messages that need not fit into memory: read in chunks, written in fragments.

use super::{
    Chunk, Connection, Error, Message, Receiver, SendError, Sender, WebSocket,
    halves::{RECEIVER, SENDER},
    turn::OnMessage,
};
use crate::{clock, codec};
use siox_websocket::Remainder;
use std::{
    future::poll_fn,
    mem,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite};

impl<Io> WebSocket<Io> {
    /// Begins a text message that is written in fragments, with [`write`](Self::write) and
    /// [`finish`](Self::finish). Until it is finished, no other message can be sent
    /// ([`SendError::Unfinished`]); pings are answered, and [`close`](Self::close) closes.
    ///
    /// # Errors
    /// [`SendError::Closed`], [`SendError::Unfinished`].
    pub fn begin_text(&mut self) -> Result<(), SendError> {
        match self.ending {
            None => codec::turn(&mut self.connection, Connection::begin_text),
            Some(_) => Err(SendError::Closed),
        }
    }

    /// Begins a binary message that is written in fragments, as [`begin_text`](Self::begin_text) does
    /// a text message.
    ///
    /// # Errors
    /// [`SendError::Closed`], [`SendError::Unfinished`].
    pub fn begin_binary(&mut self) -> Result<(), SendError> {
        match self.ending {
            None => codec::turn(&mut self.connection, Connection::begin_binary),
            Some(_) => Err(SendError::Closed),
        }
    }

    /// Queues the next bytes of the message that was begun, as one fragment. A text may be cut inside a
    /// character.
    ///
    /// # Errors
    /// [`SendError::NotBegun`], [`SendError::InvalidUtf8`], [`SendError::Closed`];
    /// [`SendError::Full`]: wait for [`ready`](Self::ready). The message is as it was before.
    pub fn queue_write(&mut self, chunk: &[u8]) -> Result<(), SendError> {
        match self.ending {
            None => codec::turn(&mut self.connection, |c| c.write(chunk)),
            Some(_) => Err(SendError::Closed),
        }
    }

    /// Queues the last bytes of the message that was begun, which may be none.
    ///
    /// # Errors
    /// Those of [`queue_write`](Self::queue_write).
    pub fn queue_finish(&mut self, last: &[u8]) -> Result<(), SendError> {
        match self.ending {
            None => codec::turn(&mut self.connection, |c| c.finish(last)),
            Some(_) => Err(SendError::Closed),
        }
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> WebSocket<Io> {
    /// What has come of the next message, or of the one that has begun, as soon as it is there: at most
    /// what was read at once, of a compressed message 64 KiB. Nothing more is kept, so that a message
    /// may be larger than memory; [`Limits::streamed_message`](super::Limits::streamed_message) bounds
    /// it, not `message`. `None` after the closing handshake, and ever after.
    ///
    /// While it is not asked for, nothing is read: the peer waits, and that time does not count to the
    /// deadlines of a message. [`next`](Self::next) after it gives
    /// what is left of a message that has begun, as one.
    ///
    /// # Errors
    /// Those of [`next`](Self::next); a message of which no last chunk has come is not whole then.
    pub async fn next_chunk(&mut self) -> Option<Result<Chunk<'static>, Error>> {
        poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// Waits until there is room, sends the next bytes of the message that was begun, as one fragment,
    /// and waits until the stream has taken them. Dropped before its end, it has queued all of them or
    /// none; who must know waits for [`ready`](Self::ready) and then calls
    /// [`queue_write`](Self::queue_write).
    ///
    /// # Errors
    /// Those of [`queue_write`](Self::queue_write) and of [`flush`](Self::flush).
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.ready().await?;
        self.queue_write(chunk)?;
        self.flush().await
    }

    /// Sends the last bytes of the message that was begun, which may be none, as
    /// [`write`](Self::write) does.
    ///
    /// # Errors
    /// Those of [`write`](Self::write).
    pub async fn finish(&mut self, last: &[u8]) -> Result<(), Error> {
        self.ready().await?;
        self.queue_finish(last)?;
        self.flush().await
    }

    pub(super) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Chunk<'static>, Error>>> {
        if let Some(chunk) = self.begun.take() {
            return Poll::Ready(Some(Ok(chunk)));
        }
        // Only here: whoever reads next may want whole messages.
        self.connection.set_streaming(true);
        let polled = self.poll_with(cx, &mut EachChunk);
        self.connection.set_streaming(false);
        let chunk = ready!(polled);
        Poll::Ready(match chunk {
            Some(chunk) => Some(Ok(chunk)),
            None => self.failure.take().map(Err),
        })
    }

    /// [`poll_with`](Self::poll_with) for whole messages; of one that has come in chunks, the rest. With
    /// `at_hand`, for who takes messages along, without, for who answers on the spot.
    #[inline]
    pub(super) fn poll_whole<T>(
        &mut self,
        cx: &mut Context<'_>,
        at_hand: Option<T>,
        on: impl FnMut(&mut Connection, Message<'_>) -> Result<Option<T>, Error>,
    ) -> Poll<Option<T>> {
        self.connection.set_streaming(false);
        let mut whole = Whole {
            needs_room: at_hand.is_none(),
            at_hand,
            begun: mem::take(&mut self.begun),
            on,
        };
        let polled = self.poll_with(cx, &mut whole);
        self.begun = whole.begun;
        polled
    }
}

/// Hands on what comes.
struct EachChunk;

impl OnMessage<Chunk<'static>> for EachChunk {
    fn message(
        &mut self,
        _: &mut Connection,
        message: Message<'_>,
    ) -> Result<Option<Chunk<'static>>, Error> {
        Ok(Some(Chunk::from(message.into_owned())))
    }

    fn chunk(
        &mut self,
        _: &mut Connection,
        chunk: Chunk<'_>,
    ) -> Result<Option<Chunk<'static>>, Error> {
        Ok(Some(chunk.into_owned()))
    }
}

/// Puts together what still comes in chunks, though it is wanted whole.
struct Whole<T, F> {
    needs_room: bool,
    at_hand: Option<T>,
    begun: Remainder,
    on: F,
}

impl<T, F> OnMessage<T> for Whole<T, F>
where
    F: FnMut(&mut Connection, Message<'_>) -> Result<Option<T>, Error>,
{
    #[inline]
    fn message(
        &mut self,
        connection: &mut Connection,
        message: Message<'_>,
    ) -> Result<Option<T>, Error> {
        (self.on)(connection, message)
    }

    fn chunk(&mut self, connection: &mut Connection, chunk: Chunk<'_>) -> Result<Option<T>, Error> {
        match self.begun.join(connection, clock::now(), chunk)? {
            Some(message) => (self.on)(connection, message),
            None => Ok(None),
        }
    }

    #[inline]
    fn at_hand(&mut self) -> Option<T> {
        self.at_hand.take()
    }

    #[inline]
    fn needs_room(&self) -> bool {
        self.needs_room
    }
}

impl<Io> Sender<Io> {
    /// As [`WebSocket::begin_text`].
    ///
    /// # Errors
    /// Those of [`WebSocket::begin_text`].
    pub fn begin_text(&mut self) -> Result<(), SendError> {
        self.both.step(SENDER, WebSocket::begin_text)
    }

    /// As [`WebSocket::begin_binary`].
    ///
    /// # Errors
    /// Those of [`WebSocket::begin_binary`].
    pub fn begin_binary(&mut self) -> Result<(), SendError> {
        self.both.step(SENDER, WebSocket::begin_binary)
    }

    /// As [`WebSocket::queue_write`].
    ///
    /// # Errors
    /// Those of [`WebSocket::queue_write`].
    pub fn queue_write(&mut self, chunk: &[u8]) -> Result<(), SendError> {
        self.both.step(SENDER, |socket| socket.queue_write(chunk))
    }

    /// As [`WebSocket::queue_finish`].
    ///
    /// # Errors
    /// Those of [`WebSocket::queue_write`].
    pub fn queue_finish(&mut self, last: &[u8]) -> Result<(), SendError> {
        self.both.step(SENDER, |socket| socket.queue_finish(last))
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Sender<Io> {
    /// As [`WebSocket::write`].
    ///
    /// # Errors
    /// Those of [`WebSocket::write`].
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.ready().await?;
        self.queue_write(chunk)?;
        self.flush().await
    }

    /// As [`WebSocket::finish`].
    ///
    /// # Errors
    /// Those of [`WebSocket::write`].
    pub async fn finish(&mut self, last: &[u8]) -> Result<(), Error> {
        self.ready().await?;
        self.queue_finish(last)?;
        self.flush().await
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Receiver<Io> {
    /// As [`WebSocket::next_chunk`].
    ///
    /// # Errors
    /// Those of [`WebSocket::next`].
    pub async fn next_chunk(&mut self) -> Option<Result<Chunk<'static>, Error>> {
        poll_fn(|cx| self.both.poll(RECEIVER, cx, WebSocket::poll_chunk)).await
    }
}
