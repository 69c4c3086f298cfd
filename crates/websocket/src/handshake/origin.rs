//! Which pages may connect: a pure function of the headers (RFC 6455 §10.2, RFC 6454 §7).

use alloc::{string::String, vec::Vec};

/// Which origins may connect, as options keep it; see [`OriginPolicy`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Origins {
    /// Pages of this host and port.
    #[default]
    Same,
    /// Those, and these.
    List(Vec<String>),
    /// Every page, `null` included.
    Any,
}

impl Origins {
    /// As [`origin_is_allowed`](is_allowed).
    #[must_use]
    pub fn allow(&self, origin: Option<&[u8]>, host: Option<&[u8]>) -> bool {
        match (self, origin) {
            (Self::Any, _) | (_, None) => true,
            (Self::List(list), Some(origin)) if list.iter().any(|o| o.as_bytes() == origin) => true,
            (Self::Same | Self::List(_), Some(origin)) => is_same(origin, host),
        }
    }
}

/// Which origins may connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginPolicy<'a> {
    /// Pages of this host and port.
    Same,
    /// Those, and these: serialised as browsers do, such as `https://app.example` or
    /// `http://localhost:3000`; compared byte for byte.
    List(&'a [&'a str]),
    /// Every page, `null` included.
    Any,
}

/// Whether a page of `origin` may connect to `host`.
///
/// Without an `Origin` header the peer is no browser, and is allowed. `host` is the `Host` header, or
/// `X-Forwarded-Host` (its first member) where the caller trusts the proxy before it.
#[must_use]
pub fn is_allowed(origin: Option<&[u8]>, host: Option<&[u8]>, policy: OriginPolicy<'_>) -> bool {
    let Some(origin) = origin else {
        return true;
    };
    match policy {
        OriginPolicy::Any => true,
        OriginPolicy::Same => is_same(origin, host),
        OriginPolicy::List(list) => {
            list.iter().any(|o| o.as_bytes() == origin) || is_same(origin, host)
        }
    }
}

/// Whether the origin's host and port are those of `host`. An origin is lower case by construction;
/// a `Host` need not be. The scheme is not compared: TLS may end at a proxy.
fn is_same(origin: &[u8], host: Option<&[u8]>) -> bool {
    let (authority, port): (_, &[u8]) = match origin {
        [b'h', b't', b't', b'p', b':', b'/', b'/', rest @ ..] => (rest, b":80"),
        [b'h', b't', b't', b'p', b's', b':', b'/', b'/', rest @ ..] => (rest, b":443"),
        _ => return false,
    };
    let Some(host) = host else {
        return false;
    };
    let host = host.strip_suffix(port).unwrap_or(host);
    !host.is_empty()
        && authority.len() == host.len()
        && host
            .iter()
            .map(u8::to_ascii_lowercase)
            .eq(authority.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        let same = OriginPolicy::Same;
        let list = OriginPolicy::List(&["https://app.example"]);
        let table: [(Option<&str>, &str, OriginPolicy<'_>, bool); 23] = [
            (None, "good.example", same, true),
            (Some("http://good.example"), "good.example", same, true),
            (Some("https://good.example"), "good.example", same, true),
            (Some("https://good.example"), "Good.Example:443", same, true),
            (Some("http://good.example"), "good.example:80", same, true),
            (
                Some("http://good.example:8080"),
                "good.example:8080",
                same,
                true,
            ),
            (Some("http://[::1]:3000"), "[::1]:3000", same, true),
            (Some("http://good.example"), "good.example:443", same, false),
            (Some("http://good.example:81"), "good.example", same, false),
            (
                Some("http://good.example.evil"),
                "good.example",
                same,
                false,
            ),
            (Some("http://evilgood.example"), "good.example", same, false),
            (Some("http://GOOD.example"), "good.example", same, false),
            (Some("http://good.example/"), "good.example", same, false),
            (Some("http://a@good.example"), "good.example", same, false),
            (Some("null"), "null", same, false),
            (Some("null"), "good.example", list, false),
            (Some("http://"), "", same, false),
            (Some("file://good.example"), "good.example", same, false),
            (Some("https://app.example"), "api.example", list, true),
            (Some("https://app.example:444"), "api.example", list, false),
            (Some("https://app.example.evil"), "api.example", list, false),
            (Some("http://api.example"), "api.example", list, true),
            (Some("null"), "x", OriginPolicy::Any, true),
        ];
        for (origin, host, policy, expected) in table {
            let got = is_allowed(origin.map(str::as_bytes), Some(host.as_bytes()), policy);
            assert_eq!(got, expected, "{origin:?} {host} {policy:?}");
            let owned = match policy {
                OriginPolicy::Same => Origins::Same,
                OriginPolicy::List(list) => Origins::List(list.iter().map(|&o| o.into()).collect()),
                OriginPolicy::Any => Origins::Any,
            };
            let got = owned.allow(origin.map(str::as_bytes), Some(host.as_bytes()));
            assert_eq!(got, expected, "{origin:?} {host} {owned:?}");
        }
        assert!(!is_allowed(Some(b"http://a"), None, same));
    }
}
