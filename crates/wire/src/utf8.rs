//! UTF-8 checked as it arrives, failing at the first bad byte.

use alloc::{borrow::Cow, string::String};
use core::fmt;

/// The byte at which the text stopped being UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidUtf8 {
    /// Offset into the bytes given last, of a byte no valid text could have there (the start of the
    /// sequence it breaks when that lies in the same bytes).
    pub at: usize,
}

impl fmt::Display for InvalidUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid UTF-8 at byte {}", self.at)
    }
}

impl core::error::Error for InvalidUtf8 {}

/// An incremental validator: a code point may be cut anywhere between two calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Utf8 {
    /// The beginning of a code point whose end has not arrived, always a valid prefix.
    pending: [u8; 3],
    have: u8,
}

impl Utf8 {
    /// Checks the next bytes of a text.
    ///
    /// # Errors
    /// [`InvalidUtf8`] as soon as no continuation could make the text valid.
    pub fn check(&mut self, bytes: &[u8]) -> Result<(), InvalidUtf8> {
        let skip = self.complete(bytes)?;
        let rest = bytes.get(skip..).unwrap_or_default();
        if rest.is_ascii() {
            return Ok(()); // the common case, found faster than that it is UTF-8
        }
        let Err(e) = core::str::from_utf8(rest) else {
            return Ok(());
        };
        let at = e.valid_up_to();
        if e.error_len().is_some() {
            return Err(InvalidUtf8 {
                at: skip.saturating_add(at),
            });
        }
        for &b in rest.get(at..).unwrap_or_default() {
            self.push(b);
        }
        Ok(())
    }

    /// Checks the next bytes of a text and gives the characters that are whole by now, all before the
    /// first bad byte where there is one. The beginning of a character, at most 3 bytes, is held back
    /// until its rest comes.
    ///
    /// What it gives is borrowed, but for a character that began in earlier bytes and all behind it:
    /// who first gives the bytes that this one [lacks](Self::lacks) copies no more than it.
    pub fn take<'b>(&mut self, bytes: &'b [u8]) -> (Cow<'b, str>, Result<(), InvalidUtf8>) {
        let before = *self;
        let skip = match self.complete(bytes) {
            Ok(skip) if self.have == 0 => skip,
            result => return (Cow::Borrowed(""), result.map(|_| ())),
        };
        let (begun, rest) = bytes.split_at_checked(skip).unwrap_or_default();
        let (text, result) = self.whole_characters(rest);
        let result = result.map_err(|at| InvalidUtf8 {
            at: skip.saturating_add(at),
        });
        if before.have == 0 {
            return (Cow::Borrowed(text), result);
        }
        let mut code = [0; 4];
        let held = before.pending.iter().take(usize::from(before.have));
        let mut len = 0usize;
        for (to, from) in code.iter_mut().zip(held.chain(begun)) {
            *to = *from;
            len = len.saturating_add(1);
        }
        let code = core::str::from_utf8(code.get(..len).unwrap_or_default());
        let mut owned = String::with_capacity(len.saturating_add(text.len()));
        owned.push_str(code.unwrap_or_default());
        owned.push_str(text);
        (Cow::Owned(owned), result)
    }

    /// The characters of `bytes`, which begin between two; what is behind the last is held back.
    fn whole_characters<'b>(&mut self, bytes: &'b [u8]) -> (&'b str, Result<(), usize>) {
        let end = bytes.len().saturating_sub(unfinished(bytes));
        let (whole, begun) = bytes.split_at_checked(end).unwrap_or_default();
        match core::str::from_utf8(whole) {
            Ok(text) => match core::str::from_utf8(begun) {
                Err(e) if e.error_len().is_some() => (text, Err(end)),
                Ok(_) | Err(_) => {
                    for &b in begun {
                        self.push(b);
                    }
                    (text, Ok(()))
                }
            },
            Err(e) => {
                let at = e.valid_up_to();
                let text = core::str::from_utf8(whole.get(..at).unwrap_or_default());
                (text.unwrap_or_default(), Err(at))
            }
        }
    }

    /// How many bytes the character lacks that has begun; 0 where none has.
    #[must_use]
    pub fn lacks(&self) -> usize {
        match self.have {
            0 => 0,
            have => {
                let [lead, ..] = self.pending;
                width(lead).saturating_sub(usize::from(have))
            }
        }
    }

    /// How many bytes of a character that has begun are held back, at most 3.
    #[must_use]
    pub fn held(&self) -> usize {
        usize::from(self.have)
    }

    /// Whether the text may end here: no code point is half there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.have == 0
    }

    /// Feeds the pending code point byte by byte; says how many bytes it took.
    fn complete(&mut self, bytes: &[u8]) -> Result<usize, InvalidUtf8> {
        let mut used = 0usize;
        while self.have > 0 {
            let Some(&b) = bytes.get(used) else {
                return Ok(used);
            };
            let mut code = [0; 4];
            let have = usize::from(self.have);
            for (to, from) in code
                .iter_mut()
                .zip(self.pending.iter().take(have).chain([&b]))
            {
                *to = *from;
            }
            match core::str::from_utf8(code.get(..=have).unwrap_or_default()) {
                Ok(_) => self.have = 0,
                Err(e) if e.error_len().is_none() => self.push(b),
                Err(_) => return Err(InvalidUtf8 { at: used }),
            }
            used = used.saturating_add(1);
        }
        Ok(used)
    }

    fn push(&mut self, b: u8) {
        if let Some(to) = self.pending.get_mut(usize::from(self.have)) {
            *to = b;
            self.have = self.have.saturating_add(1);
        }
    }
}

/// How many bytes the character takes that `lead` begins; 1 for what begins none.
fn width(lead: u8) -> usize {
    match lead {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    }
}

/// How many bytes at the end begin a character that takes more.
fn unfinished(bytes: &[u8]) -> usize {
    for (n, &byte) in (1..4usize).zip(bytes.iter().rev()) {
        match width(byte) {
            1 if byte & 0xc0 == 0x80 => {}
            width if width > n => return n,
            _ => return 0,
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(bytes: &[u8]) -> bool {
        let mut v = Utf8::default();
        v.check(bytes).is_ok() && v.is_complete()
    }

    #[test]
    fn fails_at_the_first_byte_that_nothing_can_mend() {
        let table: [(&[u8], usize); 6] = [
            (b"\xf4\x90\x80\x80", 1),
            (b"\xed\xa0\x80", 1),
            (b"\xc0\x80", 0),
            (b"a\xff", 1),
            (b"\xe2\x82a", 2),
            (b"\xf0\x80", 1),
        ];
        for (bytes, bad) in table {
            let mut v = Utf8::default();
            for (i, &b) in bytes.iter().enumerate() {
                assert_eq!(v.check(&[b]).is_err(), i == bad, "{bytes:?} at {i}");
                if i == bad {
                    break;
                }
            }
        }
    }

    /// All that `take` gives of the pieces, and whether the text is good.
    fn taken(pieces: &[&[u8]]) -> (String, bool) {
        let (mut v, mut text) = (Utf8::default(), String::new());
        for mut piece in pieces.iter().copied() {
            while !piece.is_empty() {
                // As a reader does that copies as little as it can.
                let n = match v.lacks() {
                    0 => piece.len(),
                    lacks => lacks.min(piece.len()),
                };
                let is_held = v.lacks() > 0;
                let (some, result) = v.take(&piece[..n]);
                assert!(is_held || matches!(some, Cow::Borrowed(_)));
                assert!(!is_held || some.chars().count() < 2);
                text.push_str(&some);
                if result.is_err() {
                    return (text, false);
                }
                piece = &piece[n..];
            }
        }
        (text, v.is_complete())
    }

    /// The same, without minding the held bytes.
    fn taken_at_once(pieces: &[&[u8]]) -> (String, bool) {
        let (mut v, mut text) = (Utf8::default(), String::new());
        for piece in pieces {
            let (some, result) = v.take(piece);
            text.push_str(&some);
            if result.is_err() {
                return (text, false);
            }
        }
        (text, v.is_complete())
    }

    #[test]
    fn take_tells_where_it_fails() {
        let table: [(&[u8], &str, usize); 6] = [
            (b"a\xff", "a", 1),
            (b"ab\xe2\x82\xc3", "ab", 2),
            (b"ab\xe0\x80", "ab", 2),
            (b"\xf5", "", 0),
            (b"x\x80", "x", 1),
            (b"\xed\xa0", "", 0),
        ];
        for (bytes, text, at) in table {
            let got = Utf8::default().take(bytes);
            assert_eq!(got, (text.into(), Err(InvalidUtf8 { at })), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn take_gives_the_same_for_every_cut(text in ".{0,12}", noise in proptest::collection::vec(any::<u8>(), 0..6), at in 0usize..12) {
            let mut bytes = text.into_bytes();
            let at = at.min(bytes.len());
            bytes.splice(at..at, noise);
            let valid = match core::str::from_utf8(&bytes) {
                Ok(text) => text,
                Err(e) => core::str::from_utf8(&bytes[..e.valid_up_to()]).unwrap(),
            };
            let expected = (String::from(valid), valid.len() == bytes.len());
            for i in 0..=bytes.len() {
                for j in i..=bytes.len() {
                    let pieces = [&bytes[..i], &bytes[i..j], &bytes[j..]];
                    prop_assert_eq!(&taken(&pieces), &expected);
                    prop_assert_eq!(&taken_at_once(&pieces), &expected);
                }
            }
        }

        #[test]
        fn every_cut_agrees_with_std(text in ".{0,12}", noise in proptest::collection::vec(any::<u8>(), 0..6), at in 0usize..12) {
            let mut bytes = text.into_bytes();
            let at = at.min(bytes.len());
            bytes.splice(at..at, noise);
            let expected = core::str::from_utf8(&bytes).is_ok();
            prop_assert_eq!(whole(&bytes), expected);
            for i in 0..=bytes.len() {
                for j in i..=bytes.len() {
                    let mut v = Utf8::default();
                    let ok = [&bytes[..i], &bytes[i..j], &bytes[j..]].into_iter().all(|p| v.check(p).is_ok());
                    prop_assert_eq!(ok && v.is_complete(), expected);
                }
            }
        }
    }
}
