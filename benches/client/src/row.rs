//! What the clients do.

use crate::Failure;

/// What is sent as text.
pub(crate) const TEXT: &str = "a text of thirty bytes, or so..";
/// How many bytes an attachment has.
pub(crate) const BYTES: usize = 16_384;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    Echo16,
    Echo1,
    Ack16,
    Binary,
    Receive,
    Answer,
}

impl Row {
    pub(crate) const ALL: [Self; 6] = [
        Self::Echo16,
        Self::Echo1,
        Self::Ack16,
        Self::Binary,
        Self::Receive,
        Self::Answer,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Echo16 => "echo-16",
            Self::Echo1 => "echo-1",
            Self::Ack16 => "ack-16",
            Self::Binary => "binary",
            Self::Receive => "receive",
            Self::Answer => "answer",
        }
    }

    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Echo16 => "echo of a short text, 16 in flight",
            Self::Echo1 => "the same, one in flight",
            Self::Ack16 => "a short text and the server's acknowledgement, 16 in flight",
            Self::Binary => "echo of an attachment of 16 KiB, 4 in flight",
            Self::Receive => "receiving what the server broadcasts",
            Self::Answer => "acknowledging what the server asks, 16 in flight",
        }
    }

    /// How many messages are measured in one round.
    pub(crate) fn count(self) -> u32 {
        match self {
            Self::Echo16 | Self::Ack16 | Self::Answer => 40_000,
            Self::Echo1 | Self::Binary => 10_000,
            Self::Receive => 100_000,
        }
    }

    /// How many the client begins by itself, and keeps in flight; none where the server begins.
    pub(crate) fn flight(self) -> u32 {
        match self {
            Self::Echo16 | Self::Ack16 => 16,
            Self::Echo1 => 1,
            Self::Binary => 4,
            Self::Receive | Self::Answer => 0,
        }
    }

    pub(crate) fn find(name: &str) -> Result<Self, Failure> {
        let found = Self::ALL.into_iter().find(|row| row.name() == name);
        found.ok_or_else(|| format!("there is no row {name}").into())
    }
}
