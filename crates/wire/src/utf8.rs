//! UTF-8 checked as it arrives, failing at the first bad byte.

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

    proptest! {
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
