//! What an upgrade and a poll need of HTTP/1.1 (RFC 9112), sans-IO: **not a web server**.
//!
//! [`Connection`] is one server connection: bytes and time in; request heads, whole bodies and bytes
//! to write out. For a client there are [`Request`] (written), [`ResponseReader`] (a head, read) and
//! [`Exchange`] (a whole answer); the way through a proxy is in [`proxy`].
//!
//! ```
//! use siox_http1::{Connection, Event, Limits, Response};
//! use siox_wire::{Input, Instant};
//! use std::sync::Arc;
//!
//! let now = Instant::from_micros(0);
//! let mut connection = Connection::server(now, Arc::new(Limits::default()));
//!
//! // A runtime reads into its scratch buffer and hands over what came, and when.
//! let mut scratch = *b"GET /poll?t=1 HTTP/1.1\r\nHost: a.example\r\n\r\n";
//! let mut input = Input::new(now, &mut scratch);
//! while let Some(event) = connection.handle_input(&mut input)? {
//!     match event {
//!         // One verb for each request: `respond`, `collect` or `upgrade`, now or later.
//!         Event::Request(head) if head.has_body() => connection.collect(now, 100_000)?,
//!         Event::Request(head) => {
//!             assert_eq!((head.path(), head.query()), ("/poll", "t=1"));
//!             let body = ["hello".into()];
//!             connection.respond(now, &Response { body: &body, ..Response::new(200) })?;
//!         }
//!         Event::Body(body) => {
//!             let status = if body.as_slice().is_empty() { 400 } else { 200 };
//!             connection.respond(now, &Response::new(status))?;
//!         }
//!         Event::TooLarge { .. } => connection.respond(now, &Response::new(413))?,
//!     }
//! }
//!
//! // Then it writes what waits, arms one timer, and closes when told.
//! let wire: Vec<u8> = connection.poll_transmit().flatten().copied().collect();
//! assert_eq!(wire, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
//! connection.handle_written(now, wire.len());
//! assert!(connection.poll_timeout().is_some() && !connection.is_finished());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Limits
//! All of [`Limits`], per connection. Memory grows with bytes received, never with a declared length;
//! an idle connection holds none. A request that arrives whole is parsed where it lies, and its head
//! and body borrow the input. A head in pieces costs the same time per byte, however it is cut.
//!
//! An error of the peer is answered here (400, 408, 417, 431, 501, 505), and then up to 64 KiB are
//! eaten for up to a second, so that a reset does not destroy the answer. Refused rather than
//! repaired: line ends other than CRLF, folded lines, whitespace before a colon, a second `Host`,
//! `Content-Length` or the like, `Content-Length` with `Transfer-Encoding`, any coding but `chunked`,
//! HTTP/1.1 without `Host`.
//!
//! What a web server has and this has not: streamed or compressed bodies, responses of unknown length,
//! ranges, trailers (read and dropped), being a proxy (`CONNECT`), `Date` (there is no clock here), HTTP/2.
//! The body of an answer is whole when it is given.

#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test may panic"
    )
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod answer;
mod body;
mod chunk;
mod client;
mod connection;
mod error;
mod exchange;
mod fields;
mod framing;
mod head;
mod held;
mod limits;
pub mod proxy;
pub mod race;
mod scan;

pub use answer::Response;
pub use body::{Body, Event};
pub use client::{Request, ResponseHead, ResponseReader, parse_response_head};
pub use connection::Connection;
pub use error::{Error, Invalid, Refused, Violation};
pub use exchange::{Answered, Exchange};
pub use head::{Head, Method};
pub use limits::Limits;
