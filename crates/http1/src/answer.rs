//! Response heads, written. Whether a connection stays is decided elsewhere.

use crate::{
    Invalid,
    fields::{is_token, is_value},
};
use alloc::vec::Vec;
use bytes::Bytes;
use siox_wire::{Digits, Outbox, decimal};

/// An answer to one request. `Connection` and `Content-Length` are written by the connection.
#[derive(Debug, Clone, Copy)]
pub struct Response<'a> {
    /// 200 to 599.
    pub status: u16,
    /// Header names and values, in order.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body in pieces: small ones are copied behind the head, large ones kept by reference. Not
    /// sent (but counted in `Content-Length`) for HEAD, and neither for 204 and 304.
    pub body: &'a [Bytes],
}

impl<'a> Response<'a> {
    /// An answer without headers and body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: &[],
            body: &[],
        }
    }

    /// Checks all that was supplied.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        if !(200..=599).contains(&self.status) {
            return Err(Invalid::Status);
        }
        check_headers(
            self.headers,
            &["connection", "content-length", "transfer-encoding"],
        )
    }

    /// Writes a checked answer.
    pub(crate) fn write(&self, connection: Option<&str>, bodiless: bool, out: &mut Outbox) {
        const PACK_BELOW: usize = 1024;
        let len = self
            .body
            .iter()
            .fold(0usize, |n, b| n.saturating_add(b.len()));
        let (mut status, mut length) = (Digits::default(), Digits::default());
        let mut parts: Vec<&[u8]> =
            Vec::with_capacity(self.headers.len().saturating_mul(4).saturating_add(16));
        match self.status {
            200 => parts.push(b"HTTP/1.1 200 OK\r\n"),
            other => parts.extend([
                b"HTTP/1.1 ".as_slice(),
                decimal(u64::from(other), &mut status).as_bytes(),
                b" ",
                reason(other).as_bytes(),
                b"\r\n",
            ]),
        }
        // An Upgrade (of a 426) must be named in Connection (RFC 9110, 7.8).
        let upgrade = has(self.headers, "upgrade").then_some("Upgrade");
        let options = match (connection, upgrade) {
            (Some(stay), Some(upgrade)) => [stay, ", ", upgrade],
            (stay, upgrade) => [stay.or(upgrade).unwrap_or(""), "", ""],
        };
        if connection.is_some() || upgrade.is_some() {
            parts.push(b"Connection: ");
            parts.extend(options.map(str::as_bytes));
            parts.push(b"\r\n");
        }
        push_headers(self.headers, &mut parts);
        let empty = matches!(self.status, 204 | 304);
        if !empty {
            let len = u64::try_from(len).unwrap_or(u64::MAX);
            parts.extend([
                b"Content-Length: ",
                decimal(len, &mut length).as_bytes(),
                b"\r\n",
            ]);
        }
        parts.push(b"\r\n");
        if empty || bodiless {
            return out.pack(&parts);
        }
        if len < PACK_BELOW {
            parts.extend(self.body.iter().map(|b| &b[..]));
            return out.pack(&parts);
        }
        out.pack(&parts);
        for piece in self.body {
            out.share(piece.clone());
        }
    }
}

/// Writes a checked `101 Switching Protocols`.
pub(crate) fn write_switch(headers: &[(&str, &str)], out: &mut Outbox) {
    let mut parts: Vec<&[u8]> =
        Vec::with_capacity(headers.len().saturating_mul(4).saturating_add(3));
    parts.push(b"HTTP/1.1 101 Switching Protocols\r\n");
    if !has(headers, "connection") {
        parts.push(b"Connection: Upgrade\r\n");
    }
    push_headers(headers, &mut parts);
    parts.push(b"\r\n");
    out.pack(&parts);
}

fn has(headers: &[(&str, &str)], name: &str) -> bool {
    headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name))
}

/// Checks header names and values; `own` are the names that are not the caller's.
pub(crate) fn check_headers(headers: &[(&str, &str)], own: &[&str]) -> Result<(), Invalid> {
    for (index, (name, value)) in headers.iter().enumerate() {
        if !is_token(name) {
            return Err(Invalid::Name { index });
        }
        if !is_value(value) {
            return Err(Invalid::Value { index });
        }
        if own.iter().any(|own| name.eq_ignore_ascii_case(own)) {
            return Err(Invalid::Framing { index });
        }
    }
    Ok(())
}

pub(crate) fn push_headers<'a>(headers: &[(&'a str, &'a str)], parts: &mut Vec<&'a [u8]>) {
    for (name, value) in headers {
        parts.extend([name.as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
    }
}

/// The reason phrase (RFC 9110, 15); empty where none is known, which the syntax allows.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_pieces_are_not_copied() {
        let body = [Bytes::from(alloc::vec![7; 4096])];
        let mut out = Outbox::default();
        Response {
            body: &body,
            ..Response::new(200)
        }
        .write(None, false, &mut out);
        assert_eq!(
            out.chunks().nth(1).map(<[u8]>::as_ptr),
            Some(body[0].as_ptr())
        );
    }
}
