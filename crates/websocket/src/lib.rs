//! WebSocket (RFC 6455), sans-IO: frames, messages, the closing handshake and the opening one.
//!
//! [`Connection`] is one end of a connection after the opening handshake. It owns no socket and asks
//! no clock: bytes that arrived go in together with the time, events come out; messages go in, bytes
//! to write come out. The opening handshake is in [`handshake`], as pure functions. [`frame`] and
//! [`mask`] are the codec below, usable alone. [`guide`] leads from there to a running client and
//! server, and has a page on limits and security and one for those who come from tungstenite.
//!
//! The canonical loop, which every runtime runs:
//!
//! ```
//! use siox_websocket::{Connection, Error, Event, Limits};
//! use siox_wire::{Input, Instant, Message};
//! use std::sync::Arc;
//!
//! /// What to do with bytes that were read: here, echo.
//! fn turn(socket: &mut Connection, now: Instant, read: &mut [u8]) -> Result<(), Error> {
//!     let mut input = Input::new(now, read);
//!     while let Some(event) = socket.handle_input(&mut input)? {
//!         // The event borrows what was read, not the machine: answer while holding it.
//!         if let Event::Message(Message::Text(text)) = event {
//!             let _ = socket.text(&text); // an error means that it is closed, or full
//!         }
//!     }
//!     Ok(())
//! }
//!
//! let mut socket = Connection::server(Arc::new(Limits::default()));
//! let mut read = *b"\x81\x82\x01\x02\x03\x04ik"; // "hi", masked
//! let result = turn(&mut socket, Instant::from_millis(0), &mut read);
//! assert_eq!(result, Ok(()));
//!
//! // Whatever the result: write what is queued, and tell how much the socket took.
//! let wire: Vec<u8> = socket.poll_transmit().flatten().copied().collect();
//! assert_eq!(wire, b"\x81\x02hi");
//! socket.handle_written(wire.len());
//!
//! // Wait for bytes until this time, then call `handle_timeout`.
//! assert_eq!(socket.poll_timeout(), None);
//! // Close the TCP connection as soon as this holds.
//! assert!(!socket.is_finished());
//! ```
//!
//! # Streaming
//! A message that need not fit into memory is read in chunks
//! ([`set_streaming`](Connection::set_streaming)) and written in fragments
//! ([`begin_text`](Connection::begin_text), [`write`](Connection::write),
//! [`finish`](Connection::finish)), checked, inflated and deflated as it comes and goes:
//!
//! ```
//! use siox_websocket::{Connection, Event, Limits};
//! use siox_wire::{Input, Instant};
//! use std::sync::Arc;
//!
//! let limits = Arc::new(Limits::default());
//! let mut from = Connection::client(limits.clone(), [7; 32]);
//! let mut to = Connection::server(limits);
//! to.set_streaming(true);
//!
//! from.begin_binary()?;
//! let (mut received, mut is_whole) = (0, false);
//! for last in [false, false, true] {
//!     match last {
//!         false => from.write(&[1; 1000])?,
//!         true => from.finish(&[2; 10])?,
//!     }
//!     let mut wire: Vec<u8> = from.poll_transmit().flatten().copied().collect();
//!     from.handle_written(wire.len());
//!     let mut input = Input::new(Instant::EPOCH, &mut wire);
//!     while let Some(event) = to.handle_input(&mut input)? {
//!         if let Event::Chunk(chunk) = event {
//!             received += chunk.data.as_bytes().len();
//!             is_whole = chunk.last;
//!         }
//!     }
//! }
//! assert_eq!((received, is_whole), (2010, true));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Limits
//! * Memory grows with bytes received, never with a declared length: at most twice what an unfinished
//!   message has brought so far, or as much as it announces and the one before it, put together here too,
//!   had brought; nothing for a message that lies whole in the input. An idle connection holds no heap, but
//!   for a client's key generator (some 320 bytes).
//! * Of a message that is streamed nothing is kept but a character that is cut; of a compressed one, its
//!   window and the chunk that is handed on, at most 128 KiB beside the codec.
//! * [`Limits`] bounds messages, fragments, control frames, pongs that wait and the queue to the peer,
//!   and holds the deadlines.
//! * After the first violation nothing is delivered; the close frame that is owed is queued, and the
//!   error is returned from then on.
//! * The one extension is permessage-deflate, by feature `deflate` (module `deflate`); where it is not
//!   agreed to, reserved bits are refused.
//!
//! # Features
//! * `deflate`: permessage-deflate (RFC 7692), pure Rust. Its codec links `std` (feature `std` says so);
//!   without it the crate needs `alloc` only.
//! * `http`: the handshake over the types of the `http` crate (module `handshake::http`), which links
//!   `std` too.
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

mod assembly;
mod close;
mod connection;
mod control;
#[cfg(feature = "deflate")]
pub mod deflate;
mod error;
mod event;
pub mod frame;
pub mod guide;
pub mod handshake;
mod keepalive;
mod limits;
pub mod mask;
mod memory;
mod outgoing;
mod reader;
mod remainder;
mod state;
mod streamed;
mod trickle;
mod whole;

pub use close::{Close, CloseCode};
pub use connection::{Ahead, Connection};
pub use error::{Error, Timeout, Violation};
pub use event::{Chunk, Event};
pub use limits::Limits;
pub use memory::Memory;
pub use remainder::Remainder;
