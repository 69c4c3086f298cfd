//! JSON while it is written. Numbers are in `number`; what a value is made of is for the serializers to know.
//!
//! It is bytes, since a few bytes of known number are written by one store, and in a string only what was checked to
//! be text can be written. Each of its methods adds whole characters, so that it is UTF-8 in the end.

use crate::text::{Out, is_plain, is_plain_block, push_inside, special, word};
use alloc::{string::String, vec::Vec};
use core::fmt::{self, Debug};

/// JSON while it is written, and after.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Json(Vec<u8>);

/// What is checked at once where it is checked for UTF-8, in bytes.
const BLOCK: usize = 16;

/// What a string of 32 bytes takes, and more to be whole words.
const QUOTED: usize = 48;

/// More than any number takes, any string of 32 bytes, or the longest key that is written at once.
const ROOM: usize = 64;

impl Json {
    /// In the memory of `buffer`, whose text is lost.
    #[inline(always)]
    pub(crate) fn in_buffer(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self(buffer)
    }

    /// The memory of what was written.
    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.0
    }

    #[inline(always)]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// All that was written, which is checked for it.
    pub(crate) fn as_str(&self) -> &str {
        let text = str::from_utf8(&self.0);
        debug_assert!(text.is_ok(), "whole characters only");
        text.unwrap_or_default()
    }

    /// As [`as_str`](Self::as_str).
    pub(crate) fn into_string(self) -> String {
        let Self(mut bytes) = self;
        // What does not fill a block is checked byte by byte.
        let len = bytes.len();
        let spare = len.wrapping_neg() % BLOCK;
        bytes.extend_from_slice(&[b' '; BLOCK]);
        bytes.truncate(len.wrapping_add(spare));
        let text = String::from_utf8(bytes);
        debug_assert!(text.is_ok(), "whole characters only");
        let mut text = text.unwrap_or_default();
        text.truncate(len);
        text
    }

    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    #[inline(always)]
    pub(crate) fn reserve(&mut self, more: usize) {
        self.0.reserve(more);
    }

    /// Adds a character of ASCII.
    #[inline(always)]
    pub(crate) fn push(&mut self, ascii: u8) {
        self.0.push(ascii);
    }

    #[inline(always)]
    pub(crate) fn push_str(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    /// Adds whole characters.
    #[inline(always)]
    pub(crate) fn push_bytes(&mut self, text: &[u8]) {
        self.0.extend_from_slice(text);
    }

    /// Adds the first `len` of these characters of ASCII, which are all written: what follows is written over the rest.
    #[inline(always)]
    pub(super) fn push_some<const N: usize>(&mut self, ascii: [u8; N], len: usize) {
        let end = self.0.len().wrapping_add(len);
        self.0.extend_from_slice(&ascii);
        self.0.truncate(end);
    }

    /// Whether there is room for what is written by few stores: nothing then has to be saved from a call.
    #[inline(always)]
    pub(super) fn has_room(&self) -> bool {
        self.0.capacity().wrapping_sub(self.0.len()) >= ROOM
    }

    /// Makes it.
    #[cold]
    #[inline(never)]
    pub(super) fn make_room(&mut self) {
        self.0.reserve(ROOM);
    }

    /// Adds a string.
    #[inline]
    pub(crate) fn quote(&mut self, text: &str) {
        let bytes = text.as_bytes();
        match bytes.len() {
            0..=6 => {
                let word = word(bytes);
                if self.has_room() && special(word) == 0 {
                    return self.quote_word(word, bytes.len());
                }
                self.quote_any(text);
            }
            7..16 => self.quote_in_two::<8>(text),
            _ => self.quote_in_two::<16>(text),
        }
    }

    /// Adds a string of at most six bytes, with spaces behind them here.
    #[inline(always)]
    fn quote_word(&mut self, word: u64, len: usize) {
        // By this a space becomes a quote.
        const TURN: u64 = (b' ' ^ b'"') as u64;
        let end = len.wrapping_add(1).wrapping_mul(8) as u32;
        let quoted = (word << 8 | u64::from(b'"')) ^ TURN.wrapping_shl(end);
        self.push_some(quoted.to_le_bytes(), len.wrapping_add(2));
    }

    /// Adds a string, of `N` to `2 * N` bytes in two parts that overlap.
    // Never inlined, and with nothing to do behind a call: what is shorter then has no registers to save, nor has this.
    #[inline(never)]
    fn quote_in_two<const N: usize>(&mut self, text: &str) {
        let bytes = text.as_bytes();
        if bytes.len() <= N.wrapping_mul(2)
            && self.has_room()
            && let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk())
            && is_plain_block::<N>(first) & is_plain_block::<N>(last)
        {
            return self.quote_two(first, last, bytes.len());
        }
        self.quote_any(text);
    }

    /// Adds a string of `len` bytes, which begins and ends with these: at least as long as one, at most as both.
    #[inline(always)]
    fn quote_two<const N: usize>(&mut self, first: &[u8; N], last: &[u8; N], len: usize) {
        let end = self.0.len().wrapping_add(len).wrapping_add(2);
        self.0.extend_from_slice(&[b'"'; QUOTED]);
        if let Some([_, text @ ..]) = self.0.last_chunk_mut::<QUOTED>() {
            let over = len.wrapping_sub(N);
            if let Some(front) = text.first_chunk_mut::<N>() {
                *front = *first;
            }
            if let Some(back) = text.get_mut(over..).and_then(<[u8]>::first_chunk_mut::<N>) {
                *back = *last;
            }
            if let Some(behind) = text.get_mut(len) {
                *behind = b'"';
            }
        }
        self.0.truncate(end);
    }

    #[inline(never)]
    fn quote_any(&mut self, text: &str) {
        self.0.reserve(text.len().wrapping_add(ROOM));
        self.0.push(b'"');
        push_inside(self, text);
        self.0.push(b'"');
    }

    /// Adds the key of a member and its colon, behind a bracket or comma.
    // Always inlined: the compiler knows the key, and writes it as it will look.
    #[inline(always)]
    pub(super) fn key(&mut self, lead: u8, key: &'static str) {
        let bytes = key.as_bytes();
        if let Some(text) = few(bytes)
            && is_plain(bytes)
        {
            const CLOSE: u128 = u16::from_le_bytes([b'"', b':']) as u128;
            let end = bytes.len().wrapping_add(2).wrapping_mul(8) as u32;
            let open = u128::from(u16::from_le_bytes([lead, b'"']));
            let whole = (open | (text << 16) | CLOSE.wrapping_shl(end)).to_le_bytes();
            let len = bytes.len().wrapping_add(4);
            return self
                .0
                .extend_from_slice(whole.get(..len).unwrap_or_default());
        }
        self.push(lead);
        self.quote_any(key);
        self.push(b':');
    }
}

/// Up to twelve bytes as a number, the first in the lowest.
#[inline(always)]
fn few(bytes: &[u8]) -> Option<u128> {
    let (first, last) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(_), Some(_)) if bytes.len() > 12 => return None,
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => {
            let used = bytes.len().wrapping_mul(8) as u32;
            let mask = 1u64.wrapping_shl(used).wrapping_sub(1);
            return Some(u128::from(word(bytes) & mask));
        }
    };
    let behind = bytes.len().wrapping_sub(8).wrapping_mul(8) as u32;
    Some(u128::from(first) | u128::from(last).wrapping_shl(behind))
}

impl Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(self.as_str(), f)
    }
}

impl Out for Json {
    fn push_str(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }
}

impl fmt::Write for Json {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Json)) -> String {
        let mut json = Json::default();
        write(&mut json);
        json.into_string()
    }

    proptest! {
        #[test]
        fn strings_of_any_length_are_as_serde_json_writes_them(
            plain in "[ -!#-\\[\\]-~]{0,70}",
            any in "[\\x00-\\x7f\u{80}-\u{ffff}]{0,3}",
            at in any::<proptest::sample::Index>(),
        ) {
            let mut text = plain;
            prop_assert_eq!(written(|json| json.quote(&text)), serde_json::to_string(&text).unwrap());
            text.insert_str(at.index(text.len() + 1), &any);
            let twice = alloc::format!("{0},{0}", serde_json::to_string(&text).unwrap());
            let ours = written(|json| {
                json.quote(&text);
                json.push(b',');
                json.quote(&text);
            });
            prop_assert_eq!(ours, twice);
        }
    }

    #[test]
    fn keys_of_any_length() {
        const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
        for len in 0..=LETTERS.len() {
            let key = &LETTERS[..len];
            let two = written(|json| {
                json.key(b'{', key);
                json.key(b',', key);
            });
            assert_eq!(two, alloc::format!("{{\"{key}\":,\"{key}\":"));
        }
        for key in ["\"", "\n", "ä", "twelve bytes", "a\\b"] {
            let quoted = serde_json::to_string(key).unwrap();
            assert_eq!(
                written(|json| json.key(b'{', key)),
                alloc::format!("{{{quoted}:")
            );
        }
    }
}
