//! The seam between a namespace and the other nodes of a cluster: what an adapter is asked for.

mod local;
mod memory;
mod parts;

pub use local::{Acks, Local};
pub use memory::InMemory;

use crate::{Args, RemoteSocket, RoomEvent, Selection, SendError, data::Stored};
use siox_socketio::Encoded;
use std::{error::Error, fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

/// A future of an adapter.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Makes the adapter of a namespace, given that namespace's own side.
pub type AdapterFactory = dyn Fn(Local) -> Arc<dyn Adapter> + Send + Sync;

/// An event for a selection of sockets.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Emit<'a> {
    /// The event's name.
    pub event: &'a str,
    /// The whole event, encoded.
    pub encoded: &'a Encoded,
    /// Whom it is for.
    pub selection: &'a Selection,
    /// Better lost than late, and not kept for recovery.
    pub volatile: bool,
    /// It is one socket's own: its refusal is the caller's.
    pub(crate) direct: bool,
    /// The event without its offset, for clients that cannot come back with one.
    pub(crate) plain: Option<&'a Encoded>,
}

impl<'a> Emit<'a> {
    /// An event for a selection.
    #[must_use]
    pub fn new(event: &'a str, encoded: &'a Encoded, selection: &'a Selection) -> Self {
        Self {
            event,
            encoded,
            selection,
            volatile: false,
            direct: false,
            plain: None,
        }
    }

    /// The same with its offset in it: `encoded` is the event with one more string behind its arguments
    /// ([`Encoded::with_argument`]). Clients that cannot come back with an offset get it without.
    #[must_use]
    pub fn stamped(self, encoded: &'a Encoded) -> Self {
        Self {
            encoded,
            plain: Some(self.encoded),
            ..self
        }
    }
}

/// What is to be done with the sockets of a selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// They join these rooms.
    Join(Vec<String>),
    /// They leave these rooms.
    Leave(Vec<String>),
    /// They are disconnected: from this namespace, or with their whole connection.
    Disconnect {
        /// The whole connection.
        close: bool,
    },
}

/// A session that was cut off, kept for its client to come back to.
#[derive(Clone)]
pub struct SavedSession {
    /// The private id that its client proves itself with.
    pub pid: Box<str>,
    /// The public id.
    pub sid: Box<str>,
    /// The rooms it was in.
    pub rooms: Vec<Box<str>>,
    pub(crate) data: Option<Stored>,
    /// The offset at which the session began.
    pub(crate) since: Box<str>,
}

impl fmt::Debug for SavedSession {
    /// Without the private id, which is a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SavedSession")
            .field("sid", &self.sid)
            .field("rooms", &self.rooms)
            .finish_non_exhaustive()
    }
}

/// A session that came back.
#[derive(Debug, Clone)]
pub struct Restored {
    /// What was saved.
    pub session: SavedSession,
    /// What it has missed until `until`, in order; each with its offset already in it.
    pub missed: Vec<Encoded>,
    /// The offset up to which `missed` goes.
    pub until: Box<str>,
}

/// What a namespace asks of its adapter. [`InMemory`] is the one of a server that is alone; one that
/// spans several servers does the same on all of them, through [`Local`] on its own.
///
/// What only sends returns at once: an adapter with a network queues it, in the order of the calls, and
/// tells by [`SendError::Full`] when it cannot. What asks returns a future. Nothing here may block.
///
/// What other servers are told is plain data, of which they make the same again:
///
/// | of | plain data | made by |
/// |---|---|---|
/// | an event, an acknowledgement | [`Encoded::json`], [`Encoded::attachments`]; the same of [`Args`] | [`Encoded::from_parts`], [`Args::from_parts`] |
/// | a selection | [`Selection::to`], [`Selection::except`] | [`Selection::new`] |
/// | a socket | [`RemoteSocket::to_value`] | [`Local::remote_socket`] |
/// | a session that is kept | its fields, [`SavedSession::data`], [`SavedSession::since`] | [`SavedSession::new`] |
///
/// Where sessions are recovered, an event carries its place in a log as its last argument
/// ([`Encoded::with_argument`], [`Emit::stamped`]), and each server sends the log's events in the log's order
/// ([`Local::emit_then`]).
pub trait Adapter: Send + Sync + 'static {
    /// The server is closing. Called once, after everything else.
    fn close(&self) -> Later<'_, Result<(), AdapterError>> {
        Box::pin(async { Ok(()) })
    }

    /// Sends an event to a selection.
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was sent.
    fn emit(&self, emit: Emit<'_>) -> Result<(), SendError>;

    /// Sends an event to a selection and gathers the acknowledgements until `timeout` is over.
    fn emit_with_ack(
        &self,
        emit: Emit<'_>,
        timeout: Duration,
    ) -> Later<'static, Result<Vec<Args>, BroadcastError>>;

    /// Does something with the sockets of a selection.
    ///
    /// # Errors
    /// [`AdapterError`] when other nodes cannot be told.
    fn act(&self, selection: &Selection, action: &Action) -> Result<(), AdapterError>;

    /// The sockets of a selection, on all nodes.
    fn fetch_sockets(
        &self,
        selection: Selection,
    ) -> Later<'_, Result<Vec<RemoteSocket>, AdapterError>>;

    /// Tells the other servers of an event.
    ///
    /// # Errors
    /// [`AdapterError`] when they cannot be told.
    fn server_side_emit(&self, event: &str, args: &Encoded) -> Result<(), AdapterError>;

    /// Tells the other servers of an event, and gathers an answer of each.
    fn server_side_emit_with_ack(
        &self,
        event: &str,
        args: &Encoded,
        timeout: Duration,
    ) -> Later<'_, Result<Vec<Args>, BroadcastError>>;

    /// How many servers there are, this one included.
    fn server_count(&self) -> Later<'_, Result<usize, AdapterError>>;

    /// A room of this node came or went, a socket of this node joined or left one.
    fn room_event(&self, event: &RoomEvent<'_>) {
        let _ = event;
    }

    /// Whether sessions can be recovered: then each event of a single socket goes through
    /// [`emit`](Self::emit) too, and clients are told a private id.
    fn recovers(&self) -> bool {
        false
    }

    /// The offset that a session which begins now begins at. Asked under the namespace's lock.
    fn offset(&self) -> Box<str> {
        Box::default()
    }

    /// Keeps a session that was cut off.
    fn persist(&self, session: SavedSession) {
        let _ = session;
    }

    /// Takes the session of this private id, for good: a second call finds nothing. `None` when there is
    /// none, or when what it has missed since `offset` (since it began, without one) is not all there. Not
    /// asked while a socket of this node has the id.
    fn restore(
        &self,
        pid: &str,
        offset: Option<&str>,
    ) -> Later<'_, Result<Option<Restored>, AdapterError>> {
        let _ = (pid, offset);
        Box::pin(async { Ok(None) })
    }

    /// What a session that was restored has missed between [`Restored::until`] and now. Asked under the
    /// namespace's lock, together with which the socket becomes a member.
    fn missed_since(&self, restored: &Restored) -> Vec<Encoded> {
        let _ = restored;
        Vec::new()
    }
}

/// An adapter could not reach the other nodes.
#[derive(Debug)]
pub struct AdapterError(pub crate::BoxError);

impl fmt::Display for AdapterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the adapter failed: {}", self.0)
    }
}

impl Error for AdapterError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// Why a broadcast was not acknowledged by all it was for.
#[derive(Debug)]
#[non_exhaustive]
pub enum BroadcastError {
    /// The event could not be sent.
    Send(SendError),
    /// Not all have answered: in time, or before they were disconnected.
    Partial {
        /// The answers that came, in the order of their coming.
        responses: Vec<Args>,
        /// How many did not come.
        missing: usize,
    },
    /// Other nodes could not be asked.
    Adapter(AdapterError),
}

impl fmt::Display for BroadcastError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(e) => write!(f, "the event was not sent: {e}"),
            Self::Partial { responses, missing } => write!(
                f,
                "{missing} of {} acknowledgements did not come",
                responses.len().saturating_add(*missing)
            ),
            Self::Adapter(e) => e.fmt(f),
        }
    }
}

impl Error for BroadcastError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Send(e) => Some(e),
            Self::Adapter(e) => Some(e),
            Self::Partial { .. } => None,
        }
    }
}

impl From<SendError> for BroadcastError {
    fn from(e: SendError) -> Self {
        Self::Send(e)
    }
}
