//! A whole request head: what the client asks for. How its body is framed is in `framing`.

use crate::{
    Error, Violation,
    fields::{Fields, Span, Text, violation},
    framing::{Framing, Plan},
};
use alloc::borrow::Cow;

/// The methods that upgrades and polls meet (RFC 9110, 9; RFC 5789). Names are case-sensitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`.
    Get,
    /// `HEAD`: its answer has no body.
    Head,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
    /// `DELETE`.
    Delete,
    /// `OPTIONS`.
    Options,
    /// `PATCH`.
    Patch,
    /// Any other token.
    Other,
}

impl Method {
    fn from_name(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            "PATCH" => Self::Patch,
            _ => Self::Other,
        }
    }

    /// The name, or `None` for [`Method::Other`].
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Get => Some("GET"),
            Self::Head => Some("HEAD"),
            Self::Post => Some("POST"),
            Self::Put => Some("PUT"),
            Self::Delete => Some("DELETE"),
            Self::Options => Some("OPTIONS"),
            Self::Patch => Some("PATCH"),
            Self::Other => None,
        }
    }
}

/// A whole request head: borrowed from the input where it arrived whole, owned where it did not.
#[derive(Debug, Clone)]
pub struct Head<'b> {
    fields: Fields<'b>,
    target: Text<'b>,
    parts: Parts,
    plan: Plan,
    method: Method,
    http11: bool,
}

/// Where the parts of a request target lie in it.
#[derive(Debug, Clone, Copy)]
struct Parts {
    path: Span,
    query: Span,
}

impl<'b> Head<'b> {
    /// Parses a head that ends where `bytes` ends and has `count` header lines.
    pub(crate) fn parse(bytes: Cow<'b, [u8]>, count: usize) -> Result<Self, Error> {
        let ((method, http11, target, parts, plan), fields) =
            Fields::parse(bytes, count, |bytes, slots| {
                let mut request = httparse::Request::new(&mut []);
                let parsed = request.parse_with_uninit_headers(bytes, slots);
                if parsed == Err(httparse::Error::Version) && names_a_version(bytes) {
                    return Err(Error::Version);
                }
                parsed.map_err(|e| violation(e, Violation::RequestLine))?;
                let (Some(method), Some(target), Some(version)) =
                    (request.method, request.path, request.version)
                else {
                    return Err(Violation::RequestLine.into());
                };
                let (method, http11) = (Method::from_name(method), version == 1);
                let (parts, authority) = Parts::parse(target, method)?;
                let headers: &[httparse::Header<'_>] = request.headers;
                let plan = Plan::examine(headers, method, http11, authority)?;
                let target = Span::of(target.as_bytes(), bytes);
                Ok(((method, http11, target, parts, plan), headers))
            })?;
        Ok(Self {
            target: Text::of(target, &fields.bytes),
            fields,
            parts,
            plan,
            method,
            http11,
        })
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The target as it was sent.
    #[must_use]
    pub fn target(&self) -> &str {
        self.target.get(&self.fields.bytes)
    }

    /// The path of the target, not decoded: begins with `/`, or is `*` where the target is.
    #[must_use]
    pub fn path(&self) -> &str {
        match self.parts.path.within(self.target()) {
            "" => "/",
            path => path,
        }
    }

    /// What stands behind the first `?` of the target, not decoded; empty where there is none.
    #[must_use]
    pub fn query(&self) -> &str {
        self.parts.query.within(self.target())
    }

    /// Whether this is HTTP/1.1; else it is HTTP/1.0.
    #[must_use]
    pub fn http11(&self) -> bool {
        self.http11
    }

    /// The value of the first header of that name, in any case; without surrounding whitespace.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.fields.get(name)
    }

    /// All headers in order, values without surrounding whitespace.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> + Clone {
        self.fields.iter()
    }

    /// Whether the client keeps the connection after the answer (RFC 9112, 9.3).
    #[must_use]
    pub fn keep_alive(&self) -> bool {
        self.plan.keep_alive
    }

    /// Whether a body of at least one byte, or a chunked one, follows.
    #[must_use]
    pub fn has_body(&self) -> bool {
        self.plan.framing != Framing::None
    }

    /// Whether the client asks to go on in WebSocket: `Upgrade` names it. Anything but an
    /// [`upgrade`](crate::Connection::upgrade) then closes the connection, since what follows may be
    /// frames already.
    #[must_use]
    pub fn wants_websocket(&self) -> bool {
        self.plan.websocket
    }

    /// Detaches the head from the buffer it borrows.
    #[must_use]
    pub fn into_owned(self) -> Head<'static> {
        Head {
            target: self.target.into_owned(&self.fields.bytes),
            fields: self.fields.into_owned(),
            parts: self.parts,
            plan: self.plan,
            method: self.method,
            http11: self.http11,
        }
    }

    pub(crate) fn plan(&self) -> Plan {
        self.plan
    }
}

impl Parts {
    /// Takes a target apart: origin form, absolute form (with its authority), or `*` for OPTIONS
    /// (RFC 9112, 3.2).
    fn parse(target: &str, method: Method) -> Result<(Self, Option<&str>), Violation> {
        let asterisk = target == "*" && method == Method::Options;
        let (authority, rest) = if target.starts_with('/') || asterisk {
            (None, target)
        } else {
            let (scheme, rest) = target.split_once("://").ok_or(Violation::Target)?;
            let known = ["http", "https", "ws", "wss"];
            if !known.iter().any(|k| scheme.eq_ignore_ascii_case(k)) {
                return Err(Violation::Target);
            }
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            let (authority, rest) = rest.split_at_checked(end).ok_or(Violation::Target)?;
            if authority.is_empty() {
                return Err(Violation::Target);
            }
            (Some(authority), rest)
        };
        // Without a branch for each byte: they are looked at many at once.
        if rest.bytes().fold(false, |found, b| found | (b == b'#')) {
            return Err(Violation::Target);
        }
        let mark = rest.bytes().position(|b| b == b'?');
        let (path, behind) = rest
            .split_at_checked(mark.unwrap_or(rest.len()))
            .unwrap_or_default();
        let query = behind.get(1..).unwrap_or_default();
        let span = |part: &str| match part {
            "" => Span::default(),
            part => Span::of(part.as_bytes(), target.as_bytes()),
        };
        let parts = Self {
            path: span(path),
            query: span(query),
        };
        Ok((parts, authority))
    }
}

/// Whether the first line is well-formed but for a version that is not spoken here.
fn names_a_version(head: &[u8]) -> bool {
    let line = head.trim_ascii_start();
    let line = line.split(|&b| b == b'\r').next().unwrap_or_default();
    let mut words = line.split(|&b| b == b' ').skip(2);
    match (
        words.next().map(|word| word.strip_prefix(b"HTTP/")),
        words.next(),
    ) {
        (Some(Some([major, b'.', minor])), None) => {
            major.is_ascii_digit() && minor.is_ascii_digit()
        }
        _ => false,
    }
}
