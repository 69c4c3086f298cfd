//! What can go wrong for an application.

use crate::SendError;
#[cfg(feature = "tokio")]
use crate::Socket;
use siox_socketio::{DecodeError, Value};
use std::{error::Error, fmt, sync::Arc};

/// Any error of a handler.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why an acknowledgement did not come.
#[derive(Debug)]
#[non_exhaustive]
pub enum AckError {
    /// The event could not be sent.
    Send(SendError),
    /// The peer did not answer in time.
    Timeout,
    /// The socket was disconnected first.
    Disconnected,
    /// A client without a connection gave the event up for want of room.
    Dropped,
    /// The answer does not fit the type asked for.
    Decode(DecodeError),
}

impl fmt::Display for AckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(e) => write!(f, "the event was not sent: {e}"),
            Self::Timeout => f.write_str("the acknowledgement did not come in time"),
            Self::Disconnected => {
                f.write_str("the socket was disconnected before the acknowledgement")
            }
            Self::Dropped => f.write_str("the event was dropped for want of room"),
            Self::Decode(e) => write!(f, "the acknowledgement does not fit: {e}"),
        }
    }
}

impl Error for AckError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Send(e) => Some(e),
            Self::Decode(e) => Some(e),
            Self::Timeout | Self::Disconnected | Self::Dropped => None,
        }
    }
}

impl From<SendError> for AckError {
    fn from(e: SendError) -> Self {
        Self::Send(e)
    }
}

/// Why a client is not connected: at a server a namespace's refusal, at a client what it gets as
/// `connect_error`.
#[derive(Debug, Clone)]
pub struct ConnectError {
    pub(crate) message: String,
    pub(crate) data: Option<Value>,
}

impl ConnectError {
    /// A refusal with a message (`err.message` at the client).
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            data: None,
        }
    }

    /// What it says.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the server says beside.
    #[must_use]
    pub fn data(&self) -> Option<&Value> {
        self.data.as_ref()
    }

    /// The refusal with details (`err.data` at the client). Data that cannot be written as JSON, and
    /// binary data, is left out.
    #[must_use]
    pub fn with_data(mut self, data: &impl serde::Serialize) -> Self {
        self.data = Value::from_serialize(data)
            .ok()
            .filter(|data| data.attachments().is_empty());
        self
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ConnectError {}

/// What is known of the end of a connection beside its [reason](crate::DisconnectReason): what its transport, or a
/// packet, had wrong with it. Words for people and logs, which may change from version to version. Handlers of a
/// client's `on_disconnect` may take it; those of a server find nothing in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CloseDetails(pub(crate) Option<Arc<str>>);

impl CloseDetails {
    /// The words, if there are any.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl fmt::Display for CloseDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str().unwrap_or_default())
    }
}

/// What the error hook is told.
#[cfg(feature = "tokio")]
#[derive(Debug)]
#[non_exhaustive]
pub struct HandlerError {
    /// Whose event it was.
    pub socket: Socket,
    /// The event's name; `connect`, `disconnecting` and `disconnect` for those handlers, `room` for a
    /// watcher of rooms.
    pub event: String,
    /// What went wrong.
    pub fault: Fault,
}

/// What went wrong in a handler.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The event's arguments do not fit the handler's types; the handler did not run and no
    /// acknowledgement was sent.
    Arguments(BoxError),
    /// A packet middleware refused the event; no handler ran.
    Refused(BoxError),
    /// The handler returned an error.
    Returned(BoxError),
    /// The handler panicked; its socket has been disconnected.
    Panicked(String),
    /// A watcher of outgoing events or of rooms panicked; nothing else came of it.
    Watcher(String),
}

#[cfg(feature = "tokio")]
impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "handler of \"{}\": ", self.event)?;
        match &self.fault {
            Fault::Arguments(e) => write!(f, "the arguments do not fit: {e}"),
            Fault::Refused(e) => write!(f, "the event was refused: {e}"),
            Fault::Returned(e) => write!(f, "{e}"),
            Fault::Watcher(message) => write!(f, "a watcher panicked: {message}"),
            Fault::Panicked(message) => write!(f, "panicked: {message}"),
        }
    }
}

#[cfg(feature = "tokio")]
impl Error for HandlerError {}
