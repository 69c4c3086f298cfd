//! The shared vocabulary: a queue of bytes, and UTF-8 in pieces.

use alloc::vec::Vec;
use siox_wire::{Outbox, Utf8};

pub(crate) fn run() {
    let mut outbox = Outbox::default();
    outbox.pack(&[b"copied, "]);
    outbox.share(bytes::Bytes::from(alloc::vec![b'x'; 5000]));
    let all: Vec<u8> = outbox.chunks().flatten().copied().collect();
    assert_eq!(all.len(), 5008);
    outbox.advance(all.len());
    assert!(outbox.is_empty());

    let (mut utf8, text) = (Utf8::default(), "naïve €".as_bytes());
    for byte in text {
        assert!(utf8.check(&[*byte]).is_ok());
    }
    assert!(utf8.is_complete() && utf8.check(b"\xff").is_err());
}
