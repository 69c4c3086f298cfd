//! What is kept of a message or control frame that has not arrived whole. Allocated when something is
//! incomplete, dropped when nothing is. The order of frames (RFC 6455 §5.4) is judged here.

#[cfg(feature = "deflate")]
use crate::{Error, deflate::Inflater};
use crate::{Violation, frame::Opcode, reader::Piece, streamed::Streamed, trickle::Trickle};
use alloc::{borrow::Cow, string::String, vec::Vec};
use siox_wire::{Message, Utf8};

/// An unfinished message, an unfinished control frame, or both.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    /// What the first frame of the message said it is; `None` while only a control frame is here.
    kind: Option<Kind>,
    bytes: Vec<u8>,
    /// Frames of the message that are whole.
    frames: u32,
    /// The message is compressed, and this many bytes of it came.
    #[cfg(feature = "deflate")]
    packed: Option<u64>,
    /// The message, where it is handed on in chunks; nothing above is used then.
    pub(crate) streamed: Option<Streamed>,
    control: Vec<u8>,
    /// How long it has been coming.
    pub(crate) trickle: Trickle,
}

/// A message may be handed over with this much room that it does not fill, in bytes, or its own length.
const MOST_SPARE: usize = 512;

/// What a message is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Text(Utf8),
    Binary,
}

impl Kind {
    /// What the opcode of its first frame says.
    pub(crate) fn of(opcode: Opcode) -> Self {
        match opcode {
            Opcode::Text => Self::Text(Utf8::default()),
            Opcode::Binary | Opcode::Continuation | Opcode::Close | Opcode::Ping | Opcode::Pong => {
                Self::Binary
            }
        }
    }
}

impl Assembly {
    /// Whether a message is open: the next data frame must continue it.
    pub(crate) fn is_message(&self) -> bool {
        self.kind.is_some() || self.streamed.is_some()
    }

    /// Bytes of the message so far.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Payload bytes of the message so far, as they came.
    pub(crate) fn received(&self) -> u64 {
        if let Some(streamed) = &self.streamed {
            return streamed.received();
        }
        #[cfg(feature = "deflate")]
        if let Some(packed) = self.packed {
            return packed;
        }
        self.bytes.len() as u64
    }

    /// Frames of the message so far.
    pub(crate) fn frames(&self) -> u32 {
        self.frames
    }

    /// Whether nothing is kept.
    pub(crate) fn is_empty(&self) -> bool {
        !self.is_message() && self.control.is_empty()
    }

    /// Keeps a piece of a text message.
    pub(crate) fn text(&mut self, piece: &Piece<'_>) -> Result<(), Violation> {
        self.kind.get_or_insert(Kind::Text(Utf8::default()));
        self.data(piece)
    }

    /// Keeps a piece of a binary message.
    pub(crate) fn binary(&mut self, piece: &Piece<'_>) {
        self.kind.get_or_insert(Kind::Binary);
        self.append(piece);
    }

    /// Keeps a piece of a message whose kind is known, text failing at its first bad byte.
    pub(crate) fn data(&mut self, piece: &Piece<'_>) -> Result<(), Violation> {
        if let Some(Kind::Text(utf8)) = &mut self.kind
            && !(piece.is_ascii && utf8.is_complete())
        {
            utf8.check(piece.bytes)
                .map_err(|_| Violation::InvalidUtf8)?;
        }
        self.append(piece);
        Ok(())
    }

    /// Whether the message that is open is compressed.
    #[cfg(feature = "deflate")]
    pub(crate) fn is_packed(&self) -> bool {
        self.packed.is_some() || self.streamed.as_ref().is_some_and(Streamed::is_packed)
    }

    /// Bytes of the compressed message so far.
    #[cfg(feature = "deflate")]
    pub(crate) fn packed(&self) -> u64 {
        self.packed.unwrap_or(0)
    }

    /// Inflates and keeps a piece of a compressed message, text failing at its first bad byte.
    #[cfg(feature = "deflate")]
    pub(crate) fn inflate(
        &mut self,
        piece: &Piece<'_>,
        inflater: &mut Inflater,
        takeover: bool,
        limit: usize,
    ) -> Result<(), Error> {
        let is_new = self.kind.is_none();
        if is_new {
            self.kind = Some(Kind::of(piece.opcode));
            inflater.begin_message(takeover);
        }
        if piece.first {
            inflater.begin_frame();
        }
        let len = piece.bytes.len() as u64;
        self.packed = Some(self.packed().saturating_add(len));
        let from = self.bytes.len();
        let mut inflated = inflater.inflate(piece.bytes, &mut self.bytes, limit);
        if inflated.is_ok() && piece.ends_message() {
            inflated = inflater.end_message(takeover);
        }
        // A message in one piece is judged once, when it is finished.
        let is_judged_later = is_new && piece.ends_message() && inflated.is_ok();
        if let Some(Kind::Text(utf8)) = &mut self.kind
            && !is_judged_later
        {
            // What came before a fault is judged before the fault, however the input is cut.
            let new = self.bytes.get(from..).unwrap_or_default();
            utf8.check(new).map_err(|_| Violation::InvalidUtf8)?;
        }
        inflated?;
        if piece.left == 0 {
            self.frames = self.frames.saturating_add(1);
        }
        Ok(())
    }

    /// The message, now that it is whole.
    pub(crate) fn finish(&mut self) -> Result<Message<'static>, Violation> {
        #[cfg(feature = "deflate")]
        {
            self.packed = None;
        }
        let mut bytes = core::mem::take(&mut self.bytes);
        let spare = bytes.capacity().saturating_sub(bytes.len());
        if spare > bytes.len().max(MOST_SPARE) {
            bytes.shrink_to_fit(); // the application may keep it
        }
        match self.kind.take() {
            Some(Kind::Text(utf8)) if utf8.is_complete() => String::from_utf8(bytes)
                .map(|text| Message::Text(Cow::Owned(text)))
                .map_err(|_| Violation::InvalidUtf8),
            Some(Kind::Text(_)) => Err(Violation::InvalidUtf8),
            Some(Kind::Binary) => Ok(Message::Binary(Cow::Owned(bytes))),
            None => Err(Violation::StrayContinuation),
        }
    }

    /// Keeps a piece of a control frame.
    pub(crate) fn control(&mut self, piece: &Piece<'_>) {
        self.control.extend_from_slice(piece.bytes);
    }

    /// The payload of the control frame, now that it is whole.
    pub(crate) fn finish_control(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.control)
    }

    fn append(&mut self, piece: &Piece<'_>) {
        let room = self.bytes.capacity().saturating_sub(self.bytes.len());
        if room < piece.bytes.len() {
            // Doubling what was received, but never beyond what the frame still announces.
            let all = usize::try_from(piece.left)
                .unwrap_or(usize::MAX)
                .saturating_add(piece.bytes.len());
            let double = self.bytes.len().max(piece.bytes.len());
            let growth = if piece.fin { double.min(all) } else { double };
            self.bytes.reserve_exact(growth.max(piece.bytes.len()));
        }
        self.bytes.extend_from_slice(piece.bytes);
        if piece.left == 0 {
            self.frames = self.frames.saturating_add(1);
        }
    }
}
