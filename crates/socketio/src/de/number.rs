//! The text of a number to the number, without the standard library's way where there is a shorter one.

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

/// The number that a token stands for, if it is one that there can be.
pub(super) fn number(raw: &str) -> Option<Number> {
    short(raw.as_bytes()).or_else(|| long(raw))
}

/// A number of at most fifteen digits without an exponent. Its digits and the power of ten are doubles without an error,
/// so that their quotient is the double nearest to it.
fn short(raw: &[u8]) -> Option<Number> {
    let (is_negative, raw) = match raw.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some(_) | None => (false, raw),
    };
    if raw.len() > TENS.len() {
        return None;
    }
    let (mut digits, mut places) = (0u64, None);
    for &byte in raw {
        match byte {
            b'0'..=b'9' => {
                digits = digits.wrapping_mul(10).wrapping_add(u64::from(byte & 15));
                places = places.map(|places: usize| places.wrapping_add(1));
            }
            b'.' => places = Some(0),
            _ => return None,
        }
    }
    match (places, is_negative) {
        (Some(places), _) => {
            let size = digits as f64 / TENS.get(places)?;
            Some(Number::Float(if is_negative { -size } else { size }))
        }
        (None, false) => Some(Number::Unsigned(digits)),
        // An integer has no negative nought.
        (None, true) if digits == 0 => Some(Number::Float(-0.0)),
        (None, true) => Some(Number::Negative(0i64.checked_sub_unsigned(digits)?)),
    }
}

fn long(raw: &str) -> Option<Number> {
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
