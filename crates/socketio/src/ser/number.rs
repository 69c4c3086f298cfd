//! Numbers as text, in the form of the standard library's `{:?}`, without its machinery where there is a shorter way.

use alloc::string::String;
use core::fmt::Write;

/// Below this a number with four decimal places has no more than fifteen digits.
const LARGEST: f64 = 1e11;

/// Powers of ten, and how many decimal places they make room for.
const SCALES: [(u32, usize); 5] = [(1, 1), (10, 1), (100, 2), (1000, 3), (10_000, 4)];

pub(crate) fn unsigned(out: &mut String, n: u64) {
    padded(out, n, 1);
}

pub(crate) fn signed(out: &mut String, n: i64) {
    if n < 0 {
        out.push('-');
    }
    unsigned(out, n.unsigned_abs());
}

/// A finite number.
pub(crate) fn float(out: &mut String, n: f64) {
    let size = n.abs();
    let Some((digits, scale, places)) = decimal(size) else {
        // Writing to a string cannot fail.
        let _ = write!(out, "{n:?}");
        return;
    };
    if n.is_sign_negative() {
        out.push('-');
    }
    unsigned(out, digits.checked_div(scale).unwrap_or_default());
    out.push('.');
    padded(out, digits.checked_rem(scale).unwrap_or_default(), places);
}

/// A number of few decimal places as a whole number and the power of ten it is to be divided by, one at least.
///
/// Both are doubles without an error, so their quotient is the double nearest to the decimal. As no two decimals of at
/// most fifteen digits are the same double, the first that is found is the shortest.
fn decimal(n: f64) -> Option<(u64, u64, usize)> {
    if n >= LARGEST {
        return None;
    }
    let (scale, places, digits) = SCALES.into_iter().find_map(|(scale, places)| {
        let digits = (n * f64::from(scale) + 0.5) as u64;
        (digits as f64 / f64::from(scale) == n).then_some((u64::from(scale), places, digits))
    })?;
    Some((digits, scale, places))
}

/// At least `width` digits.
fn padded(out: &mut String, n: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let (mut rest, mut used) = (n, 0usize);
    for digit in digits.iter_mut().rev() {
        if rest == 0 && used >= width {
            break;
        }
        *digit = b'0' | (rest % 10) as u8;
        rest /= 10;
        used = used.wrapping_add(1);
    }
    let from = digits.len().wrapping_sub(used);
    let digits = digits.get(from..).unwrap_or_default();
    out.push_str(core::str::from_utf8(digits).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString};
    use proptest::prelude::*;

    fn text(n: f64) -> String {
        let mut out = String::new();
        float(&mut out, n);
        out
    }

    #[test]
    fn floats_look_as_the_standard_library_writes_them() {
        for n in [
            0.0,
            -0.0,
            1.0,
            -1.5,
            0.1,
            0.3,
            0.1 + 0.2,
            2.675,
            1234.56,
            0.0001,
            0.00012,
            1e-5,
            99_999_999_999.999_9,
            99_999_999_999.99,
            1e11,
            1e15,
            1e16,
            1e300,
            9_007_199_254_740_993.0,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
        ] {
            assert_eq!(text(n), format!("{n:?}"));
        }
    }

    proptest! {
        #[test]
        fn any_float_looks_as_the_standard_library_writes_it(n: f64) {
            prop_assume!(n.is_finite());
            prop_assert_eq!(text(n), format!("{n:?}"));
        }

        #[test]
        fn so_does_any_decimal(digits in -100_000_000_000_000i64..100_000_000_000_000, places in 0i32..8) {
            let n = digits as f64 / 10f64.powi(places);
            prop_assert_eq!(text(n), format!("{n:?}"));
        }

        #[test]
        fn integers_are_their_digits(n: i64, m: u64) {
            let mut out = String::new();
            signed(&mut out, n);
            prop_assert_eq!(&out, &n.to_string());
            out.clear();
            unsigned(&mut out, m);
            prop_assert_eq!(out, m.to_string());
        }
    }
}
