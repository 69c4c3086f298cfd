//! Why there is no WebSocket, or no longer one.

use siox_websocket::handshake::{
    HeadTooLarge, InvalidHeader,
    client::HandshakeError,
    server::{AcceptError, Refusal},
};
use siox_wire::SendError;
use std::{fmt, io};

/// Why there is no WebSocket, or no longer one.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The stream broke.
    Io(io::Error),
    /// The handshake took longer than it may.
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
    /// As a client: the host, the target, a header or a subprotocol of ours cannot be sent.
    InvalidHeader,
    /// As a client: what the server answered is no HTTP response.
    Http(siox_http1::Error),
    /// As a client: the server answered with another status than 101.
    Rejected(Box<Rejection>),
    /// As a client: the server answered with 101, but not to our request.
    Handshake(HandshakeError),
    /// The peer broke a rule or a limit; it was told by a close frame.
    WebSocket(siox_websocket::Error),
    /// Nothing can be sent.
    Send(SendError),
}

/// A server's answer that is not 101.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The status, 200 to 599.
    pub status: u16,
    /// The headers, in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The beginning of the body, at most [`BODY`](Self::BODY) bytes, as it came: a chunked one is
    /// not decoded.
    pub body: Vec<u8>,
}

impl Rejection {
    /// The most bytes of a body that are kept.
    pub const BODY: usize = 8 * 1024;

    /// The first header of that name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| &value[..])
    }
}

/// What is wrong with a URL (RFC 6455 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadUrl {
    /// It is no absolute URL with a host.
    Syntax,
    /// The scheme is not `ws`.
    Scheme,
    /// It has a fragment, which a WebSocket URL must not have.
    Fragment,
    /// It has a user name, which would not be sent.
    UserInfo,
}

impl fmt::Display for BadUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "not an absolute URL with a host",
            Self::Scheme => "the scheme must be ws",
            Self::Fragment => "a WebSocket URL has no fragment",
            Self::UserInfo => "a user name would not be sent",
        })
    }
}

impl std::error::Error for BadUrl {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(e) => write!(f, "the stream broke: {e}"),
            Self::Timeout => f.write_str("the handshake took too long"),
            Self::Refused(e) => write!(f, "the handshake was refused: {e}"),
            Self::Denied(status) => write!(f, "the handshake was refused with {status}"),
            Self::HeadTooLarge(e) => write!(f, "the handshake was refused: {e}"),
            Self::Url(e) => write!(f, "{e}"),
            Self::InvalidHeader => f.write_str("a header that cannot be sent"),
            Self::Http(e) => write!(f, "the server's answer: {e}"),
            Self::Rejected(answer) => write!(f, "the server answered {}", answer.status),
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
            Self::Http(e) => Some(e),
            Self::Handshake(e) => Some(e),
            Self::WebSocket(e) => Some(e),
            Self::Send(e) => Some(e),
            Self::Timeout | Self::Denied(_) | Self::InvalidHeader | Self::Rejected(_) => None,
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
