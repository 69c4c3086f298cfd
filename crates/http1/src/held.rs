//! Bytes that had to be kept: a head or body that is not whole, and what came behind a request that
//! waits for its answer.

use alloc::vec::Vec;
use core::mem;

/// A queue of bytes that owns no memory while it is empty.
#[derive(Debug, Default)]
pub(crate) struct Held {
    bytes: Vec<u8>,
    /// Bytes at the front that were taken.
    start: usize,
}

impl Held {
    pub(crate) fn as_slice(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len().saturating_sub(self.start)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of heap.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Appends; memory at most doubles with what has come, and never passes `most` for a total below it.
    pub(crate) fn push(&mut self, more: &[u8], most: usize) {
        if more.is_empty() {
            return;
        }
        if self.start > 0 && self.start >= self.len() {
            self.bytes.drain(..self.start.min(self.bytes.len()));
            self.start = 0;
        }
        grow(&mut self.bytes, more.len(), most.saturating_add(self.start));
        self.bytes.extend_from_slice(more);
    }

    /// The first `n` bytes, without a copy where they are all there is.
    pub(crate) fn take(&mut self, n: usize) -> Vec<u8> {
        if self.start == 0 && n >= self.bytes.len() {
            return mem::take(&mut self.bytes);
        }
        let front = self.as_slice();
        let front = front.get(..n).unwrap_or(front).to_vec();
        self.skip(front.len());
        front
    }

    /// Forgets the first `n` bytes; says how many there were.
    pub(crate) fn skip(&mut self, n: usize) -> usize {
        let n = n.min(self.len());
        self.start = self.start.saturating_add(n);
        if self.start >= self.bytes.len() {
            *self = Self::default();
        }
        n
    }
}

/// Room for `more` bytes: the capacity at least doubles, but stops at `most` while that suffices.
pub(crate) fn grow(bytes: &mut Vec<u8>, more: usize, most: usize) {
    let need = bytes.len().saturating_add(more);
    if need > bytes.capacity() {
        let want = bytes.capacity().saturating_mul(2).min(most).max(need);
        bytes.reserve_exact(want.saturating_sub(bytes.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::VecDeque;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_a_queue(ops in proptest::collection::vec((any::<bool>(), 0usize..50), 0..80)) {
            let (mut held, mut model, mut next) = (Held::default(), VecDeque::new(), 0u8);
            let mut most = 0;
            for (push, n) in ops {
                if push {
                    let more: Vec<u8> = (0..n).map(|_| { next = next.wrapping_add(1); next }).collect();
                    held.push(&more, 64);
                    model.extend(more);
                } else {
                    let front: Vec<u8> = model.drain(..n.min(model.len())).collect();
                    prop_assert_eq!(held.take(n), front);
                }
                prop_assert_eq!(held.as_slice(), model.make_contiguous());
                prop_assert!(!held.is_empty() || held.capacity() == 0);
                most = if held.is_empty() { 0 } else { held.len().max(most) };
                prop_assert!(held.capacity() <= 4 * most);
            }
        }
    }

    #[test]
    fn stops_growing_at_what_is_expected() {
        let mut held = Held::default();
        for _ in 0..100 {
            held.push(&[0], 100);
        }
        assert_eq!(held.capacity(), 100);
    }
}
