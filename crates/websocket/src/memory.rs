//! Where a message goes that is to be in memory of its own.

use alloc::{string::String, vec::Vec};

/// Gives the memory for one message. Whatever it holds is forgotten. Of a closure that makes a text, the memory
/// serves either kind.
pub trait Memory {
    /// For a text of `len` bytes.
    fn text(self, len: usize) -> String;

    /// For `len` bytes.
    fn binary(self, len: usize) -> Vec<u8>;
}

impl<F: FnOnce(usize) -> String> Memory for F {
    #[inline]
    fn text(self, len: usize) -> String {
        self(len)
    }

    #[inline]
    fn binary(self, len: usize) -> Vec<u8> {
        self(len).into_bytes()
    }
}
