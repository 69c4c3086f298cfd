//! A request head, parsed: its target and its headers.

use super::{Offer, Refusal};
use crate::handshake::{head::has_bare_line_end, syntax::trim};
use core::fmt;

/// A request as it came, for those who judge it by more than RFC 6455 does.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    target: &'a str,
    headers: &'a [httparse::Header<'a>],
}

impl<'a> Request<'a> {
    pub(super) fn new(target: &'a str, headers: &'a [httparse::Header<'a>]) -> Self {
        Self { target, headers }
    }

    /// The request target as it came: commonly path and query.
    #[must_use]
    pub fn target(&self) -> &'a str {
        self.target
    }

    /// The target up to a `?`.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.target
            .split_once('?')
            .map_or(self.target, |(path, _)| path)
    }

    /// The target behind a `?`.
    #[must_use]
    pub fn query(&self) -> Option<&'a str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// All headers, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.headers.iter().map(|h| (h.name, trim(h.value)))
    }

    /// The first header of that name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        let mut headers = self.headers();
        headers
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may hold secrets.
        f.debug_struct("Request")
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

/// What a head says: target, headers, offer.
pub(super) type Parsed<'h, 'a> = (&'a str, &'h [httparse::Header<'a>], Offer<'a>);

/// Parses a whole request head (RFC 9112 §2) and lends `then` what it says.
pub(super) fn parse<'a, T>(
    head: &'a [u8],
    then: impl FnOnce(Parsed<'_, 'a>) -> T,
) -> Result<T, Refusal> {
    if has_bare_line_end(head) {
        return Err(Refusal::Head);
    }
    let mut headers = [httparse::EMPTY_HEADER; Offer::MAX_HEADERS];
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
    let http11 = request.version == Some(1);
    let pairs = request.headers.iter().map(|h| (h.name, h.value));
    let offer = Offer::from_parts(method == "GET", http11, pairs);
    Ok(then((target, request.headers, offer)))
}
