//! Plain Engine.IO, for those who want no Socket.IO.
//!
//! A server: [`Server::accept`] brings its clients, each a [`Socket`] to receive from and send to,
//! whatever carries it.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use siox_tokio::engine::Server;
//!
//! let server = Server::builder().path("/engine.io/").build()?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!
//! // A task for each client: it ends with the client, and the client with it.
//! server
//!     .serve_with(listener, async |socket| {
//!         while let Some(message) = socket.recv().await {
//!             if socket.send(message).await.is_err() {
//!                 break;
//!             }
//!         }
//!     })
//!     .await?;
//! # Ok(())
//! # }
//! ```
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
//!
//! Inside an axum or hyper server, [`Server::layer`] answers the path and [`Server::accept`] brings the
//! clients.
//!
//! What Node's `engine.io` calls what is here, and what is not: [`from_engine_io`].
//!
//! # Limits
//! What came and is not asked for is bounded ([`QUEUE`] messages, or the size of the largest, and what
//! comes by one read): then the client is not read. What waits for a client is bounded by `high_water` of
//! [`Config`]: then [`Socket::send`] waits.

mod client;
pub mod from_engine_io;
mod inbox;
mod server;
mod socket;

pub use client::{Cause, Client, ConnectError, ConnectOptions, Sender, connect};
pub use inbox::QUEUE;
pub use server::{Builder, Server};
pub use siox_engineio::{
    ClientConfig, ClientError, ClientEvent, CloseReason, Config, Opened, Sid, Transport, Version,
};
#[cfg(feature = "compression")]
pub use siox_stack::front::Compression;
pub use siox_stack::front::{
    About, Admission, Caps, Cookie, Cors, Fields, InvalidField, InvalidOption, Options, Origins,
    Refused, SameSite, TrailingSlash,
};
pub use siox_stack::{ClientOptions, Failure, Timestamps};
pub use siox_wire::{Message, SendError};
pub use socket::{Event, Socket};
