//! The text payload of v3: `<length>:<packet>` repeated. The length counts UTF-16 code units, as a
//! string of JavaScript does.

use super::Next;
use crate::{Error, base64::Reading, packet::v3};
use core::mem;

pub(super) fn next(mut rest: &mut [u8], base64: Reading) -> Next<'_> {
    let mut first = true;
    loop {
        if rest.is_empty() {
            // The reference sends `0:` where it has nothing to say, so nothing at all is an error.
            return first.then_some((Err(Error::EmptyPacket), None));
        }
        let (packet, tail) = match cut(mem::take(&mut rest)) {
            Ok(parts) => parts,
            Err(error) => return Some((Err(error), None)),
        };
        rest = tail;
        first = false;
        if !packet.is_empty() {
            let tail = (!rest.is_empty()).then_some(rest);
            return Some((v3::decode_in_place(packet, base64), tail));
        }
    }
}

/// One packet and the rest.
fn cut(bytes: &mut [u8]) -> Result<(&mut [u8], &mut [u8]), Error> {
    let colon = bytes.iter().position(|&b| b == b':').ok_or(Error::Length)?;
    let (prefix, rest) = bytes.split_at_mut(colon);
    let units = number(prefix.iter().map(|digit| digit.wrapping_sub(b'0')))?;
    let rest = rest.get_mut(1..).unwrap_or_default();
    let end = end_of(rest, units)?;
    rest.split_at_mut_checked(end).ok_or(Error::Length)
}

/// The number that decimal digits, at least one, make.
pub(super) fn number(digits: impl Iterator<Item = u8>) -> Result<usize, Error> {
    let add = |sum: Option<usize>, digit: u8| {
        let shifted = sum.unwrap_or(0).checked_mul(10)?;
        shifted
            .checked_add(usize::from(digit))
            .filter(|_| digit < 10)
    };
    let mut sum = None;
    for digit in digits {
        sum = Some(add(sum, digit).ok_or(Error::Length)?);
    }
    sum.ok_or(Error::Length)
}

/// Where the first `units` code units end. Never inside a character.
fn end_of(bytes: &[u8], units: usize) -> Result<usize, Error> {
    match bytes.get(..units) {
        // There are no more code units than bytes.
        None => return Err(Error::Length),
        Some(head) if head.is_ascii() => return Ok(units),
        Some(_) => {}
    }
    let mut left = units;
    for (at, &byte) in bytes.iter().enumerate() {
        let width = width(byte);
        if left == 0 && width > 0 {
            return Ok(at);
        }
        left = left.checked_sub(width).ok_or(Error::Length)?;
    }
    if left == 0 {
        Ok(bytes.len())
    } else {
        Err(Error::Length)
    }
}

/// How many code units the character has that begins with this byte.
fn width(byte: u8) -> usize {
    match byte {
        0x80..=0xbf => 0,
        0xf0.. => 2,
        _ => 1,
    }
}

/// The length of a text in UTF-16 code units.
pub(crate) fn units(text: &[u8]) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.iter()
        .map(|&b| width(b))
        .fold(0, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::{Coding, tests::texts};
    use alloc::string::String;
    use proptest::prelude::*;

    #[test]
    fn reads_what_the_reference_writes() {
        let table: [(&str, &[&str]); 7] = [
            ("6:4hello2:4€", &["4hello", "4€"]),
            // One character, two code units.
            ("3:4😀1:3", &["4😀", "3"]),
            ("6:4😀😀a4:4a:b", &["4😀😀a", "4a:b"]),
            ("10:b4AQIDBA==", &["b4AQIDBA=="]),
            ("0:", &[]),
            ("0:1:60:", &["6"]),
            ("0012:4hello world", &["4hello world"]),
        ];
        for (body, packets) in table {
            let want: alloc::vec::Vec<_> = packets.iter().map(|p| Ok(String::from(*p))).collect();
            assert_eq!(texts(Coding::V3Text, body.as_bytes()), want, "{body}");
        }
    }

    #[test]
    fn refuses_lengths_that_are_not_so() {
        for (body, error) in [
            ("", Error::EmptyPacket),
            (":", Error::Length),
            ("1", Error::Length),
            ("3:4a", Error::Length),
            ("-1:4", Error::Length),
            ("1e1:4123456789", Error::Length),
            (" 2:4a", Error::Length),
            ("0x2:4a", Error::Length),
            ("99999999999999999999999:4", Error::Length),
            // In the middle of a pair.
            ("2:4😀", Error::Length),
            ("1:7", Error::UnknownPacket(b'7')),
            ("4:b4!!", Error::Base64),
        ] {
            assert_eq!(
                texts(Coding::V3Text, body.as_bytes()),
                [Err(error)],
                "{body}"
            );
        }
        assert_eq!(texts(Coding::V3Text, b"2:4\xc3"), [Err(Error::Utf8)]);
        assert_eq!(
            texts(Coding::V3Text, b"2:4a!"),
            [Ok("4a".into()), Err(Error::Length)]
        );
    }

    proptest! {
        #[test]
        fn units_are_those_of_utf_16(text in ".*") {
            let want = text.encode_utf16().count();
            prop_assert_eq!(units(text.as_bytes()), want);
            prop_assert_eq!(end_of(text.as_bytes(), want), Ok(text.len()));
        }
    }
}
