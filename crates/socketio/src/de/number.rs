//! The text of a number to the number, without the standard library's way where there is a shorter one.

use crate::text::{first_byte, non_digits};

/// A number of JSON.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Unsigned(u64),
    Negative(i64),
    Float(f64),
}

/// Powers of ten that are doubles without an error.
const TENS: [f64; 16] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

/// The number at the front, if it has no sign, no exponent, and at most seven characters; and where it ends.
#[inline(always)]
pub(super) fn few_digits(bytes: &[u8; 8]) -> Option<(Number, usize)> {
    let word = u64::from_le_bytes(*bytes);
    let marks = non_digits(word);
    let whole = first_byte(marks);
    if whole.wrapping_sub(1) > 6 || (whole > 1 && word as u8 == b'0') {
        return None;
    }
    let behind = bytes.get(whole)?;
    let values = word ^ u64::from_le_bytes(*b"00000000");
    if *behind != b'.' {
        return match behind {
            b'e' | b'E' => None,
            _ => Some((Number::Unsigned(last_digits(values, whole)), whole)),
        };
    }
    let marks = marks & marks.wrapping_sub(1);
    let end = first_byte(marks);
    let behind = bytes.get(end)?;
    let places = end.wrapping_sub(whole).wrapping_sub(1);
    if places == 0 || matches!(behind, b'e' | b'E') {
        return None;
    }
    // Those before the point are moved into its place.
    let before = u64::MAX.wrapping_shl(bits(whole));
    let digits = (values & !before) << 8 | values & (before << 8);
    let size = last_digits(digits, end).cast_signed() as f64;
    Some((Number::Float(size / TENS.get(places)?), end))
}

#[inline(always)]
fn bits(bytes: usize) -> u32 {
    (bytes as u32).wrapping_mul(8)
}

/// The number of the digits in the first bytes, one to seven of them, one digit to a byte: in each step all pairs are
/// put together at once.
#[inline(always)]
fn last_digits(values: u64, count: usize) -> u64 {
    let ones = values.wrapping_shl(bits(8usize.wrapping_sub(count)));
    let twos = (ones.wrapping_mul(10).wrapping_add(ones >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (twos.wrapping_mul(100).wrapping_add(twos >> 16)) & 0x0000_FFFF_0000_FFFF;
    (fours.wrapping_mul(10_000).wrapping_add(fours >> 32)) & 0xFFFF_FFFF
}

/// The longest text of a number of fifteen digits: with its sign and its point.
const LONGEST: usize = 17;

/// The number of at most fifteen digits and without an exponent that `bytes` are, and where it ends. Its digits and
/// the power of ten are doubles without an error, so that their quotient is the double nearest to it.
#[inline(always)]
pub(super) fn short(bytes: &[u8]) -> Option<(Number, usize)> {
    let is_negative = bytes.first() == Some(&b'-');
    let start = usize::from(is_negative);
    if bytes.len() > LONGEST {
        return None;
    }
    let (digits, mut end) = digits(bytes, start, 0);
    let (mut digits, mut used) = (digits, end.wrapping_sub(start));
    let mut places = None;
    if bytes.get(end) == Some(&b'.') {
        let point = end.wrapping_add(1);
        (digits, end) = self::digits(bytes, point, digits);
        let fraction = end.wrapping_sub(point);
        used = used.wrapping_add(fraction);
        places = Some(fraction);
    }
    if used == 0 || used >= TENS.len() || matches!(bytes.get(end), Some(b'e' | b'E')) {
        return None;
    }
    let number = match (places, is_negative) {
        (Some(places), _) => {
            let size = digits.cast_signed() as f64 / TENS.get(places)?;
            Number::Float(if is_negative { -size } else { size })
        }
        (None, false) => Number::Unsigned(digits),
        // An integer has no negative nought.
        (None, true) if digits == 0 => Number::Float(-0.0),
        (None, true) => Number::Negative(0i64.checked_sub_unsigned(digits)?),
    };
    Some((number, end))
}

/// `number` with the digits from `at` behind it, and where they end.
#[inline(always)]
fn digits(bytes: &[u8], mut at: usize, mut number: u64) -> (u64, usize) {
    while let Some(digit @ b'0'..=b'9') = bytes.get(at) {
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit & 15));
        at = at.wrapping_add(1);
    }
    (number, at)
}

/// Any number.
#[inline(never)]
pub(super) fn long(raw: &str) -> Option<Number> {
    if let Ok(n) = raw.parse() {
        return Some(Number::Unsigned(n));
    }
    if let Ok(n) = raw.parse()
        && n != 0
    {
        return Some(Number::Negative(n));
    }
    let n: f64 = raw.parse().ok()?;
    n.is_finite().then_some(Number::Float(n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use proptest::prelude::*;

    fn number(raw: &str) -> Option<Number> {
        let padded = alloc::format!("{raw},       ");
        if let Some((number, end)) = padded.as_bytes().first_chunk().and_then(few_digits) {
            assert_eq!((Some((number, end))), short(raw.as_bytes()));
        }
        match short(raw.as_bytes()) {
            Some((number, end)) => {
                assert_eq!(end, raw.len());
                Some(number)
            }
            None => long(raw),
        }
    }

    #[test]
    fn the_short_way_ends_where_the_long_one_does() {
        for raw in [
            "0",
            "-0",
            "-0.0",
            "1",
            "-1",
            "0.1",
            "-1234.56",
            "123456789012345",
            "1234567890123456",
            "12345678901234567",
            "0.123456789012345",
            "99999999999999.9",
            "9.99999999999999",
            "18446744073709551615",
            "-9223372036854775808",
            "1e5",
            "1E-3",
        ] {
            assert_eq!(number(raw), long(raw), "{raw}");
        }
        assert_eq!(number("1e999"), None);
    }

    proptest! {
        #[test]
        fn and_for_any_decimal(raw in "-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,18})?") {
            prop_assert_eq!(number(&raw), long(&raw));
        }

        #[test]
        fn and_for_any_double(n: f64) {
            prop_assume!(n.is_finite());
            let raw: String = n.to_string();
            prop_assert_eq!(number(&raw), long(&raw));
        }
    }
}
