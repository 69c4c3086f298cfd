//! Numbers as text, in the form of the standard library's `{:?}`, without its machinery where there is a shorter way.

use super::Json;
use core::fmt::Write;

#[inline]
pub(crate) fn unsigned(out: &mut Json, n: u64) {
    if !out.has_room() {
        out.make_room();
        return long(out, n);
    }
    match u8::try_from(n) {
        Ok(digit @ 0..10) => out.push(b'0' | digit),
        Ok(_) | Err(_) if n < FEW => few(out, n, 1),
        Ok(_) | Err(_) => long(out, n),
    }
}

#[inline]
pub(crate) fn signed(out: &mut Json, n: i64) {
    if n < 0 {
        out.push(b'-');
    }
    unsigned(out, n.unsigned_abs());
}

/// A number, or `null` for what is not finite.
// With nothing to do behind a call, so that it has no registers to save.
pub(crate) fn float(out: &mut Json, n: f64) {
    if n.is_sign_positive()
        && out.has_room()
        && let Some((text, len)) = short_decimal(n)
    {
        return out.push_some(text, len);
    }
    longer_float(out, n);
}

#[inline(never)]
fn longer_float(out: &mut Json, n: f64) {
    if !n.is_finite() {
        return out.push_str("null");
    }
    if !out.has_room() {
        out.make_room();
    }
    let size = n.abs();
    if n.is_sign_negative() {
        out.push(b'-');
        if let Some((text, len)) = short_decimal(size) {
            return out.push_some(text, len);
        }
    }
    let Some((whole, fraction)) = decimal(size) else {
        return any_float(out, size);
    };
    unsigned(out, whole);
    out.push(b'.');
    let digits = eight_digits(fraction);
    // The first digit stays, whatever it is.
    let zeros = (digits | 1).leading_zeros() / 8;
    out.push_some(ascii(digits), 8usize.wrapping_sub(zeros as usize));
}

#[inline(never)]
fn any_float(out: &mut Json, n: f64) {
    // Writing to memory cannot fail.
    let _ = write!(out, "{n:?}");
}

/// From here on a number is written with an exponent, and nought.
const SMALLEST: f64 = 1e-4;

/// Below the first, a number with eight decimal places has no more than fifteen digits; below the second, one with
/// four.
const LARGEST: [f64; 2] = [1e7, 1e11];

/// The text of a number with at most four digits before its point and four behind it, but not both, for the reason that
/// [`decimal`] has.
#[inline(always)]
fn short_decimal(n: f64) -> Option<([u8; 8], usize)> {
    const SCALE: f64 = 10_000.0;
    // In a double of this size the lowest bit is one: what is added to it is rounded, and is its lowest bits.
    const ONE: f64 = (1u64 << 52) as f64;
    const LOW: u64 = u32::MAX as u64;
    const POINT: u64 = b'.' as u64;
    let sum = n * SCALE + ONE;
    let rounded = sum - ONE;
    if rounded / SCALE != n || rounded >= FEW as f64 {
        return None;
    }
    let digits = eight_digits(sum.to_bits() & LOW);
    // The last digit before the point and the first behind it stay, whatever they are.
    let spare = (digits | 1 << 24).trailing_zeros() & !7;
    let last = 63 ^ (digits | 1 << 32).leading_zeros();
    let len = (last / 8).wrapping_add(2).wrapping_sub(spare / 8);
    let text = u64::from_le_bytes(ascii(digits));
    let whole = (text & LOW).wrapping_shr(spare);
    let places = (text >> 32 << 8 | POINT).wrapping_shl(32u32.wrapping_sub(spare));
    (len <= 8).then_some(((whole | places).to_le_bytes(), len as usize))
}

/// The whole part of a number of few decimal places, and eight of those.
///
/// Such a number is the quotient of a whole number of at most fifteen digits and a power of ten. Both are doubles
/// without an error, so their quotient is the double nearest to the decimal. As no two decimals of at most fifteen
/// digits are the same double, what is found is the shortest but for noughts at its end; and no such decimal is the same
/// double as a whole number that it is not.
#[inline(always)]
fn decimal(n: f64) -> Option<(u64, u64)> {
    let [many_places, few_places] = LARGEST;
    let (scale, rest) = if n < many_places {
        (FEW, 1)
    } else if n < few_places {
        (10_000, FEW / 10_000)
    } else {
        return None;
    };
    if n < SMALLEST && n != 0.0 {
        return None;
    }
    let digits = (n * scale as f64 + 0.5) as i64;
    if digits as f64 / scale as f64 != n {
        return None;
    }
    let whole = (n as i64).cast_unsigned();
    let fraction = digits
        .cast_unsigned()
        .wrapping_sub(whole.wrapping_mul(scale));
    Some((whole, fraction.wrapping_mul(rest)))
}

/// What has up to eight digits.
const FEW: u64 = 100_000_000;

#[inline(never)]
fn long(out: &mut Json, n: u64) {
    if n < FEW {
        return few(out, n, 1);
    }
    // At most twelve digits are left, so this does not go deep.
    long(out, n / FEW);
    few(out, n % FEW, 8);
}

/// A number below [`FEW`] in at least `width` digits, one to eight.
#[inline]
fn few(out: &mut Json, n: u64, width: u32) {
    let digits = eight_digits(n);
    let last = 1u64.wrapping_shl(64u32.wrapping_sub(width.wrapping_mul(8)));
    let spare = (digits | last).trailing_zeros() / 8;
    let mut text = ascii(digits);
    let from = u64::from_le_bytes(text).wrapping_shr(spare.wrapping_mul(8));
    text = from.to_le_bytes();
    out.push_some(text, 8usize.wrapping_sub(spare as usize));
}

/// Digits, one to a byte, as text.
#[inline(always)]
fn ascii(digits: u64) -> [u8; 8] {
    (digits | 0x3030_3030_3030_3030).to_le_bytes()
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
    use alloc::{
        format,
        string::{String, ToString},
    };
    use proptest::prelude::*;

    fn text(n: f64) -> String {
        let mut out = Json::default();
        float(&mut out, n);
        out.into_string()
    }

    fn digits(n: u64) -> String {
        let mut out = Json::default();
        unsigned(&mut out, n);
        out.into_string()
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
            0.000_099_999_9,
            0.000_100_01,
            48.856_614,
            9_999_999.999_999_99,
            9_999_999.999_999_9,
            10_000_000.000_1,
            1e7,
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
    fn what_is_not_finite_is_null() {
        for n in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(text(n), "null");
        }
    }

    #[test]
    fn all_that_has_four_digits() {
        for n in 0..10_000u64 {
            for n in [n, n * 10_000 + n, n * 10_000 + 9_999] {
                assert_eq!(digits(n), n.to_string());
            }
            let tenths = n as f64 / 10_000.0;
            assert_eq!(text(tenths), format!("{tenths:?}"));
        }
    }

    #[test]
    fn powers_of_ten_and_what_is_beside_them() {
        for n in (0..20).map(|digits| 10u64.pow(digits)) {
            for n in [n - 1, n, n + 1, u64::MAX] {
                assert_eq!(digits(n), n.to_string());
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
        fn so_does_any_decimal(digits in -100_000_000_000_000i64..100_000_000_000_000, places in 0i32..12) {
            let n = digits as f64 / 10f64.powi(places);
            prop_assert_eq!(text(n), format!("{n:?}"));
        }

        #[test]
        fn integers_are_their_digits(n: i64, m: u64, bits in 0u32..64) {
            let mut out = Json::default();
            signed(&mut out, n >> bits);
            prop_assert_eq!(out.into_string(), (n >> bits).to_string());
            prop_assert_eq!(digits(m >> bits), (m >> bits).to_string());
        }
    }
}
