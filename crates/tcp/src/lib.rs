//! WebSocket and Engine.IO on blocking TCP: `std::net` sockets, threads and socket timeouts, with no async runtime
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
//! [`serve`] accepts with a thread for each connection. [`WebSocket::split`] makes halves for two
//! threads. [`WebSocket::read_by`] and [`WebSocket::send_by`] wait no longer than they may, and lose
//! nothing when they give up; [`WebSocket::try_read`] does not wait. What it all runs on is a
//! [`Transport`]: TCP, Unix sockets, and with feature `tls` TLS by rustls (module `tls`).
//!
//! [`engine`] is an Engine.IO server on threads, [`host`] what it stands on.
//!
//! # Limits
//! Those of Engine.IO are told in [`engine`].
//! * One scratch buffer of 64 KiB per thread (two with TLS), none per connection; what was read is kept
//!   only while there are messages in it that nobody has asked for. rustls keeps its own, as long as a
//!   record is incomplete.
//! * The deadlines of [`Limits`] are kept while a method waits, and only then; in halves to within a
//!   second. Without [`Limits::ping_interval`] and [`Limits::pong_timeout`] a peer that neither reads nor
//!   writes is waited for without end, but by the methods with a deadline of their own.
//! * A socket waits for one direction at a time: [`WebSocket::send`] and [`WebSocket::read`] write all
//!   that is queued before they do anything else. Where both ends send more than TCP holds before they
//!   read, each waits for the other; halves do not.
//! * [`connect`] does all by one deadline: the name's resolution (on a thread that outlives the call
//!   where the system's resolver is slower: 32 in a process at most, then [`Error::ResolverBusy`]), every
//!   address of it, a [`proxy`], TLS and the handshake.
//!   Redirects are not followed, and no environment variable is looked at.
//! * TLS: the handshake is made by the first reads and writes, by their deadlines. In halves, encryption
//!   and decryption take turns and waiting does not; what TLS itself has to say after the handshake (the
//!   answer to a key update) leaves with the next write.
//! * With feature `deflate`, codecs are the process's: as many as threads that compress or inflate at
//!   once, of which up to 8 are kept. A connection with context takeover has its own.
//!
//! # Features
//! * `compression`: compressed answers to Engine.IO polls.
//! * `deflate`: permessage-deflate (RFC 7692).
//! * `tls`: `wss://` with rustls and `ring`, and TLS servers.

#![forbid(unsafe_code)]

mod accept;
mod chunks;
mod clock;
mod codec;
mod connect;
mod deadline;
mod dial;
pub mod engine;
mod error;
mod halves;
pub mod host;
mod machine;
mod maybe_tls;
mod options;
mod resolve;
mod rest;
mod scratch;
mod serve;
mod socket;
#[cfg(feature = "tls")]
pub mod tls;
mod transport;
mod tunnel;
mod turn;
mod wait;

pub use accept::{accept, accept_with};
pub use clock::now;
pub use connect::{connect, open};
pub use deadline::Deadline;
pub use error::Error;
pub use halves::{Receiver, Sender};
pub use maybe_tls::MaybeTls;
pub use options::Options;
#[cfg(feature = "tls")]
pub use serve::serve_tls;
pub use serve::{serve, serve_with};
pub use siox_http1::proxy;
#[cfg(feature = "deflate")]
pub use siox_websocket::deflate;
pub use siox_websocket::{
    Chunk, Close, CloseCode, Connection, Limits,
    handshake::{
        Origins,
        client::{BadUrl, HandshakeError, Rejection},
        server::{AcceptError, AcceptOptions, Denial, Refusal, Request},
    },
};
pub use siox_wire::{Message, Part, SendError, Shared};
pub use socket::WebSocket;
pub use transport::Transport;
