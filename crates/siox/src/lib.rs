//! A Socket.IO server that talks to every official client, and clients that talk to every official server.
//!
#![cfg_attr(feature = "tokio", doc = "```no_run")]
#![cfg_attr(not(feature = "tokio"), doc = "```ignore")]
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
//! * A page of another origin is let in by [`Builder::cors`] only. Clients that are no pages always are.
//! * `emit` queues before it returns: the order of calls is the order on the wire.
//!
//! # Where what is
//! | for | see |
//! |---|---|
//! | settings of a server, each beside the reference's name | [`Builder`] |
//! | namespaces, those that come into being when they are asked for | [`Server::namespace`], [`Server::dynamic`] |
//! | who is let in | [`Namespace::middleware`], [`ConnectError`]; [`Builder::allow_request`] before there is a session |
//! | rooms, and whom a broadcast is for | [`Socket::join`], [`Broadcast`] |
//! | acknowledgements, of one and of many | [`Ack`], [`Socket::emit_with_ack`], [`Broadcast::emit_with_ack`] |
//! | binary data, anywhere in the arguments | [`Bytes`] |
//! | events declared once as types, for both ends | [`events!`] |
//! | clients that were cut off and come back | [`Recovery`] |
//! | clients that do not read fast enough | [`Builder::queue`], [`WhenFull`], [`Socket::emit_when_ready`] |
//! | clients of `socket.io-client` 2.x | [`Builder::allow_eio3`] |
//! | MessagePack, and parsers of your own | [`Builder::parser`], [`parser`] |
//! | several servers | [`Adapter`]: the one of a server that is alone, [`InMemory`], is here |
//! | proxies, bounds, TLS, sticky sessions | [`guide::deployment`] |
//! | coming from Node, or from socketioxide | [`guide::from_socket_io`], [`guide::from_socketioxide`] |
//! | programs to begin with | the folder `examples` of this crate |
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
//! [`Builder::max_payload`], a packet's attachments by [`Builder::max_attachments`], a client's namespaces by
//! [`Builder::max_namespaces`], a socket's rooms by 10,000.
//!
//! # Clients
//! [`Client`] is awaited, on tokio. With feature `blocking` there is its twin `siox::blocking::Client`, of the
//! same names, whose methods wait in the thread that calls them; without `tokio` nothing async is linked in:
//! `siox = { version = "0.1", default-features = false, features = ["blocking"] }`. Both are made of the same
//! parts, and do the same; [`client`] says what, and [`client::from_socket_io_client`] what Node's client calls it.
//!
//! # Features
//! * `tokio`, on by default: the server, and the client that is awaited.
//! * `blocking`: the client on threads.
//! * `compression`: compressed answers to polls, off until `Builder::compression`.
//! * `deflate`: permessage-deflate (RFC 7692) on the WebSocket, off until `Builder::deflate`, and at a client
//!   `ClientBuilder::deflate`.
//! * `tls`: `Server::serve_tls`, and `https` and `wss` for clients, on rustls.

#![forbid(unsafe_code)]
// There is nothing to be had without either.
#![cfg(any(feature = "blocking", feature = "tokio"))]
#![cfg_attr(
    not(feature = "tokio"),
    allow(
        rustdoc::broken_intra_doc_links,
        reason = "pages speak of the server too, which is not there"
    )
)]

#[cfg(feature = "tokio")]
mod adapter;
#[cfg(feature = "tokio")]
mod app;
#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "tokio")]
mod builder;
#[cfg(feature = "tokio")]
mod connect;
#[cfg(feature = "tokio")]
mod data;
#[cfg(feature = "tokio")]
mod door;
#[cfg(feature = "tokio")]
pub mod guide;
#[cfg(feature = "tokio")]
mod handshake;
#[cfg(feature = "tokio")]
mod inbox;
#[cfg(feature = "tokio")]
mod metrics;
#[cfg(feature = "tokio")]
mod namespace;
#[cfg(feature = "tokio")]
mod namespaces;
#[cfg(feature = "tokio")]
mod operator;
#[cfg(feature = "tokio")]
mod recovery;
#[cfg(feature = "tokio")]
mod remote;
#[cfg(feature = "tokio")]
mod screen;
#[cfg(feature = "tokio")]
mod selection;
#[cfg(feature = "tokio")]
mod server;
#[cfg(feature = "tokio")]
mod socket;
#[cfg(feature = "tokio")]
mod tasks;

mod awaited;
mod borrowing;
pub mod client;
mod error;
mod extract;
mod handler;
#[cfg_attr(
    not(feature = "tokio"),
    allow(dead_code, reason = "a client has fewer occasions than a server")
)]
mod handlers;
mod hash;
mod outgoing;
pub mod parser;
mod running;
mod scratch;
mod state;
mod typed;
mod watched;

pub use bytes::Bytes;
#[cfg(feature = "tls")]
pub use rustls;
pub use siox_engineio::{CloseReason, Context, ErrorCode, Refusal, Sid, Transport, Transports};
pub use siox_socketio::{
    DecodeError, DisconnectReason, Encoded, MessagePack, Revision, RoomError, Value, View,
};
#[cfg(all(feature = "deflate", feature = "blocking", not(feature = "tokio")))]
pub use siox_tcp::deflate;
#[cfg(all(feature = "deflate", feature = "tokio"))]
pub use siox_tokio::websocket::deflate;
pub use siox_wire::{Message, SendError};
#[cfg(feature = "tokio")]
pub use {
    adapter::{
        Acks, Action, Adapter, AdapterError, AdapterFactory, BroadcastError, Emit, InMemory, Later,
        Local, Restored, SavedSession,
    },
    builder::{Builder, WhenFull},
    data::SocketData,
    error::HandlerError,
    extract::Auth,
    handshake::Handshake,
    metrics::Metrics,
    namespace::{Namespace, RoomEvent, ServerSideError},
    operator::Broadcast,
    recovery::Recovery,
    remote::RemoteSocket,
    selection::Selection,
    server::Server,
    siox_tokio::{Peer, Traffic, front},
    socket::{Emitter, Socket},
};
pub use {
    awaited::{Answer, TypedAnswer},
    borrowing::{Borrowing, Lending, borrowing},
    error::{AckError, BoxError, CloseDetails, ConnectError, Fault},
    extract::{Ack, Args, ArgsRef, Data, EventName, FromEvent, Incoming, State},
    handler::{Called, Handler, Outcome},
    outgoing::Outgoing,
    typed::{TypedEvent, TypedOutcome},
};

/// A client of a Socket.IO server, in one of its namespaces. Cheap to clone. The connection lives until it
/// is closed, or the last clone of every client on it, and of its [`Manager`], is dropped; a handler that
/// keeps a clone keeps it.
///
/// ```no_run
/// use siox::{Ack, Client, Data};
/// use std::time::Duration;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder("http://localhost:3000/chat")
///     .auth(&[("token", "secret")].into_iter().collect::<std::collections::BTreeMap<_, _>>())
///     .on("chat message", |Data(text): Data<String>| println!("{text}"))
///     .on("sum", async |Data((a, b)): Data<(i64, i64)>, ack: Ack| ack.send(&(a + b)))
///     .connect()?;
/// client.ready().await?;
/// client.emit("chat message", "hello")?;
/// let answer: String = client.emit_with_ack("ask", &1, Some(Duration::from_secs(5))).await?;
/// # let _ = answer;
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "tokio")]
pub type Client = client::Client<client::Tokio>;

/// Settings and handlers of a [`Client`].
#[cfg(feature = "tokio")]
pub type ClientBuilder = client::ClientBuilder<client::Tokio>;

/// The connection of a [`Client`], which others may share.
#[cfg(feature = "tokio")]
pub type Manager = client::Manager<client::Tokio>;
