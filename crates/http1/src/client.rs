//! The little that a client's opening handshake needs: one request head out, one response head in.

use crate::{
    Error, Invalid, Limits, Method, Violation,
    answer::{check_headers, push_headers},
    fields::{Fields, is_host, violation},
    held::Held,
    scan::Scan,
};
use alloc::{borrow::Cow, sync::Arc, vec::Vec};
use siox_wire::Input;

/// A request head to be written. `Host` comes first and is not among `headers`; a body, if any, is
/// the caller's to frame.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Any but [`Method::Other`].
    pub method: Method,
    /// In origin form: a path beginning with `/`, and a query; visible ASCII.
    pub target: &'a str,
    /// `host` or `host:port`, not empty.
    pub host: &'a str,
    /// Header names and values, in order.
    pub headers: &'a [(&'a str, &'a str)],
}

impl Request<'_> {
    /// The head in bytes.
    ///
    /// # Errors
    /// [`Invalid`] when something supplied could end a line, or cannot stand where it is to stand.
    pub fn encode(&self) -> Result<Vec<u8>, Invalid> {
        let method = self.method.name().ok_or(Invalid::Method)?;
        // Without a branch for each byte: they are looked at many at once.
        let target = self.target.bytes();
        let hidden = target.fold(false, |bad, b| bad | !b.is_ascii_graphic() | (b == b'#'));
        if hidden || !self.target.starts_with('/') {
            return Err(Invalid::Target);
        }
        if self.host.is_empty() || !is_host(self.host.as_bytes()) {
            return Err(Invalid::Host);
        }
        check_headers(self.headers, &["host"])?;
        let mut parts = Vec::with_capacity(self.headers.len().saturating_mul(4).saturating_add(8));
        parts.extend([
            method.as_bytes(),
            b" ",
            self.target.as_bytes(),
            b" HTTP/1.1\r\nHost: ",
            self.host.as_bytes(),
            b"\r\n",
        ]);
        push_headers(self.headers, &mut parts);
        parts.push(b"\r\n");
        Ok(parts.concat())
    }
}

/// A whole response head: borrowed from the input where it arrived whole, owned where it did not.
#[derive(Debug, Clone)]
pub struct ResponseHead<'b> {
    fields: Fields<'b>,
    status: u16,
    http11: bool,
}

impl<'b> ResponseHead<'b> {
    fn parse(bytes: Cow<'b, [u8]>, count: usize) -> Result<Self, Error> {
        let ((status, http11), fields) = Fields::parse(bytes, count, |bytes, slots| {
            let mut response = httparse::Response::new(&mut []);
            let config = httparse::ParserConfig::default();
            let parsed = config.parse_response_with_uninit_headers(&mut response, bytes, slots);
            parsed.map_err(|e| match e {
                httparse::Error::Version => Error::Version,
                e => violation(e, Violation::StatusLine).into(),
            })?;
            let (Some(status), Some(version)) = (response.code, response.version) else {
                return Err(Violation::StatusLine.into());
            };
            let headers: &[httparse::Header<'_>] = response.headers;
            Ok(((status, version == 1), headers))
        })?;
        if !(100..=599).contains(&status) {
            return Err(Violation::StatusLine.into());
        }
        Ok(Self {
            fields,
            status,
            http11,
        })
    }

    /// The status, 100 to 599.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
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

    /// Detaches the head from the buffer it borrows.
    #[must_use]
    pub fn into_owned(self) -> ResponseHead<'static> {
        ResponseHead {
            fields: self.fields.into_owned(),
            status: self.status,
            http11: self.http11,
        }
    }
}

/// Parses the response head at the front of `bytes`; says how long it is. `None` while it is not
/// whole. For bytes that arrive in pieces, [`ResponseReader`] looks at each byte once.
///
/// # Errors
/// [`Error::HeadTooLarge`], [`Error::TooManyHeaders`], [`Error::Version`] or [`Error::Malformed`].
pub fn parse_response_head<'b>(
    bytes: &'b [u8],
    limits: &Limits,
) -> Result<Option<(ResponseHead<'b>, usize)>, Error> {
    let mut scan = Scan::head();
    let Some(end) = scan.feed(bytes, limits)? else {
        return Ok(None);
    };
    let head = bytes.get(..end).unwrap_or_default();
    let head = ResponseHead::parse(Cow::Borrowed(head), scan.headers())?;
    Ok(Some((head, end)))
}

/// Reads one final response head as its bytes arrive. Interim heads (1xx but 101; RFC 9110, 15.2) are
/// skipped; together with the final one they must keep within [`Limits::head`].
#[derive(Debug)]
pub struct ResponseReader {
    limits: Arc<Limits>,
    held: Held,
    /// Counts the bytes of interim heads too.
    scan: Scan,
    failed: Option<Error>,
}

impl ResponseReader {
    /// A reader of the head that comes next. Time is the caller's to limit.
    #[must_use]
    pub fn new(limits: Arc<Limits>) -> Self {
        Self {
            limits,
            held: Held::default(),
            scan: Scan::head(),
            failed: None,
        }
    }

    /// Takes bytes up to the end of the head; those behind it stay in `input`. `None` while the head
    /// is not whole. After a head, the reader begins anew.
    ///
    /// # Errors
    /// [`Error::HeadTooLarge`], [`Error::TooManyHeaders`], [`Error::Version`] or
    /// [`Error::Malformed`]; the same again at each later call.
    pub fn handle_input<'b>(
        &mut self,
        input: &mut Input<'b>,
    ) -> Result<Option<ResponseHead<'b>>, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        loop {
            let head = match self.next(input) {
                Ok(Some(head)) => head,
                Ok(None) => return Ok(None),
                Err(error) => {
                    self.held = Held::default();
                    self.failed = Some(error);
                    return Err(error);
                }
            };
            if head.status == 101 || head.status >= 200 {
                self.scan = Scan::head();
                return Ok(Some(head));
            }
        }
    }

    /// The next head, final or not.
    fn next<'b>(&mut self, input: &mut Input<'b>) -> Result<Option<ResponseHead<'b>>, Error> {
        let Some(end) = self.scan.feed(input.peek(), &self.limits)? else {
            self.held.push(input.take_all(), self.limits.head);
            return Ok(None);
        };
        let bytes = if self.held.is_empty() {
            Cow::Borrowed(&*input.take(end))
        } else {
            self.held.push(input.take(end), self.limits.head);
            Cow::Owned(self.held.take(usize::MAX))
        };
        let count = self.scan.headers();
        self.scan = self.scan.another();
        ResponseHead::parse(bytes, count).map(Some)
    }
}
