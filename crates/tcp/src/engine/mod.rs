//! Engine.IO on blocking sockets and threads, for those who want no Socket.IO: polling, WebSocket and the
//! upgrade between them, by a [`Server`] and a [`Client`].
//!
//! ```
//! use siox_tcp::engine::{self, ConnectOptions, Server};
//! use std::{net::TcpListener, thread, time::Duration};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::builder().path("/engine.io/").build()?;
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let url = format!("http://{}/", listener.local_addr()?);
//!
//! // A thread for each client: it ends with the client, and the client with it.
//! let served = server.clone();
//! let thread = thread::spawn(move || {
//!     served.serve_with(&listener, |socket| {
//!         while let Some(message) = socket.recv() {
//!             if socket.send(message).is_err() {
//!                 break;
//!             }
//!         }
//!     })
//! });
//!
//! let mut client = engine::connect(&url, &ConnectOptions::default())?;
//! client.send("hello")?;
//! assert_eq!(client.recv(), Some("hello".into()));
//! client.close();
//!
//! // Later: clients may take what is queued for them, but no longer than this.
//! server.close(Duration::from_secs(5));
//! thread.join().unwrap()?;
//! # Ok(())
//! # }
//! ```
//!
//! What Node's `engine.io` calls what is here, and what is not: the module `engine::from_engine_io` of
//! `siox-tokio`.
//!
//! There are three ways to hold clients: a thread for each, as above ([`Server::serve_with`]); a loop
//! that [accepts](Server::accept) them; or a [`Handler`] that is called where their messages are read,
//! without a thread and a queue between ([`Server::serve_handler`]).
//!
//! # Limits
//! * A server has a thread for each HTTP connection, two for each WebSocket, and what the application runs
//!   for each client; [`Builder::max_connections`] bounds connections. One thread keeps the deadlines of
//!   all sessions that poll.
//! * What came and is not asked for is bounded ([`QUEUE`] messages, or the size of the largest, and
//!   what comes by one read): then the client is not read. What waits for a client is bounded by `high_water` of
//!   [`Config`]: then [`Socket::send`] waits.
//! * That a client has broken off a poll is noticed within half a second.
//! * A client has a thread for its deadlines, and two for each connection: three connections at most at a
//!   time, but for those that are being closed.

mod client;
mod handler;
mod inbox;
mod server;
mod socket;

pub use client::{Cause, Client, ConnectError, ConnectOptions, NotYet, Sender, connect};
pub use handler::Handler;
pub use inbox::QUEUE;
pub use server::{Builder, Server};
pub use siox_engineio::{
    ClientConfig, ClientError, ClientEvent, CloseReason, Config, Event, Opened, Sid, Transport,
    Version,
};
#[cfg(feature = "compression")]
pub use siox_stack::front::Compression;
pub use siox_stack::front::{
    About, Admission, Caps, Cookie, Cors, Fields, InvalidField, InvalidOption, Options, Refused,
    TrailingSlash,
};
pub use siox_stack::{ClientOptions, Failure, Timestamps};
pub use socket::Socket;
