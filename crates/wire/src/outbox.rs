//! Bytes waiting for one socket. Owned by whoever holds the transport, by nobody above it.

use alloc::{collections::VecDeque, vec::Vec};
use bytes::{Buf, Bytes};
use core::mem;

/// Bytes waiting for the socket: small ones packed together in a tail, large or shared ones kept by
/// reference. Its memory is freed when it drains, so an idle connection holds no buffer.
#[derive(Debug, Default)]
pub struct Outbox {
    segments: VecDeque<Bytes>,
    tail: Vec<u8>,
    /// Bytes at the front of `tail` that the socket took; only while there is no segment.
    gone: usize,
    len: usize,
    /// Handed out by `take`, not yet written; part of `len`.
    taken: usize,
}

impl Outbox {
    /// Below this, copying is cheaper than one more slice to write.
    const PACK_BELOW: usize = 1024;
    /// A written prefix of the tail larger than this is moved out once it is half of the tail.
    const COMPACT_ABOVE: usize = 4096;
    /// What a segment costs beside its bytes.
    const SEGMENT: usize = size_of::<Bytes>();

    /// Bytes not yet written.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the socket has taken all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What is held, in bytes: what waits, and 32 for each piece kept by reference.
    #[must_use]
    pub fn held(&self) -> usize {
        self.len
            .saturating_add(self.segments.len().saturating_mul(Self::SEGMENT))
    }

    /// Makes room for `n` more bytes to be copied behind what waits.
    pub fn reserve(&mut self, n: usize) {
        self.tail.reserve(n);
    }

    /// Copies `parts` behind what waits.
    pub fn pack(&mut self, parts: &[&[u8]]) {
        self.pack_with(parts, |_| {});
    }

    /// Copies `parts` behind what waits and lets `edit` change the copy in place, which is how a
    /// client masks.
    pub fn pack_with(&mut self, parts: &[&[u8]], edit: impl FnOnce(&mut [u8])) {
        let at = self.tail.len();
        self.tail
            .reserve(parts.iter().map(|p| p.len()).fold(0, usize::saturating_add));
        for part in parts {
            self.tail.extend_from_slice(part);
        }
        let new = self.tail.get_mut(at..).unwrap_or_default();
        self.len = self.len.saturating_add(new.len());
        edit(new);
    }

    /// Puts `bytes` behind what waits, by reference where that is cheaper than a copy.
    pub fn share(&mut self, bytes: Bytes) {
        if bytes.len() < Self::PACK_BELOW {
            return self.pack(&[&bytes]);
        }
        self.seal();
        self.len = self.len.saturating_add(bytes.len());
        self.segments.push_back(bytes);
    }

    /// The slices of the next vectored write, in order.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        let tail = self.tail.get(self.gone..).filter(|t| !t.is_empty());
        self.segments.iter().map(|b| &b[..]).chain(tail)
    }

    /// Hands out what waits, for a writer that must not hold a lock; it counts until
    /// [`advance`](Self::advance) tells that it is written.
    pub fn take(&mut self) -> VecDeque<Bytes> {
        self.seal();
        self.taken = self.len;
        mem::take(&mut self.segments)
    }

    /// All that waits, as the chunks of a response's body.
    #[must_use]
    pub fn into_chunks(mut self) -> VecDeque<Bytes> {
        self.seal();
        self.segments
    }

    /// Tells that the socket took `n` bytes (at most what waits is believed).
    pub fn advance(&mut self, n: usize) {
        let mut n = n.min(self.len);
        self.len = self.len.saturating_sub(n);
        if self.len == 0 {
            *self = Self::default();
            return;
        }
        let handed = n.min(self.taken);
        self.taken = self.taken.saturating_sub(handed);
        n = n.saturating_sub(handed);
        while n > 0 {
            let Some(head) = self.segments.front_mut() else {
                return self.advance_tail(n);
            };
            let step = n.min(head.len());
            head.advance(step);
            n = n.saturating_sub(step);
            if head.is_empty() {
                self.segments.pop_front();
            }
        }
    }

    fn advance_tail(&mut self, n: usize) {
        self.gone = self.gone.saturating_add(n).min(self.tail.len());
        if self.gone > Self::COMPACT_ABOVE && self.gone >= self.tail.len() / 2 {
            self.tail.drain(..self.gone);
            self.gone = 0;
        }
    }

    fn seal(&mut self) {
        if self.tail.is_empty() {
            return;
        }
        let gone = mem::take(&mut self.gone).min(self.tail.len());
        let bytes = if self.tail.len() < self.tail.capacity() / 2 {
            let bytes = Bytes::copy_from_slice(self.tail.get(gone..).unwrap_or_default());
            self.tail.clear();
            bytes
        } else {
            let mut bytes = Bytes::from(mem::take(&mut self.tail));
            bytes.advance(gone);
            bytes
        };
        if !bytes.is_empty() {
            self.segments.push_back(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(out: &Outbox) -> Vec<u8> {
        out.chunks().collect::<Vec<_>>().concat()
    }

    #[derive(Debug, Clone)]
    enum Op {
        Pack(Vec<u8>),
        Share(usize),
        Advance(usize),
        Take,
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..3000).prop_map(Op::Pack),
            (0usize..5000).prop_map(Op::Share),
            (0usize..9000).prop_map(Op::Advance),
            Just(Op::Take),
        ]
    }

    proptest! {
        /// Whatever the order of puts, hand-outs and partial writes, the socket sees the bytes once
        /// and in order, and what is counted is what is held.
        #[test]
        fn keeps_every_byte_in_order(ops in proptest::collection::vec(op(), 0..60)) {
            let (mut out, mut model, mut flight) = (Outbox::default(), Vec::new(), Vec::new());
            for op in ops {
                match op {
                    Op::Pack(b) => { out.pack(&[&b]); model.extend(b); }
                    Op::Share(n) => { let b = alloc::vec![7; n]; model.extend(&b); out.share(b.into()); }
                    Op::Advance(n) => {
                        let n = n.min(model.len());
                        let handed = n.min(flight.len());
                        flight.drain(..handed);
                        model.drain(..n);
                        out.advance(n);
                    }
                    Op::Take if flight.is_empty() => { flight = out.take().iter().flatten().copied().collect(); }
                    Op::Take => {}
                }
                prop_assert_eq!(out.len(), model.len());
                let mut waiting = flight.clone();
                waiting.extend(all(&out));
                prop_assert_eq!(&waiting, &model);
            }
        }
    }

    #[test]
    fn memory_is_freed_when_drained() {
        let mut out = Outbox::default();
        out.pack(&[&[1; 5000]]);
        out.share(alloc::vec![2; 5000].into());
        out.advance(10_000);
        assert_eq!(
            (out.tail.capacity(), out.segments.capacity(), out.held()),
            (0, 0, 0)
        );
    }

    #[test]
    fn a_steady_flow_does_not_grow_the_tail() {
        let mut out = Outbox::default();
        out.pack(&[&[0; 1000]]);
        for _ in 0..10_000 {
            out.pack(&[&[0; 1000]]);
            out.advance(1000);
        }
        assert!(out.tail.capacity() < 64 * 1024);
    }

    #[test]
    fn shared_bytes_are_not_copied() {
        let bytes = Bytes::from(alloc::vec![3; 4096]);
        let mut out = Outbox::default();
        out.pack(&[b"head"]);
        out.share(bytes.clone());
        assert_eq!(
            out.chunks().nth(1).map(<[u8]>::as_ptr),
            Some(bytes.as_ptr())
        );
    }
}
