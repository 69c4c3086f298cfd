//! WebSocket on blocking TCP: `std::net` sockets, threads and socket timeouts, with no async runtime
//! and no executor in the dependency tree. The protocol is the machine's of `siox-websocket`; here are
//! only the socket, the clock and the read buffer.
//!
//! ```
//! use siox_tcp::{CloseCode, Limits, Message, Options};
//! use std::{net::TcpListener, sync::Arc, thread};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let url = format!("ws://{}/", listener.local_addr()?);
//!
//! let server = thread::spawn(move || -> Result<(), siox_tcp::Error> {
//!     let (stream, _) = listener.accept()?;
//!     let mut socket = siox_tcp::accept(stream, Arc::new(Limits::server()))?;
//!     while let Some(message) = socket.read()? {
//!         socket.send(message)?;
//!     }
//!     Ok(())
//! });
//!
//! let mut socket = siox_tcp::connect(&url, &Options::default())?;
//! socket.send("hello")?;
//! assert_eq!(socket.read()?, Some(Message::from("hello")));
//! socket.close(CloseCode::NORMAL, "bye")?;
//! server.join().unwrap()?;
//! # Ok(())
//! # }
//! ```
//!
//! # Limits
//! * One scratch buffer of 64 KiB per thread, none per connection; what was read is kept only while
//!   there are messages in it that nobody has asked for.
//! * The deadlines of [`Limits`] are kept while a method waits, and only then. Without
//!   [`Limits::ping_interval`] and [`Limits::pong_timeout`] a peer that neither reads nor writes is
//!   waited for without end.
//! * A send waits for the peer to read. Where both ends send more than TCP holds before they read,
//!   each waits for the other.
//! * No TLS and no proxy. Redirects are not followed.

#![forbid(unsafe_code)]

mod accept;
mod clock;
mod codec;
mod connect;
mod deadline;
mod dial;
mod error;
mod halves;
mod machine;
mod rest;
mod scratch;
mod serve;
mod socket;
#[cfg(feature = "tls")]
pub mod tls;
mod transport;
mod turn;
mod wait;

pub use accept::{accept, accept_with};
pub use connect::{Options, connect, open};
pub use deadline::Deadline;
pub use error::Error;
pub use halves::{Receiver, Sender};
pub use serve::{serve, serve_with};
#[cfg(feature = "deflate")]
pub use siox_websocket::deflate;
pub use siox_websocket::{
    Close, CloseCode, Connection, Limits,
    handshake::{
        Origins,
        client::{BadUrl, HandshakeError, Rejection},
        server::{AcceptError, AcceptOptions, Denial, Request},
    },
};
pub use siox_wire::{Message, Part, SendError, Shared};
pub use socket::WebSocket;
pub use transport::Transport;
