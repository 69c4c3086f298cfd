//! One member of `X-Forwarded-For`: an address, with or without a port.

use core::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Reads it; `None` for what is no address, such as `unknown`.
pub(super) fn parse(member: &[u8]) -> Option<IpAddr> {
    let text = core::str::from_utf8(member).ok()?.trim();
    let bare = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|a| a.ip());
    let in_brackets = || {
        let inner = text.strip_prefix('[')?.strip_suffix(']')?;
        inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    };
    bare.or_else(with_port).or_else(in_brackets)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn addresses_with_and_without_ports() {
        for (member, address) in [
            ("203.0.113.7", Some("203.0.113.7")),
            (" 203.0.113.7:4711 ", Some("203.0.113.7")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:80", Some("2001:db8::1")),
            ("unknown", None),
            ("", None),
            ("203.0.113.999", None),
        ] {
            let expected = address.map(|a| a.parse().unwrap());
            assert_eq!(parse(member.as_bytes()), expected, "{member}");
        }
        assert_eq!(parse(b"\xff"), None);
    }
}
