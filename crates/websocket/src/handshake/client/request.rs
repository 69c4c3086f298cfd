//! The request of a client (RFC 6455 §4.1).

use super::Handshake;
#[cfg(feature = "deflate")]
use crate::deflate;
use crate::handshake::{
    accept_key,
    syntax::{InvalidHeader, is_host, is_token, put_header},
};
use alloc::vec::Vec;
use base64::{Engine, engine::general_purpose::STANDARD};

/// Headers that the handshake writes itself, or that would give the request a body.
const RESERVED: [&str; 9] = [
    "host",
    "upgrade",
    "connection",
    "sec-websocket-version",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
    "content-length",
    "transfer-encoding",
];

/// What a client asks for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The `Host` header: host, and port where it is not the scheme's own.
    pub host: &'a str,
    /// The request target: path and query, beginning with `/`.
    pub target: &'a str,
    /// Subprotocols, the preferred first.
    pub protocols: &'a [&'a str],
    /// Headers of the caller's own: none that the handshake writes itself (`Host`, `Upgrade`,
    /// `Connection`, `Sec-WebSocket-*`), and neither `Content-Length` nor `Transfer-Encoding`.
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
        handshake.offer_deflate(config.clone());
        Ok((bytes, handshake))
    }

    fn build_with(
        &self,
        nonce: [u8; 16],
        extensions: Option<&str>,
    ) -> Result<(Vec<u8>, Handshake), InvalidHeader> {
        self.check()?;
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
        let handshake = Handshake::new(accept_key(&key), self.protocols);
        Ok((out, handshake))
    }

    /// Whether each part can stand where it is to stand.
    fn check(&self) -> Result<(), InvalidHeader> {
        let is_target = |b: u8| b.is_ascii_graphic() && b != b'#';
        let is_reserved = |name: &str| RESERVED.iter().any(|own| name.eq_ignore_ascii_case(own));
        let good = self.target.starts_with('/')
            && self.target.bytes().all(is_target)
            && is_host(self.host.as_bytes())
            && self.protocols.iter().all(|p| is_token(p.as_bytes()))
            && !self.headers.iter().any(|(name, _)| is_reserved(name));
        match good {
            true => Ok(()),
            false => Err(InvalidHeader),
        }
    }
}
