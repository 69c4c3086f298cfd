//! What is wrong with a request, and the answer to it.

use alloc::vec::Vec;
use core::fmt;

/// Why an offer is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Not an HTTP request head.
    Head,
    /// More header lines than [`Offer::MAX_HEADERS`](super::Offer::MAX_HEADERS).
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
    /// The request says that a body follows it.
    Body,
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
            | Self::Extensions
            | Self::Body => 400,
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
            | Self::Body
            | Self::Origin => &[],
        }
    }

    /// What is wrong, as the answer's body says it.
    #[must_use]
    pub fn reason(self) -> &'static str {
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
            Self::Body => "the request must have no body",
            Self::Origin => "the origin is not allowed",
        }
    }

    /// The whole answer; the connection is to be closed behind it, and bytes pipelined behind the
    /// request are to be dropped.
    #[must_use]
    pub fn response(self) -> Vec<u8> {
        let connection = match self {
            Self::Version => "close, Upgrade", // RFC 9110 §7.8 wants Upgrade to be named here
            _ => "close",
        };
        let mut out = head(self.status(), connection, self.reason().len());
        out.extend_from_slice(b"Content-Type: text/plain\r\n");
        for (name, value) in self.headers() {
            for part in [name, ": ", value, "\r\n"] {
                out.extend_from_slice(part.as_bytes());
            }
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(self.reason().as_bytes());
        out
    }
}

/// The beginning of an answer that closes the connection.
pub(super) fn head(status: u16, connection: &str, length: usize) -> Vec<u8> {
    let phrase = phrase(status);
    let head = alloc::format!(
        "HTTP/1.1 {status} {phrase}\r\nConnection: {connection}\r\nContent-Length: {length}\r\n"
    );
    head.into_bytes()
}

/// For people; an unknown status has none (RFC 9112 §4).
fn phrase(status: u16) -> &'static str {
    match status {
        302 => "Found",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "",
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl core::error::Error for Refusal {}
