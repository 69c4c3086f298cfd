//! Plain WebSocket on a stream: [`accept`] or [`connect`], then [`next`](WebSocket::next) and
//! [`send`](WebSocket::send).
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use siox_tokio::websocket::{self, CloseCode, Message, Options};
//!
//! let mut socket = websocket::connect("ws://127.0.0.1:9001/chat", &Options::default()).await?;
//! socket.send("hello").await?;
//! while let Some(message) = socket.next().await {
//!     match message? {
//!         Message::Text(text) => println!("{text}"),
//!         Message::Binary(bytes) => println!("{} bytes", bytes.len()),
//!     }
//!     socket.close(CloseCode::NORMAL, "").await?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A server that answers as it reads does without an allocation per message:
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use siox_tokio::websocket::{self, Limits, Message};
//! use std::sync::Arc;
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let (stream, _) = listener.accept().await?;
//! let socket = websocket::accept(stream, Arc::new(Limits::server())).await?;
//! socket
//!     .run(|connection, message| match message {
//!         Message::Text(text) => connection.text(&text),
//!         Message::Binary(bytes) => connection.binary(bytes.into_owned().into()),
//!     })
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Limits
//! `wss` needs feature `tls`: rustls with `ring`, and the roots that Mozilla trusts unless
//! [`Options`] say otherwise. A server wraps its streams by `tokio-rustls` and gives them to [`accept`].
//! A proxy is reached without TLS. [`open`] makes a WebSocket of any other stream. Redirects are not
//! followed. An idle socket holds no read buffer: it reads into that of its thread, and keeps what was
//! read only while there are messages in it that nobody has asked for. With feature `deflate`, each
//! thread keeps one codec; a connection with context takeover has its own.

mod accept;
mod ask;
mod chunks;
mod connect;
mod dial;
mod error;
mod halves;
mod linger;
mod maybe_tls;
mod options;
mod pace;
mod rest;
mod sending;
mod sink;
mod spare;
mod stream;
mod tunnel;
mod turn;
mod upgrade;
mod warm;

pub use accept::{accept, accept_if, accept_with};
pub(crate) use connect::reach;
pub use connect::{connect, open};
pub use error::Error;
pub use halves::{Receiver, Sender};
pub(crate) use linger::linger;
pub use maybe_tls::MaybeTls;
pub use options::Options;
pub use sending::Sending;
pub use siox_http1::proxy::{self, Proxy};
#[cfg(feature = "deflate")]
pub use siox_websocket::deflate;
pub use siox_websocket::handshake::http::respond;
pub use siox_websocket::{
    Chunk, Close, CloseCode, Connection, Limits,
    handshake::{
        Origins,
        client::{BadUrl, HandshakeError, Rejection},
        server::{AcceptError, AcceptOptions, Denial, Refusal, Request, Verdict},
    },
};
pub use siox_wire::{Message, Part, SendError, Shared};
pub use stream::WebSocket;
#[cfg(feature = "tls")]
pub use tokio_rustls::rustls;
pub use upgrade::{Upgraded, Upgrading, upgrade};
