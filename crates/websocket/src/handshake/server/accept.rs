//! The answer with status 101 (RFC 6455 §4.2.2).

use crate::handshake::syntax::{InvalidHeader, is_token, put_header};
use alloc::vec::Vec;

/// The answer to an accepted offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accept<'s> {
    key: [u8; 28],
    protocol: Option<&'s str>,
    #[cfg(feature = "deflate")]
    deflate: Option<crate::deflate::HeaderValue>,
}

impl<'s> Accept<'s> {
    pub(super) fn new(key: [u8; 28]) -> Self {
        Self {
            key,
            protocol: None,
            #[cfg(feature = "deflate")]
            deflate: None,
        }
    }

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

    /// Agrees to a subprotocol: one that [`Offer::choose`](super::Offer::choose) returned.
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
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
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
        for (name, value) in self.headers() {
            put_header(&mut out, name, value)?;
        }
        for (name, value) in extra {
            put_header(&mut out, name, value)?;
        }
        out.extend_from_slice(b"\r\n");
        Ok(out)
    }
}
