//! The opening handshake (RFC 6455 §4) as pure functions of headers, for both ends. No socket, no
//! state but the bytes of an unfinished head.
//!
//! A server that has parsed its request head elsewhere makes an [`Offer`](server::Offer) of the
//! headers; one that has not collects the head with a [`HeadReader`] and parses it with
//! [`Offer::parse`](server::Offer::parse), or leaves all of it to a
//! [`Handshake`](server::Handshake) with its [`AcceptOptions`](server::AcceptOptions).
//!
//! ```
//! use siox_websocket::handshake::server::Offer;
//!
//! let headers: [(&str, &[u8]); 5] = [
//!     ("Host", b"example.com"),
//!     ("Upgrade", b"websocket"),
//!     ("Connection", b"keep-alive, Upgrade"),
//!     ("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
//!     ("Sec-WebSocket-Version", b"13"),
//! ];
//! let offer = Offer::from_parts(true, true, headers);
//! let accept = offer.accept().unwrap();
//! assert_eq!(accept.key(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
//! let answer = accept.response(&[]).unwrap();
//! assert!(answer.starts_with(b"HTTP/1.1 101 "));
//! ```

pub mod client;
mod extensions;
mod head;
#[cfg(feature = "http")]
pub mod http;
mod origin;
pub mod server;
mod syntax;

pub use client::Agreed;
pub use extensions::{Extension, Param, parse as parse_extensions};
pub use head::{HeadReader, HeadTooLarge};
pub use origin::{OriginPolicy, Origins, is_allowed as origin_is_allowed};
pub use syntax::{BadSyntax, InvalidHeader};

use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};

/// The answer to a `Sec-WebSocket-Key`: 28 characters of base64 (RFC 6455 §4.2.2).
#[must_use]
pub fn accept_key(key: &[u8]) -> [u8; 28] {
    const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    let mut out = [0; 28];
    // 20 bytes are 28 characters, so it fits.
    let _ = STANDARD.encode_slice(digest, &mut out);
    out
}
