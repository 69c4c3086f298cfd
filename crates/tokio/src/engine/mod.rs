//! Plain Engine.IO, for those who want no Socket.IO.
//!
//! A client: [`connect`], then [`recv`](Client::recv) and [`send`](Client::send);
//! [`event`](Client::event) tells of the upgrade and of the end too.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use siox_tokio::engine::{self, ConnectOptions};
//!
//! let mut client = engine::connect("http://127.0.0.1:3000/", &ConnectOptions::default()).await?;
//! client.send("hello").await?;
//! while let Some(message) = client.recv().await {
//!     println!("{message:?}");
//! }
//! # Ok(())
//! # }
//! ```

mod client;

pub use client::{Cause, Client, ConnectError, ConnectOptions, Sender, connect};
pub use siox_engineio::{
    ClientConfig, ClientError, ClientEvent, CloseReason, Opened, Transport, Version,
};
pub use siox_stack::{ClientOptions, Failure, Timestamps};
pub use siox_wire::{Message, SendError};
