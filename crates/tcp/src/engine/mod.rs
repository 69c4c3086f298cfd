//! An Engine.IO server on blocking threads, for those who want no Socket.IO: polling, WebSocket and the
//! upgrade between them.
//!
//! ```
//! use siox_tcp::engine::Server;
//! use std::{net::TcpListener, thread, time::Duration};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::builder().path("/engine.io/").build()?;
//! let listener = TcpListener::bind("127.0.0.1:0")?;
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
//! # while !server.is_listening() { thread::yield_now() }
//!
//! // Later: clients may take what is queued for them, but no longer than this.
//! server.close(Duration::from_secs(5));
//! thread.join().unwrap()?;
//! # Ok(())
//! # }
//! ```
//!
//! # Limits
//! * A thread for each HTTP connection, two for each WebSocket, and what the application runs for each
//!   client; [`Builder::max_connections`] bounds connections. One thread keeps the deadlines of all
//!   sessions that poll.
//! * What came and is not asked for is bounded ([`QUEUE`] messages, or the size of the largest, and
//!   what comes by one read): then the client is not read. What waits for a client is bounded by `high_water` of
//!   [`Config`]: then [`Socket::send`] waits.
//! * That a client has broken off a poll is noticed within half a second.

mod inbox;
mod server;
mod socket;

pub use inbox::QUEUE;
pub use server::{Builder, Server};
pub use siox_engineio::{CloseReason, Config, Sid, Transport, Version};
pub use siox_stack::front::{
    About, Admission, Cookie, Cors, Fields, InvalidField, InvalidOption, Options, Refused,
    TrailingSlash,
};
pub use socket::{Event, Socket};
