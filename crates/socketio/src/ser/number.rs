//! Numbers as text, in the form of the standard library's `{:?}`, without its machinery where there is a shorter way.

use alloc::string::String;
use core::fmt::Write;

/// Below this a number with four decimal places has no more than fifteen digits.
const LARGEST: f64 = 1e11;

/// Powers of ten, and how many decimal places they make room for.
const SCALES: [(u32, usize); 5] = [(1, 1), (10, 1), (100, 2), (1000, 3), (10_000, 4)];

#[inline]
pub(crate) fn unsigned(out: &mut String, n: u64) {
    match u8::try_from(n) {
        Ok(digit @ 0..10) => out.push(char::from(b'0' | digit)),
        Ok(_) | Err(_) => long(out, n),
    }
}

#[inline]
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
    let whole = size as i64;
    unsigned(out, whole.unsigned_abs());
    out.push('.');
    let fraction = digits.wrapping_sub(whole.wrapping_mul(scale));
    match u8::try_from(fraction) {
        Ok(digit @ 0..10) if places == 1 => out.push(char::from(b'0' | digit)),
        Ok(_) | Err(_) => few(out, fraction.unsigned_abs(), places),
    }
}

/// A number of few decimal places as a whole number and the power of ten it is to be divided by, one at least.
///
/// Both are doubles without an error, so their quotient is the double nearest to the decimal. As no two decimals of at
/// most fifteen digits are the same double, the first that is found is the shortest; and no such decimal is the same
/// double as a whole number that it is not.
fn decimal(n: f64) -> Option<(i64, i64, usize)> {
    if n >= LARGEST {
        return None;
    }
    SCALES.into_iter().find_map(|(scale, places)| {
        let digits = (n * f64::from(scale) + 0.5) as i64;
        (digits as f64 / f64::from(scale) == n).then_some((digits, i64::from(scale), places))
    })
}

/// What has up to eight digits.
const FEW: u64 = 100_000_000;

#[inline(never)]
fn long(out: &mut String, n: u64) {
    if n < FEW {
        return few(out, n, 1);
    }
    // At most twelve digits are left, so this does not go deep.
    long(out, n / FEW);
    few(out, n % FEW, 8);
}

/// A number below [`FEW`] in at least `width` digits, eight at most.
fn few(out: &mut String, n: u64, width: usize) {
    if n < 100 && width <= 2 {
        if n >= 10 || width == 2 {
            out.push(digit(n / 10));
        }
        out.push(digit(n % 10));
        return;
    }
    let digits = eight_digits(n);
    let zeros = (digits.trailing_zeros() / 8) as usize;
    let spare = zeros.min(8usize.saturating_sub(width));
    let mut rest = digits.wrapping_shr(u32::try_from(spare.wrapping_mul(8)).unwrap_or(0));
    for _ in spare..8 {
        out.push(digit(rest & 15));
        rest >>= 8;
    }
}

/// Of a number below ten.
#[inline(always)]
fn digit(n: u64) -> char {
    char::from(b'0' | (n & 15) as u8)
}

/// The digits of a number below [`FEW`], one to a byte, the first in the lowest: in each step the parts of all
/// pairs are divided at once, by a multiplication.
#[inline]
fn eight_digits(n: u64) -> u64 {
    let fours = (n / 10_000) | ((n % 10_000) << 32);
    let hundreds = (fours.wrapping_mul(10_486) >> 20) & 0x0000_007F_0000_007F;
    let twos = hundreds | (fours.wrapping_sub(hundreds.wrapping_mul(100)) << 16);
    let tens = (twos.wrapping_mul(103) >> 10) & 0x000F_000F_000F_000F;
    tens | (twos.wrapping_sub(tens.wrapping_mul(10)) << 8)
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

    #[test]
    fn all_that_has_four_digits() {
        for n in 0..10_000u64 {
            for n in [n, n * 10_000 + n, n * 10_000 + 9_999] {
                let mut out = String::new();
                unsigned(&mut out, n);
                assert_eq!(out, n.to_string());
            }
            let tenths = n as f64 / 10_000.0;
            assert_eq!(text(tenths), format!("{tenths:?}"));
        }
    }

    #[test]
    fn powers_of_ten_and_what_is_beside_them() {
        for n in (0..20).map(|digits| 10u64.pow(digits)) {
            for n in [n - 1, n, n + 1, u64::MAX] {
                let mut out = String::new();
                unsigned(&mut out, n);
                assert_eq!(out, n.to_string());
            }
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
        fn integers_are_their_digits(n: i64, m: u64, bits in 0u32..64) {
            let mut out = String::new();
            signed(&mut out, n >> bits);
            prop_assert_eq!(&out, &(n >> bits).to_string());
            out.clear();
            unsigned(&mut out, m >> bits);
            prop_assert_eq!(out, (m >> bits).to_string());
        }
    }
}
