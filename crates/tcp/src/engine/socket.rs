//! One client, as the application holds it.

use super::{inbox::Inbox, server::Sockets};
use crate::{Deadline, Error, SendError, deadline::Until, host::Conn};
use siox_engineio::{CloseReason, Event, Sid, Transport, Version};
use siox_stack::Outbound;
use siox_wire::Message;
use std::{fmt, net::IpAddr, sync::Arc, task::Poll};

/// What is kept of a client: its request, and what has come of it.
#[derive(Debug)]
pub(crate) struct Client {
    pub(super) inbox: Inbox,
    pub(super) query: Box<str>,
    pub(super) address: Option<IpAddr>,
}

/// A client of a [`Server`](super::Server). Clones of it are the same client, for other threads.
///
/// Dropping it does not close the session.
#[derive(Clone)]
pub struct Socket {
    conn: Arc<Conn<Sockets>>,
    /// Whether what is sent by this handle may be compressed.
    compress: bool,
}

impl Socket {
    pub(super) fn new(conn: Arc<Conn<Sockets>>) -> Self {
        Self {
            conn,
            compress: true,
        }
    }

    /// A handle of the same client, and whether what is sent by it may be compressed, which it may be by
    /// any other: see [`Outbound::compressed`](siox_stack::Outbound::compressed).
    #[must_use]
    pub fn compress(&self, wanted: bool) -> Self {
        Self {
            conn: self.conn.clone(),
            compress: wanted,
        }
    }

    /// The session's id: whoever knows it owns the session.
    #[must_use]
    pub fn sid(&self) -> &Sid {
        self.conn.sid()
    }

    /// Which revision of the protocol the client speaks.
    #[must_use]
    pub fn version(&self) -> Version {
        self.conn.with(|engine| engine.session().version())
    }

    /// What carries the session; `None` once it has ended.
    #[must_use]
    pub fn transport(&self) -> Option<Transport> {
        self.conn.with(|engine| engine.session().transport())
    }

    /// The query string of the request that opened the session, undecoded.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.conn.data().query
    }

    /// The client's address; see [`About::address`](super::About::address).
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.conn.data().address
    }

    /// Waits for the next message. `None` once the session has ended, and ever after.
    #[must_use]
    pub fn recv(&self) -> Option<Message<'static>> {
        loop {
            if let Event::Message(message) = self.event()? {
                return Some(message);
            }
        }
    }

    /// As [`recv`](Self::recv), but waits no longer than `by`.
    ///
    /// # Errors
    /// [`Error::Timeout`] when nothing came by then.
    pub fn recv_by(&self, by: impl Into<Deadline>) -> Result<Option<Message<'static>>, Error> {
        let by = by.into();
        loop {
            match self.event_by(by)? {
                Some(Event::Message(message)) => return Ok(Some(message)),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }

    /// Waits for whatever happens next. `None` after [`Event::Closed`].
    #[must_use]
    pub fn event(&self) -> Option<Event<'static>> {
        loop {
            if let Poll::Ready(event) = self.inbox().take(Until::Done) {
                return event;
            }
        }
    }

    /// As [`event`](Self::event), but waits no longer than `by`.
    ///
    /// # Errors
    /// [`Error::Timeout`] when nothing happened by then.
    pub fn event_by(&self, by: impl Into<Deadline>) -> Result<Option<Event<'static>>, Error> {
        match self.inbox().take(Until::new(by.into())) {
            Poll::Ready(event) => Ok(event),
            Poll::Pending => Err(Error::Timeout),
        }
    }

    /// Sends a message. Where too much waits for the client already, it waits for room.
    ///
    /// # Errors
    /// [`SendError::Closed`].
    pub fn send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.send_until(message.into(), Until::Done)
    }

    /// As [`send`](Self::send), but waits no longer than `by`.
    ///
    /// # Errors
    /// [`SendError::Full`] when there was no room by then, and nothing is queued; [`SendError::Closed`].
    pub fn send_by<'m>(
        &self,
        message: impl Into<Message<'m>>,
        by: impl Into<Deadline>,
    ) -> Result<(), SendError> {
        self.send_until(message.into(), Until::new(by.into()))
    }

    /// As [`send`](Self::send), but does not wait.
    ///
    /// # Errors
    /// [`SendError::Full`] from `high_water` on, and nothing is queued; [`SendError::Closed`].
    pub fn try_send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.send_until(message.into(), Until::Now)
    }

    fn send_until(&self, message: Message<'_>, until: Until) -> Result<(), SendError> {
        let message = Outbound::from(message).compressed(self.compress);
        loop {
            let seen = self.inbox().how_drained();
            match self.conn.with(|engine| engine.offer(&message)) {
                Err(SendError::Full) if self.inbox().wait_drained(seen, until) => {}
                sent => return sent,
            }
        }
    }

    /// Waits until nothing waits for the client: all that was sent is with the system, or in the answer to
    /// a poll. Nothing tells whether the client has it.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the session ends before.
    pub fn flush(&self) -> Result<(), SendError> {
        self.flush_until(Until::Done)
    }

    /// As [`flush`](Self::flush), but waits no longer than `by`.
    ///
    /// # Errors
    /// [`SendError::Full`] when something still waited then; [`SendError::Closed`].
    pub fn flush_by(&self, by: impl Into<Deadline>) -> Result<(), SendError> {
        self.flush_until(Until::new(by.into()))
    }

    fn flush_until(&self, until: Until) -> Result<(), SendError> {
        loop {
            let seen = self.inbox().how_drained();
            match self.conn.with(|e| (e.queued(), e.session().is_closed())) {
                (_, true) => return Err(SendError::Closed),
                (0, false) => return Ok(()),
                (_, false) if self.inbox().wait_drained(seen, until) => {}
                (_, false) => return Err(SendError::Full),
            }
        }
    }

    /// Bytes that wait for the client, and 32 for each piece.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.conn.with(|engine| engine.queued())
    }

    /// Ends the session, behind what is queued for the client.
    pub fn close(&self) {
        self.conn.close(CloseReason::ForcedClose);
        self.inbox().drained();
    }

    /// Why the session has ended, once it has.
    #[must_use]
    pub fn closed(&self) -> Option<CloseReason> {
        self.inbox().closed()
    }

    fn inbox(&self) -> &Inbox {
        &self.conn.data().inbox
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Socket").field(self.sid()).finish()
    }
}
