//! One client, as the application holds it.

use super::{inbox::Inbox, server::Sockets};
use crate::{Deadline, Error, SendError, deadline::Until, host::Conn};
use bytes::Bytes;
use siox_engineio::{CloseReason, Event, Sid, Transport, Version};
use siox_stack::Engine;
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
pub struct Socket(pub(super) Arc<Conn<Sockets>>);

impl Socket {
    /// The session's id: whoever knows it owns the session.
    #[must_use]
    pub fn sid(&self) -> &Sid {
        self.0.sid()
    }

    /// Which revision of the protocol the client speaks.
    #[must_use]
    pub fn version(&self) -> Version {
        self.0.with(|engine| engine.session().version())
    }

    /// What carries the session; `None` once it has ended.
    #[must_use]
    pub fn transport(&self) -> Option<Transport> {
        self.0.with(|engine| engine.session().transport())
    }

    /// The query string of the request that opened the session, undecoded.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.0.data().query
    }

    /// The client's address; see [`About::address`](super::About::address).
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.0.data().address
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
                Some(Event::Upgraded | Event::Closed(_)) => {}
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
        self.send_until(&message.into(), Until::Done)
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
        self.send_until(&message.into(), Until::new(by.into()))
    }

    /// As [`send`](Self::send), but does not wait.
    ///
    /// # Errors
    /// [`SendError::Full`] from `high_water` on, and nothing is queued; [`SendError::Closed`].
    pub fn try_send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.send_until(&message.into(), Until::Now)
    }

    fn send_until(&self, message: &Message<'_>, until: Until) -> Result<(), SendError> {
        loop {
            let seen = self.inbox().how_drained();
            match self.0.with(|engine| put(engine, message)) {
                Err(SendError::Full) if self.inbox().wait_drained(seen, until) => {}
                sent => return sent,
            }
        }
    }

    /// Bytes that wait for the client, and 32 for each piece.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.0.with(|engine| engine.queued())
    }

    /// Ends the session, behind what is queued for the client.
    pub fn close(&self) {
        self.0.close(CloseReason::ForcedClose);
        self.inbox().drained();
    }

    /// Why the session has ended, once it has.
    #[must_use]
    pub fn closed(&self) -> Option<CloseReason> {
        self.inbox().closed()
    }

    fn inbox(&self) -> &Inbox {
        &self.0.data().inbox
    }
}

fn put(engine: &mut Engine, message: &Message<'_>) -> Result<(), SendError> {
    match message {
        Message::Text(text) => engine.text(text),
        Message::Binary(bytes) => engine.binary(Bytes::copy_from_slice(bytes)),
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Socket").field(self.sid()).finish()
    }
}
