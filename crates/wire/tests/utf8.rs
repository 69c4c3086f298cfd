//! Incremental UTF-8 against the standard library, exhaustively: the same verdict at the same byte, for every
//! cut.

use siox_wire::Utf8;

/// The first and the last byte of every range that RFC 3629 §4 tells apart, and those beside it.
const BYTES: [u8; 22] = [
    0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed,
    0xee, 0xef, 0xf0, 0xf1, 0xf4, 0xf5,
];

/// What is to be said of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Whole,
    /// It ends inside a character.
    Cut,
    /// The index of the first byte that nothing can mend.
    Bad(usize),
}

fn std_says(bytes: &[u8]) -> Verdict {
    let Err(error) = std::str::from_utf8(bytes) else {
        return Verdict::Whole;
    };
    let Some(len) = error.error_len() else {
        return Verdict::Cut;
    };
    // `len` counts a lead byte and what may follow it; the byte behind those is the bad one.
    let at = error.valid_up_to();
    let is_lead = matches!(bytes[at], 0xc2..=0xf4);
    Verdict::Bad(if is_lead { at + len } else { at })
}

/// Feeds `bytes` cut behind each byte whose bit is set in `cuts`.
fn fed(bytes: &[u8], cuts: u32) -> Verdict {
    let (mut utf8, mut from) = (Utf8::default(), 0);
    for to in 1..=bytes.len() {
        if to < bytes.len() && cuts >> (to - 1) & 1 == 0 {
            continue;
        }
        if utf8.check(&bytes[from..to]).is_err() {
            // The piece holds the bad byte; which it is, the pieces before tell byte by byte.
            let bad = (from..to).find(|i| matches!(std_says(&bytes[..=*i]), Verdict::Bad(_)));
            return Verdict::Bad(bad.unwrap_or(usize::MAX));
        }
        from = to;
    }
    if utf8.is_complete() {
        Verdict::Whole
    } else {
        Verdict::Cut
    }
}

#[test]
fn every_string_of_four_border_bytes_in_every_cut() {
    for a in BYTES {
        for b in BYTES {
            for c in BYTES {
                for d in BYTES {
                    let bytes = [a, b, c, d];
                    let expected = std_says(&bytes);
                    for cuts in 0..8 {
                        assert_eq!(fed(&bytes, cuts), expected, "{bytes:x?} cut {cuts:03b}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_string_of_three_bytes_byte_by_byte() {
    for n in 0..1u32 << 24 {
        let [_, bytes @ ..] = n.to_be_bytes();
        // A byte that is ASCII ends what went before; one stands for all.
        if bytes[..2].iter().any(|b| (1..0x80).contains(b)) {
            continue;
        }
        let mut utf8 = Utf8::default();
        let bad = bytes.iter().position(|b| utf8.check(&[*b]).is_err());
        let got = match bad {
            Some(at) => Verdict::Bad(at),
            None if utf8.is_complete() => Verdict::Whole,
            None => Verdict::Cut,
        };
        assert_eq!(got, std_says(&bytes), "{bytes:x?}");
    }
}

#[test]
fn every_character_in_every_cut() {
    let mut buffer = [0; 4];
    for char in '\0'..=char::MAX {
        let bytes = char.encode_utf8(&mut buffer).as_bytes();
        for cuts in 0..1 << (bytes.len() - 1) {
            assert_eq!(fed(bytes, cuts), Verdict::Whole, "{char:?}");
        }
        for end in 1..bytes.len() {
            assert_eq!(fed(&bytes[..end], u32::MAX), Verdict::Cut, "{char:?}");
        }
    }
}
