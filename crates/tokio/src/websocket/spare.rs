//! The memory of a small message that was sent, for the next that is read.

use super::Message;
use siox_websocket::Memory;
use std::{borrow::Cow, mem};

/// At most one message's memory, whatever it holds, for one of its kind: the text that it is need not be
/// proven once more. Kept only while another message is at hand.
#[derive(Debug)]
pub(super) enum Spare {
    Text(String),
    Binary(Vec<u8>),
}

impl Default for Spare {
    fn default() -> Self {
        Self::NONE
    }
}

impl Spare {
    pub(super) const NONE: Self = Self::Binary(Vec::new());

    #[inline]
    pub(super) fn capacity(&self) -> usize {
        match self {
            Self::Text(text) => text.capacity(),
            Self::Binary(bytes) => bytes.capacity(),
        }
    }

    /// Takes the memory of a message that was copied.
    #[inline]
    pub(super) fn keep(&mut self, message: &mut Message<'_>) {
        // To ask each for its room has it moved by words: a message was made by words not long ago, which moved as a
        // whole, by vectors, would have to reach the cache first.
        match message {
            Message::Text(Cow::Owned(text)) => {
                let mut text = mem::take(text);
                if text.capacity() > 0 {
                    text.clear();
                    *self = Self::Text(text);
                }
            }
            Message::Binary(Cow::Owned(bytes)) => {
                let mut bytes = mem::take(bytes);
                if bytes.capacity() > 0 {
                    bytes.clear();
                    *self = Self::Binary(bytes);
                }
            }
            Message::Text(Cow::Borrowed(_)) | Message::Binary(Cow::Borrowed(_)) => {}
        }
    }
}

impl Memory for &mut Spare {
    #[inline]
    fn text(self, len: usize) -> String {
        match self {
            Spare::Text(text) if is_fitting(text.capacity(), len) => mem::take(text),
            Spare::Text(_) | Spare::Binary(_) => String::with_capacity(len),
        }
    }

    #[inline]
    fn binary(self, len: usize) -> Vec<u8> {
        match self {
            Spare::Binary(bytes) if is_fitting(bytes.capacity(), len) => mem::take(bytes),
            Spare::Binary(_) | Spare::Text(_) => Vec::with_capacity(len),
        }
    }
}

/// Whether `len` bytes fit into so much memory, and do not waste it, should they be kept for long.
#[inline]
fn is_fitting(capacity: usize, len: usize) -> bool {
    capacity.wrapping_sub(len) <= len.wrapping_add(32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_goes_to_the_next_message_of_its_kind_that_does_not_waste_it() {
        for (spare, len, reused) in [
            (Message::from("hello world"), 5, true),
            (b"0123456789"[..].into(), 3, true),
            ("short".into(), 22, false),
            (vec![b'x'; 4000][..].into(), 4, false),
        ] {
            for is_text in [true, false] {
                let (mut kept, mut spare) = (Spare::default(), spare.clone().into_owned());
                let (address, before) = (spare.as_bytes().as_ptr(), spare.as_bytes().len());
                let reused = reused && matches!(spare, Message::Text(_)) == is_text;
                kept.keep(&mut spare);
                let memory = match is_text {
                    true => kept.text(len).into_bytes(),
                    false => kept.binary(len),
                };
                assert_eq!(memory.as_ptr() == address, reused, "{len}");
                assert_eq!(memory.capacity(), if reused { before } else { len });
            }
        }
    }

    #[test]
    fn it_is_given_away_once() {
        let mut kept = Spare::default();
        kept.keep(&mut Message::from("text").into_owned());
        let first = kept.text(4);
        let second = kept.text(4);
        assert_ne!(second.as_ptr(), first.as_ptr());
    }
}
