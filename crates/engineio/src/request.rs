//! Requests and responses as values: any HTTP server can make the one and send the other.

use crate::{Coding, ErrorCode, Refusal, jsonp};
use alloc::collections::VecDeque;
use bytes::Bytes;

/// A request's method, as far as Engine.IO tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// HEAD; the files of the client are asked for by it, above this crate.
    Head,
    /// OPTIONS; a CORS preflight is answered above this crate.
    Options,
    /// Any other.
    Other,
}

/// A request to the Engine.IO path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// The method.
    pub method: Method,
    /// What stands behind the `?` of the target, not decoded; empty when there is none.
    pub query: &'a str,
    /// Whether the request is a WebSocket handshake (RFC 6455 §4.2.1).
    pub websocket: bool,
    /// The value of `Content-Type`.
    pub content_type: Option<&'a [u8]>,
}

impl<'a> Request<'a> {
    /// A plain request without a content type.
    #[must_use]
    pub const fn new(method: Method, query: &'a str) -> Self {
        Self {
            method,
            query,
            websocket: false,
            content_type: None,
        }
    }

    /// Whether the body claims to be bytes of no particular kind; parameters do not matter.
    pub(crate) fn is_octet_stream(&self) -> bool {
        is_octet_stream(self.content_type.unwrap_or_default())
    }
}

/// Whether a content type is that of bytes of no particular kind; parameters do not matter.
pub(crate) fn is_octet_stream(value: &[u8]) -> bool {
    let essence = value.split(|&b| b == b';').next().unwrap_or_default();
    essence
        .trim_ascii()
        .eq_ignore_ascii_case(b"application/octet-stream")
}

/// What a response's body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    /// Packets, `ok`, or nothing.
    Text,
    /// A refusal.
    Json,
    /// Packets of v3 with binary data among them.
    Bytes,
    /// Packets as the argument of a JSONP callback.
    Script,
}

impl ContentType {
    /// The value of `Content-Type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=UTF-8",
            Self::Json => "application/json",
            Self::Bytes => "application/octet-stream",
            Self::Script => "text/javascript; charset=UTF-8",
        }
    }
}

/// The answer to a request. Whoever sends it adds `Content-Length`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// What the body is.
    pub content_type: ContentType,
    /// The body, in order; no chunk is empty.
    pub body: VecDeque<Bytes>,
    /// Whether it may be compressed: not where every message in it was sent with that wish.
    pub compress: bool,
    /// Why the request is refused, where it is.
    pub refusal: Option<Refusal>,
}

impl Response {
    /// 200 with a payload, which JSONP wraps.
    pub(crate) fn payload(coding: Coding, jsonp: Option<u64>, body: VecDeque<Bytes>) -> Self {
        let (content_type, body) = match (jsonp, coding) {
            (Some(index), _) => (ContentType::Script, jsonp::script(index, &body)),
            (None, Coding::V4 | Coding::V3Text) => (ContentType::Text, body),
            (None, Coding::V3Binary) => (ContentType::Bytes, body),
        };
        Self {
            status: 200,
            content_type,
            body,
            compress: true,
            refusal: None,
        }
    }

    /// 200 and `ok`.
    pub(crate) fn ok() -> Self {
        Self {
            status: 200,
            content_type: ContentType::Text,
            body: VecDeque::from([Bytes::from_static(b"ok")]),
            compress: true,
            refusal: None,
        }
    }

    /// `status` without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            content_type: ContentType::Text,
            body: VecDeque::new(),
            compress: true,
            refusal: None,
        }
    }

    /// The length of the body, in bytes.
    #[must_use]
    pub fn content_length(&self) -> usize {
        self.body
            .iter()
            .map(Bytes::len)
            .fold(0, usize::saturating_add)
    }

    /// The headers that go with it, `Content-Length` apart: the content type where there is a body,
    /// `Cache-Control: no-store`, `X-Content-Type-Options: nosniff` with a script, and `Allow` with 405
    /// (RFC 9110 §15.5.6).
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let typed = (!self.body.is_empty()).then_some(("Content-Type", self.content_type.as_str()));
        let allow = (self.status == 405).then_some(("Allow", "GET, POST"));
        let script = self.content_type == ContentType::Script;
        let sniff = script.then_some(("X-Content-Type-Options", "nosniff"));
        typed
            .into_iter()
            .chain([("Cache-Control", "no-store")])
            .chain(sniff)
            .chain(allow)
    }
}

impl ErrorCode {
    /// The refusal, as JSON.
    #[must_use]
    pub fn response(self) -> Response {
        Refusal::from(self).response()
    }
}

impl Refusal {
    /// The refusal, as JSON.
    #[must_use]
    pub fn response(self) -> Response {
        Response {
            status: self.status(),
            content_type: ContentType::Json,
            body: VecDeque::from([Bytes::from_static(self.body().as_bytes())]),
            compress: true,
            refusal: Some(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn octet_stream_whatever_its_case_and_parameters() {
        for (value, expected) in [
            ("application/octet-stream", true),
            ("Application/Octet-Stream ; charset=x", true),
            ("text/plain;charset=UTF-8", false),
            ("application/octet-streams", false),
            ("", false),
        ] {
            let request = Request {
                content_type: Some(value.as_bytes()),
                ..Request::new(Method::Post, "")
            };
            assert_eq!(request.is_octet_stream(), expected, "{value}");
        }
        assert!(!Request::new(Method::Post, "").is_octet_stream());
    }

    #[test]
    fn headers_follow_status_and_body() {
        let of = |r: Response| r.headers().collect::<Vec<_>>();
        let store = ("Cache-Control", "no-store");
        assert_eq!(
            of(Response::ok()),
            [("Content-Type", "text/plain; charset=UTF-8"), store]
        );
        assert_eq!(of(Response::empty(405)), [store, ("Allow", "GET, POST")]);
        assert_eq!(
            of(ErrorCode::UnknownSid.response()),
            [("Content-Type", "application/json"), store]
        );
    }
}
