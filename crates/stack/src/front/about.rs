//! A request as an application sees it, wherever its headers are kept.

use super::address;
use alloc::{boxed::Box, vec::Vec};
use core::{
    fmt,
    net::{IpAddr, SocketAddr},
};
use siox_engineio::Method;

/// The headers of a request, wherever they are kept.
pub trait Headers {
    /// Calls `each` for every header line, names in any case.
    fn for_each<'a>(&'a self, each: &mut dyn FnMut(&'a str, &'a [u8]));
}

impl Headers for siox_http1::Head<'_> {
    fn for_each<'a>(&'a self, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        for (name, value) in self.headers() {
            each(name, value);
        }
    }
}

impl Headers for &[(&str, &[u8])] {
    fn for_each<'a>(&'a self, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        for (name, value) in *self {
            each(name, value);
        }
    }
}

/// A request to the server's path.
#[derive(Clone, Copy)]
pub struct About<'a> {
    /// The method.
    pub method: Method,
    /// Whether it is HTTP/1.1 or later.
    pub http11: bool,
    /// Where it came from, as the socket tells; unknown behind a foreign HTTP server that does not say.
    pub peer: Option<SocketAddr>,
    /// Whether the connection is TLS, as far as is known.
    pub tls: bool,
    /// The request target, undecoded.
    pub target: &'a str,
    /// The query string, undecoded.
    pub query: &'a str,
    /// Its headers.
    pub headers: &'a dyn Headers,
    /// How many proxies before the server are trusted; see
    /// [`Options::trusted_proxies`](super::Options::trusted_proxies).
    pub trusted_proxies: u8,
}

impl<'a> About<'a> {
    /// The first header of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        let mut found = None;
        self.headers.for_each(&mut |n, v| {
            if found.is_none() && n.eq_ignore_ascii_case(name) {
                found = Some(v);
            }
        });
        found
    }

    /// The client's address: the peer's, or, where proxies are trusted, the one that the outermost of them
    /// has seen and written into `X-Forwarded-For`. What stands left of that, a client may have invented.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        let peer = self.peer.map(|peer| peer.ip());
        if self.trusted_proxies == 0 {
            return peer;
        }
        let mut members = Vec::new();
        self.headers.for_each(&mut |name, value| {
            if name.eq_ignore_ascii_case("x-forwarded-for") {
                members.extend(value.split(|&b| b == b','));
            }
        });
        let back = usize::from(self.trusted_proxies).min(members.len());
        let place = members.len().checked_sub(back)?;
        members
            .get(place)
            .and_then(|member| address::parse(member))
            .or(peer)
    }
}

impl About<'_> {
    /// Whether the client came by TLS: on this connection, or, where proxies are trusted, to the one that
    /// says so in `X-Forwarded-Proto`.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        let forwarded = || {
            let proto = self.header("x-forwarded-proto")?;
            let first = proto.split(|&b| b == b',').next()?;
            Some(matches!(first.trim_ascii(), b"https" | b"wss"))
        };
        self.tls || (self.trusted_proxies > 0 && forwarded().unwrap_or(false))
    }
}

impl fmt::Debug for About<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The query may hold a session's id.
        f.debug_struct("About")
            .field("method", &self.method)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

/// A request kept beyond its head.
#[derive(Clone)]
pub struct Kept {
    method: Method,
    http11: bool,
    peer: Option<SocketAddr>,
    tls: bool,
    target: Box<str>,
    query: Box<str>,
    headers: Lines,
    trusted_proxies: u8,
}

type Line = (Box<str>, Box<[u8]>);

#[derive(Clone)]
struct Lines(Box<[Line]>);

impl Headers for Lines {
    fn for_each<'a>(&'a self, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        for (name, value) in &self.0 {
            each(name, value);
        }
    }
}

impl About<'_> {
    /// A copy that may outlive the head.
    #[must_use]
    pub fn keep(&self) -> Kept {
        let mut lines = Vec::new();
        self.headers
            .for_each(&mut |name, value| lines.push((name.into(), value.into())));
        Kept {
            method: self.method,
            http11: self.http11,
            peer: self.peer,
            tls: self.tls,
            target: self.target.into(),
            query: self.query.into(),
            headers: Lines(lines.into()),
            trusted_proxies: self.trusted_proxies,
        }
    }
}

impl Kept {
    /// The request.
    #[must_use]
    pub fn about(&self) -> About<'_> {
        About {
            method: self.method,
            http11: self.http11,
            peer: self.peer,
            tls: self.tls,
            target: &self.target,
            query: &self.query,
            headers: &self.headers,
            trusted_proxies: self.trusted_proxies,
        }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.about().fmt(f)
    }
}

/// The headers of one request, gathered once.
#[derive(Default)]
pub(super) struct Pairs<'a> {
    /// As many as most requests have, which cost no memory of their own.
    few: [(&'a str, &'a [u8]); 16],
    used: usize,
    more: Vec<(&'a str, &'a [u8])>,
}

impl<'a> Pairs<'a> {
    pub(super) fn gather(&mut self, headers: &'a dyn Headers) {
        headers.for_each(&mut |name, value| match self.few.get_mut(self.used) {
            Some(place) => {
                *place = (name, value);
                self.used = self.used.saturating_add(1);
            }
            None => self.more.push((name, value)),
        });
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        let few = self.few.get(..self.used).unwrap_or_default();
        few.iter().chain(&self.more).copied()
    }

    /// The values of the headers of this name, in order.
    pub(super) fn all(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        self.iter()
            .filter(move |(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    pub(super) fn first(&self, name: &'static str) -> Option<&'a [u8]> {
        self.all(name).next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::String};

    #[test]
    fn all_headers_are_gathered_in_order() {
        for count in [0, 1, 15, 16, 17, 40] {
            let names: Vec<String> = (0..count).map(|n| format!("X-{n}")).collect();
            let lines: Vec<(&str, &[u8])> = names.iter().map(|n| (&**n, n.as_bytes())).collect();
            let headers = &lines[..];
            let mut pairs = Pairs::default();
            pairs.gather(&headers);
            assert_eq!(pairs.iter().collect::<Vec<_>>(), lines);
            let last = names.last().map(String::as_bytes);
            assert_eq!(pairs.all("x-39").next(), last.filter(|_| count == 40));
        }
    }
}
