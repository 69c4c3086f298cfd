//! The session's name, which is also its only credential.

use core::fmt;

/// Those of base64url (RFC 4648 §5).
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A session id: by default 120 bits of the caller's randomness as 20 characters of base64url; an
/// application may make its own, of 1 to 40 characters of `A-Z a-z 0-9 - . _ ~`, which need no escaping
/// in a query, in JSON or in a cookie.
///
/// Whoever knows it owns the session, so it must be unguessable, and is not printed whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid {
    /// Zeros behind the end, so that the order is that of the text.
    text: [u8; Self::MAX],
    len: u8,
}

impl Sid {
    /// The length of a random one, in characters.
    pub const LEN: usize = 20;
    /// The greatest length, in characters.
    pub const MAX: usize = 40;

    /// The id made of these bytes, which must be unpredictable.
    #[must_use]
    pub fn from_random(bytes: &[u8; 15]) -> Self {
        let mut text = [0; Self::MAX];
        let (threes, _) = bytes.as_chunks::<3>();
        let (fours, _) = text.as_chunks_mut::<4>();
        // Fifteen bytes are twenty characters exactly.
        for ([a, b, c], four) in threes.iter().zip(fours) {
            let digits = [a >> 2, a << 4 | b >> 4, b << 2 | c >> 6, *c];
            *four = digits.map(|digit| {
                let digit = DIGITS.get(usize::from(digit & 0x3f));
                digit.copied().unwrap_or_default()
            });
        }
        Self {
            text,
            len: Self::LEN as u8,
        }
    }

    /// Reads an id that an application has made, or that a peer sent. `None` when no session can have
    /// it; the length is judged first.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        let len = u8::try_from(id.len()).ok().filter(|len| *len > 0)?;
        let mut text = [0; Self::MAX];
        text.get_mut(..id.len())?.copy_from_slice(id.as_bytes());
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        id.bytes().all(is_plain).then_some(Self { text, len })
    }

    /// The id as the peer gets it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let text = self.text.get(..usize::from(self.len)).unwrap_or_default();
        core::str::from_utf8(text).unwrap_or_default()
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = if usize::from(self.len) < Self::LEN {
            0
        } else {
            4
        };
        write!(
            f,
            "Sid({}..)",
            self.as_str().get(..shown).unwrap_or_default()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::String};
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    proptest::proptest! {
        #[test]
        fn is_base64url(bytes in proptest::prelude::any::<[u8; 15]>()) {
            let sid = Sid::from_random(&bytes);
            proptest::prop_assert_eq!(sid.as_str(), URL_SAFE_NO_PAD.encode(bytes));
        }
    }

    #[test]
    fn is_what_was_drawn_and_reads_back() {
        let sid = Sid::from_random(&[0xff, 0xef, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        assert_eq!(sid.as_str(), "_-8DBAUGBwgJCgsMDQ4P");
        assert_eq!(Sid::parse(sid.as_str()), Some(sid));
        assert_eq!(format!("{sid:?}"), "Sid(_-8D..)");
    }

    #[test]
    fn may_be_the_applications() {
        for text in [
            "a",
            "user-7.room_1~x",
            "d9b1d7db-4c2b-4d5c-9c3d-3f1d8b2f3a10",
        ] {
            assert_eq!(Sid::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(format!("{:?}", Sid::parse("secret").unwrap()), "Sid(..)");
        assert!(Sid::parse("a") < Sid::parse("aa") && Sid::parse("aa") < Sid::parse("b"));
        let longest = "x".repeat(Sid::MAX);
        assert_eq!(Sid::parse(&longest).unwrap().as_str(), longest);
    }

    #[test]
    fn refuses_what_no_session_is_called() {
        let long = String::from_utf8(alloc::vec![b'a'; 1 << 20]).unwrap();
        let longer = "x".repeat(Sid::MAX + 1);
        for text in [
            "",
            "a b",
            "AAAAAAAAAAAAAAAAAAA+",
            "\"",
            "a;b",
            "\u{e9}",
            &longer,
            &long,
        ] {
            assert_eq!(Sid::parse(text), None);
        }
    }
}
