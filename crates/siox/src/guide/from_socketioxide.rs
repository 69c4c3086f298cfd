//! Coming from `socketioxide` 0.18: each thing of it, and how it is said here.
//!
//! The greatest difference: handlers are registered on a namespace, once, before any client is there, and
//! not in the connect handler for each socket. So none can come too late for a client's first event, and a
//! socket costs no memory for them.
//!
//! | socketioxide | here |
//! |---|---|
//! | `SocketIo::new_layer()` | [`Server::new`](crate::Server::new), [`Server::layer`](crate::Server::layer) |
//! | `SocketIo::builder()` .. `build_layer()` | [`Server::builder`](crate::Server::builder), [`Builder::build`](crate::Builder::build) |
//! | `SocketIo::new_svc()`, hyper's `serve` | [`Server::serve`](crate::Server::serve) on a listener, without hyper |
//! | `io.ns("/chat", on_connect)` | [`Server::namespace`](crate::Server::namespace), [`Namespace::on_connect`](crate::Namespace::on_connect) |
//! | `io.dyn_ns("/{id}/chat", ..)` | [`Server::dynamic`](crate::Server::dynamic), the same patterns; [`dynamic_if`](crate::Server::dynamic_if) |
//! | `on_connect.with(middleware)` | [`Namespace::middleware`](crate::Namespace::middleware) |
//! | `socket.on("event", handler)` | [`Namespace::on`](crate::Namespace::on), or [`Socket::on`](crate::Socket::on) |
//! | `socket.on_disconnect(handler)` | [`Namespace::on_disconnect`](crate::Namespace::on_disconnect) |
//! | `socket.on_fallback(handler)` | [`Namespace::on_any`](crate::Namespace::on_any), which hears every event |
//! | `SocketRef` | [`Socket`](crate::Socket) |
//! | `Data<T>`, `TryData<T>` | [`Data<T>`](crate::Data); what does not fit goes to [`Server::on_error`](crate::Server::on_error); to look yourself, take [`Args`](crate::Args) and [`decode`](crate::Args::decode) |
//! | `Data<Value>` | [`Data<Value>`](crate::Value), or [`Args`](crate::Args) to pass on without a look, [`ArgsRef`](crate::ArgsRef) without a copy |
//! | – | [`borrowing`](crate::borrowing): typed arguments that borrow their strings |
//! | `Bin` (before 0.15) | [`Bytes`](crate::Bytes) anywhere in the arguments |
//! | `Data<Auth>` in `on_connect` | [`Auth<T>`](crate::Auth), in any handler |
//! | `AckSender` | [`Ack`](crate::Ack) |
//! | `State<T>`, `with_state` | [`State<T>`](crate::State), [`Builder::state`](crate::Builder::state) |
//! | `Event` | [`EventName`](crate::EventName) |
//! | `socket.extensions` | [`Socket::set_data`](crate::Socket::set_data), [`data`](crate::Socket::data) |
//! | `socket.req_parts()`, `HttpExtension` | [`Socket::handshake`](crate::Socket::handshake) |
//! | `socket.emit(event, &data)` | [`Socket::emit`](crate::Socket::emit) |
//! | `SendError::Socket(SocketError::InternalChannelFull)` | [`SendError::Full`](crate::SendError::Full), counted in bytes; [`emit_when_ready`](crate::Socket::emit_when_ready) waits |
//! | `max_buffer_size(packets)` | [`Builder::queue`](crate::Builder::queue), in bytes |
//! | `socket.emit_with_ack(..)`, `ack_timeout` | [`Socket::emit_with_ack`](crate::Socket::emit_with_ack), each with a timeout of its own |
//! | `AckStream` of a broadcast | [`Broadcast::emit_with_ack`](crate::Broadcast::emit_with_ack), all answers at once |
//! | `io.to("a").except("b").within("c").broadcast()` | [`to`](crate::Namespace::to), [`except`](crate::Broadcast::except), [`within`](crate::Broadcast::within), [`broadcast`](crate::Socket::broadcast) |
//! | `io.fetch_sockets()`, `.join(..)`, `.leave(..)`, `.disconnect()` | [`fetch_sockets`](crate::Broadcast::fetch_sockets), [`sockets_join`](crate::Broadcast::sockets_join), [`sockets_leave`](crate::Broadcast::sockets_leave), [`disconnect_sockets`](crate::Broadcast::disconnect_sockets) |
//! | `socket.rooms()`, `io.rooms()` | [`Socket::rooms`](crate::Socket::rooms), [`Namespace::rooms`](crate::Namespace::rooms) |
//! | `socket.disconnect()` | [`Socket::disconnect`](crate::Socket::disconnect), [`close`](crate::Socket::close) |
//! | `DisconnectReason` | [`DisconnectReason`](crate::DisconnectReason), with Node's texts |
//! | `io.close().await` | [`Server::close`](crate::Server::close), which also waits for handlers |
//! | `ping_interval`, `ping_timeout`, `max_payload`, `connect_timeout` | the same of [`Builder`](crate::Builder); `max_payload` is 1 MB, as Node's |
//! | `req_path` | [`Builder::path`](crate::Builder::path) |
//! | `transports([..])` | [`Builder::transports`](crate::Builder::transports) |
//! | `with_adapter::<A>()` | [`Builder::adapter`](crate::Builder::adapter) |
//! | feature `v4` | [`Builder::allow_eio3`](crate::Builder::allow_eio3) |
//! | feature `msgpack`, `with_parser` | [`Builder::parser`](crate::Builder::parser) |
//! | feature `tracing` | always there, a span for each socket; and [`Server::metrics`](crate::Server::metrics) |
//! | `tower_http::cors` around it | [`Builder::cors`](crate::Builder::cors); without it a page of another origin is refused |
//!
//! What it had in one function:
//!
//! ```text
//! io.ns("/", async |socket: SocketRef, Data(auth): Data<Login>| {
//!     socket.on("message", async |socket: SocketRef, Data(text): Data<String>, ack: AckSender| {
//!         socket.within("lobby").emit("message", &text).await.ok();
//!         ack.send("ok").ok();
//!     });
//!     socket.join("lobby");
//! });
//! ```
//!
//! is here:
//!
//! ```
//! use siox::{Ack, Args, Auth, Bytes, Data, DisconnectReason, EventName, Server, Socket, State};
//! use std::{sync::Arc, time::Duration};
//!
//! #[derive(serde::Deserialize)]
//! struct Login {
//!     name: Option<String>,
//! }
//!
//! # fn make() -> Result<Server, siox::BoxError> {
//! let io = Server::builder()
//!     .ping_interval(Duration::from_secs(25))
//!     .max_payload(100_000)
//!     .queue(64 * 1024, 1024 * 1024)
//!     .state(Arc::new("shared"))
//!     .build()?;
//! let nsp = io.namespace("/");
//! nsp.middleware(|Auth(login): Auth<Login>| login.name.map(drop).ok_or("who is it?"));
//! nsp.on_connect(|socket: Socket| socket.join("lobby"));
//! nsp.on("message", |socket: Socket, Data(text): Data<String>, ack: Ack| {
//!     socket.namespace().to("lobby").emit("message", &text)?;
//!     ack.send("ok")
//! });
//! nsp.on("upload", |Data((name, bytes)): Data<(String, Bytes)>| println!("{name}: {}", bytes.len()));
//! nsp.on("try", |args: Args| match args.decode::<u64>() {
//!     Ok(n) => println!("{n}"),
//!     Err(e) => println!("{e}"),
//! });
//! nsp.on("state", |State(shared): State<Arc<&'static str>>| println!("{shared}"));
//! nsp.on_any(|EventName(name): EventName| println!("{name}"));
//! nsp.on_disconnect(|socket: Socket, reason: DisconnectReason| println!("{} {reason}", socket.id()));
//! # Ok(io)
//! # }
//! # make().unwrap();
//! ```
