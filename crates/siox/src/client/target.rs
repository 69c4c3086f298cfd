//! The URL that an application names: a server and, as its path, a namespace.

use std::fmt;

/// A URL that names no server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadTarget;

impl fmt::Display for BadTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no URL of a server: http://HOST[:PORT][/NAMESPACE][?QUERY], or https, ws, wss")
    }
}

impl std::error::Error for BadTarget {}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Scheme and authority.
    pub(super) origin: String,
    /// The namespace, with its slash.
    pub(super) nsp: String,
    /// Without its question mark.
    pub(super) query: String,
}

impl Target {
    pub(super) fn parse(url: &str) -> Result<Self, BadTarget> {
        let url = url.split('#').next().unwrap_or_default();
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, behind) = rest.split_at(end);
        if authority.is_empty() {
            return Err(BadTarget);
        }
        let (path, query) = behind.split_once('?').unwrap_or((behind, ""));
        let origin = format!("{scheme}://{authority}");
        siox_stack::parse_url(&origin).map_err(|_| BadTarget)?;
        Ok(Self {
            origin,
            nsp: if path.is_empty() { "/" } else { path }.into(),
            query: query.into(),
        })
    }

    /// The URL of the Engine.IO server, whose path the options say.
    pub(super) fn engine(&self) -> String {
        match self.query.is_empty() {
            true => self.origin.clone(),
            false => format!("{}/?{}", self.origin, self.query),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_and_namespaces() {
        for (url, origin, nsp, query) in [
            ("http://a", "http://a", "/", ""),
            ("a:3000", "http://a:3000", "/", ""),
            ("https://a:1/", "https://a:1", "/", ""),
            ("ws://a/chat", "ws://a", "/chat", ""),
            ("http://a/a/b?x=1&y=2#z", "http://a", "/a/b", "x=1&y=2"),
            ("http://[::1]:80?x=1", "http://[::1]:80", "/", "x=1"),
        ] {
            let target = Target::parse(url).unwrap();
            assert_eq!(
                (&*target.origin, &*target.nsp, &*target.query),
                (origin, nsp, query),
                "{url}"
            );
        }
        for url in ["", "/", "http://", "ftp://a", "http:///x", "http://a b"] {
            assert_eq!(Target::parse(url), Err(BadTarget), "{url}");
        }
    }
}
