//! The input cursor: bytes and time enter a machine together.

use crate::Instant;
use core::mem;

/// Bytes that arrived together, and when. A machine eats all of it; nothing is left to carry.
#[derive(Debug)]
pub struct Input<'b> {
    now: Instant,
    bytes: &'b mut [u8],
}

impl<'b> Input<'b> {
    /// What was read into `bytes` by `now`.
    #[inline]
    #[must_use]
    pub fn new(now: Instant, bytes: &'b mut [u8]) -> Self {
        Self { now, bytes }
    }

    /// When these bytes arrived.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// What is left, untouched.
    #[inline]
    #[must_use]
    pub fn peek(&self) -> &[u8] {
        self.bytes
    }

    /// How many bytes are left.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether all is eaten.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Detaches up to `n` bytes. They keep the lifetime of the buffer, not of this cursor, so an
    /// event made of them does not hold the machine.
    #[inline]
    pub fn take(&mut self, n: usize) -> &'b mut [u8] {
        let n = n.min(self.bytes.len());
        let (head, tail) = mem::take(&mut self.bytes).split_at_mut(n);
        self.bytes = tail;
        head
    }

    /// Detaches all that is left.
    #[inline]
    pub fn take_all(&mut self) -> &'b mut [u8] {
        mem::take(&mut self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_bytes_outlive_the_cursor() {
        let mut buffer = *b"abcdef";
        let (a, b) = {
            let mut input = Input::new(Instant::EPOCH, &mut buffer);
            (input.take(2), input.take(9))
        };
        assert_eq!((&*a, &*b), (&b"ab"[..], &b"cdef"[..]));
    }
}
