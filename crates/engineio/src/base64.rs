//! Base64 (RFC 4648 §4) as payloads carry it: decoded in place, encoded behind a `b`.

use crate::Error;
use alloc::string::String;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use core::cell::Cell;

const BAD: u8 = 0xff;
/// Digits that are decoded at once at most, by way of a buffer of their own: many times faster than one by one.
const BLOCK: usize = 1024;
/// The bytes they stand for.
const BLOCK_BYTES: usize = BLOCK / 4 * 3;
/// Fewer digits than these are faster one by one.
const FEW: usize = 64;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time")]
const VALUES: [u8; 256] = {
    let mut table = [BAD; 256];
    let mut value = 0;
    while value < 64 {
        table[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    table
};

fn value(digit: &Cell<u8>) -> u8 {
    VALUES.get(usize::from(digit.get())).copied().unwrap_or(BAD)
}

/// How strictly base64 is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The padding is there whole or not at all; bits that stand for nothing are zero.
    Exact,
    /// As Node's `Buffer` reads it: never an error.
    Loose,
}

impl Reading {
    pub(crate) const fn of(loose: bool) -> Self {
        if loose { Self::Loose } else { Self::Exact }
    }

    /// Decodes `text` over itself and returns the part that now holds the bytes.
    pub(crate) fn decode_in_place(self, text: &mut [u8]) -> Result<&[u8], Error> {
        match self {
            Self::Exact => decode_in_place(text),
            Self::Loose => match decode_in_place(tidy(text)) {
                Ok(bytes) => Ok(bytes),
                // All that is left are digits that stand for whole bytes.
                Err(_) => Ok(b""),
            },
        }
    }
}

/// Puts what [`Reading::Loose`] takes for digits into the exact form: those before the first `=`, with
/// `-` and `_` for `+` and `/`, without what is no digit and without bits that make no byte.
fn tidy(text: &mut [u8]) -> &mut [u8] {
    let mut len = 0_usize;
    for at in 0..text.len() {
        let digit = match text.get(at) {
            Some(b'=') | None => break,
            Some(b'-') => b'+',
            Some(b'_') => b'/',
            Some(&other) => other,
        };
        if VALUES.get(usize::from(digit)).is_some_and(|&v| v != BAD)
            && let Some(to) = text.get_mut(len)
        {
            *to = digit;
            len = len.saturating_add(1);
        }
    }
    let (len, kept) = match len % 4 {
        1 => (len.saturating_sub(1), 0x3f),
        2 => (len, 0x30),
        3 => (len, 0x3c),
        _ => (len, 0x3f),
    };
    let digits = text.get_mut(..len).unwrap_or_default();
    if let Some(last) = digits.last_mut() {
        let value = VALUES.get(usize::from(*last)).copied().unwrap_or_default();
        *last = ALPHABET
            .get(usize::from(value & kept))
            .copied()
            .unwrap_or(*last);
    }
    digits
}

fn decode_in_place(text: &mut [u8]) -> Result<&[u8], Error> {
    let digits = digits(text);
    let len = decoded_len(digits).ok_or(Error::Base64)?;
    let read = match text.get_mut(..digits) {
        Some(many) if many.len() >= FEW => decode_blocks(many)?,
        Some(_) | None => 0,
    };
    let rest = (read / 4).saturating_mul(3)..len;
    let digits = read..digits;
    let cells = Cell::from_mut(text.get_mut(..digits.end).unwrap_or_default()).as_slice_of_cells();
    let to = cells.get(rest).unwrap_or_default();
    let cells = cells.get(digits).unwrap_or_default();
    // The three bytes written lie before the next four digits read.
    let (from, tail) = (cells.chunks_exact(4), cells.chunks_exact(4).remainder());
    for (from, to) in from.zip(to.chunks(3)) {
        let mut quad = [0; 4];
        for (value_of, digit) in quad.iter_mut().zip(from) {
            *value_of = value(digit);
        }
        put(quad, to)?;
    }
    if !tail.is_empty() {
        let mut quad = [0; 4];
        for (value_of, digit) in quad.iter_mut().zip(tail) {
            *value_of = value(digit);
        }
        let written = to.len().checked_rem(3).unwrap_or_default();
        let to = to.get(to.len().saturating_sub(written)..);
        let spare = put(quad, to.unwrap_or_default())?;
        if spare {
            return Err(Error::Base64);
        }
    }
    Ok(text.get(..len).unwrap_or_default())
}

/// Decodes digits over the beginning of themselves, until few are left; returns how many, always whole fours.
fn decode_blocks(digits: &mut [u8]) -> Result<usize, Error> {
    let mut bytes = [0; BLOCK_BYTES];
    let mut read = 0_usize;
    loop {
        let left = digits.get(read..).unwrap_or_default();
        let block = left.get(..BLOCK).unwrap_or(left);
        let fours = block.len() / 4;
        let (digits_read, written) = (fours.saturating_mul(4), fours.saturating_mul(3));
        if digits_read < FEW {
            return Ok(read);
        }
        let block = block.get(..digits_read).unwrap_or_default();
        if STANDARD_NO_PAD.decode_slice(block, &mut bytes) != Ok(written) {
            return Err(Error::Base64);
        }
        let to = (read / 4).saturating_mul(3);
        let to = digits.get_mut(to..to.saturating_add(written));
        if let (Some(to), Some(bytes)) = (to, bytes.get(..written)) {
            to.copy_from_slice(bytes);
        }
        read = read.saturating_add(digits_read);
    }
}

/// Writes the bytes of four values to `to`, as many as it takes; says whether others are not zero.
fn put(quad: [u8; 4], to: &[Cell<u8>]) -> Result<bool, Error> {
    let [a, b, c, d] = quad;
    if (a | b | c | d) >= 64 {
        return Err(Error::Base64);
    }
    let bytes = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
    for (byte, to) in bytes.iter().zip(to) {
        to.set(*byte);
    }
    Ok(bytes.iter().skip(to.len()).any(|&byte| byte != 0))
}

/// How many digits there are before the padding; all is digits when the padding is not whole.
fn digits(text: &[u8]) -> usize {
    let unpadded = match text {
        [head @ .., b'=', b'='] | [head @ .., b'='] => head.len(),
        _ => return text.len(),
    };
    if text.len().is_multiple_of(4) {
        unpadded
    } else {
        text.len()
    }
}

fn decoded_len(digits: usize) -> Option<usize> {
    let whole = (digits / 4).saturating_mul(3);
    match digits % 4 {
        0 => Some(whole),
        2 => Some(whole.saturating_add(1)),
        3 => Some(whole.saturating_add(2)),
        _ => None,
    }
}

/// Binary data as a packet of text: `mark`, then base64 with padding.
pub(crate) fn packet(mark: &str, bytes: &[u8]) -> String {
    let mut text = String::with_capacity(encoded_len(bytes.len()).saturating_add(mark.len()));
    text.push_str(mark);
    STANDARD.encode_string(bytes, &mut text);
    text
}

/// How many characters `len` bytes become.
pub(crate) fn encoded_len(len: usize) -> usize {
    len.div_ceil(3).saturating_mul(4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn decode(text: &[u8]) -> Option<Vec<u8>> {
        let mut text = text.to_vec();
        decode_in_place(&mut text).ok().map(<[u8]>::to_vec)
    }

    fn oracle(text: &[u8]) -> Option<Vec<u8>> {
        let config =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let engine = GeneralPurpose::new(&::base64::alphabet::STANDARD, config);
        // The oracle forgives a padding that is not whole; we do not.
        let whole = !text.contains(&b'=') || text.len().is_multiple_of(4);
        engine.decode(text).ok().filter(|_| whole)
    }

    #[test]
    fn refuses_what_is_not_base64() {
        for bad in [
            "!!", "A", "AAAAA", "AQ=", "AQI==", "A===", "=", "====", "AR==", "AQJ=", "AQ-_",
            "A Q=", "AQ==AQ==",
        ] {
            assert_eq!(decode(bad.as_bytes()), None, "{bad}");
        }
    }

    fn loose(text: &[u8]) -> Vec<u8> {
        let mut text = text.to_vec();
        let bytes = Reading::Loose.decode_in_place(&mut text);
        bytes.expect("is never an error").to_vec()
    }

    /// As Node 20 answers `Buffer.from(text, "base64")`.
    #[test]
    fn loosely_as_node_reads() {
        let table: [(&str, &[u8]); 22] = [
            ("!!", &[]),
            ("A", &[]),
            ("AAAAA", &[0, 0, 0]),
            ("AQ=", &[1]),
            ("AQI==", &[1, 2]),
            ("A===", &[]),
            ("=", &[]),
            ("====", &[]),
            ("AR==", &[1]),
            ("AQJ=", &[1, 2]),
            ("AQ-_", &[1, 0x0f, 0xbf]),
            ("A Q=", &[1]),
            ("AQ==AQ==", &[1]),
            ("A!Q=I", &[1]),
            ("AQID=AQID", &[1, 2, 3]),
            ("AQ=ID", &[1]),
            ("AQIDBA===", &[1, 2, 3, 4]),
            ("A\nQID", &[1, 2, 3]),
            ("A+/-_B", &[3, 0xef, 0xfe, 0xfc]),
            ("AQéID", &[1, 2, 3]),
            ("AQIDB", &[1, 2, 3]),
            ("AQI=BAUG", &[1, 2]),
        ];
        for (text, bytes) in table {
            assert_eq!(loose(text.as_bytes()), bytes, "{text}");
        }
    }

    proptest! {
        /// What is taken exactly is the same loosely.
        #[test]
        fn loosely_is_no_less(text in "[A-Da-d0-1+/]{0,600}={0,2}|[ -~]{0,600}") {
            let taken = loose(text.as_bytes());
            if let Some(bytes) = decode(text.as_bytes()) {
                prop_assert_eq!(taken, bytes);
            }
        }

        #[test]
        fn round_trips_with_and_without_padding(bytes in proptest::collection::vec(any::<u8>(), 0..1000)) {
            let text = packet("b", &bytes);
            let text = text.strip_prefix('b').unwrap();
            prop_assert_eq!(text.len(), encoded_len(bytes.len()));
            prop_assert_eq!(decode(text.as_bytes()), Some(bytes.clone()));
            prop_assert_eq!(decode(text.trim_end_matches('=').as_bytes()), Some(bytes));
        }

        #[test]
        fn long_ones_round_trip_and_one_wrong_digit_is_found(
            bytes in proptest::collection::vec(any::<u8>(), 40..2500),
            at in any::<proptest::sample::Index>(),
            wrong in prop_oneof![Just(b'='), Just(b'-'), Just(b'\n'), Just(0xff_u8)],
        ) {
            let mut text = STANDARD.encode(&bytes).into_bytes();
            prop_assert_eq!(decode(&text), Some(bytes));
            let digits = text.iter().take_while(|&&digit| digit != b'=').count();
            // The last digit's place may hold padding.
            let at = at.index(digits - 4);
            text[at] = wrong;
            prop_assert_eq!(decode(&text), None);
        }

        #[test]
        fn agrees_with_the_oracle(text in "[A-Da-d0-1+/=]{0,9}|[ -~]{0,9}") {
            prop_assert_eq!(decode(text.as_bytes()), oracle(text.as_bytes()), "{}", text);
        }
    }
}
