//! The two revisions of the protocol.

use crate::{V3, V4};
use siox_wire::Lead;

/// A revision of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Version {
    /// `EIO=4`.
    V4,
    /// `EIO=3`.
    V3,
}

impl Version {
    /// The value of the query key `EIO`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V4 => "4",
            Self::V3 => "3",
        }
    }

    /// What stands before a message.
    #[must_use]
    pub const fn lead(self) -> Lead {
        match self {
            Self::V4 => V4,
            Self::V3 => V3,
        }
    }
}
