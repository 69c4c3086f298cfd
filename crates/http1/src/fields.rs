//! The bytes of a head and where its header lines lie in them. Knows characters, no meanings.

use crate::{Error, Violation, scan::touched};
use alloc::{borrow::Cow, vec, vec::Vec};

/// A run of bytes inside a head.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    at: u32,
    len: u32,
}

impl Span {
    /// Where `part` lies in `whole`, of which it must be a part.
    pub(crate) fn of(part: &[u8], whole: &[u8]) -> Self {
        let at = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
        Self {
            at: u32::try_from(at).unwrap_or(u32::MAX),
            len: u32::try_from(part.len()).unwrap_or(0),
        }
    }

    pub(crate) fn in_bytes(self, whole: &[u8]) -> &[u8] {
        let at = usize::try_from(self.at).unwrap_or(usize::MAX);
        let len = usize::try_from(self.len).unwrap_or(0);
        whole.get(at..at.saturating_add(len)).unwrap_or_default()
    }

    pub(crate) fn in_text(self, whole: &[u8]) -> &str {
        core::str::from_utf8(self.in_bytes(whole)).unwrap_or_default()
    }
}

/// The bytes of a head and its header lines.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'b> {
    pub(crate) bytes: Cow<'b, [u8]>,
    lines: Vec<(Span, Span)>,
}

impl<'b> Fields<'b> {
    /// Lets `parse` fill as many header slots as the head has lines, and keeps where they lie. What
    /// else `parse` found is handed through.
    pub(crate) fn parse<T>(
        bytes: Cow<'b, [u8]>,
        count: usize,
        parse: impl for<'h, 'x> FnOnce(
            &'x [u8],
            &'h mut [httparse::Header<'x>],
        ) -> Result<(T, &'h [httparse::Header<'x>]), Error>,
    ) -> Result<(T, Self), Error> {
        const FEW: usize = 32;
        touched::add(bytes.len());
        let (mut few, mut many);
        let slots = if count <= FEW {
            few = [httparse::EMPTY_HEADER; FEW];
            few.as_mut_slice()
        } else {
            many = vec![httparse::EMPTY_HEADER; count];
            many.as_mut_slice()
        };
        let (found, headers) = parse(&bytes, slots)?;
        let lines = headers
            .iter()
            .map(|h| {
                let value = h.value.trim_ascii();
                (Span::of(h.name.as_bytes(), &bytes), Span::of(value, &bytes))
            })
            .collect();
        Ok((found, Self { bytes, lines }))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> + Clone {
        self.lines
            .iter()
            .map(|(name, value)| (name.in_text(&self.bytes), value.in_bytes(&self.bytes)))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        let named = |span: Span| {
            let found = span.in_bytes(&self.bytes);
            found.eq_ignore_ascii_case(name.as_bytes())
        };
        let line = self.lines.iter().find(|(n, _)| named(*n));
        line.map(|(_, value)| value.in_bytes(&self.bytes))
    }

    pub(crate) fn into_owned(self) -> Fields<'static> {
        Fields {
            bytes: Cow::Owned(self.bytes.into_owned()),
            lines: self.lines,
        }
    }
}

/// The rule that a failed parse of header lines broke.
pub(crate) fn violation(error: httparse::Error, first_line: Violation) -> Violation {
    match error {
        httparse::Error::HeaderName => Violation::HeaderName,
        httparse::Error::HeaderValue => Violation::HeaderValue,
        httparse::Error::NewLine
        | httparse::Error::Status
        | httparse::Error::Token
        | httparse::Error::TooManyHeaders
        | httparse::Error::Version => first_line,
    }
}

/// Whether `list`, a comma-separated header value, names `token` (RFC 9110, 5.6.1; any case).
pub(crate) fn lists(list: &[u8], token: &str) -> bool {
    list.split(|&b| b == b',')
        .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

/// Whether `name` is a token (RFC 9110, 5.6.2).
pub(crate) fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || is_mark(b))
}

/// The characters of a token that are neither letters nor digits.
const fn is_mark(b: u8) -> bool {
    matches!(
        b,
        b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
    )
}

/// Whether `value` can stand in a header line without ending it (RFC 9110, 5.5).
pub(crate) fn is_value(value: &str) -> bool {
    let bad = |b: u8| (b < 0x20 && b != b'\t') | (b == 0x7f);
    // Without a branch for each byte: they are looked at many at once.
    !value.bytes().fold(false, |found, b| found | bad(b))
}

/// Whether `host` is `uri-host [":" port]` (RFC 9110, 7.2) as far as its characters tell.
pub(crate) fn is_host(host: &[u8]) -> bool {
    let (name, port) = match host.iter().position(|&b| b == b']') {
        Some(end) if host.starts_with(b"[") => host.split_at(end.saturating_add(1)),
        Some(_) => return false,
        None => host.split_at(host.iter().position(|&b| b == b':').unwrap_or(host.len())),
    };
    let inner = name.strip_prefix(b"[").and_then(|n| n.strip_suffix(b"]"));
    let name_fits = match inner {
        Some(address) => address
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b":.%-_~".contains(b)),
        None => name
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(b)),
    };
    let port_fits = match port.split_first() {
        None => true,
        Some((b':', digits)) => digits.iter().all(u8::is_ascii_digit),
        Some(_) => false,
    };
    name_fits && port_fits
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn tokens_and_values() {
        for b in 0..=0x7f_u8 {
            let c = char::from(b).to_string();
            let mark = b"!#$%&'*+-.^_`|~".contains(&b);
            assert_eq!(is_token(&c), mark || b.is_ascii_alphanumeric(), "{c:?}");
            let sandwiched = ["a", &c, "b"].concat();
            assert_eq!(
                is_value(&sandwiched),
                b == b'\t' || !b.is_ascii_control(),
                "{c:?}"
            );
        }
        assert!(!is_token("") && is_value("") && is_value("é"));
    }

    #[test]
    fn hosts() {
        for good in [
            "",
            "a",
            "a.example:80",
            "a_b",
            "[::1]",
            "[::1]:3000",
            "127.0.0.1:",
            "%41",
        ] {
            assert!(is_host(good.as_bytes()), "{good}");
        }
        for bad in [
            "a b", "a/b", "u@h", "a:b", "a:80:81", "[::1", "::1", "a]", "[::1]x", "a,\tb", "é",
            "[a]]",
        ] {
            assert!(!is_host(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn lists_are_split_at_commas() {
        assert!(lists(b"keep-alive ,\tUpgrade", "upgrade"));
        assert!(!lists(b"upgrade-insecure, x", "upgrade"));
        assert!(!lists(b"", "upgrade"));
    }
}
