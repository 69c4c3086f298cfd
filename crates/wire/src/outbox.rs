//! Bytes waiting for one socket. Owned by whoever holds the transport, by nobody above it.

use alloc::{collections::VecDeque, vec::Vec};
use bytes::{Buf, Bytes};
use core::mem;

/// Bytes waiting for the socket: small ones packed together, large or shared ones kept by reference.
/// Its memory is freed when it drains, so an idle connection holds no buffer.
#[derive(Debug, Default)]
pub struct Outbox {
    /// The small pieces, one behind the other.
    packed: Vec<u8>,
    /// Bytes at the front of `packed` that the socket took.
    gone: usize,
    /// What lies between them, in order.
    shared: VecDeque<Piece>,
    len: usize,
    /// Handed out by `take`, not yet written; part of `len`.
    taken: usize,
}

/// Bytes kept by reference. Never empty.
#[derive(Debug)]
struct Piece {
    /// It comes behind so many bytes of `packed`; not before `gone`.
    after: usize,
    bytes: Bytes,
}

impl Outbox {
    /// Below this, copying is cheaper than one more slice to write.
    const PACK_BELOW: usize = 1024;
    /// From here on, what is copied gets memory of its own, which never moves while more is packed.
    const OWN_FROM: usize = 4096;
    /// A written front larger than this is moved out once it is half of what is packed.
    const COMPACT_ABOVE: usize = 4096;
    /// The first memory for small pieces: one short frame.
    const FIRST: usize = 64;
    /// Their second: a dozen short messages.
    const SECOND: usize = 512;
    /// What a piece kept by reference costs beside its bytes, about.
    const PIECE: usize = size_of::<Bytes>();

    /// Bytes not yet written.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the socket has taken all.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What is held, in bytes: what waits, and 32 for each piece kept by reference.
    #[inline]
    #[must_use]
    pub fn held(&self) -> usize {
        self.len
            .wrapping_add(self.shared.len().wrapping_mul(Self::PIECE))
    }

    /// Makes room for `n` more bytes to be copied behind what waits.
    pub fn reserve(&mut self, n: usize) {
        self.packed.reserve(n);
    }

    /// Copies `parts` behind what waits.
    #[inline(never)]
    pub fn pack(&mut self, parts: &[&[u8]]) {
        self.pack_with(parts, |_| {});
    }

    /// Copies the first `used` bytes of `head` behind what waits (at most 16), then `body`: as
    /// [`pack`](Self::pack) does, for a head whose copy should cost nothing.
    #[inline]
    pub fn pack_headed(&mut self, head: &[u8; 16], used: usize, body: &[u8]) {
        let (at, most) = (self.packed.len(), body.len().saturating_add(16));
        if most > Self::OWN_FROM {
            return self.pack(&[head.get(..used).unwrap_or(head), body]);
        }
        if self.packed.capacity().saturating_sub(at) < most {
            self.grow(most);
        }
        self.packed.extend_from_slice(head);
        self.packed.truncate(at.saturating_add(used));
        self.packed.extend_from_slice(body);
        let more = self.packed.len().saturating_sub(at);
        self.len = self.len.saturating_add(more);
    }

    /// Copies `parts` behind what waits and lets `edit` change the copy in place, which is how a
    /// client masks.
    #[inline]
    pub fn pack_with(&mut self, parts: &[&[u8]], edit: impl FnOnce(&mut [u8])) {
        let more = parts.iter().map(|p| p.len()).fold(0, usize::saturating_add);
        if more >= Self::OWN_FROM {
            let mut own = Vec::with_capacity(more);
            for part in parts {
                own.extend_from_slice(part);
            }
            edit(&mut own);
            return self.push(own.into());
        }
        let at = self.packed.len();
        if self.packed.capacity().saturating_sub(at) < more {
            self.grow(more);
        }
        for part in parts {
            self.packed.extend_from_slice(part);
        }
        self.len = self.len.saturating_add(more);
        edit(self.packed.get_mut(at..).unwrap_or_default());
    }

    /// Makes room for `more`: much more while it is little, then as much again.
    #[cold]
    fn grow(&mut self, more: usize) {
        let all = self.packed.capacity();
        let least = match all {
            0 => Self::FIRST,
            1..Self::SECOND => Self::SECOND,
            Self::SECOND..Self::COMPACT_ABOVE => all.saturating_mul(3),
            _ => all,
        };
        self.packed.reserve_exact(more.max(least));
    }

    /// Puts `bytes` behind what waits, by reference where that is cheaper than a copy.
    #[inline]
    pub fn share(&mut self, bytes: Bytes) {
        if bytes.len() < Self::PACK_BELOW {
            return self.pack(&[&bytes]);
        }
        self.push(bytes);
    }

    fn push(&mut self, bytes: Bytes) {
        self.len = self.len.saturating_add(bytes.len());
        let after = self.packed.len();
        self.shared.push_back(Piece { after, bytes });
    }

    /// The slices of the next vectored write, in order.
    #[inline]
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        let mut from = self.gone;
        let between = self.shared.iter().flat_map(move |piece| {
            let packed = self.packed.get(from..piece.after);
            from = piece.after;
            [packed.unwrap_or_default(), &piece.bytes]
        });
        let last = self.shared.back().map_or(self.gone, |piece| piece.after);
        let tail = self.packed.get(last..).unwrap_or_default();
        between.chain([tail]).filter(|chunk| !chunk.is_empty())
    }

    /// Hands out what waits, for a writer that must not hold a lock; it counts until
    /// [`advance`](Self::advance) tells that it is written.
    pub fn take(&mut self) -> VecDeque<Bytes> {
        self.taken = self.len;
        self.seal()
    }

    /// All that waits, as the chunks of a response's body.
    #[must_use]
    pub fn into_chunks(mut self) -> VecDeque<Bytes> {
        self.seal()
    }

    /// Tells that the socket took `n` bytes (at most what waits is believed).
    #[inline]
    pub fn advance(&mut self, n: usize) {
        if n < self.len {
            return self.advance_within(n);
        }
        *self = Self::default();
    }

    fn advance_within(&mut self, mut n: usize) {
        self.len = self.len.saturating_sub(n);
        let handed = n.min(self.taken);
        self.taken = self.taken.saturating_sub(handed);
        n = n.saturating_sub(handed);
        while let Some(piece) = self.shared.front_mut() {
            let packed = n.min(piece.after.saturating_sub(self.gone));
            self.gone = self.gone.saturating_add(packed);
            n = n.saturating_sub(packed);
            let step = n.min(piece.bytes.len());
            piece.bytes.advance(step);
            n = n.saturating_sub(step);
            if !piece.bytes.is_empty() {
                return self.compact();
            }
            self.shared.pop_front();
        }
        self.gone = self.gone.saturating_add(n).min(self.packed.len());
        self.compact();
    }

    fn compact(&mut self) {
        if self.gone > Self::COMPACT_ABOVE && self.gone >= self.packed.len() / 2 {
            self.packed.drain(..self.gone);
            for piece in &mut self.shared {
                piece.after = piece.after.saturating_sub(self.gone);
            }
            self.gone = 0;
        }
    }

    fn seal(&mut self) -> VecDeque<Bytes> {
        let mut packed = Bytes::from(mem::take(&mut self.packed));
        let mut from = mem::take(&mut self.gone);
        packed.advance(from.min(packed.len()));
        let mut chunks = VecDeque::with_capacity(self.shared.len().saturating_mul(2).max(1));
        for Piece { after, bytes } in mem::take(&mut self.shared) {
            let before = after.saturating_sub(from).min(packed.len());
            from = after;
            if before > 0 {
                chunks.push_back(packed.split_to(before));
            }
            chunks.push_back(bytes);
        }
        if !packed.is_empty() {
            chunks.push_back(packed);
        }
        chunks
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
        Headed(usize, Vec<u8>),
        Share(usize),
        Advance(usize),
        Take,
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..3000).prop_map(Op::Pack),
            (0usize..18, proptest::collection::vec(any::<u8>(), 0..5000))
                .prop_map(|(used, body)| Op::Headed(used, body)),
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
                    Op::Headed(used, body) => {
                        let head = core::array::from_fn(|i| i as u8);
                        out.pack_headed(&head, used, &body);
                        model.extend(&head[..used.min(16)]);
                        model.extend(&body);
                    }
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
            (out.packed.capacity(), out.shared.capacity(), out.held()),
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
        assert!(out.packed.capacity() < 64 * 1024);
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
