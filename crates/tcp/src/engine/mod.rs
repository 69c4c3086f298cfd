//! Plain Engine.IO on blocking sockets and threads, for those who want no Socket.IO.
//!
//! A client: [`connect`], then [`recv`](Client::recv) and [`send`](Client::send);
//! [`event`](Client::event) tells of the upgrade and of the end too.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use siox_tcp::engine::{self, ConnectOptions};
//!
//! let mut client = engine::connect("http://127.0.0.1:3000/", &ConnectOptions::default())?;
//! client.send("hello")?;
//! while let Some(message) = client.recv() {
//!     println!("{message:?}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Limits
//! * A client has a thread for its deadlines, and two for each connection: three connections at most at a
//!   time, but for those that are being closed.

mod client;

pub use client::{Cause, Client, ConnectError, ConnectOptions, NotYet, Sender, connect};
pub use siox_engineio::{
    ClientConfig, ClientError, ClientEvent, CloseReason, Opened, Transport, Version,
};
pub use siox_stack::{ClientOptions, Failure, Timestamps};
