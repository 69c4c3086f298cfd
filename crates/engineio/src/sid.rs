//! The session's name, which is also its only credential.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use core::fmt;

/// A session id: 120 bits of the caller's randomness as 20 characters of base64url.
///
/// Whoever knows it owns the session, so it is not printed whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid([u8; Self::LEN]);

impl Sid {
    /// Its length, in characters.
    pub const LEN: usize = 20;

    /// The id made of these bytes, which must be unpredictable.
    #[must_use]
    pub fn from_random(bytes: &[u8; 15]) -> Self {
        let mut text = [b'A'; Self::LEN];
        // Fifteen bytes are twenty characters exactly, so there is no error to tell.
        let _ = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text);
        Self(text)
    }

    /// Reads an id that a peer sent. `None` when no session can have it; the length is judged first.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text: [u8; Self::LEN] = text.as_bytes().try_into().ok()?;
        text.iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            .then_some(Self(text))
    }

    /// The id as the peer gets it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sid({}..)", self.as_str().get(..4).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::String};

    #[test]
    fn is_what_was_drawn_and_reads_back() {
        let sid = Sid::from_random(&[0xff, 0xef, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        assert_eq!(sid.as_str(), "_-8DBAUGBwgJCgsMDQ4P");
        assert_eq!(Sid::parse(sid.as_str()), Some(sid));
        assert_eq!(format!("{sid:?}"), "Sid(_-8D..)");
    }

    #[test]
    fn refuses_what_no_session_is_called() {
        let long = String::from_utf8(alloc::vec![b'a'; 1 << 20]).unwrap();
        for text in [
            "",
            "__proto__",
            "AAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAA+",
            &long,
        ] {
            assert_eq!(Sid::parse(text), None);
        }
    }
}
