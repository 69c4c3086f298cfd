//! What a manager tells, and what it wants.

use alloc::{boxed::Box, string::String, sync::Arc};
use bytes::Bytes;
use core::fmt;
use siox_socketio::{DisconnectReason, Packet, Slot, Value};

/// Names a socket of a manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketKey(pub(super) u32);

/// Names one connection, or the attempt to make it. No two of a manager have the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dial(pub(super) u32);

/// Names an event whose acknowledgement is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub(super) u64);

/// An acknowledgement that the server waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owed {
    pub(super) dial: Dial,
    pub(super) slot: Slot,
    pub(super) id: u64,
}

/// What the layer below is to do, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// Open a session. Its outcome returns by [`handle_opened`](super::Manager::handle_opened) or
    /// [`handle_failed`](super::Manager::handle_failed).
    Open(Dial),
    /// Send a text message on the session that is open.
    Text(String),
    /// Send a binary message on the session that is open.
    Binary(Bytes),
    /// Close the session, behind what was sent on it, or give up to open it. No word of it is heard any
    /// more.
    Close(Dial),
}

/// Why an acknowledgement does not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unanswered {
    /// It did not come in time. With retries: nor did that of any try.
    Timeout,
    /// The socket was disconnected before it came. The server may have handled the event.
    Disconnected,
    /// The event gave way to others while there was no connection. It was not sent.
    Dropped,
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timeout => "operation has timed out",
            Self::Disconnected => "socket has been disconnected",
            Self::Dropped => "dropped for want of room",
        })
    }
}

impl core::error::Error for Unanswered {}

/// What happened, for the application.
#[derive(Debug, Clone, PartialEq)]
pub enum ManagerEvent {
    /// The connection is open.
    Opened,
    /// The connection could not be opened.
    Error {
        /// Why.
        message: String,
    },
    /// The connection that was open is not any more.
    Closed {
        /// Why.
        reason: DisconnectReason,
        /// What else is known of it, in words for people.
        details: Option<Arc<str>>,
    },
    /// The connection is tried again.
    ReconnectAttempt {
        /// How often by now, from 1.
        attempt: u32,
    },
    /// An attempt failed. Comes behind [`Error`](Self::Error).
    ReconnectError {
        /// Why.
        message: String,
    },
    /// It is not tried any more.
    ReconnectFailed,
    /// The connection is there again. Comes behind [`Opened`](Self::Opened).
    Reconnected {
        /// Which attempt it was, from 1.
        attempt: u32,
    },
    /// What does this socket say of itself now? The answer is
    /// [`authorize`](super::Manager::authorize).
    Auth {
        /// Who.
        socket: SocketKey,
        /// For the answer.
        attempt: u32,
    },
    /// The server let a socket in.
    Connected {
        /// Whom.
        socket: SocketKey,
        /// Its public id, as long as it is connected.
        sid: Box<str>,
        /// Whether it goes on where it was: what it missed follows.
        recovered: bool,
    },
    /// A socket is not connected: the server refused it, which is final until it is
    /// [connected](super::Manager::connect) again, or the connection could not be opened.
    ConnectError {
        /// Which.
        socket: SocketKey,
        /// Why.
        message: String,
        /// What the application at the other end says beside.
        data: Option<Value>,
    },
    /// The server emitted an event.
    Event {
        /// To whom.
        socket: SocketKey,
        /// For the acknowledgement, if the server wants one: [`ack`](super::Manager::ack).
        owed: Option<Owed>,
        /// The name and arguments.
        packet: Packet<'static>,
    },
    /// The acknowledgement of an event, or why there is none.
    Answer {
        /// Of which.
        ticket: Ticket,
        /// The arguments.
        result: Result<Packet<'static>, Unanswered>,
    },
    /// A socket that was connected is not any more.
    Disconnected {
        /// Which.
        socket: SocketKey,
        /// Why. Those of its own or the server's application are final; others end with the next
        /// connection.
        reason: DisconnectReason,
        /// What else is known of it, in words for people.
        details: Option<Arc<str>>,
    },
    /// The server's application reports an error to a connected socket; in revision 4 only.
    ServerError {
        /// To whom.
        socket: SocketKey,
        /// What it says.
        data: Value,
    },
}
