//! Bytes waiting for one socket. Owned by whoever holds the transport, by nobody above it.

mod chunks;
mod lent;
mod room;
#[cfg(test)]
mod tests;

use alloc::{collections::VecDeque, vec::Vec};
use bytes::{Buf, Bytes};
use chunks::Chunks;
use core::mem;
use lent::{Lent, Piece};
use room::Room;

/// Bytes waiting for the socket: small ones packed together, large or shared ones kept by reference.
/// Its memory is freed when it drains, so an idle connection holds no buffer.
#[derive(Debug, Default)]
pub struct Outbox {
    /// The small pieces, one behind the other.
    packed: Vec<u8>,
    /// What lies between them, in order.
    lent: Lent,
    len: usize,
    /// Handed out by `take`, not yet written; part of `len`.
    taken: usize,
    /// Bytes at the front of `packed` that the socket took.
    gone: u32,
    room: Room,
}

impl Outbox {
    /// Below this, copying is cheaper than one more slice to write.
    const PACK_BELOW: usize = 1024;
    /// From here on, what is copied gets memory of its own, which never moves while more is packed.
    const OWN_FROM: usize = 4096;
    /// A written front larger than this is moved out once it is half of what is packed.
    const COMPACT_ABOVE: usize = 4096;
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
        let pieces = self.lent.len();
        self.len.wrapping_add(pieces.wrapping_mul(Self::PIECE))
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
        let Self {
            mut packed, room, ..
        } = mem::take(self);
        if room.is_lent {
            packed.clear();
            self.packed = packed;
            self.room.is_lent = true;
        }
    }

    /// Copies `parts` behind what waits.
    #[inline(never)]
    pub fn pack(&mut self, parts: &[&[u8]]) {
        self.pack_with(parts, |_| {});
    }

    /// Copies a head and then `parts`, which are `len` bytes, behind what waits: as [`pack`](Self::pack) does,
    /// for a few parts of which most are a byte or two, whose copies should cost no call.
    #[inline]
    pub fn pack_led<const N: usize>(&mut self, head: [u8; N], parts: &[&[u8]], len: usize) {
        debug_assert_eq!(len, parts.iter().map(|p| p.len()).sum(), "what they are");
        let more = len.saturating_add(N);
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

    /// Copies a head behind what waits, whose body is to come.
    #[inline]
    pub fn pack_head<const N: usize>(&mut self, head: [u8; N]) {
        if self.packed.capacity().wrapping_sub(self.packed.len()) < N {
            self.grow(N);
        }
        self.packed.extend_from_slice(&head);
        self.len = self.len.wrapping_add(N);
    }

    /// Copies `head` and `body` behind what waits: as [`pack`](Self::pack) does, for a head whose copy
    /// should cost nothing.
    #[inline]
    pub fn pack_headed<const N: usize>(&mut self, head: [u8; N], body: &[u8]) {
        if !self.pack_blocks(head, body) {
            self.pack_any(head, body);
        }
    }

    /// The same for a short body: as two blocks of one size, which overlap, at the cost of no call. Says whether
    /// it was one, and there was room; or else nothing has happened.
    #[inline]
    fn pack_blocks<const N: usize>(&mut self, head: [u8; N], body: &[u8]) -> bool {
        let (Some(first), Some(last)) = (body.first_chunk(), body.last_chunk()) else {
            return false;
        };
        let at = self.packed.len();
        let room = self.packed.capacity().wrapping_sub(at);
        if body.len() > 2 * BLOCK || room < N.saturating_add(2 * BLOCK) {
            return false;
        }
        self.packed.extend_from_slice(&head);
        let end = self.packed.len().wrapping_add(body.len());
        let is_done = put_block(&mut self.packed, first) && {
            self.packed.truncate(end.wrapping_sub(BLOCK));
            put_block(&mut self.packed, last)
        };
        match is_done {
            true => self.len = self.len.wrapping_add(body.len().wrapping_add(N)),
            false => self.packed.truncate(at),
        }
        is_done
    }

    /// The same for any body, wherever its copy is to be.
    #[inline(never)]
    fn pack_any<const N: usize>(&mut self, head: [u8; N], body: &[u8]) {
        let more = body.len().saturating_add(N);
        let room = self.packed.capacity().wrapping_sub(self.packed.len());
        if more >= Self::OWN_FROM || room < more {
            return self.pack_elsewhere(head, body);
        }
        self.packed.extend_from_slice(&head);
        self.packed.extend_from_slice(body);
        self.len = self.len.wrapping_add(more);
    }

    /// The same where there is no room yet, or the copy is to have memory of its own.
    #[cold]
    fn pack_elsewhere<const N: usize>(&mut self, head: [u8; N], body: &[u8]) {
        let more = body.len().saturating_add(N);
        if more < Self::OWN_FROM {
            self.grow(more);
        }
        self.pack(&[&head, body]);
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
        if self.packed.capacity().saturating_sub(self.packed.len()) < more {
            self.grow(more);
        }
        let at = self.packed.len();
        for part in parts {
            self.packed.extend_from_slice(part);
        }
        self.len = self.len.saturating_add(more);
        edit(self.packed.get_mut(at..).unwrap_or_default());
    }

    /// Makes room for `more`, at least. What waits alone, if it is small, moves there: one slice costs less to
    /// write than two.
    #[cold]
    fn grow(&mut self, more: usize) {
        let least = self.room.growth(self.packed.capacity());
        let first = match self.packed.is_empty() {
            true => self.lent.take_only_below(Self::PACK_BELOW),
            false => None,
        };
        let first = first.as_deref().unwrap_or_default();
        self.packed
            .reserve_exact(more.saturating_add(first.len()).max(least));
        self.packed.extend_from_slice(first);
    }

    /// Puts `bytes` behind what waits, by reference where that is cheaper than a copy.
    #[inline]
    pub fn share(&mut self, bytes: Bytes) {
        let is_alone = self.len == 0 && !self.room.is_lent;
        if bytes.len() < Self::PACK_BELOW && !is_alone {
            return self.pack_headed([], &bytes);
        }
        self.push(bytes);
    }

    #[inline]
    fn push(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        self.len = self.len.saturating_add(bytes.len());
        let after = self.packed.len();
        self.lent.push(Piece { after, bytes }, self.room.pieces);
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
        let packed = self.packed.get(self.gone as usize..).unwrap_or_default();
        match (self.lent.len(), packed) {
            (1, []) => self.lent.only().map(|bytes| &**bytes),
            (0, [_, ..]) => Some(packed),
            _ => None,
        }
    }

    /// The slices of the next vectored write, in order.
    #[inline]
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        Chunks {
            packed: &self.packed,
            from: self.gone as usize,
            lent: self.lent.iter(),
            next: None,
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
        if self.packed.capacity() > 0 || self.lent.capacity() > 0 {
            return self.drained();
        }
        // Of the one piece there was, nothing is to be learnt.
        self.lent.leave();
        (self.len, self.taken, self.gone) = (0, 0, 0);
    }

    /// All is written: the memory is given back, and what was needed of it remembered.
    #[inline(never)]
    fn drained(&mut self) {
        let taken = self.taken;
        (self.len, self.taken, self.gone) = (0, 0, 0);
        if taken == 0 {
            self.room.was(self.packed.len(), self.lent.len());
        }
        self.packed.clear();
        if !self.room.is_lent && self.packed.capacity() > 0 {
            self.packed = Vec::new();
        }
        self.lent.leave();
    }

    fn advance_within(&mut self, mut n: usize) {
        self.len = self.len.saturating_sub(n);
        let handed = n.min(self.taken);
        self.taken = self.taken.saturating_sub(handed);
        n = n.saturating_sub(handed);
        let (gone, n) = self.lent.advance(self.gone as usize, n);
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
        self.lent.move_up(gone);
        self.gone = 0;
    }

    fn seal(&mut self) -> VecDeque<Bytes> {
        self.room.was(self.packed.len(), self.lent.len());
        let mut packed = match self.room.is_lent {
            true => Bytes::copy_from_slice(&self.packed),
            false => Bytes::from(mem::take(&mut self.packed)),
        };
        self.packed.clear();
        let mut from = mem::take(&mut self.gone) as usize;
        packed.advance(from.min(packed.len()));
        let mut chunks = VecDeque::with_capacity(self.lent.len().saturating_mul(2).max(1));
        let mut lent = mem::take(&mut self.lent);
        while let Some(Piece { after, bytes }) = lent.pop_front() {
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

/// What is copied by one instruction.
const BLOCK: usize = 16;

/// Copies a block behind `to`, if there is room. There always is; but without the look at it the compiler keeps a
/// call that grows it, and registers free across that call.
#[inline(always)]
fn put_block(to: &mut Vec<u8>, block: &[u8; BLOCK]) -> bool {
    let fits = to.capacity().wrapping_sub(to.len()) >= BLOCK;
    if fits {
        to.extend_from_slice(block);
    }
    fits
}
