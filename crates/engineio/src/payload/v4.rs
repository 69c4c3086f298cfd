//! The payload of v4: text packets joined by 0x1e.

use super::Next;
use crate::{Packet, base64::Reading};

pub(super) const SEPARATOR: u8 = 0x1e;

pub(super) fn next(rest: &mut [u8], base64: Reading) -> Next<'_> {
    let (head, tail) = split(rest);
    Some((Packet::decode_in_place(head, base64), tail))
}

/// Cuts at the first separator.
fn split(bytes: &mut [u8]) -> (&mut [u8], Option<&mut [u8]>) {
    let Some(at) = find(bytes) else {
        return (bytes, None);
    };
    let (head, tail) = bytes.split_at_mut(at);
    (head, tail.split_first_mut().map(|(_, tail)| tail))
}

fn find(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 64;
    let is_separator = |b: &u8| *b == SEPARATOR;
    // A block is compared at once: there is no branch inside.
    let clean = bytes
        .chunks_exact(BLOCK)
        .take_while(|block| !block.iter().fold(false, |found, b| found | is_separator(b)))
        .count()
        .saturating_mul(BLOCK);
    let within = bytes.get(clean..)?.iter().position(is_separator)?;
    clean.checked_add(within)
}

#[cfg(test)]
mod tests {
    use crate::{Error, Payload};
    use alloc::{borrow::Cow, string::String, vec::Vec};
    use siox_wire::Message;

    fn texts(body: &str) -> Vec<Result<String, Error>> {
        let mut body = body.as_bytes().to_vec();
        Payload::new(&mut body)
            .map(|p| p.map(|p| p.to_text()))
            .collect()
    }

    #[test]
    fn ends_behind_the_first_error() {
        let ok = |s: &str| Ok(String::from(s));
        assert_eq!(texts("4a\x1ebAQ==\x1e3"), [ok("4a"), ok("bAQ=="), ok("3")]);
        assert_eq!(texts(""), [Err(Error::EmptyPacket)]);
        assert_eq!(texts("4a\x1e"), [ok("4a"), Err(Error::EmptyPacket)]);
        assert_eq!(texts("\x1e4a"), [Err(Error::EmptyPacket)]);
        assert_eq!(
            texts("4a\x1ex\x1e4b"),
            [ok("4a"), Err(Error::UnknownPacket(b'x'))]
        );
    }

    #[test]
    fn whole_packets_are_borrowed() {
        let mut body = *b"4text\x1ebAQID";
        for packet in Payload::new(&mut body) {
            match packet.unwrap().data {
                Message::Text(t) => assert!(matches!(t, Cow::Borrowed("text"))),
                Message::Binary(b) => assert!(matches!(b, Cow::Borrowed([1, 2, 3]))),
            }
        }
    }

    #[test]
    fn a_separator_is_found_wherever_it_is() {
        for len in 0..200 {
            let bytes: Vec<u8> = (0..len).map(|n| n % 30).collect();
            assert_eq!(super::find(&bytes), None);
            for at in 0..usize::from(len) {
                let mut bytes = bytes.clone();
                bytes[at] = super::SEPARATOR;
                assert_eq!(super::find(&bytes), Some(at));
            }
        }
    }
}
