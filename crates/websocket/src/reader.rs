//! Where the reader stands in the stream of frames: in a head or in a payload.
//!
//! It hands out what arrived, to be unmasked in place. It keeps the bytes of an unfinished head and no
//! byte of a payload; what frames mean together is not known here.

use crate::{
    Violation,
    frame::{Head, MAX_HEAD, Opcode, Role},
    mask::{self, Masked},
};
use siox_wire::Input;

/// The stream of frames, cut into heads and pieces of payload.
#[derive(Debug)]
pub(crate) struct Reader {
    at: At,
}

#[derive(Debug)]
enum At {
    /// An unfinished head lacks at least its last byte.
    Head {
        bytes: [u8; MAX_HEAD - 1],
        have: u8,
    },
    Payload(Payload),
}

/// The rest of a payload that has not arrived.
#[derive(Debug, Clone, Copy)]
struct Payload {
    /// Never zero.
    left: u64,
    mask: [u8; 4],
    opcode: Opcode,
    fin: bool,
    rsv1: bool,
    /// Whether a piece of it was handed out.
    begun: bool,
}

/// What arrived of one payload.
#[derive(Debug)]
pub(crate) struct Piece<'b> {
    pub(crate) fin: bool,
    pub(crate) opcode: Opcode,
    /// The message is compressed: in its first frame only, and only where that was agreed to.
    pub(crate) rsv1: bool,
    pub(crate) payload: Masked<'b>,
    /// The payload begins with it.
    pub(crate) first: bool,
    /// How many bytes of the payload are still to come.
    pub(crate) left: u64,
}

impl Payload {
    fn behind(head: &Head) -> Self {
        Self {
            left: head.len,
            mask: head.mask,
            opcode: head.opcode,
            rsv1: head.rsv1,
            fin: head.fin,
            begun: false,
        }
    }

    /// What came of it, at most `most` bytes.
    #[inline(always)]
    fn advance<'b>(&mut self, input: &mut Input<'b>, most: usize) -> Piece<'b> {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let payload = Masked::new(input.take(left.min(most)), self.mask);
        let first = !self.begun;
        self.begun |= payload.len() > 0;
        self.left = self.left.saturating_sub(payload.len() as u64);
        self.mask = mask::advance(self.mask, payload.len());
        Piece {
            fin: self.fin,
            opcode: self.opcode,
            rsv1: self.rsv1,
            payload,
            first,
            left: self.left,
        }
    }
}

impl Piece<'_> {
    /// Whether a data message is whole with it.
    pub(crate) fn ends_message(&self) -> bool {
        self.fin && self.left == 0
    }
}

impl Reader {
    pub(crate) const fn new() -> Self {
        Self {
            at: At::Head {
                bytes: [0; MAX_HEAD - 1],
                have: 0,
            },
        }
    }

    /// Whether it stands between two frames.
    pub(crate) fn is_between_frames(&self) -> bool {
        matches!(self.at, At::Head { have: 0, .. })
    }

    /// Which payload it stands in.
    pub(crate) fn inside(&self) -> Option<Opcode> {
        match &self.at {
            At::Head { .. } => None,
            At::Payload(payload) => Some(payload.opcode),
        }
    }

    /// The next piece of a payload whose head was read with earlier input.
    #[inline]
    pub(crate) fn resume<'b>(&mut self, input: &mut Input<'b>) -> Option<Piece<'b>> {
        self.resume_up_to(input, usize::MAX)
    }

    /// The same, at most `most` bytes of it.
    #[inline]
    pub(crate) fn resume_up_to<'b>(
        &mut self,
        input: &mut Input<'b>,
        most: usize,
    ) -> Option<Piece<'b>> {
        let At::Payload(payload) = &mut self.at else {
            return None;
        };
        let piece = payload.advance(input, most);
        if piece.left == 0 {
            *self = Self::new();
        }
        Some(piece)
    }

    /// Puts an unmasked copy of the next bytes of the payload, at most `most`, behind what `to` holds,
    /// and leaves them in the input.
    #[cfg(feature = "deflate")]
    pub(crate) fn copy(&self, input: &Input<'_>, to: &mut alloc::vec::Vec<u8>, most: usize) {
        let At::Payload(payload) = &self.at else {
            return;
        };
        let left = usize::try_from(payload.left).unwrap_or(usize::MAX);
        let n = left.min(most).min(input.len());
        let from = to.len();
        to.extend_from_slice(input.peek().get(..n).unwrap_or_default());
        mask::apply(to.get_mut(from..).unwrap_or_default(), payload.mask);
    }

    /// The next head, once it is whole; until then all input is eaten.
    #[inline]
    pub(crate) fn head(
        &mut self,
        input: &mut Input<'_>,
        role: Role,
        accept_non_minimal_length: bool,
        accept_rsv1: bool,
    ) -> Result<Option<Head>, Violation> {
        if self.is_between_frames()
            && let Some((head, used)) =
                Head::decode_extended(input.peek(), role, accept_non_minimal_length, accept_rsv1)?
        {
            input.take(used);
            return Ok(Some(head));
        }
        self.collect_head(input, role, accept_non_minimal_length, accept_rsv1)
    }

    /// Puts a head together from what is kept and what came: the one place where bytes of it are kept.
    fn collect_head(
        &mut self,
        input: &mut Input<'_>,
        role: Role,
        accept_non_minimal_length: bool,
        accept_rsv1: bool,
    ) -> Result<Option<Head>, Violation> {
        let At::Head { bytes, have } = &mut self.at else {
            return Ok(None);
        };
        let kept = usize::from(*have);
        let mut window = [0; MAX_HEAD];
        let mut len = 0u8;
        let known = bytes.iter().take(kept).chain(input.peek());
        for (to, from) in window.iter_mut().zip(known) {
            *to = *from;
            len = len.saturating_add(1);
        }
        let known = window.get(..usize::from(len)).unwrap_or_default();
        if let Some((head, used)) =
            Head::decode_extended(known, role, accept_non_minimal_length, accept_rsv1)?
        {
            *have = 0;
            input.take(used.saturating_sub(kept));
            return Ok(Some(head));
        }
        for (to, from) in bytes.iter_mut().zip(known) {
            *to = *from;
        }
        *have = len;
        input.take_all();
        Ok(None)
    }

    /// The first piece of the payload behind `head`: all of it, where all has arrived.
    #[inline]
    pub(crate) fn begin<'b>(&mut self, head: Head, input: &mut Input<'b>) -> Piece<'b> {
        match usize::try_from(head.len) {
            Ok(len) if len <= input.len() => Piece {
                fin: head.fin,
                opcode: head.opcode,
                rsv1: head.rsv1,
                payload: Masked::new(input.take(len), head.mask),
                first: true,
                left: 0,
            },
            Ok(_) | Err(_) => {
                let mut payload = Payload::behind(&head);
                let piece = payload.advance(input, usize::MAX);
                self.at = At::Payload(payload);
                piece
            }
        }
    }

    /// Goes into the payload behind `head`, which is not empty, and leaves its bytes in the input.
    pub(crate) fn enter(&mut self, head: &Head) {
        self.at = At::Payload(Payload::behind(head));
    }
}
