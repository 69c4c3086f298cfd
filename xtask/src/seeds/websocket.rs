//! Frames of RFC 6455, section 5: each kind, each form of length, and ways to be wrong.

use super::Seed;

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

pub(super) const TEXT: u8 = 0x81;
pub(super) const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;
/// Cleared in the first byte of a fragment that is not the last.
const FIN: u8 = 0x80;

pub(super) fn seeds() -> Vec<Seed> {
    let long = vec![b'a'; 200];
    let longer = vec![0x5a; 66_000];
    vec![
        ("text-masked", masked(TEXT, "Grüße".as_bytes())),
        ("text-unmasked", plain(TEXT, b"hello")),
        ("text-empty", masked(TEXT, b"")),
        ("text-16-bit-length", masked(TEXT, &long)),
        ("binary-masked", masked(BINARY, &[0, 1, 2, 0xff])),
        (
            "binary-64-bit-length",
            plain(BINARY, &longer)[..1000].to_vec(),
        ),
        (
            "fragments",
            [
                masked(TEXT & !FIN, b"one "),
                masked(0, b"two "),
                masked(FIN, b"three"),
            ]
            .concat(),
        ),
        (
            "fragments-cut-letter",
            [masked(TEXT & !FIN, &[0xe2, 0x82]), masked(FIN, &[0xac])].concat(),
        ),
        (
            "fragments-ping-between",
            [
                masked(BINARY & !FIN, b"x"),
                masked(PING, b"now"),
                masked(FIN, b"y"),
            ]
            .concat(),
        ),
        (
            "fragments-empty",
            [masked(TEXT & !FIN, b""), masked(0, b""), masked(FIN, b"")].concat(),
        ),
        ("ping", masked(PING, b"are you there")),
        ("pong-unasked", masked(PONG, b"")),
        ("close-empty", masked(CLOSE, b"")),
        ("close-normal", masked(CLOSE, b"\x03\xe8goodbye")),
        (
            "close-then-more",
            [masked(CLOSE, b"\x03\xe9"), masked(TEXT, b"late")].concat(),
        ),
        ("bad-close-code", masked(CLOSE, b"\x03\xed")),
        ("bad-close-one-byte", masked(CLOSE, b"\x03")),
        ("bad-close-reason", masked(CLOSE, b"\x03\xe8\xff\xff")),
        ("bad-utf8", masked(TEXT, &[0xed, 0xa0, 0x80])),
        ("bad-reserved-bit", masked(TEXT | 0x40, b"x")),
        ("bad-opcode", masked(0x83, b"x")),
        ("bad-continuation", masked(FIN, b"x")),
        ("bad-ping-long", masked(PING, &[0; 126])),
        ("bad-ping-fragment", masked(PING & !FIN, b"x")),
        (
            "bad-length-form",
            [&[TEXT, 0x80 | 126, 0, 5][..], &KEY, &mask(b"hello")].concat(),
        ),
        (
            "bad-length-top-bit",
            [&[BINARY, 0x80 | 127, 0xff, 0, 0, 0, 0, 0, 0, 0][..], &KEY].concat(),
        ),
        (
            "declared-huge",
            [
                &[BINARY, 0x80 | 127, 0, 0, 0x10, 0, 0, 0, 0, 0][..],
                &KEY,
                b"few",
            ]
            .concat(),
        ),
    ]
}

/// A frame as a client sends it.
pub(super) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    [&head(first, payload.len(), 0x80)[..], &KEY, &mask(payload)].concat()
}

/// A frame as a server sends it.
pub(super) fn plain(first: u8, payload: &[u8]) -> Vec<u8> {
    [&head(first, payload.len(), 0)[..], payload].concat()
}

fn mask(payload: &[u8]) -> Vec<u8> {
    payload
        .iter()
        .zip(KEY.iter().cycle())
        .map(|(byte, key)| byte ^ key)
        .collect()
}

fn head(first: u8, length: usize, mask_bit: u8) -> Vec<u8> {
    let mut head = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(small), _) if small < 126 => head.push(mask_bit | small),
        (_, Ok(middle)) => {
            head.push(mask_bit | 126);
            head.extend(middle.to_be_bytes());
        }
        _ => {
            head.push(mask_bit | 127);
            head.extend((length as u64).to_be_bytes());
        }
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rfc() {
        // RFC 6455, section 5.7.
        assert_eq!(
            plain(TEXT, b"Hello"),
            [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]
        );
        assert_eq!(
            masked(TEXT, b"Hello"),
            [
                0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58
            ]
        );
        assert_eq!(plain(BINARY, &[0; 256])[..4], [0x82, 0x7e, 0x01, 0x00]);
        assert_eq!(
            plain(BINARY, &[0; 65536])[..10],
            [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]
        );
    }
}
