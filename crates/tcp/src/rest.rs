//! Bytes that were read, and that nobody has asked for yet.

use std::mem;

/// Bytes that were read, and that nobody has asked for yet. No memory while there are none.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    bytes: Vec<u8>,
    /// Where they begin.
    at: usize,
}

impl From<Vec<u8>> for Rest {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, at: 0 }
    }
}

impl Rest {
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// All of it. To be followed by [`put_back`](Self::put_back).
    pub(crate) fn take(&mut self) -> Self {
        mem::take(self)
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.bytes[self.at..]
    }

    /// Makes the last `left` bytes of `taken` the rest.
    pub(crate) fn put_back(&mut self, mut taken: Self, left: usize) {
        if left > 0 {
            taken.at = taken.bytes.len().saturating_sub(left);
            *self = taken;
        }
    }

    /// Copies what is left of a read.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }
}
