//! Moments as JavaScript's JSON writes them: `"2024-01-31T12:00:00.000Z"`, and `null` beyond its range.
//! Sources: the MessagePack specification, "Timestamp extension type"; ECMA-262, "Date Time String Format".

use crate::ser::Json;
use core::fmt::Write;

/// The last moment that JavaScript knows, in milliseconds since 1970; it knows as many before.
const LAST: i128 = 8_640_000_000_000_000;

const DAY: i128 = 86_400_000;

/// Extension -1 of 4, 8 or 12 bytes.
pub(super) fn timestamp(out: &mut Json, bytes: &[u8]) {
    let uint = |bytes: &[u8]| {
        let sum = |n: u64, &b: &u8| (n << 8) | u64::from(b);
        bytes.iter().fold(0u64, sum)
    };
    let (seconds, nanos) = match bytes.split_at_checked(4) {
        Some((nanos, seconds)) if bytes.len() == 12 => {
            (i128::from(uint(seconds).cast_signed()), uint(nanos))
        }
        _ if bytes.len() == 8 => {
            let both = uint(bytes);
            (i128::from(both & 0x3_ffff_ffff), both >> 34)
        }
        _ => (i128::from(uint(bytes)), 0),
    };
    let nanos = i128::from(nanos).wrapping_div(1_000_000);
    moment(out, seconds.wrapping_mul(1000).wrapping_add(nanos));
}

/// Extension 0 of 8 bytes: milliseconds.
pub(super) fn notepack(out: &mut Json, bytes: &[u8]) {
    let bytes = bytes.first_chunk::<8>().copied().unwrap_or_default();
    moment(out, i64::from_be_bytes(bytes).into());
}

fn moment(out: &mut Json, ms: i128) {
    if !(-LAST..=LAST).contains(&ms) {
        out.push_str("null");
        return;
    }
    let (days, ms) = (ms.div_euclid(DAY), ms.rem_euclid(DAY));
    let (year, month, day) = civil(days);
    let (hour, minute) = (
        ms.wrapping_div(3_600_000),
        ms.wrapping_div(60_000).rem_euclid(60),
    );
    let (second, ms) = (ms.wrapping_div(1000).rem_euclid(60), ms.rem_euclid(1000));
    // Writing to memory cannot fail.
    let _ = match year {
        0..=9999 => write!(out, "\"{year:04}"),
        _ => write!(out, "\"{year:+07}"),
    };
    let _ = write!(
        out,
        "-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z\""
    );
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar. The year is counted
/// from March, in eras of 400 years.
fn civil(days: i128) -> (i128, i128, i128) {
    let days = days.wrapping_add(719_468);
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let leap_days = day
        .wrapping_div(1460)
        .wrapping_sub(day.wrapping_div(36_524))
        .wrapping_add(day.wrapping_div(146_096));
    let year = day.wrapping_sub(leap_days).wrapping_div(365);
    let before = year
        .wrapping_mul(365)
        .wrapping_add(year.wrapping_div(4))
        .wrapping_sub(year.wrapping_div(100));
    let day = day.wrapping_sub(before);
    let march = day.wrapping_mul(5).wrapping_add(2).wrapping_div(153);
    let first = march.wrapping_mul(153).wrapping_add(2).wrapping_div(5);
    let month = if march < 10 { 3 } else { -9i128 };
    let month = march.wrapping_add(month);
    let year = year.wrapping_add(era.wrapping_mul(400));
    let year = year.wrapping_add(i128::from(month <= 2));
    (year, month, day.wrapping_sub(first).wrapping_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for (ms, text) in [
            (0, "\"1970-01-01T00:00:00.000Z\""),
            (-1, "\"1969-12-31T23:59:59.999Z\""),
            (951_782_400_000, "\"2000-02-29T00:00:00.000Z\""),
            (1_709_210_096_789, "\"2024-02-29T12:34:56.789Z\""),
            (253_402_300_800_000, "\"+010000-01-01T00:00:00.000Z\""),
            (-62_198_755_200_000, "\"-000001-01-01T00:00:00.000Z\""),
            (-62_167_219_200_000, "\"0000-01-01T00:00:00.000Z\""),
            (LAST, "\"+275760-09-13T00:00:00.000Z\""),
            (-LAST, "\"-271821-04-20T00:00:00.000Z\""),
            (LAST + 1, "null"),
            (i128::from(i64::MIN), "null"),
        ] {
            let mut out = Json::default();
            moment(&mut out, ms);
            assert_eq!(out.into_string(), text, "{ms}");
        }
    }

    #[test]
    fn forms_of_a_timestamp() {
        let second = "\"1970-01-01T00:00:01.000Z\"";
        let half = "\"1970-01-01T00:00:01.500Z\"";
        let nanos = 500_000_000u64;
        let wide = (nanos << 34 | 1).to_be_bytes();
        let mut long = 500_000_000u32.to_be_bytes().to_vec();
        long.extend((-1i64).to_be_bytes());
        for (bytes, text) in [
            (&1u32.to_be_bytes()[..], second),
            (&wide[..], half),
            (&long[..], "\"1969-12-31T23:59:59.500Z\""),
        ] {
            let mut out = Json::default();
            timestamp(&mut out, bytes);
            assert_eq!(out.into_string(), text);
        }
    }
}
