//! The pieces that wait by reference, in order. What lies between them is not known here.

use alloc::collections::VecDeque;
use bytes::{Buf, Bytes};
use core::{iter::Chain, mem, slice};

/// Bytes kept by reference. Never empty.
#[derive(Debug)]
pub(super) struct Piece {
    /// It comes behind so many bytes of what is packed; not before what of that is gone.
    pub(super) after: usize,
    pub(super) bytes: Bytes,
}

/// Such pieces. The only one, which is the most common case, costs no memory of its own.
#[derive(Debug)]
pub(super) enum Lent {
    One(Piece),
    Many(VecDeque<Piece>),
}

impl Default for Lent {
    fn default() -> Self {
        Self::Many(VecDeque::new())
    }
}

pub(super) type Pieces<'o> = Chain<slice::Iter<'o, Piece>, slice::Iter<'o, Piece>>;

impl Lent {
    #[inline]
    pub(super) fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Many(pieces) => pieces.len(),
        }
    }

    /// Forgets the pieces, as [`Default`] would, the only one at less cost.
    #[inline]
    pub(super) fn leave(&mut self) {
        match self {
            Self::Many(pieces) if pieces.capacity() == 0 => {}
            Self::One(_) | Self::Many(_) => match mem::take(self) {
                Self::One(piece) => drop(piece),
                Self::Many(pieces) => drop(pieces),
            },
        }
    }

    /// Pieces that there is memory for.
    #[inline]
    pub(super) fn capacity(&self) -> usize {
        match self {
            Self::One(_) => 0,
            Self::Many(pieces) => pieces.capacity(),
        }
    }

    /// Puts a piece behind the others. Where memory must be made for more than one, it is for `lately`, or
    /// for as many again as there are.
    #[inline]
    pub(super) fn push(&mut self, piece: Piece, lately: u8) {
        match self {
            Self::Many(pieces) if pieces.len() < pieces.capacity() => pieces.push_back(piece),
            Self::Many(pieces) if pieces.capacity() == 0 => {
                // There is nothing to free, which the compiler does not see.
                mem::forget(mem::replace(self, Self::One(piece)));
            }
            Self::One(_) | Self::Many(_) => self.grow(piece, lately),
        }
    }

    #[cold]
    fn grow(&mut self, piece: Piece, lately: u8) {
        let mut pieces = match mem::take(self) {
            Self::One(first) => {
                let mut pieces = VecDeque::with_capacity(usize::from(lately).max(2));
                pieces.push_back(first);
                pieces
            }
            Self::Many(mut pieces) => {
                pieces.reserve_exact(pieces.capacity().max(1));
                pieces
            }
        };
        pieces.push_back(piece);
        *self = Self::Many(pieces);
    }

    #[inline]
    pub(super) fn iter(&self) -> Pieces<'_> {
        let (front, back) = match self {
            Self::One(piece) => (slice::from_ref(piece), [].as_slice()),
            Self::Many(pieces) => pieces.as_slices(),
        };
        front.iter().chain(back)
    }

    /// The bytes of the only piece.
    #[inline]
    pub(super) fn only(&self) -> Option<&Bytes> {
        match self {
            Self::One(piece) => Some(&piece.bytes),
            Self::Many(pieces) if pieces.len() == 1 => pieces.front().map(|piece| &piece.bytes),
            Self::Many(_) => None,
        }
    }

    /// Takes the only piece out, if it is less than `most` bytes, and there is no memory for others.
    pub(super) fn take_only_below(&mut self, most: usize) -> Option<Bytes> {
        match self {
            Self::One(piece) if piece.bytes.len() < most => {
                self.pop_front().map(|piece| piece.bytes)
            }
            Self::One(_) | Self::Many(_) => None,
        }
    }

    /// `n` bytes were written, of which those that are packed begin at `gone`: says where they begin now,
    /// and what is left of `n` where no piece is.
    pub(super) fn advance(&mut self, mut gone: usize, mut n: usize) -> (usize, usize) {
        while let Some(piece) = self.front_mut() {
            let packed = n.min(piece.after.saturating_sub(gone));
            gone = gone.saturating_add(packed);
            n = n.saturating_sub(packed);
            let step = n.min(piece.bytes.len());
            piece.bytes.advance(step);
            n = n.saturating_sub(step);
            if !piece.bytes.is_empty() {
                return (gone, 0);
            }
            self.pop_front();
        }
        (gone, n)
    }

    /// The first `gone` bytes of what is packed were moved out.
    pub(super) fn move_up(&mut self, gone: usize) {
        match self {
            Self::One(piece) => piece.after = piece.after.saturating_sub(gone),
            Self::Many(pieces) => {
                for piece in pieces {
                    piece.after = piece.after.saturating_sub(gone);
                }
            }
        }
    }

    fn front_mut(&mut self) -> Option<&mut Piece> {
        match self {
            Self::One(piece) => Some(piece),
            Self::Many(pieces) => pieces.front_mut(),
        }
    }

    pub(super) fn pop_front(&mut self) -> Option<Piece> {
        if let Self::Many(pieces) = self {
            return pieces.pop_front();
        }
        match mem::take(self) {
            Self::One(piece) => Some(piece),
            Self::Many(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn the_first_piece_costs_no_memory_and_no_room() {
        assert_eq!(size_of::<Lent>(), size_of::<Piece>());
        let piece = |after| Piece {
            after,
            bytes: Bytes::from_static(b"abc"),
        };
        let mut lent = Lent::default();
        for (after, capacity) in [(0, 0), (1, 5), (2, 5), (3, 5), (4, 5), (5, 10)] {
            lent.push(piece(after), 5);
            assert_eq!((lent.len(), lent.capacity()), (after + 1, capacity));
        }
        assert_eq!(lent.advance(0, 3 + 1 + 2), (1, 0));
        lent.move_up(1);
        let left: Vec<_> = lent.iter().map(|p| (p.after, p.bytes.len())).collect();
        assert_eq!(left, [(0, 1), (1, 3), (2, 3), (3, 3), (4, 3)]);
        assert_eq!(lent.advance(0, 17 + 1), (4, 1));
        assert_eq!(lent.len(), 0);
        lent.push(piece(7), 5);
        assert_eq!(lent.only().map(Bytes::len), Some(3));
    }
}
