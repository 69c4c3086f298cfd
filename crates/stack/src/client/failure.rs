//! What went wrong below the session.

use alloc::boxed::Box;
use core::fmt;
use siox_http1 as http1;
use siox_websocket::{
    self as websocket,
    handshake::{
        InvalidHeader,
        client::{AnswerError, HandshakeError, Rejection},
    },
};

/// What went wrong on a connection to the server, where the session knows only that no whole answer came.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// There was no connection.
    NoConnection,
    /// The connection was lost before the answer was whole.
    Lost,
    /// The answer to a request is no good HTTP.
    Http(http1::Error),
    /// The answer is encoded, which was not asked for.
    Encoded,
    /// The answer is compressed, which was asked for, but cut off or broken.
    Garbled,
    /// A request was refused, or redirected, which is not followed. Of the body there is what came
    /// together with the head, decompressed where
    /// [`ClientOptions::compression`](crate::ClientOptions) asks for compressed answers.
    Refused(Box<Rejection>),
    /// The WebSocket was refused.
    Rejected(Box<Rejection>),
    /// The answer to the WebSocket's handshake is none.
    Handshake(HandshakeError),
    /// The server broke a rule of WebSocket, or one of its limits.
    WebSocket(websocket::Error),
    /// A header, the host or the target cannot be sent.
    Invalid,
}

impl Failure {
    /// The server's refusal, of a request or a WebSocket, if it is one: its status, headers (`Retry-After`,
    /// `WWW-Authenticate`) and the beginning of its body.
    #[must_use]
    pub fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Refused(rejection) | Self::Rejected(rejection) => Some(rejection),
            Self::NoConnection
            | Self::Lost
            | Self::Http(_)
            | Self::Encoded
            | Self::Garbled
            | Self::Handshake(_)
            | Self::WebSocket(_)
            | Self::Invalid => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConnection => f.write_str("no connection to the server"),
            Self::Lost => f.write_str("the connection was lost before the answer was whole"),
            Self::Http(e) => write!(f, "HTTP: {e}"),
            Self::Encoded => f.write_str("an encoded answer, which was not asked for"),
            Self::Garbled => f.write_str("a compressed answer that is cut off or broken"),
            Self::Refused(e) => write!(f, "the server answered {}", e.status),
            Self::Rejected(e) => e.fmt(f),
            Self::Handshake(e) => write!(f, "the WebSocket's handshake: {e}"),
            Self::WebSocket(e) => write!(f, "WebSocket: {e}"),
            Self::Invalid => f.write_str("a header, host or target that cannot be sent"),
        }
    }
}

impl core::error::Error for Failure {}

/// What went wrong below a client's session, which says more than the session's own error. `E` is what the
/// runtime knows of a connection that broke, or could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause<E> {
    /// There is no connection to the server, or it broke: the name, TCP, the proxy or TLS.
    Unreachable(E),
    /// The server's HTTP or WebSocket.
    Failure(Failure),
}

impl<E> Cause<E> {
    /// The cause where a session has [failed](crate::EngineClient::failure) so, and the connection that was
    /// lost last was lost, or not made, for this reason. A plain end has no reason.
    #[must_use]
    pub fn of(failure: Option<&Failure>, unreachable: Option<&E>) -> Option<Self>
    where
        E: Clone,
    {
        match (failure, unreachable) {
            (Some(Failure::NoConnection | Failure::Lost), Some(e)) => {
                Some(Self::Unreachable(e.clone()))
            }
            (failure, _) => failure.cloned().map(Self::Failure),
        }
    }

    /// As [`Failure::rejection`].
    #[must_use]
    pub fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Failure(failure) => failure.rejection(),
            Self::Unreachable(_) => None,
        }
    }
}

impl<E: fmt::Display> fmt::Display for Cause<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(e) => e.fmt(f),
            Self::Failure(e) => e.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for Cause<E> {}

impl From<http1::Error> for Failure {
    fn from(e: http1::Error) -> Self {
        Self::Http(e)
    }
}

impl From<websocket::Error> for Failure {
    fn from(e: websocket::Error) -> Self {
        Self::WebSocket(e)
    }
}

impl From<AnswerError> for Failure {
    fn from(e: AnswerError) -> Self {
        match e {
            AnswerError::Rejected(rejection) => Self::Rejected(rejection),
            AnswerError::Handshake(e) => Self::Handshake(e),
        }
    }
}

impl From<InvalidHeader> for Failure {
    fn from(_: InvalidHeader) -> Self {
        Self::Invalid
    }
}

impl From<http1::Invalid> for Failure {
    fn from(_: http1::Invalid) -> Self {
        Self::Invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_runtime_knows_explains_a_missing_connection_only() {
        for (failure, unreachable, expected) in [
            (None, Some("down"), None),
            (
                Some(Failure::Lost),
                Some("down"),
                Some(Cause::Unreachable("down")),
            ),
            (
                Some(Failure::NoConnection),
                Some("down"),
                Some(Cause::Unreachable("down")),
            ),
            (
                Some(Failure::Lost),
                None,
                Some(Cause::Failure(Failure::Lost)),
            ),
            (
                Some(Failure::Encoded),
                Some("down"),
                Some(Cause::Failure(Failure::Encoded)),
            ),
        ] {
            let cause = Cause::of(failure.as_ref(), unreachable.as_ref());
            assert_eq!(cause, expected, "{failure:?} {unreachable:?}");
        }
    }
}
