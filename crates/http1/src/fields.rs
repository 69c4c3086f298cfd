//! The bytes of a head and where its header lines lie in them. Knows characters, no meanings.

use crate::{Error, Violation, scan::touched};
use alloc::{borrow::Cow, vec, vec::Vec};
use core::mem::MaybeUninit;

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

    /// Where it lies in a text.
    pub(crate) fn within(self, text: &str) -> &str {
        let at = usize::try_from(self.at).unwrap_or(usize::MAX);
        let len = usize::try_from(self.len).unwrap_or(0);
        text.get(at..at.saturating_add(len)).unwrap_or_default()
    }
}

/// A text inside a head: itself where the head is lent, else where it lies.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Text<'b> {
    Lent(&'b str),
    At(Span),
}

impl<'b> Text<'b> {
    /// The `part` of `bytes`.
    pub(crate) fn of(part: Span, bytes: &Cow<'b, [u8]>) -> Self {
        match bytes {
            Cow::Borrowed(bytes) => Self::Lent(part.in_text(bytes)),
            Cow::Owned(_) => Self::At(part),
        }
    }

    pub(crate) fn get<'s>(&'s self, whole: &'s [u8]) -> &'s str {
        match self {
            Self::Lent(text) => text,
            Self::At(span) => span.in_text(whole),
        }
    }

    pub(crate) fn into_owned(self, whole: &[u8]) -> Text<'static> {
        Text::At(match self {
            Self::Lent(text) => Span::of(text.as_bytes(), whole),
            Self::At(span) => span,
        })
    }
}

/// Header lines: themselves where the head is lent, so that nothing of it is looked at twice, else where
/// they lie.
#[derive(Debug, Clone)]
enum Lines<'b> {
    Lent(Vec<(&'b str, &'b [u8])>),
    At(Vec<(Span, Span)>),
}

/// The bytes of a head and its header lines.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'b> {
    pub(crate) bytes: Cow<'b, [u8]>,
    lines: Lines<'b>,
}

/// What header lines are parsed into.
pub(crate) type Slots<'h, 'x> = &'h mut [MaybeUninit<httparse::Header<'x>>];

impl<'b> Fields<'b> {
    /// Lets `parse` fill as many header slots as the head has lines, and keeps the lines. What else
    /// `parse` found is handed through.
    pub(crate) fn parse<T>(
        bytes: Cow<'b, [u8]>,
        count: usize,
        parse: impl for<'h, 'x> FnOnce(
            &'x [u8],
            Slots<'h, 'x>,
        ) -> Result<(T, &'h [httparse::Header<'x>]), Error>,
    ) -> Result<(T, Self), Error> {
        touched::add(bytes.len());
        let (found, lines) = match &bytes {
            Cow::Borrowed(bytes) => with_slots(count, |slots| {
                let (found, headers) = parse(bytes, slots)?;
                let lines = headers.iter().map(|h| (h.name, h.value.trim_ascii()));
                Ok((found, Lines::Lent(lines.collect())))
            })?,
            Cow::Owned(bytes) => with_slots(count, |slots| {
                let (found, headers) = parse(bytes, slots)?;
                let of = |part: &[u8]| Span::of(part, bytes);
                let lines = headers
                    .iter()
                    .map(|h| (of(h.name.as_bytes()), of(h.value.trim_ascii())));
                Ok((found, Lines::At(lines.collect())))
            })?,
        };
        Ok((found, Self { bytes, lines }))
    }

    fn line(&self, at: usize) -> Option<(&str, &[u8])> {
        match &self.lines {
            Lines::Lent(lines) => lines.get(at).copied(),
            Lines::At(lines) => lines
                .get(at)
                .map(|(name, value)| (name.in_text(&self.bytes), value.in_bytes(&self.bytes))),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> + Clone {
        (0..).map_while(|at| self.line(at))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        let mut lines = self.iter();
        let line = lines.find(|(n, _)| n.eq_ignore_ascii_case(name));
        line.map(|(_, value)| value)
    }

    pub(crate) fn into_owned(self) -> Fields<'static> {
        let of = |part: &[u8]| Span::of(part, &self.bytes);
        let lines = match self.lines {
            Lines::Lent(lines) => lines
                .into_iter()
                .map(|(name, value)| (of(name.as_bytes()), of(value)))
                .collect(),
            Lines::At(lines) => lines,
        };
        Fields {
            lines: Lines::At(lines),
            bytes: Cow::Owned(self.bytes.into_owned()),
        }
    }
}

/// Lends `f` slots for `count` header lines.
fn with_slots<'x, R>(
    count: usize,
    f: impl FnOnce(Slots<'_, 'x>) -> Result<R, Error>,
) -> Result<R, Error> {
    const FEW: usize = 32;
    if count > FEW {
        let empty = MaybeUninit::<httparse::Header<'x>>::uninit();
        return f(&mut vec![empty; count]);
    }
    f(&mut [const { MaybeUninit::uninit() }; FEW])
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

/// Which bytes are letters, digits, or one of `more`.
#[expect(clippy::indexing_slicing, reason = "evaluated at compile time")]
const fn alphanumeric_and(more: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut b = 0u8;
    while b < 0x80 {
        table[b as usize] = b.is_ascii_alphanumeric();
        b = b.wrapping_add(1);
    }
    let mut at = 0usize;
    while at < more.len() {
        table[more[at] as usize] = true;
        at = at.wrapping_add(1);
    }
    table
}

fn all_in(bytes: &[u8], table: &[bool; 256]) -> bool {
    let is_in = |b: &u8| table.get(usize::from(*b)).is_some_and(|is_in| *is_in);
    bytes.iter().all(is_in)
}

/// Whether `name` is a token (RFC 9110, 5.6.2).
pub(crate) fn is_token(name: &str) -> bool {
    const TOKEN: [bool; 256] = alphanumeric_and(b"!#$%&'*+-.^_`|~");
    !name.is_empty() && all_in(name.as_bytes(), &TOKEN)
}

/// Whether `value` can stand in a header line without ending it (RFC 9110, 5.5).
pub(crate) fn is_value(value: &str) -> bool {
    let bad = |b: u8| (b < 0x20 && b != b'\t') | (b == 0x7f);
    // Without a branch for each byte: they are looked at many at once.
    !value.bytes().fold(false, |found, b| found | bad(b))
}

/// Whether `host` is `uri-host [":" port]` (RFC 9110, 7.2) as far as its characters tell.
pub(crate) fn is_host(host: &[u8]) -> bool {
    const ADDRESS: [bool; 256] = alphanumeric_and(b":.%-_~");
    const NAME: [bool; 256] = alphanumeric_and(b"-._~%!$&'()*+,;=");
    let (name, port) = match host.iter().position(|&b| b == b']') {
        Some(end) if host.starts_with(b"[") => host.split_at(end.saturating_add(1)),
        Some(_) => return false,
        None => host.split_at(host.iter().position(|&b| b == b':').unwrap_or(host.len())),
    };
    let inner = name.strip_prefix(b"[").and_then(|n| n.strip_suffix(b"]"));
    let name_fits = match inner {
        Some(address) => all_in(address, &ADDRESS),
        None => all_in(name, &NAME),
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
