//! The memory of a small message that was sent, for the next that is read.

use super::Message;
use std::{borrow::Cow, mem};

/// At most one message's memory. Kept only while another message is at hand.
#[derive(Debug, Default)]
pub(super) enum Spare {
    #[default]
    None,
    Text(String),
    Binary(Vec<u8>),
}

impl Spare {
    /// Takes the memory of a message that was copied.
    #[inline]
    pub(super) fn keep(&mut self, message: Message<'_>) {
        match message {
            Message::Text(Cow::Owned(text)) => *self = Self::Text(text),
            Message::Binary(Cow::Owned(bytes)) => *self = Self::Binary(bytes),
            Message::Text(Cow::Borrowed(_)) | Message::Binary(Cow::Borrowed(_)) => {}
        }
    }

    /// Detaches a message from what it borrows.
    #[inline]
    pub(super) fn detach(&mut self, message: Message<'_>) -> Message<'static> {
        match (message, self) {
            (Message::Text(Cow::Borrowed(text)), Self::Text(spare))
                if is_fitting(spare.capacity(), text.len()) =>
            {
                let mut owned = mem::take(spare);
                owned.clear();
                owned.push_str(text);
                Message::Text(Cow::Owned(owned))
            }
            (Message::Binary(Cow::Borrowed(bytes)), Self::Binary(spare))
                if is_fitting(spare.capacity(), bytes.len()) =>
            {
                let mut owned = mem::take(spare);
                owned.clear();
                owned.extend_from_slice(bytes);
                Message::Binary(Cow::Owned(owned))
            }
            (message, _) => message.into_owned(),
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

    fn capacity(message: &Message<'static>) -> usize {
        match message {
            Message::Text(Cow::Owned(text)) => text.capacity(),
            Message::Binary(Cow::Owned(bytes)) => bytes.capacity(),
            Message::Text(Cow::Borrowed(_)) | Message::Binary(Cow::Borrowed(_)) => 0,
        }
    }

    #[test]
    fn memory_goes_to_the_next_message_of_its_kind_that_does_not_waste_it() {
        for (spare, next, reused) in [
            (Message::from("hello world"), Message::from("hello"), true),
            (b"0123456789"[..].into(), b"abc"[..].into(), true),
            ("short".into(), "much too long for it".into(), false),
            ("text".into(), b"text"[..].into(), false),
            (vec![b'x'; 4000][..].into(), b"tiny"[..].into(), false),
        ] {
            let (mut kept, spare) = (Spare::default(), spare.into_owned());
            let (address, before) = (spare.as_bytes().as_ptr(), capacity(&spare));
            kept.keep(spare);
            let made = kept.detach(next.clone());
            assert_eq!(made, next);
            assert_eq!(made.as_bytes().as_ptr() == address, reused, "{next:?}");
            assert!(!reused || capacity(&made) == before);
        }
    }
}
