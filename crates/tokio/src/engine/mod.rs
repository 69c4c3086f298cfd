//! Plain Engine.IO, for those who want no Socket.IO.
//!
//! A client: [`connect`], then [`recv`](Client::recv) and [`send`](Client::send).
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use siox_tokio::engine::{self, ClientEvent, Options};
//!
//! let mut client = engine::connect("http://127.0.0.1:3000/", &Options::default()).await?;
//! client.send("hello").await?;
//! while let Some(event) = client.recv().await {
//!     match event {
//!         ClientEvent::Message(message) => println!("{message:?}"),
//!         ClientEvent::Upgraded => println!("on the WebSocket now"),
//!         ClientEvent::Closed { reason, .. } => println!("closed: {reason}"),
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod client;

pub use client::{Cause, Client, Error, Options, Sender, connect};
pub use siox_engineio::{
    ClientConfig, ClientError, ClientEvent, CloseReason, Opened, Transport, Version,
};
pub use siox_stack::{ClientOptions, Failure, Timestamps};
pub use siox_wire::{Message, SendError};
