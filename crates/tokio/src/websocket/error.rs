//! Why there is no WebSocket, or no longer one.

use siox_http1::proxy;
use siox_websocket::handshake::{
    HeadTooLarge, InvalidHeader,
    client::{AnswerError, BadUrl, HandshakeError, Rejection},
    server::{AcceptError, Refusal},
};
use siox_wire::SendError;
use std::{fmt, io};
#[cfg(feature = "tls")]
use tokio_rustls::rustls;

/// Why there is no WebSocket, or no longer one.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The stream broke.
    Io(io::Error),
    /// The handshake, or what comes before it, took longer than it may.
    Timeout,
    /// As a server: the request was refused, and the peer told so.
    Refused(Refusal),
    /// As a server: the hook of the options refused the request, and
    /// the peer was told so with this status.
    Denied(u16),
    /// As a server: the request's head is too long; the peer was told 431.
    HeadTooLarge(HeadTooLarge),
    /// As a client: the URL is none that can be connected to.
    Url(BadUrl),
    /// As a client: the scheme is `wss`, and this crate was built without feature `tls`.
    NoTls,
    /// As a client: there is no TLS session with the server, whose certificate is not trusted or not
    /// for this name, for instance.
    #[cfg(feature = "tls")]
    Tls(rustls::Error),
    /// As a client: there is no way through the proxy.
    Proxy(proxy::Error),
    /// As a client: the host, the target, a header or a subprotocol of ours cannot be sent, or the
    /// header is the handshake's own.
    InvalidHeader,
    /// As a client: the server answered with another status than 101.
    Rejected(Box<Rejection>),
    /// As a client: the server did not answer in HTTP, or with 101 but not to our request.
    Handshake(HandshakeError),
    /// The peer broke a rule or a limit; it was told by a close frame.
    WebSocket(siox_websocket::Error),
    /// Nothing can be sent.
    Send(SendError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(e) => write!(f, "{e}"),
            Self::Timeout => f.write_str("the handshake took too long"),
            Self::Refused(e) => write!(f, "the handshake was refused: {e}"),
            Self::Denied(status) => write!(f, "the handshake was refused with {status}"),
            Self::HeadTooLarge(e) => write!(f, "the handshake was refused: {e}"),
            Self::Url(e) => write!(f, "{e}"),
            Self::NoTls => f.write_str("wss needs feature `tls` of siox-tokio"),
            #[cfg(feature = "tls")]
            Self::Tls(e) => write!(f, "TLS: {e}"),
            Self::Proxy(e) => write!(f, "{e}"),
            Self::InvalidHeader => f.write_str("a header that cannot be sent"),
            Self::Rejected(e) => write!(f, "{e}"),
            Self::Handshake(e) => write!(f, "the server's answer: {e}"),
            Self::WebSocket(e) => write!(f, "{e}"),
            Self::Send(e) => write!(f, "{e}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(e) => Some(e),
            Self::Refused(e) => Some(e),
            Self::HeadTooLarge(e) => Some(e),
            Self::Url(e) => Some(e),
            Self::Rejected(e) => Some(e),
            Self::Handshake(e) => Some(e),
            #[cfg(feature = "tls")]
            Self::Tls(e) => Some(e),
            Self::Proxy(e) => Some(e),
            Self::WebSocket(e) => Some(e),
            Self::Send(e) => Some(e),
            Self::Timeout | Self::Denied(_) | Self::NoTls | Self::InvalidHeader => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

impl From<AcceptError> for Error {
    fn from(e: AcceptError) -> Self {
        match e {
            AcceptError::Refused(e) => Self::Refused(e),
            AcceptError::Denied(status) => Self::Denied(status),
            AcceptError::HeadTooLarge(e) => Self::HeadTooLarge(e),
            AcceptError::InvalidHeader => Self::InvalidHeader,
            AcceptError::Timeout => Self::Timeout,
        }
    }
}

impl From<BadUrl> for Error {
    fn from(e: BadUrl) -> Self {
        Self::Url(e)
    }
}

impl From<proxy::Error> for Error {
    fn from(e: proxy::Error) -> Self {
        Self::Proxy(e)
    }
}

impl From<AnswerError> for Error {
    fn from(e: AnswerError) -> Self {
        match e {
            AnswerError::Rejected(rejection) => Self::Rejected(rejection),
            AnswerError::Handshake(e) => Self::Handshake(e),
        }
    }
}

impl From<siox_websocket::Error> for Error {
    fn from(e: siox_websocket::Error) -> Self {
        Self::WebSocket(e)
    }
}

impl From<SendError> for Error {
    fn from(e: SendError) -> Self {
        Self::Send(e)
    }
}

impl From<InvalidHeader> for Error {
    fn from(_: InvalidHeader) -> Self {
        Self::InvalidHeader
    }
}
