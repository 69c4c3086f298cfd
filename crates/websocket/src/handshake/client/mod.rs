//! The client's side (RFC 6455 §3 and §4.1): the URL, the request, and what the answer must be.
//!
//! ```
//! use siox_websocket::handshake::client::{Answer, Request, Url};
//! use siox_wire::{Input, Instant};
//!
//! let url: Url = "ws://example.com/chat?room=1".parse()?;
//! assert_eq!((url.name(), url.port(), url.is_secure()), ("example.com", 80, false));
//! // The nonce is 16 fresh random bytes.
//! let request = Request::new(url.host(), url.target());
//! let (bytes, handshake) = request.build(*b"the sample nonce")?;
//! assert!(bytes.starts_with(b"GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\n"));
//!
//! let mut answer = Answer::new(handshake);
//! let mut read = *b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
//!     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x02hi";
//! let mut input = Input::new(Instant::EPOCH, &mut read);
//! let agreed = answer.handle_input(&mut input)?.expect("the head is whole");
//! assert_eq!(agreed.protocol, None);
//! // What is left are frames, for a `Connection`.
//! assert_eq!(input.peek(), b"\x81\x02hi");
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod answer;
mod body;
mod refusal;
mod request;
mod url;
mod wanted;

pub use answer::{Agreed, Handshake, HandshakeError};
pub use refusal::{Answer, AnswerError, Rejection};
pub use request::Request;
pub use url::{BadUrl, Url};
pub use wanted::Wanted;
