//! What went wrong for a client.

use core::fmt;

/// Why a session could not open, an upgrade failed, or a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientError {
    /// A packet of the server broke a rule.
    Packet(crate::Error),
    /// The status of an answer is not 200.
    Status(u16),
    /// There was no whole answer: no connection, or it was lost.
    Unreachable,
    /// A response is larger than [`ClientConfig::max_response`](crate::ClientConfig::max_response).
    TooBig {
        /// That limit, in bytes.
        limit: usize,
    },
    /// A request took longer than
    /// [`ClientConfig::request_timeout`](crate::ClientConfig::request_timeout).
    RequestTimeout,
    /// The handshake took longer than
    /// [`ClientConfig::open_timeout`](crate::ClientConfig::open_timeout).
    OpenTimeout,
    /// What came first is not the open packet, or one without what it must have.
    Handshake,
    /// The upgrade took longer than
    /// [`ClientConfig::upgrade_timeout`](crate::ClientConfig::upgrade_timeout).
    UpgradeTimeout,
    /// The probe was not answered by `3probe`.
    NotProbed,
    /// There is no transport to try.
    NoTransport,
    /// A word from a request or socket that is no longer the session's. It changed nothing.
    Stale,
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packet(error) => error.fmt(f),
            Self::Status(status) => write!(f, "the server answered {status}"),
            Self::Unreachable => f.write_str("the server cannot be reached"),
            Self::TooBig { limit } => write!(f, "a response of more than {limit} bytes"),
            Self::RequestTimeout => f.write_str("a request took too long"),
            Self::OpenTimeout => f.write_str("the handshake took too long"),
            Self::Handshake => f.write_str("the server's handshake cannot be read"),
            Self::UpgradeTimeout => f.write_str("the upgrade took too long"),
            Self::NotProbed => f.write_str("the probe got another answer than its pong"),
            Self::NoTransport => f.write_str("no transport is left to try"),
            Self::Stale => crate::Error::Stale.fmt(f),
        }
    }
}

impl core::error::Error for ClientError {}

impl From<crate::Error> for ClientError {
    fn from(error: crate::Error) -> Self {
        Self::Packet(error)
    }
}
