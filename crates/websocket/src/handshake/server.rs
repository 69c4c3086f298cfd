//! The server's side (RFC 6455 §4.2): what a request offers, whether to accept it, and the answer.

use super::{
    accept_key,
    extensions::{self, Extension},
    head::has_bare_line_end,
    origin::{OriginPolicy, is_allowed},
    syntax::{InvalidHeader, has_token, is_token, members, put_header, trim},
};
use alloc::vec::Vec;
use core::fmt;

/// What a request says about an upgrade to WebSocket; it borrows the head.
#[derive(Debug, Default)]
pub struct Offer<'a> {
    method_is_get: bool,
    http11: bool,
    upgrade: bool,
    connection: bool,
    host: Field<'a>,
    forwarded_host: Field<'a>,
    origin: Field<'a>,
    key: Field<'a>,
    version: Field<'a>,
    protocols: Vec<&'a [u8]>,
    extensions: Vec<&'a [u8]>,
}

/// A header that may stand once.
#[derive(Debug, Default, Clone, Copy)]
struct Field<'a> {
    value: Option<&'a [u8]>,
    repeated: bool,
}

impl<'a> Field<'a> {
    fn set(&mut self, value: &'a [u8]) {
        self.repeated = self.value.is_some();
        self.value = Some(trim(value));
    }

    fn once(self) -> Option<&'a [u8]> {
        self.value.filter(|_| !self.repeated)
    }
}

impl<'a> Offer<'a> {
    /// Most header lines that [`parse`](Self::parse) takes.
    pub const MAX_HEADERS: usize = 100;

    /// Reads the headers of a parsed request.
    #[must_use]
    pub fn from_parts(
        method_is_get: bool,
        http11: bool,
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Self {
        let mut offer = Self {
            method_is_get,
            http11,
            ..Self::default()
        };
        for (name, value) in headers {
            offer.header(name, value);
        }
        offer
    }

    fn header(&mut self, name: &str, value: &'a [u8]) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("host") {
            self.host.set(value);
        } else if is("upgrade") {
            self.upgrade |= has_token(value, "websocket");
        } else if is("connection") {
            self.connection |= has_token(value, "upgrade");
        } else if is("origin") {
            self.origin.set(value);
        } else if is("x-forwarded-host") {
            self.forwarded_host.set(value);
        } else if is("sec-websocket-key") {
            self.key.set(value);
        } else if is("sec-websocket-version") {
            self.version.set(value);
        } else if is("sec-websocket-protocol") {
            self.protocols.push(value);
        } else if is("sec-websocket-extensions") {
            self.extensions.push(value);
        }
    }

    /// Parses a whole request head (see [`HeadReader`](super::HeadReader)); returns the request
    /// target beside the offer.
    ///
    /// # Errors
    /// [`Refusal::Head`] for what is no HTTP request head, [`Refusal::TooManyHeaders`].
    pub fn parse(head: &'a [u8]) -> Result<(&'a str, Self), Refusal> {
        if has_bare_line_end(head) {
            return Err(Refusal::Head);
        }
        let mut headers = [httparse::EMPTY_HEADER; Self::MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(head) {
            Ok(httparse::Status::Complete(len)) if len == head.len() => {}
            Ok(_) => return Err(Refusal::Head),
            Err(httparse::Error::TooManyHeaders) => return Err(Refusal::TooManyHeaders),
            Err(_) => return Err(Refusal::Head),
        }
        let (Some(method), Some(target)) = (request.method, request.path) else {
            return Err(Refusal::Head);
        };
        let headers = request.headers.iter().map(|h| (h.name, h.value));
        let http11 = request.version == Some(1);
        Ok((target, Self::from_parts(method == "GET", http11, headers)))
    }

    /// Whether the request asks for WebSocket at all; if not, it is some other request.
    #[must_use]
    pub fn is_upgrade(&self) -> bool {
        self.upgrade
    }

    /// The `Origin` header, where it stands once.
    #[must_use]
    pub fn origin(&self) -> Option<&'a [u8]> {
        self.origin.once()
    }

    /// Judges the origin. With `trust_proxy`, `X-Forwarded-Host` counts in place of `Host`.
    ///
    /// # Errors
    /// [`Refusal::Origin`].
    pub fn check_origin(&self, policy: OriginPolicy<'_>, trust_proxy: bool) -> Result<(), Refusal> {
        let forwarded = self.forwarded_host.value.filter(|_| trust_proxy);
        let host = match forwarded {
            Some(hosts) => members(hosts).next(),
            None => self.host.once(),
        };
        match !self.origin.repeated && is_allowed(self.origin.value, host, policy) {
            true => Ok(()),
            false => Err(Refusal::Origin),
        }
    }

    /// The subprotocols offered, in the client's order of preference.
    pub fn protocols(&self) -> impl Iterator<Item = &'a [u8]> {
        self.protocols.iter().flat_map(|list| members(list))
    }

    /// The first of `ours`, in the server's order of preference, that the client offers.
    #[must_use]
    pub fn choose<'s>(&self, ours: &[&'s str]) -> Option<&'s str> {
        let offered = |name: &&&str| self.protocols().any(|p| p == name.as_bytes());
        ours.iter().find(offered).copied()
    }

    /// The extensions offered, in the client's order of preference.
    ///
    /// # Errors
    /// [`Refusal::Extensions`] where they do not follow the grammar.
    pub fn extensions(&self) -> Result<Vec<Extension<'a>>, Refusal> {
        let mut all = Vec::new();
        for value in &self.extensions {
            all.extend(extensions::parse(value).map_err(|_| Refusal::Extensions)?);
        }
        Ok(all)
    }

    /// Makes the checks of RFC 6455 §4.2.1. A subprotocol is chosen with
    /// [`Accept::with_protocol`]; no extension is agreed to, but for `Accept::with_deflate`.
    ///
    /// # Errors
    /// The first [`Refusal`] there is.
    pub fn accept(&self) -> Result<Accept<'static>, Refusal> {
        let check = |holds: bool, refusal| if holds { Ok(()) } else { Err(refusal) };
        check(self.method_is_get, Refusal::Method)?;
        check(self.http11, Refusal::HttpVersion)?;
        check(self.host.once().is_some(), Refusal::Host)?;
        check(self.upgrade, Refusal::Upgrade)?;
        check(self.connection, Refusal::Connection)?;
        check(!self.version.repeated, Refusal::RepeatedVersion)?;
        check(self.version.value == Some(b"13"), Refusal::Version)?;
        let key = self.key.once().filter(|key| is_key(key));
        let key = key.ok_or(Refusal::Key)?;
        check(self.protocols().all(is_token), Refusal::Protocol)?;
        self.extensions()?;
        Ok(Accept {
            key: accept_key(key),
            protocol: None,
            #[cfg(feature = "deflate")]
            deflate: None,
        })
    }
}

/// Whether it is the base64 of 16 bytes: 22 characters and the padding.
fn is_key(key: &[u8]) -> bool {
    let is_base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    matches!(key.strip_suffix(b"=="), Some(digits) if digits.len() == 22 && digits.iter().all(is_base64))
}

/// The answer to an accepted offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accept<'s> {
    key: [u8; 28],
    protocol: Option<&'s str>,
    #[cfg(feature = "deflate")]
    deflate: Option<crate::deflate::HeaderValue>,
}

impl<'s> Accept<'s> {
    /// The value of `Sec-WebSocket-Accept`.
    #[must_use]
    pub fn key(&self) -> &str {
        core::str::from_utf8(&self.key).unwrap_or_default()
    }

    /// The subprotocol agreed to.
    #[must_use]
    pub fn protocol(&self) -> Option<&'s str> {
        self.protocol
    }

    /// Agrees to a subprotocol: one that [`Offer::choose`] returned.
    ///
    /// # Errors
    /// [`InvalidHeader`] if it is not a token.
    pub fn with_protocol(self, protocol: &str) -> Result<Accept<'_>, InvalidHeader> {
        match is_token(protocol.as_bytes()) {
            true => Ok(Accept {
                key: self.key,
                protocol: Some(protocol),
                #[cfg(feature = "deflate")]
                deflate: self.deflate,
            }),
            false => Err(InvalidHeader),
        }
    }

    /// Agrees to permessage-deflate, as [`deflate::answer`](crate::deflate::answer) judged the offer.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn with_deflate(mut self, agreed: &crate::deflate::Agreed) -> Self {
        self.deflate = Some(agreed.header_value());
        self
    }

    fn extensions(&self) -> Option<&str> {
        #[cfg(feature = "deflate")]
        return self
            .deflate
            .as_ref()
            .map(crate::deflate::HeaderValue::as_str);
        #[cfg(not(feature = "deflate"))]
        None
    }

    /// The headers of the answer, for a server that writes it itself with status 101.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", self.key()),
        ]
        .into_iter()
        .chain(self.protocol.map(|p| ("Sec-WebSocket-Protocol", p)))
        .chain(self.extensions().map(|e| ("Sec-WebSocket-Extensions", e)))
    }

    /// The whole answer, with headers of the caller's behind its own.
    ///
    /// # Errors
    /// [`InvalidHeader`] for a header of the caller's that is none.
    pub fn response(&self, extra: &[(&str, &str)]) -> Result<Vec<u8>, InvalidHeader> {
        let mut out = Vec::from(*b"HTTP/1.1 101 Switching Protocols\r\n");
        for (name, value) in self.headers().chain(extra.iter().copied()) {
            put_header(&mut out, name, value)?;
        }
        out.extend_from_slice(b"\r\n");
        Ok(out)
    }
}

/// Why an offer is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Not an HTTP request head.
    Head,
    /// More header lines than [`Offer::MAX_HEADERS`].
    TooManyHeaders,
    /// Not GET.
    Method,
    /// Not HTTP/1.1.
    HttpVersion,
    /// No `Host`, or several.
    Host,
    /// `Upgrade` does not name `websocket`.
    Upgrade,
    /// `Connection` does not name `upgrade`.
    Connection,
    /// Several `Sec-WebSocket-Version`.
    RepeatedVersion,
    /// A `Sec-WebSocket-Version` other than 13, or none.
    Version,
    /// No `Sec-WebSocket-Key`, several, or one that is not 16 bytes in base64.
    Key,
    /// `Sec-WebSocket-Protocol` does not follow its grammar.
    Protocol,
    /// `Sec-WebSocket-Extensions` does not follow its grammar.
    Extensions,
    /// The page's origin is not allowed.
    Origin,
}

impl Refusal {
    /// The HTTP status of the answer.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Method => 405,
            Self::Version => 426,
            Self::Origin => 403,
            Self::TooManyHeaders => 431,
            Self::Head
            | Self::HttpVersion
            | Self::Host
            | Self::Upgrade
            | Self::Connection
            | Self::RepeatedVersion
            | Self::Key
            | Self::Protocol
            | Self::Extensions => 400,
        }
    }

    /// The headers that the answer needs beside those of every response.
    #[must_use]
    pub fn headers(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Method => &[("Allow", "GET")],
            Self::Version => &[("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket")],
            Self::Head
            | Self::TooManyHeaders
            | Self::HttpVersion
            | Self::Host
            | Self::Upgrade
            | Self::Connection
            | Self::RepeatedVersion
            | Self::Key
            | Self::Protocol
            | Self::Extensions
            | Self::Origin => &[],
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Head => "malformed request head",
            Self::TooManyHeaders => "too many header lines",
            Self::Method => "the method must be GET",
            Self::HttpVersion => "the version must be HTTP/1.1",
            Self::Host => "Host must stand exactly once",
            Self::Upgrade => "Upgrade must name websocket",
            Self::Connection => "Connection must name upgrade",
            Self::RepeatedVersion => "Sec-WebSocket-Version stands more than once",
            Self::Version => "Sec-WebSocket-Version must be 13",
            Self::Key => "Sec-WebSocket-Key must be 16 bytes in base64, exactly once",
            Self::Protocol => "malformed Sec-WebSocket-Protocol",
            Self::Extensions => "malformed Sec-WebSocket-Extensions",
            Self::Origin => "the origin is not allowed",
        }
    }

    /// The whole answer; the connection is to be closed behind it, and bytes pipelined behind the
    /// request are to be dropped.
    #[must_use]
    pub fn response(self) -> Vec<u8> {
        let phrase = match self.status() {
            403 => "403 Forbidden",
            405 => "405 Method Not Allowed",
            426 => "426 Upgrade Required",
            431 => "431 Request Header Fields Too Large",
            _ => "400 Bad Request",
        };
        let connection = match self {
            Self::Version => "close, Upgrade", // RFC 9110 §7.8 wants Upgrade to be named here
            _ => "close",
        };
        let body = self.reason();
        let mut out = alloc::format!(
            "HTTP/1.1 {phrase}\r\nConnection: {connection}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in self.headers() {
            out.extend([name, ": ", value, "\r\n"]);
        }
        out.extend(["\r\n", body]);
        out.into_bytes()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl core::error::Error for Refusal {}
