//! What a peer did wrong, why a session ended, and what a refused request is told.

use core::fmt;

/// What was wrong with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A packet without a type: an empty body or message, or a separator too many.
    EmptyPacket,
    /// A type that is none of `0` to `6`.
    UnknownPacket(u8),
    /// Text that is not UTF-8.
    Utf8,
    /// Binary data that is not base64 (RFC 4648 §4; padding may be left out).
    Base64,
    /// In a payload of v3, a length that is no number or does not fit what follows.
    Length,
    /// A JSONP body without its field `d`, or with two of them.
    Form,
    /// A ping from a client of v4, whose part is to answer pings.
    HeartbeatDirection,
    /// On the WebSocket of an upgrade, something other than `2probe` and `5`. Only that socket
    /// fails; the session lives on.
    NotAProbe,
    /// A word from a request or socket that is no longer the session's. It changed nothing.
    Stale,
}

impl Error {
    /// Why the session ended, for an error that ends it.
    #[must_use]
    pub const fn close_reason(self) -> Option<CloseReason> {
        match self {
            Self::EmptyPacket
            | Self::UnknownPacket(_)
            | Self::Utf8
            | Self::Base64
            | Self::Length
            | Self::Form => Some(CloseReason::ParseError),
            Self::HeartbeatDirection => Some(CloseReason::TransportError),
            Self::NotAProbe | Self::Stale => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyPacket => f.write_str("a packet without a type"),
            Self::UnknownPacket(kind) => {
                write!(f, "unknown packet type '{}'", kind.escape_ascii())
            }
            Self::Utf8 => f.write_str("a packet that is not UTF-8"),
            Self::Base64 => f.write_str("binary data that is not base64"),
            Self::Length => f.write_str("a length that does not fit the payload"),
            Self::Form => f.write_str("a form without one field 'd'"),
            Self::HeartbeatDirection => f.write_str("invalid heartbeat direction"),
            Self::NotAProbe => f.write_str("neither a probe nor an upgrade on a probing socket"),
            Self::Stale => f.write_str("the request or socket is no longer the session's"),
        }
    }
}

impl core::error::Error for Error {}

/// Why a session ended. Displayed by the reference's names, where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer broke the rules of the transport, or a request was cut off.
    TransportError,
    /// The peer closed.
    TransportClose,
    /// The server's application closed.
    ForcedClose,
    /// No pong came in time.
    PingTimeout,
    /// A packet could not be understood.
    ParseError,
    /// The server goes down.
    ServerShuttingDown,
    /// What was queued passed [`Config::hard_cap`](crate::Config::hard_cap).
    SlowConsumer,
}

impl CloseReason {
    /// The name, as the reference gives it to an application.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TransportError => "transport error",
            Self::TransportClose => "transport close",
            Self::ForcedClose => "forced close",
            Self::PingTimeout => "ping timeout",
            Self::ParseError => "parse error",
            Self::ServerShuttingDown => "server shutting down",
            Self::SlowConsumer => "slow consumer",
        }
    }

    /// Whether the server ends the session of its own will, so that what is queued is still owed.
    pub(crate) const fn is_orderly(self) -> bool {
        match self {
            Self::ForcedClose | Self::ServerShuttingDown => true,
            Self::TransportError
            | Self::TransportClose
            | Self::PingTimeout
            | Self::ParseError
            | Self::SlowConsumer => false,
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a request is refused: the reference's table of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ErrorCode {
    /// `transport` is missing, unknown, or not offered.
    TransportUnknown = 0,
    /// There is no session of this `sid`, or no more.
    UnknownSid = 1,
    /// A request without `sid` that is not a GET.
    BadHandshakeMethod = 2,
    /// The request does not fit the session's transport or state.
    BadRequest = 3,
    /// Refused by the application.
    Forbidden = 4,
    /// `EIO` is missing or not served.
    UnsupportedVersion = 5,
}

impl ErrorCode {
    /// The message that goes with the code.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::TransportUnknown => "Transport unknown",
            Self::UnknownSid => "Session ID unknown",
            Self::BadHandshakeMethod => "Bad handshake method",
            Self::BadRequest => "Bad request",
            Self::Forbidden => "Forbidden",
            Self::UnsupportedVersion => "Unsupported protocol version",
        }
    }

    /// The HTTP status: 403 for [`Forbidden`](Self::Forbidden), else 400.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Forbidden => 403,
            Self::TransportUnknown
            | Self::UnknownSid
            | Self::BadHandshakeMethod
            | Self::BadRequest
            | Self::UnsupportedVersion => 400,
        }
    }

    /// The JSON body, code and message.
    pub(crate) const fn body(self) -> &'static str {
        match self {
            Self::TransportUnknown => r#"{"code":0,"message":"Transport unknown"}"#,
            Self::UnknownSid => r#"{"code":1,"message":"Session ID unknown"}"#,
            Self::BadHandshakeMethod => r#"{"code":2,"message":"Bad handshake method"}"#,
            Self::BadRequest => r#"{"code":3,"message":"Bad request"}"#,
            Self::Forbidden => r#"{"code":4,"message":"Forbidden"}"#,
            Self::UnsupportedVersion => r#"{"code":5,"message":"Unsupported protocol version"}"#,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for ErrorCode {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_carry_code_and_message() {
        let all = [
            ErrorCode::TransportUnknown,
            ErrorCode::UnknownSid,
            ErrorCode::BadHandshakeMethod,
            ErrorCode::BadRequest,
            ErrorCode::Forbidden,
            ErrorCode::UnsupportedVersion,
        ];
        for (n, code) in all.into_iter().enumerate() {
            let body = alloc::format!(r#"{{"code":{n},"message":"{}"}}"#, code.message());
            assert_eq!((code.body(), code as usize), (&*body, n));
        }
    }
}
