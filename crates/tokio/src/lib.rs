//! siox on tokio: sockets, clocks and tasks for the sans-IO machines of the crates below. No
//! protocol decision is taken here: every answer, deadline and limit is a machine's.
//!
//! What stands on top of a session is an [`App`]; a [`Host`] holds the sessions of one app. It is
//! reached in two ways: [`serve`] on a listener of its own ([`serve_connection`] on any stream), or [`Layer`] (a `tower::Layer`) inside an
//! axum or hyper server. Plain Engine.IO, server and client, is in [`engine`]; plain WebSocket without
//! sessions in [`websocket`].
//!
//! ```no_run
//! use siox_engineio::Event;
//! use siox_stack::{Config, Engine};
//! use siox_tokio::{About, App, Conn, Host};
//! use std::{sync::Arc, task::Context};
//!
//! /// An Engine.IO echo.
//! struct Echo;
//!
//! impl App for Echo {
//!     type Machine = Engine;
//!     type Data = ();
//!
//!     fn open(&self, _: &About<'_>) {}
//!
//!     fn handle_event(self: &Arc<Self>, conn: &Arc<Conn<Self>>, _: &mut Context<'_>, event: Event<'_>) {
//!         if let Event::Message(message) = event {
//!             conn.with(|engine| engine.send(message)).ok();
//!         }
//!     }
//! }
//!
//! # async fn run() -> std::io::Result<()> {
//! let host = Host::new(Arc::new(Echo), Config::default(), "/engine.io/");
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! siox_tokio::serve(listener, host).await
//! # }
//! ```
//!
//! # Limits
//! One scratch buffer of 64 KiB per worker thread, none per connection. A task per connection; a
//! polling session has a task of its own for its deadlines. The limits of the machines apply as they
//! are configured; behind a foreign HTTP server, that server's limits on heads and its deadlines apply
//! instead of those of `siox-http1`.
//!
//! # Features
//! * `compression`: compressed answers to polls, with the option of that name in [`front::Options`].
//! * `deflate`: permessage-deflate (RFC 7692), for plain WebSockets and, with `Config::with_deflate` of
//!   `siox-stack`, for those of sessions. A thread keeps one codec for all; a connection with context
//!   takeover has its own.
//! * `tls`: `wss://` for clients, and `serve_tls`.

#![forbid(unsafe_code)]

mod admit;
mod app;
mod clock;
mod codec;
mod driver;
pub mod engine;
mod exchange;
mod hooks;
mod host;
mod hosted;
mod line;
mod outlet;
mod plain;
mod post;
mod scratch;
mod serve;
mod service;
mod tally;
mod tidy;
mod timer;
#[cfg(feature = "tls")]
mod tls;
mod together;
mod traffic;
pub mod websocket;

pub use app::{Admit, App, Conn};
pub use clock::now;
pub use hooks::Hooks;
pub use host::{Host, random_id};
pub use plain::Peer;
pub use serve::{serve, serve_connection};
pub use service::{Layer, Service};
pub use siox_stack::front::{self, About, Headers};
pub use tally::Tally;
#[cfg(feature = "tls")]
pub use tls::serve_tls;
pub use together::Together;
pub use traffic::Traffic;
