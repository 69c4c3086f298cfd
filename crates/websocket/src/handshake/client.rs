//! The client's side (RFC 6455 §4.1): the request, and what the answer must be.

use super::{
    accept_key,
    extensions::{Extension, parse},
    head::{HeadReader, HeadTooLarge, has_bare_line_end},
    syntax::{InvalidHeader, has_token, is_token, put_header, trim},
};
#[cfg(feature = "deflate")]
use crate::deflate;
use alloc::{boxed::Box, string::String, vec::Vec};
use base64::{Engine, engine::general_purpose::STANDARD};
use core::fmt;
use siox_wire::Input;

/// What a client asks for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The `Host` header: host, and port where it is not the scheme's own.
    pub host: &'a str,
    /// The request target: path and query, beginning with `/`.
    pub target: &'a str,
    /// Subprotocols, the preferred first.
    pub protocols: &'a [&'a str],
    /// Headers of the caller's own.
    pub headers: &'a [(&'a str, &'a str)],
}

impl<'a> Request<'a> {
    /// A request with neither subprotocols nor headers of its own.
    #[must_use]
    pub fn new(host: &'a str, target: &'a str) -> Self {
        Self {
            host,
            target,
            protocols: &[],
            headers: &[],
        }
    }

    /// The request's bytes, and the machine that reads the answer. `nonce` is 16 fresh random bytes.
    ///
    /// # Errors
    /// [`InvalidHeader`] for a host, target, subprotocol or header that is none.
    pub fn build(&self, nonce: [u8; 16]) -> Result<(Vec<u8>, Handshake), InvalidHeader> {
        self.build_with(nonce, None)
    }

    /// As [`build`](Self::build), with an offer of permessage-deflate.
    ///
    /// # Errors
    /// [`InvalidHeader`] as there.
    #[cfg(feature = "deflate")]
    pub fn build_with_deflate(
        &self,
        nonce: [u8; 16],
        config: &deflate::Config,
    ) -> Result<(Vec<u8>, Handshake), InvalidHeader> {
        let offer = deflate::offer(config);
        let (bytes, mut handshake) = self.build_with(nonce, Some(offer.as_str()))?;
        handshake.deflate = Some(config.clone());
        Ok((bytes, handshake))
    }

    fn build_with(
        &self,
        nonce: [u8; 16],
        extensions: Option<&str>,
    ) -> Result<(Vec<u8>, Handshake), InvalidHeader> {
        if !self.target.starts_with('/') || !self.target.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(InvalidHeader);
        }
        if self.host.is_empty() || !self.protocols.iter().all(|p| is_token(p.as_bytes())) {
            return Err(InvalidHeader);
        }
        let mut key = [0; 24];
        // 16 bytes are 24 characters, so it fits.
        let _ = STANDARD.encode_slice(nonce, &mut key);
        let mut out = Vec::new();
        for part in ["GET ", self.target, " HTTP/1.1\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
        let own = [
            ("Host", self.host),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
            (
                "Sec-WebSocket-Key",
                core::str::from_utf8(&key).unwrap_or_default(),
            ),
        ];
        for (name, value) in own.into_iter().chain(self.headers.iter().copied()) {
            put_header(&mut out, name, value)?;
        }
        if !self.protocols.is_empty() {
            put_header(
                &mut out,
                "Sec-WebSocket-Protocol",
                &self.protocols.join(", "),
            )?;
        }
        if let Some(extensions) = extensions {
            put_header(&mut out, "Sec-WebSocket-Extensions", extensions)?;
        }
        out.extend_from_slice(b"\r\n");
        let handshake = Handshake {
            accept: accept_key(&key),
            protocols: self.protocols.iter().map(|&p| p.into()).collect(),
            head: HeadReader::new(Handshake::MAX_HEAD),
            left: Handshake::MAX_HEAD,
            #[cfg(feature = "deflate")]
            deflate: None,
        };
        Ok((out, handshake))
    }
}

/// Reads the answer to a [`Request`]. The deadline is the caller's to keep.
#[derive(Debug)]
pub struct Handshake {
    accept: [u8; 28],
    protocols: Vec<Box<str>>,
    head: HeadReader,
    /// What all heads together may still take.
    left: usize,
    #[cfg(feature = "deflate")]
    deflate: Option<deflate::Config>,
}

/// What the server agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Agreed {
    /// The subprotocol, one of those asked for.
    pub protocol: Option<String>,
    /// permessage-deflate, where it was offered and not declined.
    #[cfg(feature = "deflate")]
    pub deflate: Option<deflate::Agreed>,
}

/// Why the answer is not the beginning of a WebSocket connection. No frame may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeError {
    /// Not an HTTP/1.1 response head.
    Head,
    /// The head, or interim responses together, exceed the limit.
    HeadTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A status other than 101. Redirects are not followed.
    Status(u16),
    /// `Upgrade` is not `websocket`.
    Upgrade,
    /// `Connection` does not name `upgrade`.
    Connection,
    /// `Sec-WebSocket-Accept` is missing or does not answer our key.
    Accept,
    /// A subprotocol that was not asked for, or several.
    Protocol,
    /// An extension that was not asked for, or a malformed list of them.
    Extension,
    /// An answer to the offer of permessage-deflate that RFC 7692 does not allow.
    #[cfg(feature = "deflate")]
    Deflate(deflate::AnswerError),
}

impl Handshake {
    /// The most bytes that the answer's head may take, interim responses included.
    pub const MAX_HEAD: usize = 16 * 1024;
    const MAX_HEADERS: usize = 100;

    /// Takes what belongs to the answer's head; frames behind it stay in the input. Interim responses
    /// (status 1xx) are skipped.
    ///
    /// # Errors
    /// [`HandshakeError`].
    pub fn handle_input(
        &mut self,
        input: &mut Input<'_>,
    ) -> Result<Option<Agreed>, HandshakeError> {
        while let Some(head) = self.head.handle_input(input)? {
            self.left = self.left.saturating_sub(head.len());
            if let Some(agreed) = self.parse(&head)? {
                return Ok(Some(agreed));
            }
            if self.left == 0 {
                return Err(HeadTooLarge {
                    limit: Self::MAX_HEAD,
                }
                .into());
            }
            self.head = HeadReader::new(self.left);
        }
        Ok(None)
    }

    /// Parses one head; `None` for an interim response.
    fn parse(&self, head: &[u8]) -> Result<Option<Agreed>, HandshakeError> {
        if has_bare_line_end(head) {
            return Err(HandshakeError::Head);
        }
        let mut headers = [httparse::EMPTY_HEADER; Self::MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let complete = response.parse(head).map_err(|_| HandshakeError::Head)?;
        let (Some(status), Some(1), true) =
            (response.code, response.version, complete.is_complete())
        else {
            return Err(HandshakeError::Head);
        };
        match status {
            100 | 102..=199 => Ok(None),
            _ => {
                let headers = response.headers.iter().map(|h| (h.name, h.value));
                self.check(status, headers).map(Some)
            }
        }
    }

    /// Judges a response that was parsed elsewhere (RFC 6455 §4.1).
    ///
    /// # Errors
    /// [`HandshakeError`].
    pub fn check<'h>(
        &self,
        status: u16,
        headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    ) -> Result<Agreed, HandshakeError> {
        if status != 101 {
            return Err(HandshakeError::Status(status));
        }
        let (mut upgrade, mut connection, mut accept) = (false, false, None);
        let (mut agreed, mut extensions) = (Agreed::default(), Vec::new());
        for (name, value) in headers {
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            if is("upgrade") {
                upgrade = trim(value).eq_ignore_ascii_case(b"websocket");
            } else if is("connection") {
                connection |= has_token(value, "upgrade");
            } else if is("sec-websocket-accept") {
                let is_right = trim(value) == self.accept && accept.is_none();
                accept = Some(is_right);
            } else if is("sec-websocket-protocol") {
                self.agree(&mut agreed, trim(value))?;
            } else if is("sec-websocket-extensions") {
                extensions.extend(parse(value).map_err(|_| HandshakeError::Extension)?);
            }
        }
        self.agree_extensions(&mut agreed, &extensions)?;
        match (upgrade, connection, accept) {
            (false, _, _) => Err(HandshakeError::Upgrade),
            (true, false, _) => Err(HandshakeError::Connection),
            (true, true, Some(true)) => Ok(agreed),
            (true, true, Some(false) | None) => Err(HandshakeError::Accept),
        }
    }

    fn agree_extensions(
        &self,
        agreed: &mut Agreed,
        extensions: &[Extension<'_>],
    ) -> Result<(), HandshakeError> {
        #[cfg(feature = "deflate")]
        if let Some(config) = &self.deflate {
            agreed.deflate = deflate::check(extensions, config).map_err(HandshakeError::Deflate)?;
            return Ok(());
        }
        let _ = agreed;
        match extensions {
            [] => Ok(()),
            [..] => Err(HandshakeError::Extension),
        }
    }

    fn agree(&self, agreed: &mut Agreed, protocol: &[u8]) -> Result<(), HandshakeError> {
        let asked = self.protocols.iter().find(|p| p.as_bytes() == protocol);
        match (asked, &agreed.protocol) {
            (Some(protocol), None) => {
                agreed.protocol = Some(String::from(&**protocol));
                Ok(())
            }
            (Some(_), Some(_)) | (None, _) => Err(HandshakeError::Protocol),
        }
    }
}

impl From<HeadTooLarge> for HandshakeError {
    fn from(_: HeadTooLarge) -> Self {
        Self::HeadTooLarge {
            limit: Handshake::MAX_HEAD,
        }
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("malformed response head"),
            Self::HeadTooLarge { limit } => {
                write!(f, "the response head exceeds the limit of {limit} bytes")
            }
            Self::Status(status) => write!(f, "status {status} in place of 101"),
            Self::Upgrade => f.write_str("Upgrade is not websocket"),
            Self::Connection => f.write_str("Connection does not name upgrade"),
            Self::Accept => f.write_str("Sec-WebSocket-Accept does not answer the key"),
            Self::Protocol => f.write_str("a subprotocol that was not asked for"),
            Self::Extension => f.write_str("an extension that was not asked for"),
            #[cfg(feature = "deflate")]
            Self::Deflate(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for HandshakeError {}
