//! Where a layer puts whole messages for the layer below, without a queue of its own.

use crate::{Lead, Shared};
use alloc::sync::Arc;
use bytes::Bytes;
use core::fmt;

/// How much a verb may count on: the question asked before anything is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admit {
    /// Refused at the high-water mark.
    Normal,
    /// Refused as soon as anything waits: better lost than late.
    Volatile,
    /// An answer that is owed (an acknowledgement, a CONNECT, a broadcast to a member): only the hard
    /// cap applies, and passing it ends the connection.
    Owed,
}

/// Why a verb did nothing. The machine is as it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The connection, or this part of it, is closed or closing.
    Closed,
    /// What already waits has reached the high-water mark (or, for a volatile message, anything waits).
    Full,
    /// The message is larger than the peer may be sent, in bytes.
    TooBig {
        /// The largest size allowed.
        limit: usize,
    },
    /// More binary attachments than a packet may carry.
    Attachments {
        /// The largest number allowed.
        limit: usize,
    },
    /// An event name that the protocol keeps for itself.
    Reserved,
    /// Arguments that cannot be written as JSON, or bytes that a codec fails on, which none does.
    Unencodable,
    /// A message that is written in fragments has to be finished first.
    Unfinished,
    /// No message was begun that a fragment could belong to.
    NotBegun,
    /// A text message is not UTF-8, or ends inside a character.
    InvalidUtf8,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the connection is closed"),
            Self::Full => f.write_str("the queue is full: the peer does not read fast enough"),
            Self::TooBig { limit } => write!(f, "the message exceeds the limit of {limit} bytes"),
            Self::Attachments { limit } => {
                write!(f, "more than {limit} binary attachments in one packet")
            }
            Self::Reserved => f.write_str("the event name is reserved by the protocol"),
            Self::Unencodable => f.write_str("the arguments cannot be encoded"),
            Self::Unfinished => f.write_str("a message in fragments is not finished"),
            Self::NotBegun => f.write_str("no message was begun"),
            Self::InvalidUtf8 => f.write_str("the text is not UTF-8"),
        }
    }
}

impl core::error::Error for SendError {}

/// Where a layer puts whole messages for the layer below, in order and without a queue of its own.
///
/// A verb asks [`admit`](Sink::admit) once for the whole group it is about to put (a packet and its
/// attachments); the puts after it cannot fail, so a group goes in whole or not at all, and nothing
/// comes between its members. The holder counts all that is put towards its hard cap: who passes it
/// is closed as a slow consumer.
pub trait Sink {
    /// Whether a group may go in now.
    ///
    /// # Errors
    /// [`SendError::Closed`], or [`SendError::Full`] when what waits is too much for this kind.
    fn admit(&self, kind: Admit) -> Result<(), SendError>;

    /// Whether what is put from here on may be compressed where the holder compresses, which it may be
    /// unless told otherwise. Who says no says yes again behind its group.
    fn set_compress(&mut self, wanted: bool) {
        let _ = wanted;
    }

    /// Queues one text message, given in parts. Together they must be valid UTF-8.
    fn put_text(&mut self, parts: &[&[u8]]);

    /// Queues one binary message: `lead`, then `payload`, which is not copied where that pays.
    fn put_binary(&mut self, lead: &[u8], payload: Bytes);

    /// Queues a group made once for many receivers, with `lead` before each message.
    fn put_shared(&mut self, group: &Arc<Shared>, lead: Lead);
}
