//! The URL of a proxy, taken apart.

use super::{BadProxy, Protocol, Proxy, credentials::Credentials};
use alloc::{string::ToString, vec::Vec};
use core::{net::Ipv6Addr, str::FromStr};

impl FromStr for Proxy {
    type Err = BadProxy;

    fn from_str(url: &str) -> Result<Self, BadProxy> {
        let (scheme, rest) = url.split_once("://").ok_or(BadProxy::Syntax)?;
        let is = |known| scheme.eq_ignore_ascii_case(known);
        let (protocol, usual) = match () {
            () if is("http") => (Protocol::Http, 80),
            () if is("socks5") || is("socks5h") => (Protocol::Socks5, 1080),
            () => return Err(BadProxy::Scheme),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (user, address) = match authority.rsplit_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, authority),
        };
        let (name, port) = split_address(address).ok_or(BadProxy::Syntax)?;
        let credentials = user.map(|user| {
            let (user, password) = user.split_once(':').unwrap_or((user, ""));
            Credentials::new(protocol, decode(user)?, decode(password)?)
        });
        Ok(Self {
            protocol,
            name: name.to_string(),
            port: port.unwrap_or(usual),
            credentials: credentials.transpose()?,
        })
    }
}

/// The host without brackets, and the port if there is one.
fn split_address(address: &str) -> Option<(&str, Option<u16>)> {
    let (name, port) = match address.strip_prefix('[') {
        Some(inner) => {
            let (name, port) = inner.split_once(']')?;
            name.parse::<Ipv6Addr>().ok()?;
            (name, port)
        }
        None => {
            let end = address.find(':').unwrap_or(address.len());
            let (name, port) = address.split_at_checked(end)?;
            if !is_name(name) {
                return None;
            }
            (name, port)
        }
    };
    match port.strip_prefix(':') {
        // A sign, which `parse` would take, is no digit.
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            let port = digits.parse().ok().filter(|&port| port != 0)?;
            Some((name, Some(port)))
        }
        None if port.is_empty() => Some((name, None)),
        Some(_) | None => None,
    }
}

/// Whether it is a host name or an IPv4 address, as far as its characters tell.
pub(super) fn is_name(name: &str) -> bool {
    let is_name_byte = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&b);
    (1..=255).contains(&name.len()) && name.bytes().all(is_name_byte)
}

/// Percent-decodes a part of the user information.
fn decode(part: &str) -> Result<Vec<u8>, BadProxy> {
    let (mut rest, mut out) = (part.as_bytes(), Vec::new());
    while let Some((&b, behind)) = rest.split_first() {
        let digit = |b: u8| {
            char::from(b)
                .to_digit(16)
                .and_then(|n| u8::try_from(n).ok())
        };
        let (byte, behind) = match (b, behind) {
            (b'%', [high, low, behind @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => ((high << 4) | low, behind),
                (Some(_) | None, _) => return Err(BadProxy::Syntax),
            },
            (b'%' | b'/' | b'?' | b'#' | b'@', _) => return Err(BadProxy::Syntax),
            (b, _) if b <= b' ' || b == 0x7f => return Err(BadProxy::Syntax),
            (b, behind) => (b, behind),
        };
        out.push(byte);
        rest = behind;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_ones() {
        use Protocol::*;
        type Parts<'a> = (Protocol, &'a str, u16, Option<(&'a [u8], &'a [u8])>);
        let table: [(&str, Parts<'_>); 9] = [
            ("http://p", (Http, "p", 80, None)),
            ("HTTP://p.example:3128/", (Http, "p.example", 3128, None)),
            ("socks5://127.0.0.1", (Socks5, "127.0.0.1", 1080, None)),
            ("socks5h://[::1]:9", (Socks5, "::1", 9, None)),
            ("http://a:b@p:1", (Http, "p", 1, Some((b"a", b"b")))),
            ("http://a@p", (Http, "p", 80, Some((b"a", b"")))),
            ("http://a:b:c@p", (Http, "p", 80, Some((b"a", b"b:c")))),
            (
                "socks5://%61%3a:%ff%40@p",
                (Socks5, "p", 1080, Some((b"a:", b"\xff@"))),
            ),
            (
                "http://é:ü@p",
                (Http, "p", 80, Some(("é".as_bytes(), "ü".as_bytes()))),
            ),
        ];
        for (url, expected) in table {
            let proxy: Proxy = url.parse().unwrap();
            let credentials = proxy.credentials.as_ref();
            let credentials = credentials.map(|c| (&c.user[..], &c.password[..]));
            let parts = (proxy.protocol, &*proxy.name, proxy.port, credentials);
            assert_eq!(parts, expected, "{url}");
        }
    }

    #[test]
    fn bad_ones() {
        use BadProxy::*;
        let long = alloc::format!("socks5://a:{}@p", "x".repeat(256));
        for (url, expected) in [
            ("", Syntax),
            ("p:80", Syntax),
            ("http:p", Syntax),
            ("://p", Scheme),
            ("https://p", Scheme),
            ("socks4://p", Scheme),
            ("socks://p", Scheme),
            ("http://", Syntax),
            ("http:///", Syntax),
            ("http://p/x", Syntax),
            ("http://p?x", Syntax),
            ("http://p:0", Syntax),
            ("http://p:", Syntax),
            ("http://p:+1", Syntax),
            ("http://p:65536", Syntax),
            ("http://::1", Syntax),
            ("http://[::1", Syntax),
            ("http://[p]", Syntax),
            ("http://p p", Syntax),
            ("http://p\r\n", Syntax),
            ("http://a@b@p", Syntax),
            ("http://%@p", Syntax),
            ("http://%x1@p", Syntax),
            ("http://a b@p", Syntax),
            ("http://a%3Ab:c@p", Credentials),
            ("http://a:%0d%0aX@p", Credentials),
            ("socks5://a@p", Credentials),
            ("socks5://:b@p", Credentials),
            (&long, Credentials),
        ] {
            assert_eq!(url.parse::<Proxy>(), Err(expected), "{url:?}");
        }
    }
}
