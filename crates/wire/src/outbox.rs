//! Bytes waiting for one socket. Owned by whoever holds the transport, by nobody above it.

use alloc::{
    collections::{VecDeque, vec_deque},
    vec::Vec,
};
use bytes::{Buf, Bytes};
use core::mem;

/// Bytes waiting for the socket: small ones packed together, large or shared ones kept by reference.
/// Its memory is freed when it drains, so an idle connection holds no buffer.
#[derive(Debug, Default)]
pub struct Outbox {
    /// A piece that came while nothing waited: it is before all others, and costs no memory of its own.
    first: Bytes,
    /// The small pieces, one behind the other.
    packed: Vec<u8>,
    /// What lies between them, in order.
    shared: VecDeque<Piece>,
    len: usize,
    /// Handed out by `take`, not yet written; part of `len`.
    taken: usize,
    /// Bytes at the front of `packed` that the socket took.
    gone: u32,
    room: Room,
}

/// Bytes kept by reference. Never empty.
#[derive(Debug)]
struct Piece {
    /// It comes behind so many bytes of `packed`; not before `gone`.
    after: usize,
    bytes: Bytes,
}

/// Where room comes from: what lately waited before all was written tells how much is made at once for
/// what comes next.
#[derive(Debug, Default)]
struct Room {
    packed: u16,
    pieces: u8,
    /// The memory of `packed` is the caller's.
    is_lent: bool,
}

impl Room {
    /// A room larger than this, in bytes and in pieces, grows out of a smaller one.
    const MOST: (usize, usize) = (32 * 1024, 64);

    /// So much waited this time: of a larger room half is kept.
    #[inline]
    fn was(&mut self, packed: usize, pieces: usize) {
        let (most_packed, most_pieces) = Self::MOST;
        self.packed = (self.packed / 2).max(packed.min(most_packed) as u16);
        self.pieces = (self.pieces / 2).max(pieces.min(most_pieces) as u8);
    }
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
    /// A buffer that was lent and has grown beyond this is not given back.
    const LENT: usize = 64 * 1024;
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
        let pieces = self.shared.len();
        let pieces = pieces.wrapping_add(usize::from(!self.first.is_empty()));
        self.len.wrapping_add(pieces.wrapping_mul(Self::PIECE))
    }

    /// Makes room for `n` more bytes to be copied behind what waits.
    pub fn reserve(&mut self, n: usize) {
        self.packed.reserve(n);
    }

    /// Takes `pool` to pack into, if there is nothing packed yet, so that what is written in the same
    /// turn needs no memory of its own. It is kept, even drained, until it is given back.
    #[inline]
    pub fn lend(&mut self, pool: &mut Vec<u8>) {
        if self.packed.capacity() == 0 {
            pool.clear();
            self.packed = mem::take(pool);
            self.room.is_lent = true;
        }
    }

    /// Gives back what was lent; what still waits in it moves to memory of its own.
    #[inline]
    pub fn release(&mut self, pool: &mut Vec<u8>) {
        if !mem::take(&mut self.room.is_lent) {
            return;
        }
        self.move_out(self.gone as usize);
        let own = self.packed.as_slice().to_vec();
        *pool = mem::replace(&mut self.packed, own);
        if pool.capacity() > Self::LENT {
            *pool = Vec::new();
        }
    }

    /// Forgets what waits. What was lent is kept until it is given back.
    pub fn clear(&mut self) {
        let mut packed = mem::take(self).packed_if_lent();
        if packed.capacity() > 0 {
            packed.clear();
            self.packed = packed;
            self.room.is_lent = true;
        }
    }

    fn packed_if_lent(self) -> Vec<u8> {
        match self.room.is_lent {
            true => self.packed,
            false => Vec::new(),
        }
    }

    /// Copies `parts` behind what waits.
    #[inline(never)]
    pub fn pack(&mut self, parts: &[&[u8]]) {
        self.pack_with(parts, |_| {});
    }

    /// Copies a head and then `parts` behind what waits: as [`pack`](Self::pack) does, for a few parts of
    /// which most are a byte or two, whose copies should cost no call.
    #[inline]
    pub fn pack_led<const N: usize>(&mut self, head: [u8; N], parts: &[&[u8]]) {
        let more = parts.iter().map(|p| p.len()).fold(N, usize::saturating_add);
        if more >= Self::OWN_FROM {
            let mut own = Vec::with_capacity(more);
            own.extend_from_slice(&head);
            for part in parts {
                own.extend_from_slice(part);
            }
            return self.push(own.into());
        }
        if self.packed.capacity().wrapping_sub(self.packed.len()) < more {
            self.grow(more);
        }
        self.packed.extend_from_slice(&head);
        for part in parts {
            match part {
                [] => {}
                [one] => self.packed.push(*one),
                part => self.packed.extend_from_slice(part),
            }
        }
        self.len = self.len.wrapping_add(more);
    }

    /// Copies `head` and `body` behind what waits: as [`pack`](Self::pack) does, for a head whose copy
    /// should cost nothing.
    #[inline]
    pub fn pack_headed<const N: usize>(&mut self, head: [u8; N], body: &[u8]) {
        let more = body.len().saturating_add(N);
        if more >= Self::OWN_FROM {
            return self.pack(&[&head, body]);
        }
        if self.packed.capacity().wrapping_sub(self.packed.len()) < more {
            self.grow(more);
        }
        self.packed.extend_from_slice(&head);
        self.packed.extend_from_slice(body);
        self.len = self.len.wrapping_add(more);
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

    /// Makes room for `more`: at first as much as was lately needed, then much more while it is little,
    /// then as much again.
    #[cold]
    fn grow(&mut self, more: usize) {
        let all = self.packed.capacity();
        let least = match all {
            0 => Self::FIRST.max(self.room.packed.into()),
            1..Self::SECOND => Self::SECOND,
            Self::SECOND..Self::COMPACT_ABOVE => all.saturating_mul(3),
            _ => all,
        };
        self.packed.reserve_exact(more.max(least));
    }

    /// Puts `bytes` behind what waits, by reference where that is cheaper than a copy.
    #[inline]
    pub fn share(&mut self, bytes: Bytes) {
        if self.len == 0 && !self.room.is_lent {
            self.len = bytes.len();
            self.first = bytes;
            return;
        }
        if bytes.len() < Self::PACK_BELOW {
            return self.pack_headed([], &bytes);
        }
        self.push(bytes);
    }

    #[inline]
    fn push(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        if self.shared.len() == self.shared.capacity() {
            self.grow_shared();
        }
        self.len = self.len.saturating_add(bytes.len());
        let after = self.packed.len();
        self.shared.push_back(Piece { after, bytes });
    }

    #[cold]
    fn grow_shared(&mut self) {
        let more = match self.shared.capacity() {
            0 => self.room.pieces.max(1).into(),
            all => all,
        };
        self.shared.reserve_exact(more);
    }

    /// Whether there are [`chunks`](Self::chunks): bytes that wait and were not handed out.
    #[inline]
    #[must_use]
    pub fn has_chunks(&self) -> bool {
        self.len > self.taken
    }

    /// The only slice of the next write, where there is but one.
    #[inline]
    #[must_use]
    pub fn only_chunk(&self) -> Option<&[u8]> {
        if !self.shared.is_empty() {
            return None;
        }
        let packed = self.packed.get(self.gone as usize..).unwrap_or_default();
        match (self.first.is_empty(), packed.is_empty()) {
            (false, true) => Some(&self.first),
            (true, false) => Some(packed),
            (true, true) | (false, false) => None,
        }
    }

    /// The slices of the next vectored write, in order.
    #[inline]
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        Chunks {
            packed: &self.packed,
            from: self.gone as usize,
            shared: self.shared.iter(),
            next: (!self.first.is_empty()).then(|| &*self.first),
        }
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
        if self.packed.capacity() == 0 && self.shared.capacity() == 0 {
            // The one piece there was.
            self.first = Bytes::new();
            (self.len, self.taken, self.gone) = (0, 0, 0);
            return;
        }
        if self.taken == 0 {
            self.room.was(self.packed.len(), self.shared.len());
        }
        if !self.first.is_empty() {
            self.first = Bytes::new();
        }
        self.packed.clear();
        if !self.room.is_lent && self.packed.capacity() > 0 {
            self.packed = Vec::new();
        }
        if self.shared.capacity() > 0 {
            self.shared = VecDeque::new();
        }
        (self.len, self.taken, self.gone) = (0, 0, 0);
    }

    fn advance_within(&mut self, mut n: usize) {
        self.len = self.len.saturating_sub(n);
        let handed = n.min(self.taken);
        self.taken = self.taken.saturating_sub(handed);
        n = n.saturating_sub(handed);
        let step = n.min(self.first.len());
        self.first.advance(step);
        n = n.saturating_sub(step);
        let mut gone = self.gone as usize;
        while let Some(piece) = self.shared.front_mut() {
            let packed = n.min(piece.after.saturating_sub(gone));
            gone = gone.saturating_add(packed);
            n = n.saturating_sub(packed);
            let step = n.min(piece.bytes.len());
            piece.bytes.advance(step);
            n = n.saturating_sub(step);
            if !piece.bytes.is_empty() {
                return self.leave(gone);
            }
            self.shared.pop_front();
        }
        self.leave(gone.saturating_add(n).min(self.packed.len()));
    }

    /// The first `gone` bytes of `packed` are written: moves them out once that pays.
    fn leave(&mut self, gone: usize) {
        let is_half = gone > Self::COMPACT_ABOVE && gone >= self.packed.len() / 2;
        match u32::try_from(gone) {
            Ok(gone) if !is_half => self.gone = gone,
            Ok(_) | Err(_) => self.move_out(gone),
        }
    }

    /// Moves the first `gone` bytes out of `packed`: all of them that are written.
    fn move_out(&mut self, gone: usize) {
        self.packed.drain(..gone.min(self.packed.len()));
        for piece in &mut self.shared {
            piece.after = piece.after.saturating_sub(gone);
        }
        self.gone = 0;
    }

    fn seal(&mut self) -> VecDeque<Bytes> {
        self.room.was(self.packed.len(), self.shared.len());
        let mut packed = match self.room.is_lent {
            true => Bytes::copy_from_slice(&self.packed),
            false => Bytes::from(mem::take(&mut self.packed)),
        };
        self.packed.clear();
        let mut from = mem::take(&mut self.gone) as usize;
        packed.advance(from.min(packed.len()));
        let mut chunks = VecDeque::with_capacity(self.shared.len().saturating_mul(2).max(1));
        if !self.first.is_empty() {
            chunks.push_back(mem::take(&mut self.first));
        }
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

/// What waits, slice by slice; none is empty.
struct Chunks<'o> {
    packed: &'o [u8],
    /// Where in `packed` the next slice begins.
    from: usize,
    shared: vec_deque::Iter<'o, Piece>,
    /// What comes before all that: the first piece, or one before which a slice of `packed` had to come.
    next: Option<&'o [u8]>,
}

impl<'o> Iterator for Chunks<'o> {
    type Item = &'o [u8];

    #[inline]
    fn next(&mut self) -> Option<&'o [u8]> {
        if let Some(piece) = self.next.take() {
            return Some(piece);
        }
        let piece = self.shared.next();
        let to = piece.map_or(self.packed.len(), |piece| piece.after);
        let between = self.packed.get(self.from..to).unwrap_or_default();
        self.from = to;
        let piece = piece.map(|piece| &*piece.bytes);
        if between.is_empty() {
            return piece;
        }
        self.next = piece;
        Some(between)
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
        Headed(Vec<u8>),
        Led(Vec<u8>),
        Share(usize),
        Advance(usize),
        Take,
        Lend,
        Release,
        Clear,
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..3000).prop_map(Op::Pack),
            proptest::collection::vec(any::<u8>(), 0..5000).prop_map(Op::Headed),
            proptest::collection::vec(any::<u8>(), 0..5000).prop_map(Op::Led),
            (0usize..5000).prop_map(Op::Share),
            (0usize..9000).prop_map(Op::Advance),
            Just(Op::Take),
            Just(Op::Lend),
            Just(Op::Release),
            Just(Op::Clear),
        ]
    }

    proptest! {
        /// Whatever the order of puts, hand-outs and partial writes, the socket sees the bytes once
        /// and in order, and what is counted is what is held.
        #[test]
        fn keeps_every_byte_in_order(ops in proptest::collection::vec(op(), 0..60)) {
            let (mut out, mut model, mut flight) = (Outbox::default(), Vec::new(), Vec::new());
            let mut pool = Vec::new();
            for op in ops {
                match op {
                    Op::Pack(b) => { out.pack(&[&b]); model.extend(b); }
                    Op::Headed(b) => {
                        out.pack_headed(*b"head", &b);
                        model.extend(b"head");
                        model.extend(b);
                    }
                    Op::Led(b) => {
                        let (one, rest) = b.split_at(b.len().min(1));
                        out.pack_led(*b"head", &[one, b"", rest]);
                        model.extend(b"head");
                        model.extend(b);
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
                    Op::Clear => { out.clear(); model.clear(); flight.clear(); }
                    Op::Lend => out.lend(&mut pool),
                    Op::Release => {
                        out.release(&mut pool);
                        prop_assert!(!out.room.is_lent && pool.capacity() <= Outbox::LENT);
                    }
                }
                prop_assert_eq!(out.len(), model.len());
                if let Some(only) = out.only_chunk() {
                    prop_assert_eq!(only, all(&out));
                }
                prop_assert_eq!(out.has_chunks(), out.chunks().next().is_some());
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
    fn a_lent_buffer_comes_back_and_nothing_is_held() {
        let (mut out, mut pool) = (Outbox::default(), Vec::with_capacity(300));
        let at = pool.as_ptr();
        for written in [8, 3] {
            out.lend(&mut pool);
            assert_eq!(pool.capacity(), 0);
            out.pack(&[b"head", b"body"]);
            assert_eq!(out.packed.as_ptr(), at);
            out.advance(written);
            assert!(out.packed.capacity() >= 300);
            out.release(&mut pool);
            assert_eq!((pool.as_ptr(), pool.capacity()), (at, 300));
            assert_eq!(out.packed.capacity(), out.len());
        }
        assert_eq!(all(&out), b"dbody");
    }

    #[test]
    fn a_lent_buffer_survives_what_waited_in_it() {
        let (mut out, mut pool) = (Outbox::default(), Vec::with_capacity(300));
        let at = pool.as_ptr();
        out.lend(&mut pool);
        out.pack(&[b"never written"]);
        out.share(alloc::vec![1; 5000].into());
        out.clear();
        assert_eq!((out.len(), out.has_chunks(), out.held()), (0, false, 0));
        out.release(&mut pool);
        assert_eq!((pool.as_ptr(), pool.capacity()), (at, 300));
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
