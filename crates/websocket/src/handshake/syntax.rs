//! Tokens, lists and header values (RFC 9110 §5.5, §5.6): reading and checking, linear.

use alloc::vec::Vec;
use core::fmt;

/// A header that the caller wants to send is not one: a character that RFC 9110 forbids in a name or
/// a value, such as CR, LF or NUL; or it is one that the handshake writes itself. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidHeader;

impl fmt::Display for InvalidHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a header, host or request target that cannot be sent")
    }
}

impl core::error::Error for InvalidHeader {}

/// A header value of the peer does not follow its grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadSyntax;

impl fmt::Display for BadSyntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a header value that does not follow its grammar")
    }
}

impl core::error::Error for BadSyntax {}

pub(super) fn is_token_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}

pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().copied().all(is_token_byte)
}

/// Whether it is a host and perhaps a port (RFC 9110 §7.2), as far as its characters tell.
pub(super) fn is_host(bytes: &[u8]) -> bool {
    let is_host_byte = |b: u8| b.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(&b);
    !bytes.is_empty() && bytes.iter().copied().all(is_host_byte)
}

/// The bytes as text, if they are a token.
pub(super) fn token(bytes: &[u8]) -> Option<&str> {
    is_token(bytes).then(|| core::str::from_utf8(bytes).ok())?
}

/// The members of a comma-separated list, trimmed, without the empty ones.
pub(super) fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|&b| b == b',')
        .map(trim)
        .filter(|m| !m.is_empty())
}

/// Whether the list has `token` as a member, in any case.
pub(super) fn has_token(value: &[u8], token: &str) -> bool {
    members(value).any(|m| m.eq_ignore_ascii_case(token.as_bytes()))
}

/// Without the spaces and tabs around it.
pub(super) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// Writes one header line.
pub(super) fn put_header(out: &mut Vec<u8>, name: &str, value: &str) -> Result<(), InvalidHeader> {
    let is_value = value
        .bytes()
        .all(|b| b == b'\t' || (b >= b' ' && b != 0x7f));
    if !is_token(name.as_bytes()) || !is_value {
        return Err(InvalidHeader);
    }
    for part in [name, ": ", value, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        assert!(has_token(b"keep-alive ,\tUpGrade", "upgrade"));
        assert!(!has_token(b"upgraded", "upgrade"));
        assert!(!has_token(b"", "upgrade"));
        assert_eq!(members(b" ,a,, b ,").collect::<Vec<_>>(), [b"a", b"b"]);
    }

    #[test]
    fn headers_that_would_smuggle_are_refused() {
        for (name, value) in [
            ("X-A", "a\r\nX-B: c"),
            ("X-A", "a\n"),
            ("X-A", "\0"),
            ("X A", "a"),
            ("", "a"),
            ("X:", "a"),
        ] {
            let mut out = Vec::new();
            assert_eq!(put_header(&mut out, name, value), Err(InvalidHeader));
            assert!(out.is_empty());
        }
    }
}
