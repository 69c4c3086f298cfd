//! What a request offers, and the checks of RFC 6455 §4.2.1.

use super::{Accept, Refusal, request::parse};
use crate::handshake::{
    accept_key,
    extensions::{self, Extension},
    origin::{OriginPolicy, is_allowed},
    syntax::{has_token, is_token, members, trim},
};
use alloc::vec::Vec;

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
    content_length: Field<'a>,
    transfer_encoding: bool,
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
        // One comparison each, not one with every name there is.
        match name.len() {
            4 if is("host") => self.host.set(value),
            6 if is("origin") => self.origin.set(value),
            7 if is("upgrade") => self.upgrade |= has_token(value, "websocket"),
            10 if is("connection") => self.connection |= has_token(value, "upgrade"),
            14 if is("content-length") => self.content_length.set(value),
            16 if is("x-forwarded-host") => self.forwarded_host.set(value),
            17 if is("sec-websocket-key") => self.key.set(value),
            17 if is("transfer-encoding") => self.transfer_encoding = true,
            21 if is("sec-websocket-version") => self.version.set(value),
            22 if is("sec-websocket-protocol") => self.protocols.push(value),
            24 if is("sec-websocket-extensions") => self.extensions.push(value),
            _ => {}
        }
    }

    /// Whether the request says that a body follows, which would be taken for frames.
    fn has_body(&self) -> bool {
        let length = self.content_length;
        self.transfer_encoding || length.repeated || !matches!(length.value, None | Some(b"0"))
    }

    /// Parses a whole request head (see [`HeadReader`](crate::handshake::HeadReader)); returns the request
    /// target beside the offer.
    ///
    /// # Errors
    /// [`Refusal::Head`] for what is no HTTP request head, [`Refusal::TooManyHeaders`].
    pub fn parse(head: &'a [u8]) -> Result<(&'a str, Self), Refusal> {
        parse(head, |(target, _, offer)| (target, offer))
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
        self.judge_origin(trust_proxy, |origin, host| is_allowed(origin, host, policy))
    }

    pub(super) fn judge_origin(
        &self,
        trust_proxy: bool,
        is_allowed: impl FnOnce(Option<&[u8]>, Option<&[u8]>) -> bool,
    ) -> Result<(), Refusal> {
        let forwarded = self.forwarded_host.value.filter(|_| trust_proxy);
        let host = match forwarded {
            Some(hosts) => members(hosts).next(),
            None => self.host.once(),
        };
        match !self.origin.repeated && is_allowed(self.origin.value, host) {
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
        check(!self.has_body(), Refusal::Body)?;
        Ok(Accept::new(accept_key(key)))
    }
}

/// Whether it is the base64 of 16 bytes: 22 characters and the padding.
fn is_key(key: &[u8]) -> bool {
    let is_base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    matches!(key.strip_suffix(b"=="), Some(digits) if digits.len() == 22 && digits.iter().all(is_base64))
}
