//! What is kept of a message or control frame that has not arrived whole. Allocated when something is
//! incomplete, dropped when nothing is. The order of frames (RFC 6455 §5.4) is judged here.

#[cfg(feature = "deflate")]
use crate::{Error, deflate::Inflater};
use crate::{
    Violation, frame::Opcode, mask::Masked, reader::Piece, streamed::Streamed, trickle::Trickle,
};
use alloc::{borrow::Cow, string::String, vec::Vec};
use siox_wire::{Message, Utf8};

/// An unfinished message, an unfinished control frame, or both.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    /// The message; `None` while only a control frame is here, or the message is handed on in chunks.
    body: Option<Body>,
    /// Frames of the message that are whole.
    frames: u32,
    /// The message, where it is handed on in chunks.
    pub(crate) streamed: Option<Streamed>,
    control: Vec<u8>,
    /// How long it has been coming.
    pub(crate) trickle: Trickle,
}

/// The bytes of the last message that was put together, as they came. The peer has sent so many and holds none
/// of our memory for them: for its next message, room for as many is made at once, where its frame announces
/// them. To have us hold a byte, it has sent one still.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Paid(u32);

impl Paid {
    fn new(bytes: u64) -> Self {
        Self(u32::try_from(bytes).unwrap_or(u32::MAX))
    }

    fn get(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// What is paid for beyond a piece and the bytes `before` it in its message, as far as its frame announces it.
    #[cfg(feature = "deflate")]
    fn beyond(self, before: u64, piece: usize, left: u64) -> usize {
        let paid = u64::from(self.0).saturating_sub(before);
        let beyond = paid.saturating_sub(piece as u64).min(left);
        usize::try_from(beyond).unwrap_or(usize::MAX)
    }
}

/// What came of a message.
#[derive(Debug)]
enum Body {
    /// The characters that are whole, and the beginning of the next.
    Text(String, Utf8),
    Binary(Vec<u8>),
    #[cfg(feature = "deflate")]
    Packed(Packed),
}

/// What came of a compressed message.
#[cfg(feature = "deflate")]
#[derive(Debug)]
struct Packed {
    kind: Kind,
    /// Inflated.
    bytes: Vec<u8>,
    /// Payload bytes, as they came.
    received: u64,
}

/// An inflated message may be handed over with this much room that it does not fill, in bytes, or its own length.
#[cfg(feature = "deflate")]
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

impl Body {
    /// Bytes of the message so far.
    fn len(&self) -> usize {
        match self {
            Self::Text(text, utf8) => text.len().saturating_add(utf8.held()),
            Self::Binary(bytes) => bytes.len(),
            #[cfg(feature = "deflate")]
            Self::Packed(packed) => packed.bytes.len(),
        }
    }
}

impl Assembly {
    /// Whether a message is open: the next data frame must continue it.
    pub(crate) fn is_message(&self) -> bool {
        self.body.is_some() || self.streamed.is_some()
    }

    /// Bytes of the message so far.
    pub(crate) fn len(&self) -> usize {
        self.body.as_ref().map_or(0, Body::len)
    }

    /// Payload bytes of the message so far, as they came.
    pub(crate) fn received(&self) -> u64 {
        if let Some(streamed) = &self.streamed {
            return streamed.received();
        }
        #[cfg(feature = "deflate")]
        if let Some(Body::Packed(packed)) = &self.body {
            return packed.received;
        }
        self.len() as u64
    }

    /// Frames of the message so far.
    pub(crate) fn frames(&self) -> u32 {
        self.frames
    }

    /// Whether nothing is kept.
    pub(crate) fn is_empty(&self) -> bool {
        !self.is_message() && self.control.is_empty()
    }

    /// Keeps a piece of a text message, which fails at its first bad byte.
    pub(crate) fn text(&mut self, piece: Piece<'_>, paid: Paid) -> Result<(), Violation> {
        self.body
            .get_or_insert_with(|| Body::Text(String::new(), Utf8::default()));
        self.data(piece, paid)
    }

    /// Keeps a piece of a binary message.
    pub(crate) fn binary(&mut self, piece: Piece<'_>, paid: Paid) -> Result<(), Violation> {
        self.body.get_or_insert_with(|| Body::Binary(Vec::new()));
        self.data(piece, paid)
    }

    /// Keeps a piece of a message whose kind is known.
    pub(crate) fn data(&mut self, piece: Piece<'_>, paid: Paid) -> Result<(), Violation> {
        let left = piece.left;
        match &mut self.body {
            Some(Body::Text(text, utf8)) => {
                let (len, held) = (text.len(), utf8.held());
                text.reserve_exact(growth(len, text.capacity(), held, &piece, paid));
                push_text(text, utf8, piece.payload)?;
            }
            Some(Body::Binary(bytes)) => {
                bytes.reserve_exact(growth(bytes.len(), bytes.capacity(), 0, &piece, paid));
                piece.payload.push(bytes);
            }
            // The one is inflated instead, the other was refused by its head.
            #[cfg(feature = "deflate")]
            Some(Body::Packed(_)) => {}
            None => return Err(Violation::StrayContinuation),
        }
        if left == 0 {
            self.frames = self.frames.saturating_add(1);
        }
        Ok(())
    }

    /// Whether the message that is open is compressed.
    #[cfg(feature = "deflate")]
    pub(crate) fn is_packed(&self) -> bool {
        matches!(self.body, Some(Body::Packed(_)))
            || self.streamed.as_ref().is_some_and(Streamed::is_packed)
    }

    /// Bytes of the compressed message so far.
    #[cfg(feature = "deflate")]
    pub(crate) fn packed(&self) -> u64 {
        match &self.body {
            Some(Body::Packed(packed)) => packed.received,
            Some(Body::Text(..) | Body::Binary(_)) | None => 0,
        }
    }

    /// Inflates and keeps a piece of a compressed message, text failing at its first bad byte.
    #[cfg(feature = "deflate")]
    pub(crate) fn inflate(
        &mut self,
        piece: Piece<'_>,
        inflater: &mut Inflater,
        takeover: bool,
        limit: usize,
        paid: Paid,
    ) -> Result<(), Error> {
        let is_new = self.body.is_none();
        let body = self.body.get_or_insert_with(|| {
            inflater.begin_message(takeover);
            Body::Packed(Packed {
                kind: Kind::of(piece.opcode),
                bytes: Vec::new(),
                received: 0,
            })
        });
        let Body::Packed(packed) = body else {
            return Ok(());
        };
        if piece.first {
            inflater.begin_frame();
        }
        let (left, ends) = (piece.left, piece.ends_message());
        let payload = piece.payload.unmask();
        let ahead = paid.beyond(packed.received, payload.len(), left);
        packed.received = packed.received.saturating_add(payload.len() as u64);
        let from = packed.bytes.len();
        let mut inflated = inflater.inflate(payload, ahead, &mut packed.bytes, limit);
        if inflated.is_ok() && ends {
            inflated = inflater.end_message(takeover);
        }
        // A message in one piece is judged once, when it is finished.
        let is_judged_later = is_new && ends && inflated.is_ok();
        if let Kind::Text(utf8) = &mut packed.kind
            && !is_judged_later
        {
            // What came before a fault is judged before the fault, however the input is cut.
            let new = packed.bytes.get(from..).unwrap_or_default();
            utf8.check(new).map_err(|_| Violation::InvalidUtf8)?;
        }
        inflated?;
        if left == 0 {
            self.frames = self.frames.saturating_add(1);
        }
        Ok(())
    }

    /// The message, now that it is whole, and what the peer has paid with it.
    pub(crate) fn finish(&mut self) -> Result<(Message<'static>, Paid), Violation> {
        let paid = Paid::new(self.received());
        Ok((self.take_message()?, paid))
    }

    fn take_message(&mut self) -> Result<Message<'static>, Violation> {
        let text = match self.body.take() {
            Some(Body::Text(text, utf8)) if utf8.is_complete() => text,
            Some(Body::Text(..)) => return Err(Violation::InvalidUtf8),
            Some(Body::Binary(bytes)) => return Ok(Message::Binary(Cow::Owned(bytes))),
            #[cfg(feature = "deflate")]
            Some(Body::Packed(packed)) => {
                let (kind, mut bytes) = (packed.kind, packed.bytes);
                let spare = bytes.capacity().saturating_sub(bytes.len());
                if spare > bytes.len().max(MOST_SPARE) {
                    bytes.shrink_to_fit(); // the application may keep it
                }
                match kind {
                    Kind::Text(_) => {
                        siox_mask::into_text(bytes).map_err(|_| Violation::InvalidUtf8)?
                    }
                    Kind::Binary => return Ok(Message::Binary(Cow::Owned(bytes))),
                }
            }
            None => return Err(Violation::StrayContinuation),
        };
        Ok(Message::Text(Cow::Owned(text)))
    }

    /// Keeps a piece of a control frame.
    pub(crate) fn control(&mut self, piece: Piece<'_>) {
        piece.payload.push(&mut self.control);
    }

    /// The payload of the control frame, now that it is whole.
    pub(crate) fn finish_control(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.control)
    }
}

/// Appends what came of a text, with the character that has begun; no byte is judged twice.
fn push_text(text: &mut String, utf8: &mut Utf8, payload: Masked<'_>) -> Result<(), Violation> {
    if utf8.is_complete() && payload.push_ascii(text) {
        return Ok(());
    }
    let bytes = payload.unmask();
    // The rest of a character by itself: what is behind it need not be copied twice.
    let lacks = utf8.lacks().min(bytes.len());
    let (begun, rest) = bytes.split_at_checked(lacks).unwrap_or_default();
    for bytes in [begun, rest] {
        let (characters, valid) = utf8.take(bytes);
        text.push_str(&characters);
        valid.map_err(|_| Violation::InvalidUtf8)?;
    }
    Ok(())
}

/// By how much to grow for a piece. `held`: bytes that come with the piece.
///
/// In the last frame, to twice what was received with the piece; before it, where a frame may be a single
/// byte, to twice what was there without it. Where the peer has paid for more, to what it has paid for. But
/// for the first of these never beyond what the frame still announces.
fn growth(len: usize, capacity: usize, held: usize, piece: &Piece<'_>, paid: Paid) -> usize {
    let new = piece.payload.len().saturating_add(held);
    if capacity.saturating_sub(len) >= new {
        return 0;
    }
    let all = usize::try_from(piece.left)
        .unwrap_or(usize::MAX)
        .saturating_add(new);
    let received = if piece.fin {
        len.saturating_add(new).saturating_add(new).min(all)
    } else {
        len.max(new)
    };
    let paid = paid.get().saturating_sub(len).min(all);
    received.max(new).max(paid)
}
