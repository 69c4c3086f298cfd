//! The query string: the keys that Engine.IO reads, and all pairs for those above.

use crate::{Config, ErrorCode, Transport};
use alloc::{borrow::Cow, string::String, vec::Vec};

/// The keys of a query that Engine.IO reads. Others are tolerated anywhere.
///
/// A key that is given twice has the value `,`, which none of them can legally have: as in the
/// reference it then names no transport, no version, no session and no callback.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query<'a> {
    /// `EIO`: the protocol version.
    pub eio: Option<Cow<'a, str>>,
    /// `transport`.
    pub transport: Option<Cow<'a, str>>,
    /// `sid`; an empty one counts as none.
    pub sid: Option<Cow<'a, str>>,
    /// `b64`: whether the client takes no bytes.
    pub b64: Option<Cow<'a, str>>,
    /// `j`: the number of a JSONP callback.
    pub j: Option<Cow<'a, str>>,
}

const REPEATED: Cow<'static, str> = Cow::Borrowed(",");

impl<'a> Query<'a> {
    /// Reads a query, given without its `?`. Linear in its length; cannot fail.
    #[must_use]
    pub fn parse(query: &'a str) -> Self {
        let mut parsed = Self::default();
        for (key, value) in pairs(query) {
            let field = match &*key {
                "EIO" => &mut parsed.eio,
                "transport" => &mut parsed.transport,
                "sid" => &mut parsed.sid,
                "b64" => &mut parsed.b64,
                "j" => &mut parsed.j,
                _ => continue,
            };
            *field = Some(if field.is_none() { value } else { REPEATED });
        }
        parsed.sid = parsed.sid.filter(|sid| !sid.is_empty());
        parsed
    }

    /// Whether the client takes no bytes.
    #[must_use]
    pub fn base64(&self) -> bool {
        self.b64.as_ref().is_some_and(|b64| !b64.is_empty())
    }

    /// The number of the callback when the client polls by JSONP: the digits of `j`, whatever else is
    /// in it.
    #[must_use]
    pub fn jsonp(&self) -> Option<u64> {
        let j = self.j.as_ref().filter(|j| **j != REPEATED)?;
        let digits = j.bytes().filter(u8::is_ascii_digit);
        let add = |sum: u64, b: u8| sum.saturating_mul(10).saturating_add(u64::from(b & 0x0f));
        Some(digits.fold(0, add))
    }

    /// The transport asked for.
    ///
    /// # Errors
    /// [`ErrorCode::TransportUnknown`] when it is missing, unknown or not offered.
    pub fn transport(&self, config: &Config) -> Result<Transport, ErrorCode> {
        let name = self.transport.as_deref().unwrap_or_default();
        [Transport::Polling, Transport::WebSocket]
            .into_iter()
            .find(|t| t.name() == name && config.transports.has(*t))
            .ok_or(ErrorCode::TransportUnknown)
    }
}

/// All pairs of a query in order, decoded as a form is (`+` is a space, `%xx` a byte; what is not
/// UTF-8 becomes U+FFFD, a `%` that starts no byte stays). Nothing is copied that needs no decoding.
pub fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    // Without a branch for each byte: they are looked at many at once.
    let is_coded = |coded: bool, b: u8| coded | (b == b'%') | (b == b'+');
    let is_coded = query.bytes().fold(false, is_coded);
    let read = move |text| match is_coded {
        true => decode(text),
        false => Cow::Borrowed(text),
    };
    let mut rest = query;
    core::iter::from_fn(move || {
        while !rest.is_empty() {
            let (pair, behind) = cut(rest, b'&');
            rest = behind;
            if !pair.is_empty() {
                let (key, value) = cut(pair, b'=');
                return Some((read(key), read(value)));
            }
        }
        None
    })
}

/// Cuts at the first `mark`, which is an ASCII character and in neither part; all is before it where there is
/// none.
fn cut(text: &str, mark: u8) -> (&str, &str) {
    let at = text.bytes().position(|b| b == mark);
    let (before, rest) = text
        .split_at_checked(at.unwrap_or(text.len()))
        .unwrap_or_default();
    (before, rest.get(1..).unwrap_or_default())
}

fn decode(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|b| matches!(b, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        out.push(match (first, tail) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high << 4 | low
                }
                _ => b'%',
            },
            _ => first,
        });
    }
    Cow::Owned(match String::from_utf8(out) {
        Ok(text) => text,
        Err(bad) => String::from_utf8_lossy(bad.as_bytes()).into_owned(),
    })
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Keys<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);

    fn check(query: &str, (eio, transport, sid): Keys<'_>) {
        let q = Query::parse(query);
        let got = (q.eio.as_deref(), q.transport.as_deref(), q.sid.as_deref());
        assert_eq!(got, (eio, transport, sid), "{query}");
    }

    #[test]
    fn reads_the_three_keys_wherever_they_stand() {
        let polling = (Some("4"), Some("polling"), None);
        check("EIO=4&transport=polling", polling);
        check("t=x&b64=1&transport=polling&&user=%26a&EIO=4&", polling);
        check("EIO=%34&tr%61nsport=p%6Flling", polling);
        check("EIO=4&transport=polling&sid=", polling);
        check(
            "EIO=4&transport=polling&sid=a",
            (Some("4"), Some("polling"), Some("a")),
        );
        check("", (None, None, None));
        check("eio=4&Transport=polling", (None, None, None));
        check("EIO&transport", (Some(""), Some(""), None));
        check("sid=a&sid=a&EIO=4&EIO=4", (Some(","), None, Some(",")));
    }

    #[test]
    fn callbacks_are_digits_and_b64_is_anything() {
        for (query, jsonp, base64) in [
            ("", None, false),
            ("j=7&b64=1", Some(7), true),
            ("j=0012&b64=0", Some(12), true),
            ("j=1);alert(2&b64=", Some(12), false),
            ("j=&b64", Some(0), false),
            ("j=1&j=2&b64=&b64=", None, true),
            ("j=99999999999999999999999", Some(u64::MAX), false),
        ] {
            let q = Query::parse(query);
            assert_eq!((q.jsonp(), q.base64()), (jsonp, base64), "{query}");
        }
    }

    #[test]
    fn decodes_as_a_form() {
        for (raw, plain) in [
            ("a+b", "a b"),
            ("%26%3D%3fa", "&=?a"),
            ("%d0%bf", "п"),
            ("100%", "100%"),
            ("%4", "%4"),
            ("%+4%zz", "% 4%zz"),
            ("%ff", "\u{fffd}"),
            ("%%34", "%4"),
        ] {
            assert_eq!(decode(raw), plain, "{raw}");
        }
        assert!(matches!(decode("plain"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn any_value_survives_encoding(value in ".*") {
            let encoded: String = value.bytes().map(|b| alloc::format!("%{b:02X}")).collect();
            let query = alloc::format!("x=1&{encoded}={encoded}");
            let (key, got) = pairs(&query).nth(1).unwrap();
            prop_assert_eq!((&*key, &*got), (&*value, &*value));
        }

        #[test]
        fn no_query_breaks_it(query in "[%+&=a-fE-S0-9\\PC]*") {
            let _ = Query::parse(&query);
        }
    }
}
