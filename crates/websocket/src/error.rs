//! Why a connection failed, told by blame, and the close code each failure owes the peer.

use crate::CloseCode;
use core::fmt;

/// Why a connection failed. Sticky: once returned, every later call returns the same.
///
/// When a machine returns it, the close frame it owes (if any) is already queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The peer broke a rule of RFC 6455.
    Protocol(Violation),
    /// The peer announced a message beyond [`Limits::message`](crate::Limits::message).
    TooBig {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The peer cut a message into more than [`Limits::fragments`](crate::Limits::fragments).
    TooManyFragments {
        /// The limit, in frames.
        limit: u32,
    },
    /// The peer sent more than [`Limits::control_flood`](crate::Limits::control_flood) control frames
    /// within a second and no data.
    ControlFlood {
        /// The limit, in frames a second.
        limit: u32,
    },
    /// The peer reads too slowly: [`Limits::hard_cap`](crate::Limits::hard_cap) was reached.
    SlowConsumer {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The peer took too long.
    Timeout(Timeout),
    /// The byte stream ended before the closing handshake was done.
    UnexpectedEof,
}

/// What the peer took too long for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Timeout {
    /// Answering our close frame: [`Limits::close_wait`](crate::Limits::close_wait).
    Close,
    /// A sign of life after our ping: [`Limits::pong_timeout`](crate::Limits::pong_timeout).
    Pong,
    /// The rest of a message: [`Limits::message_deadline`](crate::Limits::message_deadline).
    Message,
    /// The next byte of a message: [`Limits::message_idle`](crate::Limits::message_idle).
    MessageIdle,
    /// The rest of a message that came too slowly:
    /// [`Limits::message_rate`](crate::Limits::message_rate).
    MessageRate,
}

/// The rule of RFC 6455 (or RFC 7692) that the peer broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// A reserved bit is set that no extension gave a meaning (§5.2).
    ReservedBits,
    /// A reserved opcode (§5.2).
    ReservedOpcode,
    /// A client's frame that is not masked (§5.1).
    Unmasked,
    /// A server's frame that is masked (§5.1).
    Masked,
    /// A control frame in fragments (§5.5).
    FragmentedControl,
    /// A control frame with more than 125 bytes (§5.5).
    ControlTooLong,
    /// A 64-bit payload length with its most significant bit set (§5.2).
    LengthOverflow,
    /// A payload length not written in the fewest bytes (§5.2).
    LengthNotMinimal,
    /// A continuation frame outside a message (§5.4).
    StrayContinuation,
    /// A new message inside an unfinished one (§5.4).
    InterleavedMessage,
    /// A text message that is not UTF-8 (§8.1).
    InvalidUtf8,
    /// A message whose compressed payload is no DEFLATE stream, or no whole one (RFC 7692 §7.2.2).
    Deflate,
    /// A close frame with a payload of one byte (§5.5.1).
    ClosePayload,
    /// A close code that must not stand in a close frame (§7.4).
    CloseCode(u16),
    /// A close reason that is not UTF-8 (§5.5.1).
    CloseReason,
}

impl Error {
    /// The status code of this failure (RFC 6455 §7.4): what the close frame says, or
    /// [`CloseCode::ABNORMAL`] where none is owed.
    #[must_use]
    pub fn close_code(self) -> CloseCode {
        match self {
            Self::Protocol(
                Violation::InvalidUtf8 | Violation::Deflate | Violation::CloseReason,
            ) => CloseCode::INVALID_PAYLOAD,
            Self::Protocol(_) => CloseCode::PROTOCOL,
            Self::TooBig { .. } => CloseCode::TOO_BIG,
            Self::TooManyFragments { .. }
            | Self::ControlFlood { .. }
            | Self::SlowConsumer { .. }
            | Self::Timeout(Timeout::Message | Timeout::MessageIdle | Timeout::MessageRate) => {
                CloseCode::POLICY
            }
            Self::Timeout(Timeout::Pong) => CloseCode::INTERNAL,
            Self::Timeout(Timeout::Close) | Self::UnexpectedEof => CloseCode::ABNORMAL,
        }
    }

    /// The reason that the close frame gives: a fixed text of at most 123 bytes.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Protocol(violation) => violation.reason(),
            Self::TooBig { .. } => "message too big",
            Self::TooManyFragments { .. } => "too many fragments",
            Self::ControlFlood { .. } => "too many control frames",
            Self::SlowConsumer { .. } => "slow consumer",
            Self::Timeout(Timeout::Close) => "no answer to the close frame",
            Self::Timeout(Timeout::Pong) => "no answer to a ping",
            Self::Timeout(Timeout::Message) => "message took too long",
            Self::Timeout(Timeout::MessageIdle) => "message left unfinished",
            Self::Timeout(Timeout::MessageRate) => "message too slow",
            Self::UnexpectedEof => "the stream ended without a closing handshake",
        }
    }
}

impl Violation {
    /// The rule, as a fixed text of at most 123 bytes.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::ReservedBits => "reserved bit set",
            Self::ReservedOpcode => "reserved opcode",
            Self::Unmasked => "frame not masked",
            Self::Masked => "frame masked",
            Self::FragmentedControl => "fragmented control frame",
            Self::ControlTooLong => "control frame too long",
            Self::LengthOverflow => "payload length beyond 63 bits",
            Self::LengthNotMinimal => "payload length not minimal",
            Self::StrayContinuation => "continuation without a message",
            Self::InterleavedMessage => "new message inside another",
            Self::InvalidUtf8 => "invalid UTF-8",
            Self::Deflate => "invalid compressed data",
            Self::ClosePayload => "close payload of one byte",
            Self::CloseCode(_) => "invalid close code",
            Self::CloseReason => "invalid UTF-8 in close reason",
        }
    }
}

impl From<Violation> for Error {
    fn from(violation: Violation) -> Self {
        Self::Protocol(violation)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())?;
        match self {
            Self::CloseCode(code) => write!(f, " {code}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol(violation) => write!(f, "protocol error: {violation}"),
            Self::TooBig { limit } => write!(f, "message exceeds the limit of {limit} bytes"),
            Self::TooManyFragments { limit } => {
                write!(f, "message exceeds the limit of {limit} fragments")
            }
            Self::ControlFlood { limit } => {
                write!(
                    f,
                    "more than {limit} control frames in a second without data"
                )
            }
            Self::SlowConsumer { limit } => {
                write!(
                    f,
                    "slow consumer: the queue reached its cap of {limit} bytes"
                )
            }
            Self::Timeout(_) => write!(f, "timeout: {}", self.reason()),
            Self::UnexpectedEof => f.write_str(self.reason()),
        }
    }
}

impl core::error::Error for Violation {}
impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_two_words() {
        assert_eq!(size_of::<Error>(), 16);
    }
}
