//! One group of messages for many receivers, encoded once in each wire form.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use bytes::Bytes;
use once_cell::race::OnceBox;

/// A cache line of its own for each kind of [`Lead`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Nothing before a message: bare WebSocket.
    Bare,
    /// Engine.IO v4.
    V4,
    /// Engine.IO v3.
    V3,
}

/// What a layer puts in front of each message of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lead {
    /// Before a text message; ASCII.
    pub text: &'static [u8],
    /// Before a binary message.
    pub binary: &'static [u8],
    /// Which cached encodings these leads make.
    pub slot: Slot,
}

impl Lead {
    /// Nothing in front of anything.
    pub const NONE: Self = Self {
        text: b"",
        binary: b"",
        slot: Slot::Bare,
    };
}

/// The wire forms that a holder of a queue can make of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// WebSocket frames of a server, unmasked and uncompressed.
    Frames,
    /// The same, compressed with a fresh context.
    Deflated,
    /// An Engine.IO payload in text.
    PollingText,
    /// An Engine.IO v3 payload in bytes.
    PollingBinary,
}

/// One message of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Valid UTF-8.
    Text(Bytes),
    /// Any bytes.
    Binary(Bytes),
}

impl Part {
    /// The payload, whichever kind it is.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        match self {
            Self::Text(b) | Self::Binary(b) => b,
        }
    }
}

const FORMS: usize = 4;
const SLOTS: usize = 3;

/// A group of messages that belong together (a packet and its attachments), for any number of
/// receivers. Each wire form is made when first asked for; every other receiver costs a refcount.
#[derive(Debug)]
pub struct Shared {
    parts: Box<[Part]>,
    len: usize,
    compress: bool,
    forms: [OnceBox<Bytes>; FORMS * SLOTS],
}

impl Shared {
    /// A group of `parts`, in this order.
    #[must_use]
    pub fn new(parts: Vec<Part>) -> Arc<Self> {
        Self::with_compression(parts, true)
    }

    /// A group of `parts`, and whether it may be compressed where its holders compress.
    #[must_use]
    pub fn with_compression(parts: Vec<Part>, compress: bool) -> Arc<Self> {
        let len = parts
            .iter()
            .map(|p| p.bytes().len())
            .fold(0, usize::saturating_add);
        Arc::new(Self {
            parts: parts.into(),
            len,
            compress,
            forms: Default::default(),
        })
    }

    /// The messages of the group.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The sum of the payloads, in bytes, without leads and framing.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it may be compressed.
    #[must_use]
    pub fn may_compress(&self) -> bool {
        self.compress
    }

    /// Whether there is no byte of payload.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The one encoding of `form` with `lead`, as one run of bytes. `encode` runs at most once per
    /// form and slot (twice where two threads race; one result is kept).
    #[inline]
    pub fn form(&self, form: Form, lead: Lead, encode: impl FnOnce(&[Part]) -> Bytes) -> Bytes {
        let row = match form {
            Form::Frames => 0,
            Form::Deflated => 1,
            Form::PollingText => 2,
            Form::PollingBinary => 3,
        };
        let column = match lead.slot {
            Slot::Bare => 0,
            Slot::V4 => 1,
            Slot::V3 => 2,
        };
        let cell = usize::saturating_add(row, FORMS.saturating_mul(column));
        let cell = self.forms.get(cell);
        match cell.and_then(OnceBox::get) {
            Some(made) => made.clone(),
            None => self.make(cell, encode),
        }
    }

    #[inline(never)]
    fn make(&self, cell: Option<&OnceBox<Bytes>>, encode: impl FnOnce(&[Part]) -> Bytes) -> Bytes {
        match cell {
            Some(cell) => cell.get_or_init(|| Box::new(encode(&self.parts))).clone(),
            None => encode(&self.parts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: [Form; FORMS] = [
        Form::Frames,
        Form::Deflated,
        Form::PollingText,
        Form::PollingBinary,
    ];
    const SLOT: [Slot; SLOTS] = [Slot::Bare, Slot::V4, Slot::V3];

    #[test]
    fn each_form_and_slot_is_made_once_and_kept_apart() {
        let group = Shared::new(alloc::vec![Part::Text(Bytes::from_static(b"x"))]);
        let mut made = Vec::new();
        for round in 0..2 {
            for (f, form) in FORM.into_iter().enumerate() {
                for (s, slot) in SLOT.into_iter().enumerate() {
                    let id = alloc::vec![f as u8, s as u8];
                    let lead = Lead { slot, ..Lead::NONE };
                    let got = group.form(form, lead, |_| {
                        made.push((f, s));
                        id.clone().into()
                    });
                    assert_eq!(got, id, "round {round}");
                }
            }
        }
        assert_eq!(made.len(), FORMS * SLOTS);
    }
}
