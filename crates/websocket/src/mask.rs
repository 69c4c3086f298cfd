//! Masking (RFC 6455 §5.3): the XOR, and where a client's keys come from.

use alloc::{string::String, vec::Vec};
use chacha20::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use core::{mem, str::Utf8Error};

/// XORs `bytes` with `key`, repeated. Masks and unmasks.
#[inline]
pub fn apply(bytes: &mut [u8], key: [u8; 4]) {
    siox_mask::apply(bytes, key);
}

/// Payload bytes as they came, to be unmasked once, where they are or where they are to be.
#[derive(Debug)]
pub(crate) struct Masked<'b> {
    bytes: &'b mut [u8],
    key: [u8; 4],
}

impl<'b> Masked<'b> {
    #[inline]
    pub(crate) fn new(bytes: &'b mut [u8], key: [u8; 4]) -> Self {
        Self { bytes, key }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Where they are.
    #[inline]
    pub(crate) fn unmask(self) -> &'b [u8] {
        siox_mask::apply(self.bytes, self.key);
        self.bytes
    }

    /// Where they are, as a text.
    #[inline]
    pub(crate) fn text(self) -> Result<&'b str, Utf8Error> {
        siox_mask::text(self.bytes, self.key)
    }

    /// In `memory`, whatever that holds.
    #[inline]
    pub(crate) fn moved(self, mut memory: Vec<u8>) -> Vec<u8> {
        memory.clear();
        siox_mask::extend(memory, self.bytes, self.key).0
    }

    /// In `memory`, whatever that holds, as a text: in one pass, if it is ASCII.
    #[inline]
    pub(crate) fn moved_text(self, mut memory: String) -> Result<String, Utf8Error> {
        memory.clear();
        let (mut memory, is_ascii) = siox_mask::extend_ascii(memory, self.bytes, self.key);
        if !is_ascii {
            memory.push_str(self.text()?);
        }
        Ok(memory)
    }

    /// Behind what `to` holds.
    #[inline]
    pub(crate) fn push(self, to: &mut Vec<u8>) {
        *to = siox_mask::extend(mem::take(to), self.bytes, self.key).0;
    }

    /// Behind what `to` holds, if they are ASCII, or else nothing is done.
    #[inline]
    pub(crate) fn push_ascii(&self, to: &mut String) -> bool {
        let (text, is_ascii) = siox_mask::extend_ascii(mem::take(to), self.bytes, self.key);
        *to = text;
        is_ascii
    }
}

/// The key for what follows after `n` bytes.
#[inline]
#[must_use]
pub fn advance(key: [u8; 4], n: usize) -> [u8; 4] {
    // As a number: the bytes by themselves would be turned by calls.
    let bits = (n as u32 & 3) << 3;
    u32::from_le_bytes(key).rotate_right(bits).to_le_bytes()
}

/// A client's mask keys: the stream of ChaCha20 under a secret seed, so that whoever supplies the
/// payload cannot foretell the bytes on the wire (RFC 6455 §10.3).
#[derive(Debug)]
pub(crate) struct Masks(ChaCha20Rng);

impl Masks {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha20Rng::from_seed(seed))
    }

    #[inline]
    pub(crate) fn next_key(&mut self) -> [u8; 4] {
        self.0.next_u32().to_le_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(bytes: &[u8], key: [u8; 4]) -> Vec<u8> {
        let keyed = bytes.iter().enumerate();
        keyed.map(|(i, b)| b ^ key[i % 4]).collect()
    }

    #[test]
    fn agrees_with_the_naive_form_at_every_offset_and_length() {
        let key = [0x12, 0x34, 0x56, 0x78];
        let source: Vec<u8> = (0..400u32).map(|i| (i * 7 + 3) as u8).collect();
        for offset in 0..32 {
            for len in 0..300 {
                let mut buffer = source.clone();
                apply(&mut buffer[offset..offset + len], key);
                let mut expected = source.clone();
                expected.splice(
                    offset..offset + len,
                    naive(&source[offset..offset + len], key),
                );
                assert_eq!(buffer, expected, "{offset} {len}");
            }
        }
    }

    #[test]
    fn may_be_cut_anywhere() {
        let key = [1, 2, 3, 4];
        let source: Vec<u8> = (0..64).collect();
        for cut in 0..=64 {
            let mut buffer = source.clone();
            let (a, b) = buffer.split_at_mut(cut);
            apply(a, key);
            apply(b, advance(key, cut));
            assert_eq!(buffer, naive(&source, key), "{cut}");
        }
    }

    /// 2^20 keys: each byte of the key uniform by chi-square, and no more repeats than the birthday
    /// bound allows (128 expected).
    #[test]
    fn keys_look_uniform() {
        const N: u32 = 1 << 20;
        let mut masks = Masks::new([7; 32]);
        let mut counts = [[0u32; 256]; 4];
        let mut keys: Vec<u32> = (0..N)
            .map(|_| {
                let key = masks.next_key();
                for (count, byte) in counts.iter_mut().zip(key) {
                    count[usize::from(byte)] += 1;
                }
                u32::from_le_bytes(key)
            })
            .collect();
        let mean = f64::from(N) / 256.0;
        for count in counts {
            let chi: f64 = count
                .iter()
                .map(|&c| (f64::from(c) - mean).powi(2) / mean)
                .sum();
            assert!((150.0..400.0).contains(&chi), "chi-square {chi}");
        }
        keys.sort_unstable();
        let repeats = keys.windows(2).filter(|w| w[0] == w[1]).count();
        assert!((60..220).contains(&repeats), "{repeats} repeats");
    }

    #[test]
    fn what_is_moved_is_what_it_is_in_place() {
        let key = [0x12, 0x34, 0x56, 0x78];
        let long = "x".repeat(5000);
        for (plain, valid) in [
            (&b""[..], true),
            (b"abc", true),
            (long.as_bytes(), true),
            ("\u{e4}\u{20ac}".as_bytes(), true),
            (&[long.as_bytes(), "\u{20ac}".as_bytes()].concat(), true),
            (&[long.as_bytes(), b"\xe2\x82"].concat(), false),
        ] {
            let masked = naive(plain, key);
            let text = Masked::new(&mut masked.clone(), key).moved_text(String::from("before"));
            let in_place = Masked::new(&mut masked.clone(), key)
                .text()
                .map(String::from);
            assert_eq!(text, in_place);
            assert_eq!(text.is_ok(), valid);
            let moved = Masked::new(&mut masked.clone(), key).moved(b"before".to_vec());
            assert_eq!(moved, plain);
        }
    }

    #[test]
    fn seeds_make_different_keys() {
        let first = |seed| Masks::new([seed; 32]).next_key();
        assert_ne!(first(1), first(2));
        assert_eq!(first(1), first(1));
    }
}
