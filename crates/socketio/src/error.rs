//! What a peer did wrong, and what a handler's types could not take.

use crate::{DisconnectReason, scan::Fault};
use alloc::{boxed::Box, string::ToString};
use core::fmt;
use serde::de::{Expected, Unexpected};

/// The rule that a peer broke. The connection is over: every later call returns the same error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The packet does not begin with a type from 0 to 6.
    PacketType,
    /// The number of attachments is not `[1-9][0-9]{0,3}` and a dash.
    AttachmentCount,
    /// More attachments announced than allowed.
    TooManyAttachments {
        /// The largest number allowed.
        limit: usize,
    },
    /// The namespace's name is too long.
    NamespaceTooLong {
        /// The longest name allowed, in bytes.
        limit: usize,
    },
    /// The acknowledgement's id is beyond 2^53 - 1, missing where it must be, or there where it must not.
    AckId,
    /// The payload is missing, or not of the kind that the packet's type wants.
    Payload,
    /// The payload is not JSON.
    Json {
        /// Offset of the first wrong byte in the message.
        at: usize,
    },
    /// The payload is nested too deep.
    TooDeep {
        /// The deepest nesting allowed.
        limit: usize,
    },
    /// The message is longer than 2^28 bytes.
    TooLong,
    /// The message is not MessagePack, or ends too early.
    MessagePack {
        /// Offset of the first wrong byte, or of the missing one, in the message.
        at: usize,
    },
    /// Something follows the packet in its message.
    TrailingBytes {
        /// Where it begins.
        at: usize,
    },
    /// A string is not UTF-8.
    Utf8 {
        /// Offset of the string in the message.
        at: usize,
    },
    /// A number is infinite, or none.
    NotFinite,
    /// A key of a map is no string.
    MapKey,
    /// The packet has one of its own keys twice.
    DuplicateKey,
    /// The namespace is missing, or does not begin with a slash.
    Namespace,
    /// Text, where packets are binary messages.
    TextMessage,
    /// The first element of an event is neither a string nor a number.
    EventName,
    /// The event's name is one that the protocol keeps for itself.
    ReservedName,
    /// A placeholder does not name one of the packet's attachments.
    Placeholder,
    /// Text came while attachments were due.
    TextAmidAttachments,
    /// Binary data came while no attachment was due.
    UnexpectedBinary,
    /// An attachment did not come in time.
    AttachmentsTimeout,
    /// A packet for a namespace that was never joined, or not accepted yet.
    NotConnected,
    /// A CONNECT for a namespace that is joined, or being joined.
    AlreadyConnected,
    /// A packet that only a server sends.
    Direction,
    /// No namespace was joined in time.
    ConnectTimeout,
    /// An answer to a CONNECT that was not sent, or a second one.
    Unasked,
    /// More came before the answer to a CONNECT than is kept.
    TooMuchHeld {
        /// The most that is kept, in bytes.
        limit: usize,
    },
}

impl Error {
    /// The reason with which the sockets of this connection end.
    #[must_use]
    pub const fn reason(self) -> DisconnectReason {
        match self {
            Self::NotConnected
            | Self::AlreadyConnected
            | Self::Direction
            | Self::ConnectTimeout
            | Self::Unasked
            | Self::TooMuchHeld { .. } => DisconnectReason::ForcedServerClose,
            Self::PacketType
            | Self::AttachmentCount
            | Self::TooManyAttachments { .. }
            | Self::NamespaceTooLong { .. }
            | Self::AckId
            | Self::Payload
            | Self::Json { .. }
            | Self::TooDeep { .. }
            | Self::TooLong
            | Self::MessagePack { .. }
            | Self::TrailingBytes { .. }
            | Self::Utf8 { .. }
            | Self::NotFinite
            | Self::MapKey
            | Self::DuplicateKey
            | Self::Namespace
            | Self::TextMessage
            | Self::EventName
            | Self::ReservedName
            | Self::Placeholder
            | Self::TextAmidAttachments
            | Self::UnexpectedBinary
            | Self::AttachmentsTimeout => DisconnectReason::ParseError,
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Syntax { at } => Self::Json { at },
            Fault::Depth => Self::TooDeep {
                limit: crate::MAX_DEPTH,
            },
            Fault::Length => Self::TooLong,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PacketType => f.write_str("unknown packet type"),
            Self::AttachmentCount => f.write_str("malformed number of attachments"),
            Self::TooManyAttachments { limit } => write!(f, "more than {limit} attachments"),
            Self::NamespaceTooLong { limit } => {
                write!(f, "a namespace's name of more than {limit} bytes")
            }
            Self::AckId => f.write_str("malformed acknowledgement id"),
            Self::Payload => f.write_str("the payload does not fit the packet type"),
            Self::Json { at } => write!(f, "malformed JSON at byte {at}"),
            Self::TooDeep { limit } => write!(f, "nested deeper than {limit}"),
            Self::TooLong => f.write_str("a message of more than 2^28 bytes"),
            Self::MessagePack { at } => write!(f, "malformed MessagePack at byte {at}"),
            Self::TrailingBytes { at } => write!(f, "more than a packet from byte {at}"),
            Self::Utf8 { at } => write!(f, "a string that is not UTF-8 at byte {at}"),
            Self::NotFinite => f.write_str("a number that is not finite"),
            Self::MapKey => f.write_str("a key that is no string"),
            Self::DuplicateKey => f.write_str("a key of the packet given twice"),
            Self::Namespace => f.write_str("a namespace must begin with a slash"),
            Self::TextMessage => f.write_str("text where packets are binary"),
            Self::EventName => f.write_str("an event name must be a string or a number"),
            Self::ReservedName => f.write_str("a reserved event name"),
            Self::Placeholder => f.write_str("a placeholder without its attachment"),
            Self::TextAmidAttachments => f.write_str("text while attachments were due"),
            Self::UnexpectedBinary => f.write_str("binary data while no attachment was due"),
            Self::AttachmentsTimeout => f.write_str("an attachment did not come in time"),
            Self::NotConnected => f.write_str("a packet for a namespace that is not connected"),
            Self::AlreadyConnected => f.write_str("a second CONNECT for one namespace"),
            Self::Direction => f.write_str("a packet that only a server sends"),
            Self::ConnectTimeout => f.write_str("no namespace was joined in time"),
            Self::Unasked => f.write_str("an answer to no CONNECT"),
            Self::TooMuchHeld { limit } => {
                write!(f, "more than {limit} bytes before the answer to a CONNECT")
            }
        }
    }
}

impl core::error::Error for Error {}

/// Why arguments did not fit the types that a handler wants. The connection is not at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// There are fewer arguments.
    Missing {
        /// Which one is missing, counted from 0.
        index: usize,
    },
    /// A number beyond the range of a double.
    Number,
    /// Placeholders that repeat an attachment so often that their copies would exceed what arrived.
    Repeated,
    /// What serde says of a value that does not fit; never the value itself, which may be a secret.
    Mismatch(Box<str>),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { index } => write!(f, "argument {index} is missing"),
            Self::Number => f.write_str("a number out of range"),
            Self::Repeated => f.write_str("an attachment is repeated too often to be copied"),
            Self::Mismatch(message) => f.write_str(message),
        }
    }
}

impl core::error::Error for DecodeError {}

/// These texts reach logs, and values may be secrets: serde's own would tell them.
impl serde::de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Mismatch(message.to_string().into())
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let found = kind_of(found);
        Self::custom(format_args!("invalid type: {found}, expected {wanted}"))
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let found = kind_of(found);
        Self::custom(format_args!("invalid value: {found}, expected {wanted}"))
    }

    fn unknown_variant(_: &str, known: &'static [&'static str]) -> Self {
        Self::custom(format_args!("unknown variant, expected {}", OneOf(known)))
    }

    fn unknown_field(_: &str, known: &'static [&'static str]) -> Self {
        Self::custom(format_args!("unknown field, expected {}", OneOf(known)))
    }
}

fn kind_of(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "integer",
        Unexpected::Float(_) => "floating point number",
        Unexpected::Char(_) => "character",
        Unexpected::Str(_) => "string",
        Unexpected::Bytes(_) => "byte array",
        Unexpected::Unit => "null",
        Unexpected::Option => "option",
        Unexpected::NewtypeStruct => "newtype struct",
        Unexpected::Seq => "sequence",
        Unexpected::Map => "map",
        Unexpected::Enum => "enum",
        Unexpected::UnitVariant => "unit variant",
        Unexpected::NewtypeVariant => "newtype variant",
        Unexpected::TupleVariant => "tuple variant",
        Unexpected::StructVariant => "struct variant",
        Unexpected::Other(_) => "something else",
    }
}

/// The names that there are.
struct OneOf(&'static [&'static str]);

impl fmt::Display for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (n, name) in self.0.iter().enumerate() {
            let before = if n == 0 { "" } else { " or " };
            write!(f, "{before}`{name}`")?;
        }
        Ok(())
    }
}
