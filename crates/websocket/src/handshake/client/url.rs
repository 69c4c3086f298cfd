//! WebSocket URLs (RFC 6455 §3, RFC 3986 §3), read strictly. Names are not converted: what is not
//! ASCII is refused.

use alloc::{
    format,
    string::{String, ToString},
};
use core::{fmt, net::Ipv6Addr, str::FromStr};

/// An absolute URL, `ws://HOST[:PORT][/PATH][?QUERY]` or `wss://…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    secure: bool,
    host: String,
    name: String,
    port: u16,
    target: String,
}

impl Url {
    /// Whether the scheme is `wss`: TLS below the WebSocket.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// As the `Host` header says it: with a port where it is not the scheme's own, and an IPv6 address
    /// in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What is to be resolved, or a certificate's name: an IPv6 address stands without brackets.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port; where the URL has none, 80, or 443 for `wss`. Never 0.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The request target: path and query, percent-encoded as they were.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }
}

impl FromStr for Url {
    type Err = BadUrl;

    fn from_str(url: &str) -> Result<Self, BadUrl> {
        let (scheme, rest) = url.split_once(':').ok_or(BadUrl::Syntax)?;
        let rest = rest.strip_prefix("//").ok_or(BadUrl::Syntax)?;
        let secure = match scheme {
            s if s.eq_ignore_ascii_case("ws") => false,
            s if s.eq_ignore_ascii_case("wss") => true,
            _ => return Err(BadUrl::Scheme),
        };
        if rest.contains('#') {
            return Err(BadUrl::Fragment);
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at_checked(end).ok_or(BadUrl::Syntax)?;
        if authority.contains('@') {
            return Err(BadUrl::UserInfo);
        }
        let (shown, name, port) = split_authority(authority).ok_or(BadUrl::Syntax)?;
        let usual = if secure { 443 } else { 80 };
        let port = port.unwrap_or(usual);
        if !is_target(target) {
            return Err(BadUrl::Syntax);
        }
        Ok(Self {
            secure,
            host: match port == usual {
                true => shown.to_string(),
                false => format!("{shown}:{port}"),
            },
            name: name.to_string(),
            port,
            target: match target.starts_with('/') {
                true => target.to_string(),
                false => format!("/{target}"),
            },
        })
    }
}

/// The host as it stands, the host without brackets, and the port if there is one.
fn split_authority(authority: &str) -> Option<(&str, &str, Option<u16>)> {
    let (shown, name, port) = match authority.strip_prefix('[') {
        Some(inner) => {
            let (address, port) = inner.split_once(']')?;
            address.parse::<Ipv6Addr>().ok()?;
            let shown = authority.strip_suffix(port)?;
            (shown, address, port)
        }
        None => {
            let end = authority.find(':').unwrap_or(authority.len());
            let (name, port) = authority.split_at_checked(end)?;
            (name, name, port)
        }
    };
    let is_name = |b: u8| is_unreserved(b) || is_sub_delim(b) || b == b':';
    if name.is_empty() || !name.bytes().all(is_name) {
        return None;
    }
    match port.strip_prefix(':') {
        // A sign, which `parse` would take, is no digit.
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            let port = digits.parse().ok().filter(|&port| port != 0)?;
            Some((shown, name, Some(port)))
        }
        None if port.is_empty() => Some((shown, name, None)),
        Some(_) | None => None,
    }
}

/// Whether it is a path and perhaps a query, of the characters that may stand there.
fn is_target(target: &str) -> bool {
    let mut rest = target.as_bytes();
    while let Some((&b, behind)) = rest.split_first() {
        rest = match (b, behind) {
            (b'%', [high, low, behind @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                behind
            }
            (b'%', _) => return false,
            (b'/' | b'?' | b':' | b'@', _) => behind,
            (b, _) if is_unreserved(b) || is_sub_delim(b) => behind,
            (_, _) => return false,
        };
    }
    true
}

fn is_unreserved(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._~".contains(&b)
}

fn is_sub_delim(b: u8) -> bool {
    b"!$&'()*+,;=".contains(&b)
}

/// What is wrong with a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadUrl {
    /// It is no absolute URL with a host, or holds a character that has to be percent-encoded; a host
    /// name that is not ASCII has to be in its ASCII form.
    Syntax,
    /// The scheme is neither `ws` nor `wss`.
    Scheme,
    /// It has a fragment, which a WebSocket URL must not have.
    Fragment,
    /// It has a user name, which would not be sent.
    UserInfo,
}

impl fmt::Display for BadUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "not an absolute URL with a host, in ASCII",
            Self::Scheme => "the scheme must be ws or wss",
            Self::Fragment => "a WebSocket URL has no fragment",
            Self::UserInfo => "a user name would not be sent",
        })
    }
}

impl core::error::Error for BadUrl {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn good_ones() {
        for (url, expected) in [
            ("ws://a", (false, "a", "a", 80, "/")),
            ("WS://a:80/x", (false, "a", "a", 80, "/x")),
            ("ws://a:443/", (false, "a:443", "a", 443, "/")),
            ("Wss://a", (true, "a", "a", 443, "/")),
            ("wss://a:443/", (true, "a", "a", 443, "/")),
            ("wss://a:80/", (true, "a:80", "a", 80, "/")),
            (
                "ws://a.b-c_d:9001/x/y?z=1&q",
                (false, "a.b-c_d:9001", "a.b-c_d", 9001, "/x/y?z=1&q"),
            ),
            ("ws://a?b=c", (false, "a", "a", 80, "/?b=c")),
            ("ws://a/@:b?c?d/e@", (false, "a", "a", 80, "/@:b?c?d/e@")),
            (
                "ws://a/%e2%82%AC?%20",
                (false, "a", "a", 80, "/%e2%82%AC?%20"),
            ),
            ("ws://a//b/../c", (false, "a", "a", 80, "//b/../c")),
            ("ws://[::1]:8080/", (false, "[::1]:8080", "::1", 8080, "/")),
            (
                "ws://[::ffff:1.2.3.4]?",
                (false, "[::ffff:1.2.3.4]", "::ffff:1.2.3.4", 80, "/?"),
            ),
            (
                "ws://127.0.0.1:00081",
                (false, "127.0.0.1:81", "127.0.0.1", 81, "/"),
            ),
        ] {
            let parsed: Url = url.parse().unwrap();
            let parts = (
                parsed.is_secure(),
                parsed.host(),
                parsed.name(),
                parsed.port(),
                parsed.target(),
            );
            assert_eq!(parts, expected, "{url}");
        }
    }

    #[test]
    fn bad_ones() {
        use BadUrl::*;
        for (url, expected) in [
            ("ws://a/#b", Fragment),
            ("ws://a#", Fragment),
            ("http://a/", Scheme),
            ("wsss://a/", Scheme),
            ("://a/", Scheme),
            ("ws://me@a/", UserInfo),
            ("ws://me:pw@a/", UserInfo),
            ("ws://@a/", UserInfo),
            ("", Syntax),
            ("ws:", Syntax),
            ("ws:a", Syntax),
            ("ws:/a", Syntax),
            ("ws://", Syntax),
            ("ws:///x", Syntax),
            ("ws://?x", Syntax),
            ("ws://:80/", Syntax),
            ("ws://a:/", Syntax),
            ("ws://a:0/", Syntax),
            ("ws://a:65536/", Syntax),
            ("ws://a:+5/", Syntax),
            ("ws://a:80:80/", Syntax),
            ("ws://::1/", Syntax),
            ("ws://[::1/", Syntax),
            ("ws://[::1]80/", Syntax),
            ("ws://[fe80::1%25eth0]/", Syntax),
            ("ws://[127.0.0.1]/", Syntax),
            ("ws://[]/", Syntax),
            ("ws://[v1.x]/", Syntax),
            ("ws://a b/", Syntax),
            ("ws://a%20b/", Syntax),
            ("ws://münchen.example/", Syntax),
            ("ws://a\\b/", Syntax),
            ("/x", Syntax),
            ("a:1", Syntax),
            (" ws://a/", Scheme),
            ("ws://a/ b", Syntax),
            ("ws://a/\r\nX: y", Syntax),
            ("ws://a\r\nX: y", Syntax),
            ("ws://a/\0", Syntax),
            ("ws://a/é", Syntax),
            ("ws://a/%", Syntax),
            ("ws://a/%2", Syntax),
            ("ws://a/%2x", Syntax),
            ("ws://a/\"<>\\^`{|}", Syntax),
        ] {
            assert_eq!(url.parse::<Url>(), Err(expected), "{url:?}");
        }
    }

    #[test]
    fn every_byte_stands_or_is_refused() {
        for b in 0..=0x7fu8 {
            let url: Vec<u8> = [b"ws://a/", &[b][..]].concat();
            let url = String::from_utf8(url).unwrap();
            let fits = b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&b);
            assert_eq!(url.parse::<Url>().is_ok(), fits, "{url:?}");
        }
    }
}
