//! The half that sends.

use super::both::Both;
use crate::{
    CloseCode, Connection, Deadline, Error, Message, SendError, Transport, deadline::Until,
};
use bytes::Bytes;
use siox_wire::Shared;
use std::{fmt, net::TcpStream, sync::Arc};

/// The half that sends. Clones of it send from further threads, one message after the other.
pub struct Sender<S = TcpStream> {
    both: Arc<Both<S>>,
}

impl<S> Sender<S> {
    pub(super) fn new(both: Arc<Both<S>>) -> Self {
        Self { both }
    }

    /// As [`WebSocket::queue`](crate::WebSocket::queue); whoever writes next writes it too.
    ///
    /// # Errors
    /// Those of [`WebSocket::queue`](crate::WebSocket::queue).
    pub fn queue<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.both.lock().machine.queue(message.into())
    }

    /// As [`WebSocket::queue_bytes`](crate::WebSocket::queue_bytes).
    ///
    /// # Errors
    /// Those of [`WebSocket::queue`](crate::WebSocket::queue).
    pub fn queue_bytes(&self, payload: Bytes) -> Result<(), SendError> {
        self.both.lock().machine.queue_bytes(payload)
    }

    /// As [`WebSocket::queue_shared`](crate::WebSocket::queue_shared).
    ///
    /// # Errors
    /// Those of [`WebSocket::queue`](crate::WebSocket::queue).
    pub fn queue_shared(&self, group: &Arc<Shared>) -> Result<(), SendError> {
        self.both.lock().machine.queue_shared(group)
    }

    /// As [`WebSocket::set_compress`](crate::WebSocket::set_compress), for all senders of the connection.
    #[cfg(feature = "deflate")]
    pub fn set_compress(&self, wanted: bool) {
        self.both.lock().machine.connection.set_compress(wanted);
    }

    /// As [`WebSocket::begin_text`](crate::WebSocket::begin_text); no clone of this sender can send another message meanwhile.
    ///
    /// # Errors
    /// Those of [`WebSocket::begin_text`](crate::WebSocket::begin_text).
    pub fn begin_text(&self) -> Result<(), SendError> {
        self.both.lock().machine.put(Connection::begin_text)
    }

    /// As [`WebSocket::begin_binary`](crate::WebSocket::begin_binary); no clone of this sender can send another message meanwhile.
    ///
    /// # Errors
    /// Those of [`WebSocket::begin_binary`](crate::WebSocket::begin_binary).
    pub fn begin_binary(&self) -> Result<(), SendError> {
        self.both.lock().machine.put(Connection::begin_binary)
    }

    /// As [`WebSocket::queue_write`](crate::WebSocket::queue_write).
    ///
    /// # Errors
    /// Those of [`WebSocket::queue_write`](crate::WebSocket::queue_write).
    pub fn queue_write(&self, chunk: &[u8]) -> Result<(), SendError> {
        self.both.lock().machine.put(|c| c.write(chunk))
    }

    /// As [`WebSocket::queue_finish`](crate::WebSocket::queue_finish).
    ///
    /// # Errors
    /// Those of [`WebSocket::queue_write`](crate::WebSocket::queue_write).
    pub fn queue_finish(&self, last: &[u8]) -> Result<(), SendError> {
        self.both.lock().machine.put(|c| c.finish(last))
    }

    /// As [`WebSocket::ping`](crate::WebSocket::ping).
    ///
    /// # Errors
    /// Those of [`WebSocket::ping`](crate::WebSocket::ping).
    pub fn ping(&self, payload: &[u8]) -> Result<(), SendError> {
        self.both.lock().machine.ping(payload)
    }

    /// As [`WebSocket::queued`](crate::WebSocket::queued).
    #[must_use]
    pub fn queued(&self) -> usize {
        self.both.lock().machine.connection.queued()
    }

    /// As [`WebSocket::is_closed`](crate::WebSocket::is_closed).
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.both.lock().machine.is_closed()
    }

    /// The transport. Its timeouts are not to be changed.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.both.io
    }
}

impl<S> Sender<S>
where
    for<'a> &'a S: Transport,
{
    /// As [`WebSocket::send`](crate::WebSocket::send), whatever the receiver does.
    ///
    /// # Errors
    /// Those of [`WebSocket::send`](crate::WebSocket::send).
    pub fn send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        self.send_until(message.into(), Until::Done)
    }

    /// As [`WebSocket::send_by`](crate::WebSocket::send_by). A deadline that has passed lets it wait for a millisecond, or a tick
    /// of the system's clock, as every such call of a half.
    ///
    /// # Errors
    /// Those of [`WebSocket::send_by`](crate::WebSocket::send_by).
    pub fn send_by<'m>(
        &self,
        message: impl Into<Message<'m>>,
        by: impl Into<Deadline>,
    ) -> Result<(), Error> {
        self.send_until(message.into(), Until::new(by.into()))
    }

    fn send_until(&self, message: Message<'_>, until: Until) -> Result<(), Error> {
        self.both.put(until, |machine| machine.queue(message))
    }

    /// As [`WebSocket::write`](crate::WebSocket::write), whatever the receiver does.
    ///
    /// # Errors
    /// Those of [`WebSocket::write`](crate::WebSocket::write).
    pub fn write(&self, chunk: &[u8]) -> Result<(), Error> {
        self.put(Until::Done, |connection| connection.write(chunk))
    }

    /// As [`WebSocket::write_by`](crate::WebSocket::write_by).
    ///
    /// # Errors
    /// Those of [`WebSocket::write_by`](crate::WebSocket::write_by).
    pub fn write_by(&self, chunk: &[u8], by: impl Into<Deadline>) -> Result<(), Error> {
        self.put(Until::new(by.into()), |connection| connection.write(chunk))
    }

    /// As [`WebSocket::finish`](crate::WebSocket::finish).
    ///
    /// # Errors
    /// Those of [`WebSocket::write`](crate::WebSocket::write).
    pub fn finish(&self, last: &[u8]) -> Result<(), Error> {
        self.put(Until::Done, |connection| connection.finish(last))
    }

    /// As [`WebSocket::finish_by`](crate::WebSocket::finish_by).
    ///
    /// # Errors
    /// Those of [`WebSocket::write_by`](crate::WebSocket::write_by).
    pub fn finish_by(&self, last: &[u8], by: impl Into<Deadline>) -> Result<(), Error> {
        self.put(Until::new(by.into()), |connection| connection.finish(last))
    }

    fn put(
        &self,
        until: Until,
        put: impl FnOnce(&mut Connection) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.both.put(until, |machine| machine.put(put))
    }

    /// As [`WebSocket::flush`](crate::WebSocket::flush).
    ///
    /// # Errors
    /// Those of [`WebSocket::send`](crate::WebSocket::send).
    pub fn flush(&self) -> Result<(), Error> {
        self.both.write_all(Until::Done).map(|_| ())
    }

    /// As [`WebSocket::flush_by`](crate::WebSocket::flush_by).
    ///
    /// # Errors
    /// Those of [`WebSocket::flush_by`](crate::WebSocket::flush_by).
    pub fn flush_by(&self, by: impl Into<Deadline>) -> Result<(), Error> {
        match self.both.write_all(Until::new(by.into()))? {
            true => Ok(()),
            false => Err(Error::Timeout),
        }
    }

    /// Says goodbye, and waits until it is written; the receiver ends when the peer has answered, or
    /// [`Limits::close_wait`](crate::Limits::close_wait) is over.
    ///
    /// # Errors
    /// Those of [`WebSocket::send`](crate::WebSocket::send).
    pub fn close(&self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.both.lock().machine.queue_close(code, reason);
        self.flush()
    }
}

impl<S> Clone for Sender<S> {
    fn clone(&self) -> Self {
        Self {
            both: self.both.clone(),
        }
    }
}

impl<S> fmt::Debug for Sender<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}
