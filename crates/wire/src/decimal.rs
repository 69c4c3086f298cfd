//! Numbers in decimal, where a format's machinery would cost more than what it is for.

/// Digits of the largest number.
const MOST: usize = 20;

/// Room for the digits of any number: what [`decimal`] writes into.
pub type Digits = [u8; MOST];

/// The digits of `n`, at the end of `room`.
///
/// ```
/// assert_eq!(siox_wire::decimal(405, &mut Default::default()), "405");
/// ```
#[inline]
pub fn decimal(mut n: u64, room: &mut Digits) -> &str {
    let mut used = 0usize;
    for digit in room.iter_mut().rev() {
        *digit = b'0' | (n % 10) as u8;
        n /= 10;
        used = used.wrapping_add(1);
        if n == 0 {
            break;
        }
    }
    let digits = room.get(MOST.wrapping_sub(used)..).unwrap_or_default();
    core::str::from_utf8(digits).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn as_the_standard_library_writes_it() {
        let tens = (0..20).map(|digits| 10u64.pow(digits));
        let around = tens.flat_map(|n| [n - 1, n, n + 1]);
        for n in around.chain(0..2000).chain([u64::MAX - 1, u64::MAX]) {
            assert_eq!(decimal(n, &mut [b'x'; MOST]), n.to_string());
        }
    }
}
