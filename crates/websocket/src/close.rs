//! Close codes and the payload of a close frame (RFC 6455 §5.5.1, §7.4). No state lives here.

use crate::Violation;
use alloc::{borrow::Cow, string::String};
use core::fmt;

/// A status code of the closing handshake (RFC 6455 §7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// The purpose is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// The server goes down, or the browser leaves the page.
    pub const GOING_AWAY: Self = Self(1001);
    /// The peer broke a rule of the protocol.
    pub const PROTOCOL: Self = Self(1002);
    /// A kind of data that this endpoint does not take.
    pub const UNSUPPORTED: Self = Self(1003);
    /// No code was given. Never in a frame: to close with it is to send an empty close frame.
    pub const NO_STATUS: Self = Self(1005);
    /// The connection ended without a close frame. Never in a frame.
    pub const ABNORMAL: Self = Self(1006);
    /// The payload does not fit its type: a text that is not UTF-8.
    pub const INVALID_PAYLOAD: Self = Self(1007);
    /// The peer broke a rule of this endpoint.
    pub const POLICY: Self = Self(1008);
    /// The message is too big.
    pub const TOO_BIG: Self = Self(1009);
    /// The server did not agree to an extension that the client needs.
    pub const EXTENSION: Self = Self(1010);
    /// The endpoint met an unexpected condition.
    pub const INTERNAL: Self = Self(1011);
    /// The service restarts (IANA registry).
    pub const RESTART: Self = Self(1012);
    /// The service is overloaded: try again later (IANA registry).
    pub const TRY_AGAIN: Self = Self(1013);
    /// A gateway got no usable answer (IANA registry).
    pub const BAD_GATEWAY: Self = Self(1014);

    /// The code `code`, if it may stand in a close frame: 1000 to 1003, 1007 to 1014, 3000 to 4999.
    #[must_use]
    pub const fn new(code: u16) -> Option<Self> {
        let code = Self(code);
        if code.is_allowed() { Some(code) } else { None }
    }

    /// Whether it may stand in a close frame.
    #[must_use]
    pub const fn is_allowed(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.0
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a close frame says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close<'b> {
    /// Why, as a number.
    pub code: CloseCode,
    /// Why, in words: at most 123 bytes.
    pub reason: Cow<'b, str>,
}

impl<'b> Close<'b> {
    /// Reads the payload of a close frame; an empty one says nothing.
    ///
    /// # Errors
    /// [`Violation::ClosePayload`], [`Violation::CloseCode`], [`Violation::CloseReason`].
    pub fn parse(payload: Cow<'b, [u8]>) -> Result<Option<Self>, Violation> {
        const CODE: usize = size_of::<u16>();
        let code = match payload.first_chunk::<CODE>() {
            Some(code) => u16::from_be_bytes(*code),
            None if payload.is_empty() => return Ok(None),
            None => return Err(Violation::ClosePayload),
        };
        let code = CloseCode::new(code).ok_or(Violation::CloseCode(code))?;
        let reason = match payload {
            Cow::Borrowed(payload) => {
                let reason = payload.get(CODE..).unwrap_or_default();
                core::str::from_utf8(reason).ok().map(Cow::Borrowed)
            }
            Cow::Owned(mut payload) => String::from_utf8(payload.split_off(CODE))
                .ok()
                .map(Cow::Owned),
        };
        let reason = reason.ok_or(Violation::CloseReason)?;
        Ok(Some(Self { code, reason }))
    }

    /// Detaches it from the buffer it borrows.
    #[must_use]
    pub fn into_owned(self) -> Close<'static> {
        Close {
            code: self.code,
            reason: Cow::Owned(self.reason.into_owned()),
        }
    }
}

/// The longest prefix of `reason` that a close frame can carry: 123 bytes, cut between characters.
pub(crate) fn fitting(reason: &str) -> &str {
    const MOST: usize = 123;
    let end = (0..=MOST.min(reason.len()))
        .rev()
        .find(|&i| reason.is_char_boundary(i));
    reason.get(..end.unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_judged_by_the_table() {
        for code in 0..=u16::MAX {
            let expected = (1000..5000).contains(&code)
                && !(1004..1007).contains(&code)
                && !(1015..3000).contains(&code);
            assert_eq!(CloseCode::new(code).is_some(), expected, "{code}");
            let payload = code.to_be_bytes();
            let parsed = Close::parse(Cow::Borrowed(&payload));
            if expected {
                assert_eq!(parsed.unwrap().unwrap().code.get(), code);
            } else {
                assert_eq!(parsed, Err(Violation::CloseCode(code)));
            }
        }
    }

    #[test]
    fn payloads() {
        type Said = Option<(u16, &'static str)>;
        let table: [(&[u8], Result<Said, Violation>); 5] = [
            (b"", Ok(None)),
            (b"\x03", Err(Violation::ClosePayload)),
            (b"\x03\xe8", Ok(Some((1000, "")))),
            (b"\x03\xe8bye", Ok(Some((1000, "bye")))),
            (b"\x03\xe8\xff", Err(Violation::CloseReason)),
        ];
        for (payload, expected) in table {
            for payload in [Cow::Borrowed(payload), Cow::Owned(payload.to_vec())] {
                let got = Close::parse(payload.clone());
                let expected = expected.map(|close| {
                    close.map(|(code, reason)| Close {
                        code: CloseCode(code),
                        reason: reason.into(),
                    })
                });
                assert_eq!(got, expected, "{payload:?}");
            }
        }
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        assert_eq!(fitting("short"), "short");
        assert_eq!(fitting(&"é".repeat(100)).len(), 122);
        assert_eq!(fitting(&"x".repeat(200)).len(), 123);
    }
}
