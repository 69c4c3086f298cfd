//! The memory of a small message that was sent, for the next that is read.

use super::Message;
use std::{borrow::Cow, mem};

/// At most one message's memory, whatever it holds. Kept only while another message is at hand.
#[derive(Debug, Default)]
pub(super) struct Spare(String);

impl Spare {
    /// Takes the memory of a message that was copied.
    #[inline]
    pub(super) fn keep(&mut self, message: Message<'_>) {
        match message {
            Message::Text(Cow::Owned(text)) => self.0 = text,
            Message::Binary(Cow::Owned(mut bytes)) => {
                bytes.clear();
                self.0 = String::from_utf8(bytes).unwrap_or_default();
            }
            Message::Text(Cow::Borrowed(_)) | Message::Binary(Cow::Borrowed(_)) => {}
        }
    }

    /// Memory for `len` bytes.
    #[inline]
    pub(super) fn memory(&mut self, len: usize) -> String {
        match is_fitting(self.0.capacity(), len) {
            true => mem::take(&mut self.0),
            false => String::with_capacity(len),
        }
    }
}

/// Whether `len` bytes fit into so much memory, and do not waste it, should they be kept for long.
#[inline]
fn is_fitting(capacity: usize, len: usize) -> bool {
    capacity >= len && capacity <= len.saturating_mul(2).saturating_add(32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_goes_to_the_next_message_that_does_not_waste_it() {
        for (spare, len, reused) in [
            (Message::from("hello world"), 5, true),
            (b"0123456789"[..].into(), 3, true),
            ("short".into(), 22, false),
            (vec![b'x'; 4000][..].into(), 4, false),
        ] {
            let (mut kept, spare) = (Spare::default(), spare.into_owned());
            let (address, before) = (spare.as_bytes().as_ptr(), spare.as_bytes().len());
            kept.keep(spare);
            let memory = kept.memory(len);
            assert_eq!(memory.as_ptr() == address, reused, "{len}");
            assert_eq!(memory.capacity(), if reused { before } else { len });
        }
    }

    #[test]
    fn it_is_given_away_once() {
        let mut kept = Spare::default();
        kept.keep(Message::from("text").into_owned());
        let first = kept.memory(4);
        let second = kept.memory(4);
        assert_ne!(second.as_ptr(), first.as_ptr());
    }
}
