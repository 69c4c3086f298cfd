//! The client on threads: as [`siox::Client`](crate::client), with methods that wait, and no async runtime in
//! its dependencies.
//!
//! ```no_run
//! use siox::{Ack, Data, blocking::Client};
//! use std::time::Duration;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder("http://localhost:3000/chat")
//!     .on("chat message", |Data(text): Data<String>| println!("{text}"))
//!     .on("sum", |Data((a, b)): Data<(i64, i64)>, ack: Ack| ack.send(&(a + b)))
//!     .connect()?;
//! client.ready()?;
//! client.emit("chat message", "hello")?;
//! let answer: String = client.emit_with_ack("ask", &1, Some(Duration::from_secs(5))).wait()?;
//! # let _ = answer;
//! # Ok(())
//! # }
//! ```
//!
//! # How it waits
//! * Names, settings, defaults and [guarantees](crate::client#guarantees) are those of the other client. Where
//!   that is awaited, this one waits: [`ready`](Client::ready), [`Answer::wait`], and [`Events`], which is an
//!   iterator.
//! * Handlers are plain functions. A thread of the connection calls them, one after the other: one that waits
//!   holds up the next. It may wait for an acknowledgement, but not for [`ready`](Client::ready), which is told
//!   by the same thread. 256 events wait for it; then the server is not read.
//! * What [`auth_with`](ClientBuilder::auth_with) asks runs in a thread of its own.
//!
//! # What it holds
//! A connection has two threads, and one for its session beside those of [`siox_tcp::engine`]; one more while
//! the server does not take what is sent. They end with the connection: when it is closed, and the last handle
//! is dropped.

#[cfg(doc)]
use crate::Answer;
use crate::client::{self, Threads};

pub use crate::client::{
    BadTarget, ClientOptions, ConnectionEvent, Direction, Overflow, Proxy, Received,
};
pub use siox_tcp::engine::NotYet;

/// A client of a Socket.IO server, in one of its namespaces, whose methods wait in the thread that calls them.
/// Cheap to clone. The connection lives until it is closed, or the last clone of every client on it, and of its
/// [`Manager`], is dropped; a handler that keeps a clone keeps it.
pub type Client = client::Client<Threads>;

/// Settings and handlers of a [`Client`].
pub type ClientBuilder = client::ClientBuilder<Threads>;

/// The connection of a [`Client`], which others may share.
pub type Manager = client::Manager<Threads>;

/// What a [`Client`] receives, in order: an iterator.
pub type Events = client::Events<Threads>;

/// A [`Client`] with what is wished of the events that it sends next.
pub type Emitter = client::Emitter<Threads>;
