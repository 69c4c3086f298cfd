//! The WebSocket that an application holds: its verbs. How they are driven is in `turn`.

use crate::{
    Close, CloseCode, Connection, Deadline, Error, Message, SendError, Transport, deadline::Until,
    machine::Machine, rest::Rest, wait::Wait,
};
use bytes::Bytes;
use siox_wire::{Instant, Shared};
use std::{convert::Infallible, net::TcpStream, sync::Arc, task::Poll};

/// A WebSocket on a [`Transport`], for one thread; [`split`](Self::split) makes halves for two.
///
/// It does something only within its methods: [`read`](Self::read) also writes what is queued, answers
/// pings and keeps the deadlines.
///
/// When the deadline of [`read_by`](Self::read_by), [`send_by`](Self::send_by) or
/// [`flush_by`](Self::flush_by) passes, nothing is lost: what has come of a message is kept, what was
/// not written stays queued, and the next call goes on there.
#[derive(Debug)]
pub struct WebSocket<S = TcpStream> {
    pub(crate) io: S,
    pub(crate) machine: Machine,
    pub(crate) rest: Rest,
    pub(crate) wait: Wait,
    /// The end of the stream was read.
    pub(crate) eof: bool,
    /// The connection is over, and the transport is being closed until then.
    pub(crate) ending: Option<Instant>,
    protocol: Option<Box<str>>,
}

impl<S> WebSocket<S> {
    /// A server's end whose handshake is done; `early` is what the peer sent behind it. The transport's
    /// timeouts are set as the deadlines demand, and it must be blocking.
    #[must_use]
    pub fn new(io: S, connection: Connection, early: Vec<u8>) -> Self {
        Self {
            io,
            machine: Machine::new(connection),
            rest: early.into(),
            wait: Wait::unknown(),
            eof: false,
            ending: None,
            protocol: None,
        }
    }

    /// A server's end, with what was agreed to.
    pub(crate) fn server(
        io: S,
        connection: Connection,
        early: Vec<u8>,
        protocol: Option<String>,
    ) -> Self {
        let mut socket = Self::new(io, connection, early);
        socket.protocol = protocol.map(String::into_boxed_str);
        socket
    }

    /// The end that lets the other close the transport first (RFC 6455 §7.1.1).
    pub(crate) fn client(
        io: S,
        connection: Connection,
        early: Vec<u8>,
        protocol: Option<String>,
    ) -> Self {
        let mut socket = Self::new(io, connection, early);
        socket.machine.is_client = true;
        socket.protocol = protocol.map(String::into_boxed_str);
        socket
    }

    /// The subprotocol that a client and its server agreed to.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// What the peer's close frame said, if it has come and was not empty.
    #[must_use]
    pub fn goodbye(&self) -> Option<&Close<'static>> {
        self.machine.goodbye.as_deref()
    }

    /// Bytes that wait for the peer; 32 more for each piece kept by reference.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.machine.connection.queued()
    }

    /// Whether nothing can be sent any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.machine.is_closed() || self.ending.is_some()
    }

    /// The transport. Its timeouts are not to be changed.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.io
    }

    /// Queues a message, which leaves with the next [`flush`](Self::flush), [`send`](Self::send) or
    /// [`read`](Self::read): many small ones in one write.
    ///
    /// # Errors
    /// [`SendError::Full`] from [`Limits::high_water`](crate::Limits::high_water) on; [`SendError::Closed`].
    pub fn queue<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.machine.queue(message.into())
    }

    /// Queues a binary message as [`queue`](Self::queue) does; a server keeps a large one by reference.
    ///
    /// # Errors
    /// Those of [`queue`](Self::queue).
    pub fn queue_bytes(&mut self, payload: Bytes) -> Result<(), SendError> {
        self.machine.queue_bytes(payload)
    }

    /// Queues messages that were made once for many receivers, as one group: each form on the wire,
    /// compressed or not, is made for the first receiver that needs it, and shared by the others. A
    /// client, and a connection with context takeover, make their own.
    ///
    /// # Errors
    /// Those of [`queue`](Self::queue).
    pub fn queue_shared(&mut self, group: &Arc<Shared>) -> Result<(), SendError> {
        self.machine.queue_shared(group)
    }

    /// Whether messages queued from here on are compressed, if permessage-deflate was agreed to and
    /// they reach its threshold: `true` until told otherwise.
    #[cfg(feature = "deflate")]
    pub fn set_compress(&mut self, wanted: bool) {
        self.machine.connection.set_compress(wanted);
    }

    /// Queues a ping of the caller's own, at most 125 bytes.
    ///
    /// # Errors
    /// [`SendError::TooBig`], and those of [`queue`](Self::queue).
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.machine.ping(payload)
    }
}

impl<S: Transport> WebSocket<S> {
    /// Waits for the next message. `None` after the closing handshake, and ever after.
    ///
    /// One thread does one thing: what is queued, pongs and what was only
    /// [`queue`](Self::queue)d, is written before the next read. While the peer sends and takes nothing,
    /// this waits for the peer, as [`send`](Self::send) does, unless a deadline of [`Limits`](crate::Limits)
    /// ends the connection. Who must read whatever the peer does reads with [`split`](Self::split)'s halves.
    ///
    /// # Errors
    /// When the transport broke, or a rule or limit was; told once, after the peer was told.
    pub fn read(&mut self) -> Result<Option<Message<'static>>, Error> {
        loop {
            if let Poll::Ready(read) = self.next(Until::Done)? {
                return Ok(read);
            }
        }
    }

    /// Waits for the next message, but not longer than `by`, a [`Duration`](std::time::Duration) or an
    /// [`Instant`](std::time::Instant).
    ///
    /// # Errors
    /// [`Error::Timeout`] when there is none by then; call again to go on. Those of
    /// [`read`](Self::read).
    pub fn read_by(&mut self, by: impl Into<Deadline>) -> Result<Option<Message<'static>>, Error> {
        match self.next(Until::new(by.into()))? {
            Poll::Ready(read) => Ok(read),
            Poll::Pending => Err(Error::Timeout),
        }
    }

    /// The next message, if it is there: does all that can be done without waiting.
    ///
    /// # Errors
    /// Those of [`read`](Self::read).
    pub fn try_read(&mut self) -> Result<Poll<Option<Message<'static>>>, Error> {
        self.next(Until::Now)
    }

    fn next(&mut self, until: Until) -> Result<Poll<Option<Message<'static>>>, Error> {
        self.machine.set_streaming(false);
        let mut on = |_: &mut Connection, message: Message<'_>| Ok(Some(message.into_owned()));
        self.drive(until, &mut on)
    }

    /// Sends a message and waits until the transport has taken it, and all that was queued before.
    ///
    /// # Errors
    /// [`Error::Send`] when the connection is closing or closed ([`read`](Self::read) says why);
    /// [`Error::Io`], [`Error::WebSocket`].
    pub fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        self.send_until(message.into(), Until::Done)
    }

    /// As [`send`](Self::send), but waits no longer than `by`, a [`Duration`](std::time::Duration) or an
    /// [`Instant`](std::time::Instant): not for ever for a peer that does not read.
    ///
    /// # Errors
    /// [`SendError::Full`] when there was no room for the message by then, and it is not queued.
    /// [`Error::Timeout`] when it is queued, and not written: [`flush_by`](Self::flush_by) goes on. Those
    /// of [`send`](Self::send).
    pub fn send_by<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
        by: impl Into<Deadline>,
    ) -> Result<(), Error> {
        self.send_until(message.into(), Until::new(by.into()))
    }

    fn send_until(&mut self, message: Message<'_>, until: Until) -> Result<(), Error> {
        self.put_until(until, |socket| socket.queue(message))
    }

    /// Queues as soon as there is room, and writes.
    pub(crate) fn put_until(
        &mut self,
        until: Until,
        queue: impl FnOnce(&mut Self) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        if self.machine.is_full() && !self.flush_open(until)? {
            return Err(SendError::Full.into());
        }
        queue(self)?;
        match self.flush_open(until)? {
            true => Ok(()),
            false => Err(Error::Timeout),
        }
    }

    /// Waits until the transport has taken all that is queued.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub fn flush(&mut self) -> Result<(), Error> {
        self.flush_open(Until::Done).map(|_| ())
    }

    /// As [`flush`](Self::flush), but waits no longer than `by`; what has passed means not to wait.
    ///
    /// # Errors
    /// [`Error::Timeout`] when something is still queued. Those of [`flush`](Self::flush).
    pub fn flush_by(&mut self, by: impl Into<Deadline>) -> Result<(), Error> {
        match self.flush_open(Until::new(by.into()))? {
            true => Ok(()),
            false => Err(Error::Timeout),
        }
    }

    fn flush_open(&mut self, until: Until) -> Result<bool, Error> {
        if self.machine.over {
            return match self.queued() > 0 || self.machine.abandoned {
                true => Err(SendError::Closed.into()),
                false => Ok(true),
            };
        }
        self.flush_until(until)
    }

    /// Makes the closing handshake and closes the transport. What the peer still sends is dropped. With
    /// [`CloseCode::NO_STATUS`] the close frame is empty. It takes no longer than
    /// [`Limits::close_wait`](crate::Limits::close_wait) and a second.
    ///
    /// # Errors
    /// What the peer did wrong before it answered, or that it did not answer in time.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.machine.queue_close(code, reason);
        // What comes in chunks is dropped as it comes.
        self.machine.set_streaming(true);
        self.drive_out(&mut |_: &mut Connection, _: Message<'_>| Ok(None))
    }

    /// Calls `handler` for every message until the connection has ended, without an allocation for one
    /// that arrived whole. What the handler sends leaves together, after the read that brought the
    /// messages. While more than the high-water mark waits for the peer, no further message is handled
    /// and nothing is read.
    ///
    /// # Errors
    /// When the transport breaks, the peer breaks a rule, or the handler cannot send, which ends the
    /// connection with 1011; after a closing handshake there is none.
    pub fn run<H>(mut self, mut handler: H) -> Result<(), Error>
    where
        H: FnMut(&mut Connection, Message<'_>) -> Result<(), SendError>,
    {
        self.machine.set_streaming(false);
        self.drive_out(&mut |connection: &mut Connection, message: Message<'_>| {
            handler(connection, message)
                .map(|()| None)
                .map_err(Error::Send)
        })
    }

    /// Drives to the connection's end.
    fn drive_out(
        &mut self,
        on: &mut impl FnMut(&mut Connection, Message<'_>) -> Result<Option<Infallible>, Error>,
    ) -> Result<(), Error> {
        while self.drive(Until::Done, on)?.is_pending() {}
        Ok(())
    }
}
