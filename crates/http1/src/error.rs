//! Errors by blame: [`Error`] and [`Violation`] are the peer's, [`Refused`] and [`Invalid`] the caller's.

use core::fmt;

/// What a peer did that ends the connection. The answer it is owed is already queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A head, or the trailers of a body, longer than allowed: 431.
    HeadTooLarge {
        /// [`Limits::head`](crate::Limits::head), in bytes.
        limit: usize,
    },
    /// More header lines than allowed: 431.
    TooManyHeaders {
        /// [`Limits::headers`](crate::Limits::headers).
        limit: usize,
    },
    /// A rule of the message syntax is broken: 400.
    Malformed(Violation),
    /// More bytes behind an unanswered request than are held: 400.
    Pipelined {
        /// [`Limits::pipelined`](crate::Limits::pipelined), in bytes.
        limit: usize,
    },
    /// Neither HTTP/1.1 nor HTTP/1.0: 505.
    Version,
    /// A transfer coding other than `chunked`: 501.
    Coding,
    /// An expectation other than `100-continue`: 417.
    Expectation,
    /// The head took too long: 408.
    HeadTimeout,
    /// The body took too long: 408.
    BodyTimeout,
    /// The peer took no byte of its answer for too long: no answer.
    Stalled,
    /// The peer closed inside a request: no answer.
    UnexpectedEof,
}

impl Error {
    /// The status the peer is answered with, if it is answered at all.
    #[must_use]
    pub fn status(self) -> Option<u16> {
        match self {
            Self::HeadTooLarge { .. } | Self::TooManyHeaders { .. } => Some(431),
            Self::Malformed(_) | Self::Pipelined { .. } => Some(400),
            Self::Version => Some(505),
            Self::Coding => Some(501),
            Self::Expectation => Some(417),
            Self::HeadTimeout | Self::BodyTimeout => Some(408),
            Self::Stalled | Self::UnexpectedEof => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeadTooLarge { limit } => write!(f, "the head exceeds {limit} bytes"),
            Self::TooManyHeaders { limit } => write!(f, "more than {limit} header lines"),
            Self::Malformed(violation) => violation.fmt(f),
            Self::Pipelined { limit } => {
                write!(
                    f,
                    "more than {limit} bytes sent ahead of an unanswered request"
                )
            }
            Self::Version => f.write_str("neither HTTP/1.1 nor HTTP/1.0"),
            Self::Coding => f.write_str("a transfer coding other than chunked"),
            Self::Expectation => f.write_str("an expectation other than 100-continue"),
            Self::HeadTimeout => f.write_str("the head took too long"),
            Self::BodyTimeout => f.write_str("the body took too long"),
            Self::Stalled => f.write_str("the peer does not read its answer"),
            Self::UnexpectedEof => f.write_str("the peer closed inside a request"),
        }
    }
}

impl core::error::Error for Error {}

/// A broken rule of RFC 9112 (message syntax) or RFC 9110 (semantics).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// The request line is not `method SP target SP version` (RFC 9112, 3).
    RequestLine,
    /// The status line is not `version SP status SP reason` (RFC 9112, 4).
    StatusLine,
    /// The target is in neither origin, absolute nor asterisk form (RFC 9112, 3.2).
    Target,
    /// A CR without LF (RFC 9112, 2.2).
    BareCr,
    /// A LF without CR (RFC 9112, 2.2 lets a server refuse it).
    BareLf,
    /// NUL, DEL, or another control character (RFC 9110, 5.5).
    Control,
    /// A header line that goes on in the next line (RFC 9112, 5.2).
    Fold,
    /// A header name that is no token, or whitespace before the colon (RFC 9112, 5.1).
    HeaderName,
    /// A header value with a forbidden character (RFC 9110, 5.5).
    HeaderValue,
    /// A second line of a header that is allowed once (RFC 9110, 5.3).
    Duplicate,
    /// No Host on HTTP/1.1 (RFC 9112, 3.2).
    NoHost,
    /// A Host that is no `host[:port]`, or not the authority of the target (RFC 9112, 3.2).
    Host,
    /// A Content-Length that is no decimal number below 2^64 (RFC 9112, 6.3).
    Length,
    /// Content-Length and Transfer-Encoding together, or Transfer-Encoding on HTTP/1.0
    /// (RFC 9112, 6.1).
    Framing,
    /// A chunk size that is no hexadecimal number below 2^64, or is followed by neither an extension
    /// nor CRLF (RFC 9112, 7.1).
    ChunkSize,
    /// Chunk extensions longer than [`Limits::extensions`](crate::Limits::extensions) in all.
    ChunkExtension,
    /// Chunk data not followed by CRLF (RFC 9112, 7.1).
    ChunkEnd,
}

impl Violation {
    fn text(self) -> &'static str {
        match self {
            Self::RequestLine => "malformed request line",
            Self::StatusLine => "malformed status line",
            Self::Target => "malformed request target",
            Self::BareCr => "CR without LF",
            Self::BareLf => "LF without CR",
            Self::Control => "control character",
            Self::Fold => "folded header line",
            Self::HeaderName => "malformed header name",
            Self::HeaderValue => "malformed header value",
            Self::Duplicate => "duplicate header",
            Self::NoHost => "no Host header",
            Self::Host => "malformed Host header",
            Self::Length => "malformed Content-Length",
            Self::Framing => "Transfer-Encoding where it may not be",
            Self::ChunkSize => "malformed chunk size",
            Self::ChunkExtension => "chunk extensions too long",
            Self::ChunkEnd => "chunk data without CRLF",
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl From<Violation> for Error {
    fn from(violation: Violation) -> Self {
        Self::Malformed(violation)
    }
}

/// Why a verb did nothing. The connection is as it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// No request waits for this verb.
    NoRequest,
    /// The body is declared larger than the limit: answer 413; the rest is not read.
    TooLarge {
        /// The limit given, in bytes.
        limit: usize,
    },
    /// A request with a body cannot be upgraded.
    HasBody,
    /// Something supplied cannot stand in a head.
    Invalid(Invalid),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRequest => f.write_str("no request waits for an answer"),
            Self::TooLarge { limit } => write!(f, "the body exceeds {limit} bytes"),
            Self::HasBody => f.write_str("a request with a body cannot be upgraded"),
            Self::Invalid(invalid) => invalid.fmt(f),
        }
    }
}

impl core::error::Error for Refused {}

impl From<Invalid> for Refused {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// What the caller supplied that cannot stand in a head: it could end a line, and what follows would
/// be read as another header or message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Invalid {
    /// A status outside 200 to 599.
    Status,
    /// A method that cannot be written.
    Method,
    /// A target that is not visible ASCII or does not begin with `/`, or holds a `#`.
    Target,
    /// A host that is no `host[:port]`.
    Host,
    /// A header name that is no token.
    Name {
        /// Which of the headers given.
        index: usize,
    },
    /// A header value with CR, LF, NUL or another control character.
    Value {
        /// Which of the headers given.
        index: usize,
    },
    /// A header that this crate writes itself (`Connection`, `Content-Length`, `Transfer-Encoding`;
    /// `Host` in a request).
    Framing {
        /// Which of the headers given.
        index: usize,
    },
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status => f.write_str("the status is not in 200 to 599"),
            Self::Method => f.write_str("the method has no name"),
            Self::Target => f.write_str("the target cannot stand in a request line"),
            Self::Host => f.write_str("the host is no host[:port]"),
            Self::Name { index } => write!(f, "the name of header {index} is no token"),
            Self::Value { index } => {
                write!(f, "the value of header {index} holds a control character")
            }
            Self::Framing { index } => write!(f, "header {index} is not the caller's to write"),
        }
    }
}

impl core::error::Error for Invalid {}
