//! Why there is no session.

use crate::Error;
use siox_engineio::{ClientError, CloseReason};
use siox_stack::Failure;
use siox_websocket::handshake::{
    InvalidHeader,
    client::{BadUrl, Rejection},
};
use std::{fmt, io, sync::Arc};

/// Why there is no session.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is none that can be connected to.
    Url(BadUrl),
    /// The URL asks for TLS, and this crate was built without feature `tls`.
    NoTls,
    /// A header, a subprotocol or a name of the options cannot be sent.
    InvalidHeader,
    /// The system gives no thread.
    Thread(io::Error),
    /// No transport that may be tried could open a session.
    NotOpened {
        /// How it ended.
        reason: CloseReason,
        /// What went wrong.
        error: Option<ClientError>,
        /// What went wrong below.
        cause: Option<Cause>,
    },
}

/// What went wrong below the session.
pub type Cause = siox_stack::Cause<Arc<Error>>;

impl ConnectError {
    /// How the server refused, if it did: its status, headers (`Retry-After`) and the beginning of its body.
    #[must_use]
    pub fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::NotOpened { cause, .. } => cause.as_ref()?.rejection(),
            _ => None,
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(e) => e.fmt(f),
            Self::NoTls => f.write_str("TLS needs feature `tls` of siox-tcp"),
            Self::InvalidHeader => f.write_str("a header that cannot be sent"),
            Self::Thread(e) => write!(f, "no thread: {e}"),
            Self::NotOpened {
                reason,
                error,
                cause,
            } => {
                write!(f, "the session did not open: {reason}")?;
                if let Some(error) = error {
                    write!(f, ": {error}")?;
                }
                match cause {
                    // It says the same.
                    Some(Cause::Failure(Failure::Refused(_))) => Ok(()),
                    Some(cause) => write!(f, ": {cause}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for ConnectError {}

impl From<BadUrl> for ConnectError {
    fn from(e: BadUrl) -> Self {
        Self::Url(e)
    }
}

impl From<InvalidHeader> for ConnectError {
    fn from(_: InvalidHeader) -> Self {
        Self::InvalidHeader
    }
}
