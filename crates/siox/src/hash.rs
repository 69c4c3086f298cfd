//! A hash for tables whose keys are the application's: fast, and not proof against keys that somebody
//! chose to collide. What a client sends may be looked up in such a table, never entered.

use std::hash::{BuildHasherDefault, Hasher};

/// Builds [`Mix`].
pub(crate) type Quick = BuildHasherDefault<Mix>;

/// Eight bytes at a time, rotated, mixed in and multiplied.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mix(u64);

impl Mix {
    #[inline]
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Hasher for Mix {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        let last = rest.iter().fold(0, |last, &b| last << 8 | u64::from(b));
        // The length tells apart what only its zeros would.
        self.add(last ^ (bytes.len() as u64) << 56);
    }

    #[inline]
    fn write_u8(&mut self, _: u8) {
        // What ends a string; `write` has mixed in its length.
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::HashSet, hash::BuildHasher};

    #[test]
    fn names_that_are_alike_are_told_apart() {
        let names = [
            "",
            "a",
            "b",
            "ab",
            "ba",
            "\0",
            "\0\0",
            "message",
            "messages",
            "message-1",
        ];
        let long = (0..1000).map(|n| format!("event number {n}"));
        let names: Vec<String> = names.iter().map(ToString::to_string).chain(long).collect();
        let hash = |name: &String| Quick::default().hash_one(name.as_str());
        let hashes: HashSet<u64> = names.iter().map(hash).collect();
        assert_eq!(hashes.len(), names.len());
    }
}
