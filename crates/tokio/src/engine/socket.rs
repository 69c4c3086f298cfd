//! One client of a server.

use super::{About, inbox::Inbox, server::Sockets};
use crate::Conn;
use siox_engineio::{CloseReason, Sid, Transport, Version};
use siox_stack::{Outbound, front::Kept};
use siox_wire::{Message, SendError};
use std::{
    fmt,
    future::poll_fn,
    net::IpAddr,
    sync::Arc,
    task::{Context, Poll, ready},
};

/// What happened to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It has sent a message.
    Message(Message<'static>),
    /// It has shown that it lives, by its pong, or ping of v3. Told only where
    /// [`Config::tell_all`](super::Config) asks for it.
    Heartbeat,
    /// It has a WebSocket that has been probed. Told only where [`Config::tell_all`](super::Config) asks for
    /// it.
    Upgrading,
    /// It is on its WebSocket now.
    Upgraded,
    /// It is gone; the last event.
    Closed(CloseReason),
}

/// What is kept of a client: its request, and what has come of it.
pub(super) struct Client {
    pub(super) request: Kept,
    pub(super) inbox: Inbox,
}

/// A client of a [`Server`](super::Server). Clones of it are the same client, for other tasks.
///
/// Dropping it does not close the session.
#[derive(Clone)]
pub struct Socket {
    pub(super) conn: Arc<Conn<Sockets>>,
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

    /// The request that opened the session.
    #[must_use]
    pub fn request(&self) -> About<'_> {
        self.client().request.about()
    }

    /// The query string of the request that opened the session, undecoded.
    #[must_use]
    pub fn query(&self) -> &str {
        self.request().query
    }

    /// The client's address; see [`About::address`].
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.request().address()
    }

    fn client(&self) -> &Client {
        self.conn.data()
    }

    /// Waits for the next message. `None` once the session has ended, and ever after. Nothing is lost
    /// when the future is dropped.
    pub async fn recv(&self) -> Option<Message<'static>> {
        loop {
            match self.event().await? {
                Event::Message(message) => return Some(message),
                Event::Heartbeat | Event::Upgrading | Event::Upgraded | Event::Closed(_) => {}
            }
        }
    }

    /// Waits for whatever happens next. `None` after [`Event::Closed`]. Nothing is lost when the future is
    /// dropped.
    pub async fn event(&self) -> Option<Event> {
        poll_fn(|cx| self.poll_event(cx)).await
    }

    /// [`event`](Self::event), polled.
    pub fn poll_event(&self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.client().inbox.poll_take(cx)
    }

    /// Sends a message. Where too much waits for the client already, it waits for room; nothing is sent
    /// when the future is dropped before.
    ///
    /// # Errors
    /// [`SendError::Closed`].
    pub async fn send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        let message = self.outbound(message);
        poll_fn(|cx| {
            let first = self.offer(&message);
            if first != Err(SendError::Full) {
                return Poll::Ready(first);
            }
            // Tried again behind the waiting, lest room came in between.
            self.client().inbox.wait_drained(cx);
            match self.offer(&message) {
                Err(SendError::Full) => Poll::Pending,
                done => Poll::Ready(done),
            }
        })
        .await
    }

    /// As [`send`](Self::send), but does not wait.
    ///
    /// # Errors
    /// [`SendError::Full`] from `high_water` on, and nothing is queued; [`SendError::Closed`].
    pub fn try_send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.offer(&self.outbound(message))
    }

    fn outbound<'m>(&self, message: impl Into<Message<'m>>) -> Outbound<'m> {
        Outbound::from(message.into()).compressed(self.compress)
    }

    fn offer(&self, message: &Outbound<'_>) -> Result<(), SendError> {
        self.conn.with(|engine| engine.offer(message))
    }

    /// Waits until nothing waits for the client: all that was sent is with the system, or in the answer to
    /// a poll. Nothing tells whether the client has it.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the session ends before.
    pub async fn flush(&self) -> Result<(), SendError> {
        poll_fn(|cx| {
            self.client().inbox.wait_drained(cx);
            let (queued, closed) = self.conn.with(|e| (e.queued(), e.session().is_closed()));
            match (queued, closed) {
                (_, true) => Poll::Ready(Err(SendError::Closed)),
                (0, false) => Poll::Ready(Ok(())),
                (_, false) => Poll::Pending,
            }
        })
        .await
    }

    /// Bytes that wait for the client, and 32 for each piece.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.conn.with(|engine| engine.queued())
    }

    /// Ends the session, behind what is queued for the client.
    pub fn close(&self) {
        self.conn.close(CloseReason::ForcedClose);
    }

    /// Why the session has ended, once it has.
    #[must_use]
    pub fn closed(&self) -> Option<CloseReason> {
        self.client().inbox.closed()
    }
}

impl futures_core::Stream for Socket {
    type Item = Message<'static>;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Message<'static>>> {
        loop {
            match ready!(self.poll_event(cx)) {
                Some(Event::Message(message)) => return Poll::Ready(Some(message)),
                Some(_) => {}
                None => return Poll::Ready(None),
            }
        }
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Socket").field(self.sid()).finish()
    }
}
