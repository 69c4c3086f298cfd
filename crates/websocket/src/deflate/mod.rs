//! permessage-deflate (RFC 7692): what is offered and agreed to, as pure functions, and the codec
//! behind [`Connection::with_deflate`](crate::Connection::with_deflate).
//!
//! ```
//! use siox_websocket::{Connection, Limits, deflate, handshake::server::Offer};
//! use std::sync::Arc;
//!
//! # fn upgrade(offer: &Offer<'_>) -> Result<(), Box<dyn std::error::Error>> {
//! let config = deflate::Config::default();
//! let agreed = deflate::answer(&offer.extensions()?, &config);
//! let (mut accept, mut socket) = (offer.accept()?, Connection::server(Arc::new(Limits::default())));
//! if let Some(agreed) = agreed {
//!     accept = accept.with_deflate(&agreed);
//!     socket = socket.with_deflate(&agreed, &config);
//! }
//! // A runtime keeps a codec per thread and lends it for a turn.
//! let mut pool = None;
//! socket.lend_codec(&mut pool);
//! // ... handle_input, sends ...
//! socket.release_codec(&mut pool);
//! # Ok(())
//! # }
//! # let headers: [(&str, &[u8]); 6] = [
//! #     ("Host", b"a"), ("Upgrade", b"websocket"), ("Connection", b"Upgrade"),
//! #     ("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", b"13"),
//! #     ("Sec-WebSocket-Extensions", b"permessage-deflate"),
//! # ];
//! # upgrade(&Offer::from_parts(true, true, headers)).unwrap();
//! ```
//!
//! # Limits
//! * A compressor takes up to 380 KB, the inflater 48 KB. Without context takeover a connection
//!   holds neither between turns, but for the inflater of a message that has not arrived whole.
//! * [`Limits::message`](crate::Limits::message) bounds the inflated message, while it is inflated. The
//!   compressed one may take twice that and 64 KiB.
//! * The inflater's window is always 32 KiB, whatever was agreed to, so that what is accepted does not
//!   depend on how the bytes arrive.
//! * The codec cannot compress with a window of 2^8 bytes: a server declines an offer that asks for it,
//!   a client that is told to sends its messages uncompressed.
//! * A block with BFINAL set (RFC 7692 §7.2.3.4) ends the window of the messages before; one in each
//!   frame is accepted.

mod codec;
mod compression;
mod config;
mod guess;
mod negotiation;
mod unpacking;

pub use codec::Codec;
pub use config::Config;
pub use negotiation::{Agreed, AnswerError, HeaderValue, NAME, answer, check, offer};

pub(crate) use codec::Inflater;
pub(crate) use compression::{Compression, Group};
use guess::Guess;
pub(crate) use unpacking::Unpacking;
