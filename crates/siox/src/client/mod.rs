//! The other end: a client of any Socket.IO server, in one of its namespaces.
//!
//! [`Client`] is one client in one namespace; several share a connection, their [`Manager`]. There are two kinds,
//! of which an application mostly needs one: `siox::Client` on tokio, whose methods are awaited, and
//! `siox::blocking::Client` on threads, whose methods wait.
//!
//! # Guarantees
//! * Events leave in the order of the calls, and each at most once. One that is emitted without a connection
//!   waits for it, within [`ClientBuilder::offline_buffer`]; one that was on its way when the connection was
//!   lost may be lost with it.
//! * With [`ClientBuilder::retries`], each at least once and in order: one is under way at a time, until the
//!   server acknowledges it.
//! * Handlers start in the order of arrival; a pending one does not hold up the next. At most 256 are
//!   pending, and 256 events wait in a stream ([`Client::events`]); then the server is not read.
//! * The server's refusal, and its `disconnect`, are final until [`Client::connect`]. Whatever else ends a
//!   connection is followed by attempts, whose waits are random even where they are longest.
//!
//! What Node's `socket.io-client` calls what is here, and what is not: [`from_socket_io_client`].
//!
//! # Coming from `rust_socketio`
//! | there | here |
//! |---|---|
//! | `ClientBuilder::new(url).namespace("/admin")` | the namespace is the URL's path: `Client::builder("http://host/admin")` |
//! | `.on("event", \|payload, client\| ..)` | [`on`](Client::on) with typed arguments: `\|Data(text): Data<String>, client: Client\|`, sync or async |
//! | `.on(Event::Connect / Close / Error, ..)` | [`on_connect`](Client::on_connect), [`on_disconnect`](Client::on_disconnect), [`on_connect_error`](Client::on_connect_error) |
//! | `Payload::Text / Binary / String` | any type that serde knows; [`Bytes`](crate::Bytes) anywhere in it; [`Value`](crate::Value) for what comes |
//! | `client.emit("event", json!(..))` | [`emit`](Client::emit) with anything that serializes; a tuple is several arguments |
//! | `emit_with_ack(event, data, timeout, callback)` | [`emit_with_ack`](Client::emit_with_ack)`(event, &data, timeout).await`, typed |
//! | an acknowledgement the server asks for: none | [`Ack`](crate::Ack) in any handler, kept as long as need be |
//! | more than one attachment: lost | all of them, up to [`max_attachments`](ClientBuilder::max_attachments) |
//! | events without a connection: an error | they wait ([`offline_buffer`](ClientBuilder::offline_buffer)) |
//! | one namespace a connection | [`Manager::namespace`], or by itself ([`multiplex`](ClientBuilder::multiplex)) |
//! | `.reconnect(..)`, `.reconnect_delay(min, max)`, `.max_reconnect_attempts(n)` | [`reconnection`](ClientBuilder::reconnection), [`reconnection_delay`](ClientBuilder::reconnection_delay), [`reconnection_attempts`](ClientBuilder::reconnection_attempts) |
//! | `.reconnect_on_disconnect`, `.on_reconnect(..)` (new settings) | [`auth_with`](ClientBuilder::auth_with), asked for each attempt |
//! | `.auth(json)`, `.opening_header(..)`, `.transport_type(..)` | [`auth`](ClientBuilder::auth), [`extra_header`](ClientBuilder::extra_header), [`transports`](ClientBuilder::transports) |
//! | `.tls_config(..)` | [`tls`](ClientBuilder#method.tls) (feature `tls`), [`proxy`](ClientBuilder::proxy) |
//! | Socket.IO 2 servers: none | [`eio3`](ClientBuilder::eio3) |

// What is decided is decided by `siox_stack::Manager`; here are its handles (`handle`, `manager`), the
// steps of whoever drives it (`steps`, `state`), and the calling of handlers (`tell`). What opens sessions
// and moves messages is a kind's own: `on_tokio`, and `blocking` beside this module.

mod auth;
mod builder;
mod carrier;
mod core;
mod emitter;
mod events;
pub mod from_socket_io_client;
mod handle;
mod kind;
mod manager;
#[cfg(feature = "blocking")]
mod on_threads;
#[cfg(feature = "tokio")]
mod on_tokio;
mod options;
mod refusal;
mod registry;
mod shared;
mod state;
mod steps;
mod target;
mod tell;
mod typed;

pub(crate) use self::core::Core;
pub use builder::ClientBuilder;
pub use emitter::Emitter;
pub use events::{Events, Received};
pub use handle::Client;
#[cfg(feature = "blocking")]
pub use kind::Threads;
#[cfg(feature = "tokio")]
pub use kind::Tokio;
pub use kind::{Kind, Runs};
pub use manager::{ConnectionEvent, Direction, Manager};
pub use siox_http1::proxy::Proxy;
pub use siox_stack::{ClientOptions, Overflow};
pub use target::BadTarget;
