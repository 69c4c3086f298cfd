//! What the answer to a client's request must be (RFC 6455 §4.1).

#[cfg(feature = "deflate")]
use crate::deflate;
use crate::handshake::{
    extensions::{Extension, parse},
    head::{HeadReader, HeadTooLarge, has_bare_line_end},
    syntax::{has_token, trim},
};
use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;
use siox_wire::Input;

/// Reads the answer to a [`Request`](super::Request). The deadline is the caller's to keep.
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
    /// More header lines than the limit.
    TooManyHeaders {
        /// [`Handshake::MAX_HEADERS`].
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
    /// The most header lines of a head.
    pub const MAX_HEADERS: usize = 100;

    pub(super) fn new(accept: [u8; 28], protocols: &[&str]) -> Self {
        Self {
            accept,
            protocols: protocols.iter().map(|&p| p.into()).collect(),
            head: HeadReader::new(Self::MAX_HEAD),
            left: Self::MAX_HEAD,
            #[cfg(feature = "deflate")]
            deflate: None,
        }
    }

    /// The request offers permessage-deflate.
    #[cfg(feature = "deflate")]
    pub(super) fn offer_deflate(&mut self, config: deflate::Config) {
        self.deflate = Some(config);
    }

    /// Takes what belongs to the answer's head; frames behind it stay in the input. Interim responses
    /// (status 1xx) are skipped. [`Answer`](super::Answer) does the same and reads a refusal whole.
    ///
    /// # Errors
    /// [`HandshakeError`].
    pub fn handle_input(
        &mut self,
        input: &mut Input<'_>,
    ) -> Result<Option<Agreed>, HandshakeError> {
        let Some(head) = self.final_head(input)? else {
            return Ok(None);
        };
        with_head(&head, |status, headers| {
            self.check(status, headers.iter().map(|h| (h.name, h.value)))
        })?
        .map(Some)
    }

    /// The head behind the interim ones.
    pub(super) fn final_head(
        &mut self,
        input: &mut Input<'_>,
    ) -> Result<Option<Vec<u8>>, HandshakeError> {
        while let Some(head) = self.head.handle_input(input)? {
            self.left = self.left.saturating_sub(head.len());
            if !with_head(&head, |status, _| matches!(status, 100 | 102..=199))? {
                return Ok(Some(head));
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
        let (mut upgrade, mut connection, mut accept) = (None, false, None);
        let (mut agreed, mut extensions) = (Agreed::default(), Vec::new());
        for (name, value) in headers {
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            if is("upgrade") {
                let is_right = trim(value).eq_ignore_ascii_case(b"websocket");
                upgrade = Some(is_right && upgrade != Some(false));
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
            (Some(false) | None, _, _) => Err(HandshakeError::Upgrade),
            (Some(true), false, _) => Err(HandshakeError::Connection),
            (Some(true), true, Some(true)) => Ok(agreed),
            (Some(true), true, Some(false) | None) => Err(HandshakeError::Accept),
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

/// Parses a whole head. HTTP/1.0 can refuse, but not agree.
pub(super) fn with_head<T>(
    head: &[u8],
    read: impl FnOnce(u16, &[httparse::Header<'_>]) -> T,
) -> Result<T, HandshakeError> {
    if has_bare_line_end(head) {
        return Err(HandshakeError::Head);
    }
    let mut headers = [httparse::EMPTY_HEADER; Handshake::MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let complete = response.parse(head).map_err(|e| match e {
        httparse::Error::TooManyHeaders => HandshakeError::TooManyHeaders {
            limit: Handshake::MAX_HEADERS,
        },
        _ => HandshakeError::Head,
    })?;
    match (response.code, response.version) {
        (Some(status @ 100..=599), Some(1)) | (Some(status @ 200..=599), Some(0))
            if complete.is_complete() =>
        {
            Ok(read(status, response.headers))
        }
        _ => Err(HandshakeError::Head),
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
            Self::TooManyHeaders { limit } => {
                write!(f, "the response head has more than {limit} header lines")
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
