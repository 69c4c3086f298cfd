//! What a connection hands out: request heads and whole bodies.

use crate::Head;
use alloc::vec::Vec;
use core::fmt;

/// What came of some input.
#[derive(Debug)]
pub enum Event<'b> {
    /// A request. It waits for one of the verbs of [`Connection`](crate::Connection).
    Request(Head<'b>),
    /// The whole body asked for by [`collect`](crate::Connection::collect). The request now waits for
    /// its answer.
    Body(Body<'b>),
    /// The chunked body asked for has passed its limit and is given up: answer 413. The rest is not
    /// read; the connection closes after the answer.
    TooLarge {
        /// The limit given to [`collect`](crate::Connection::collect), in bytes.
        limit: usize,
    },
}

/// A whole body: borrowed from the input where it arrived in one piece, owned where it did not.
/// Mutable, so that it can be decoded in place.
pub enum Body<'b> {
    /// A part of the input.
    Borrowed(&'b mut [u8]),
    /// Assembled.
    Owned(Vec<u8>),
}

impl Body<'_> {
    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }

    /// The bytes, to be changed in place.
    #[must_use]
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }

    /// The bytes, copied if they are borrowed.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        match self {
            Self::Borrowed(bytes) => bytes.to_vec(),
            Self::Owned(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.as_slice().len())
    }
}
