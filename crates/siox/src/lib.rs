//! A Socket.IO server that talks to every official client.
//!
//! ```no_run
//! use siox::{Ack, Data, Server, Socket};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let io = Server::new();
//! let chat = io.namespace("/");
//! chat.on_connect(async |socket: Socket| socket.join("lobby"));
//! chat.on("chat message", async |socket: Socket, Data(text): Data<String>, ack: Ack| {
//!     socket.to("lobby").emit("chat message", &text)?;
//!     ack.send("delivered")
//! });
//! io.serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?).await
//! # }
//! ```
//!
//! # How it behaves
//! * Handlers are registered on a [`Namespace`] once; what they take is extracted from the event before
//!   they run ([`Data`], [`Ack`], [`Auth`], [`State`], [`Socket`]). They are sync or async. An async
//!   handler is polled once in place, and becomes a task only if it is pending.
//! * Handlers of one socket start in the order of arrival; a pending one does not hold up the next.
//! * Events wait until `on_connect` has returned; acknowledgements pass. What `on_connect` emits leaves
//!   after the CONNECT answer.
//! * Arguments that do not fit a handler's types: it is not run, the error hook is told, no
//!   acknowledgement is sent, the connection lives.
//! * A handler that panics disconnects its own socket and nobody else.
//! * `emit` queues before it returns: the order of calls is the order on the wire.
//!
//! # What it tells
//! [`Server::metrics`] has what was counted, for Prometheus too; [`Server::on_error`] hears of every handler
//! that fails. With `tracing`, a span at level INFO for each socket (its id, namespace, address; no headers,
//! no credentials), within which its handlers run; clients that come, are refused and go at level DEBUG.
//!
//! # What it holds
//! A client that idles on its WebSocket takes less than 3 KiB of resident memory, and one that has gone
//! none: `cargo xtask soak` shows both. [`Socket::queued`] tells what waits for one,
//! [`Metrics::traffic`] for all.
//!
//! # Limits
//! At most 256 handlers of a socket are pending, and 256 of its events wait for `on_connect`; then its
//! client is not read. What waits for a client is bounded by [`Builder::queue`], a message by
//! [`Builder::max_payload`], a packet's attachments by 10, a client's namespaces by 64.
//!
//! # Features
//! * `compression`: compressed answers to polls, off until `Builder::compression`.
//! * `deflate`: permessage-deflate (RFC 7692) on the WebSocket, off until `Builder::deflate`.
//! * `tls`: `Server::serve_tls`, and `https` and `wss` for clients, on rustls.

#![forbid(unsafe_code)]

mod adapter;
mod app;
mod awaited;
mod builder;
pub mod client;
mod connect;
mod data;
mod door;
mod error;
mod extract;
pub mod guide;
mod handler;
mod handlers;
mod handshake;
mod hash;
mod inbox;
mod metrics;
mod namespace;
mod namespaces;
mod operator;
mod outgoing;
pub mod parser;
mod recovery;
mod remote;
mod screen;
mod selection;
mod server;
mod socket;
mod state;
mod tasks;
mod typed;

pub use adapter::{
    Acks, Action, Adapter, AdapterError, AdapterFactory, BroadcastError, Emit, InMemory, Later,
    Local, Restored, SavedSession,
};
pub use awaited::{Answer, TypedAnswer};
pub use builder::{Builder, WhenFull};
pub use bytes::Bytes;
pub use client::{Client, ClientBuilder, Manager};
pub use data::SocketData;
pub use error::{AckError, BoxError, ConnectError, Fault, HandlerError};
pub use extract::{Ack, Args, ArgsRef, Auth, Data, EventName, FromEvent, Incoming, State};
pub use handler::{Called, Handler, Outcome};
pub use handshake::Handshake;
pub use metrics::Metrics;
pub use namespace::{Namespace, RoomEvent, ServerSideError};
pub use operator::Broadcast;
pub use outgoing::Outgoing;
pub use recovery::Recovery;
pub use remote::RemoteSocket;
pub use selection::Selection;
pub use server::Server;
pub use siox_engineio::{CloseReason, Context, ErrorCode, Refusal, Sid, Transport, Transports};
pub use siox_socketio::{
    DecodeError, DisconnectReason, Encoded, MessagePack, RoomError, Value, View,
};
#[cfg(feature = "deflate")]
pub use siox_tokio::websocket::deflate;
#[cfg(feature = "tls")]
pub use siox_tokio::websocket::rustls;
pub use siox_tokio::{Peer, Traffic, front};
pub use siox_wire::{Message, SendError};
pub use socket::{Emitter, Socket};
pub use typed::{TypedEvent, TypedOutcome};
