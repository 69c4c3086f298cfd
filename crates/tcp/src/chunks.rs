//! Messages that need not fit into memory: read in chunks, written in fragments.

use crate::{
    Chunk, Connection, Deadline, Error, Message, SendError, Transport, WebSocket, deadline::Until,
    machine::OnMessage,
};
use std::task::Poll;

impl<S> WebSocket<S> {
    /// Begins a text message that is written in fragments, with [`write`](Self::write) and
    /// [`finish`](Self::finish). Until it is finished, no other message can be sent
    /// ([`SendError::Unfinished`]); pings are answered, and [`close`](Self::close) closes.
    ///
    /// # Errors
    /// [`SendError::Closed`], [`SendError::Unfinished`].
    pub fn begin_text(&mut self) -> Result<(), SendError> {
        self.machine.put(Connection::begin_text)
    }

    /// Begins a binary message that is written in fragments, as [`begin_text`](Self::begin_text) does
    /// a text message.
    ///
    /// # Errors
    /// [`SendError::Closed`], [`SendError::Unfinished`].
    pub fn begin_binary(&mut self) -> Result<(), SendError> {
        self.machine.put(Connection::begin_binary)
    }

    /// Queues the next bytes of the message that was begun, as one fragment. A text may be cut inside a
    /// character.
    ///
    /// # Errors
    /// [`SendError::NotBegun`], [`SendError::InvalidUtf8`], [`SendError::Closed`];
    /// [`SendError::Full`]: [`flush`](Self::flush) makes room. The message is as it was before.
    pub fn queue_write(&mut self, chunk: &[u8]) -> Result<(), SendError> {
        self.machine.put(|connection| connection.write(chunk))
    }

    /// Queues the last bytes of the message that was begun, which may be none.
    ///
    /// # Errors
    /// Those of [`queue_write`](Self::queue_write).
    pub fn queue_finish(&mut self, last: &[u8]) -> Result<(), SendError> {
        self.machine.put(|connection| connection.finish(last))
    }
}

impl<S: Transport> WebSocket<S> {
    /// Waits for what comes next of a message: at most what is read at once, of a compressed message
    /// 64 KiB. Nothing more is kept, so that a message may be larger than memory;
    /// [`Limits::streamed_message`](crate::Limits::streamed_message) bounds it, not `message`. `None`
    /// after the closing handshake, and ever after.
    ///
    /// [`read`](Self::read) after it gives what is left of a message that has begun, as one.
    ///
    /// # Errors
    /// Those of [`read`](Self::read); a message of which no last chunk has come is not whole then.
    pub fn read_chunk(&mut self) -> Result<Option<Chunk<'static>>, Error> {
        loop {
            if let Poll::Ready(read) = self.next_chunk(Until::Done)? {
                return Ok(read);
            }
        }
    }

    /// As [`read_chunk`](Self::read_chunk), but waits no longer than `by`.
    ///
    /// # Errors
    /// [`Error::Timeout`] when there is none by then; call again to go on. Those of
    /// [`read`](Self::read).
    pub fn read_chunk_by(
        &mut self,
        by: impl Into<Deadline>,
    ) -> Result<Option<Chunk<'static>>, Error> {
        match self.next_chunk(Until::new(by.into()))? {
            Poll::Ready(read) => Ok(read),
            Poll::Pending => Err(Error::Timeout),
        }
    }

    fn next_chunk(&mut self, until: Until) -> Result<Poll<Option<Chunk<'static>>>, Error> {
        if let Some(chunk) = self.machine.begin_chunks() {
            return Ok(Poll::Ready(Some(chunk)));
        }
        self.drive(until, &mut EachChunk)
    }

    /// Sends the next bytes of the message that was begun, as one fragment, and waits until the transport
    /// has taken them.
    ///
    /// # Errors
    /// Those of [`queue_write`](Self::queue_write) and of [`flush`](Self::flush).
    pub fn write(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.put_until(Until::Done, |socket| socket.queue_write(chunk))
    }

    /// As [`write`](Self::write), but waits no longer than `by`.
    ///
    /// # Errors
    /// [`SendError::Full`] when there was no room by then, and nothing is queued. [`Error::Timeout`] when
    /// the bytes are queued, and not written: [`flush_by`](Self::flush_by) goes on. Those of
    /// [`write`](Self::write).
    pub fn write_by(&mut self, chunk: &[u8], by: impl Into<Deadline>) -> Result<(), Error> {
        self.put_until(Until::new(by.into()), |socket| socket.queue_write(chunk))
    }

    /// Sends the last bytes of the message that was begun, which may be none, as
    /// [`write`](Self::write) does.
    ///
    /// # Errors
    /// Those of [`write`](Self::write).
    pub fn finish(&mut self, last: &[u8]) -> Result<(), Error> {
        self.put_until(Until::Done, |socket| socket.queue_finish(last))
    }

    /// As [`finish`](Self::finish), but waits no longer than `by`.
    ///
    /// # Errors
    /// Those of [`write_by`](Self::write_by).
    pub fn finish_by(&mut self, last: &[u8], by: impl Into<Deadline>) -> Result<(), Error> {
        self.put_until(Until::new(by.into()), |socket| socket.queue_finish(last))
    }
}

/// Hands on what comes.
pub(crate) struct EachChunk;

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
