//! Coming from Node's `socket.io` 4: each thing of its server, and how it is said here.
//!
//! Clients change nothing: the packets, the names of events, the reasons and the codes are the same. What
//! is on the left has the names of the reference's documentation; the code below each table is compiled.
//! The options of the server are in the table of [`Builder`](crate::Builder).
//!
//! # Server and namespaces
//! | socket.io | here |
//! |---|---|
//! | `new Server(options)`, `io.listen(port)` | [`Server::builder`](crate::Server::builder), [`Server::serve`](crate::Server::serve) |
//! | `io.attach(httpServer)` | [`Server::layer`](crate::Server::layer) on an axum or hyper server |
//! | `io.of("/chat")` | [`Server::namespace`](crate::Server::namespace) |
//! | `io.of(/^\/project-\w+$/)` | [`Server::dynamic`](crate::Server::dynamic) with a pattern, not a regular expression |
//! | `io.of((name, auth, next) => ..)` | [`Server::dynamic_if`](crate::Server::dynamic_if) |
//! | event `new_namespace` | [`Server::on_new_namespace`](crate::Server::on_new_namespace) |
//! | `io.close()` | [`Server::close`](crate::Server::close) |
//! | `io.engine.clientsCount`, metrics of one's own | [`Server::clients`](crate::Server::clients), [`Server::metrics`](crate::Server::metrics) |
//! | `io.emit(..)` | the same of a namespace: `io.namespace("/").emit(..)` |
//! | `nsp.use(fn)` | [`Namespace::middleware`](crate::Namespace::middleware) |
//! | events `connection`, `connect` | [`Namespace::on_connect`](crate::Namespace::on_connect) |
//! | an error given to `next`, with `data` | [`ConnectError`](crate::ConnectError), which clients of 2.x are told in their way |
//! | `nsp.sockets`, `nsp.sockets.get(id)`, `nsp.adapter.rooms` | [`Namespace::sockets`](crate::Namespace::sockets), [`socket`](crate::Namespace::socket), [`rooms`](crate::Namespace::rooms) |
//! | events `create-room`, `delete-room`, `join-room`, `leave-room` | [`Namespace::on_room_event`](crate::Namespace::on_room_event) |
//! | `nsp.serverSideEmit(..)`, with acknowledgements | [`Namespace::server_side_emit`](crate::Namespace::server_side_emit), [`server_side_emit_with_ack`](crate::Namespace::server_side_emit_with_ack) |
//! | `nsp.on("from another server", ..)` | [`Namespace::on_server_side`](crate::Namespace::on_server_side) |
//!
//! ```
//! use siox::{Auth, ConnectError, Server, Socket};
//! use std::collections::HashMap;
//!
//! let io = Server::new();
//! let chat = io.namespace("/chat");
//! chat.middleware(|Auth(auth): Auth<HashMap<String, String>>| match auth.get("token") {
//!     Some(token) if token == "sesame" => Ok(()),
//!     _ => Err(ConnectError::new("not authorised").with_data(&401)),
//! });
//! chat.on_connect(async |socket: Socket| println!("{} has come", socket.id()));
//! io.dynamic("/project-{id}");
//! io.dynamic_if(async |name, auth| name.len() < 20 && auth.get("guest").is_none());
//! io.on_new_namespace(|nsp| println!("{}", nsp.name()));
//! chat.on_room_event(|event| println!("{event:?}"));
//! chat.on_server_side("count", |_| Ok(1));
//! chat.server_side_emit("count", &())?;
//! # Ok::<_, siox::ServerSideError>(())
//! ```
//!
//! # Sockets
//! Handlers are registered on the namespace, once, and not in `connection` for each socket: that costs
//! nothing a socket, and none can come too late for an event. [`Socket::on`](crate::Socket::on) is there
//! for what one socket alone does.
//!
//! | socket.io | here |
//! |---|---|
//! | `socket.id`, `socket.recovered`, `socket.connected` | [`id`](crate::Socket::id), [`is_recovered`](crate::Socket::is_recovered), [`is_connected`](crate::Socket::is_connected) |
//! | `socket.data` | [`set_data`](crate::Socket::set_data), [`data`](crate::Socket::data): one value of a type |
//! | `socket.handshake` | [`handshake`](crate::Socket::handshake); `auth` is [`Socket::auth`](crate::Socket::auth) or the argument [`Auth`](crate::Auth) |
//! | `socket.conn.transport.name`, `socket.conn.protocol` | [`Socket::transport`](crate::Socket::transport), [`Socket::revision`](crate::Socket::revision) |
//! | `socket.handshake.time`, `issued` | [`Handshake::issued`](crate::Handshake::issued) |
//! | `socket.handshake.secure`, `xdomain`, `url`, `query`, `address` | [`is_secure`](crate::Handshake::is_secure), [`is_cross_domain`](crate::Handshake::is_cross_domain), [`url`](crate::Handshake::url), [`query`](crate::Handshake::query), [`client_address`](crate::Handshake::client_address) |
//! | `socket.rooms`, `join`, `leave` | [`rooms`](crate::Socket::rooms), [`join`](crate::Socket::join), [`leave`](crate::Socket::leave) |
//! | `socket.on`, `once`, `off` | [`Namespace::on`](crate::Namespace::on), [`once`](crate::Namespace::once), [`off`](crate::Namespace::off); of one socket alike |
//! | `onAny`, `prependAny`, `offAny` | [`on_any`](crate::Namespace::on_any), [`prepend_any`](crate::Namespace::prepend_any), [`off_any`](crate::Namespace::off_any) |
//! | `onAnyOutgoing`, `prependAnyOutgoing`, `offAnyOutgoing` | [`on_any_outgoing`](crate::Namespace::on_any_outgoing), [`prepend_any_outgoing`](crate::Namespace::prepend_any_outgoing), [`off_any_outgoing`](crate::Namespace::off_any_outgoing) |
//! | `socket.use(fn)` | [`Namespace::packet_middleware`](crate::Namespace::packet_middleware) |
//! | `socket.emit(..)`, `send(..)` | [`emit`](crate::Socket::emit); `send(x)` is `emit("message", &x)` |
//! | `emit(.., ack)`, `emitWithAck(..)`, `socket.timeout(ms).emitWithAck(..)` | [`emit_with_ack`](crate::Socket::emit_with_ack), [`timeout`](crate::Socket::timeout) |
//! | `socket.volatile`, `compress(false)` | [`volatile`](crate::Socket::volatile), [`compress`](crate::Socket::compress) |
//! | `socket.broadcast`, `to`, `in`, `except`, `local` | [`broadcast`](crate::Socket::broadcast), [`to`](crate::Socket::to), [`within`](crate::Socket::within), [`except`](crate::Socket::except), [`local`](crate::Socket::local) |
//! | `socket.disconnect()`, `disconnect(true)` | [`disconnect`](crate::Socket::disconnect), [`close`](crate::Socket::close) |
//! | events `disconnecting`, `disconnect` | [`on_disconnecting`](crate::Namespace::on_disconnecting), [`on_disconnect`](crate::Namespace::on_disconnect), with a [`DisconnectReason`](crate::DisconnectReason) |
//! | event `error`, an exception in a handler | [`Server::on_error`](crate::Server::on_error) |
//! | the names `connect`, `connect_error`, `disconnect`, `disconnecting`, `newListener`, `removeListener` | likewise no event's: [`SendError::Reserved`](crate::SendError::Reserved); a client that sends one is closed |
//!
//! ```no_run
//! use siox::{Ack, BoxError, Data, DisconnectReason, Server, Socket};
//! use std::time::Duration;
//!
//! let io = Server::new();
//! let nsp = io.namespace("/");
//! nsp.on("add", |Data((a, b)): Data<(i64, i64)>, ack: Ack| ack.send(&(a + b)));
//! nsp.on("chat", async |socket: Socket, Data(text): Data<String>| -> Result<(), BoxError> {
//!     socket.join("lobby")?;
//!     socket.to("lobby").except("muted").emit("chat", &text)?;
//!     socket.broadcast().volatile().emit("typing", &())?;
//!     socket.compress(false).emit("token", "secret")?;
//!     let seen: bool = socket.timeout(Duration::from_secs(5)).emit_with_ack("seen?", &text).await?;
//!     if !seen {
//!         socket.disconnect();
//!     }
//!     Ok(())
//! });
//! nsp.on_disconnecting(|socket: Socket| println!("was in {:?}", socket.rooms()));
//! nsp.on_disconnect(|reason: DisconnectReason| println!("{reason}"));
//! nsp.packet_middleware(|socket: Socket| match socket.is_recovered() {
//!     true => Err("come in anew"),
//!     false => Ok(()),
//! });
//! io.on_error(|e| eprintln!("{} {e}", e.socket.id()));
//! ```
//!
//! # Broadcasts
//! | socket.io | here |
//! |---|---|
//! | `io.to(a).in(b).except(c).emit(..)` | [`Namespace::to`](crate::Namespace::to), [`except`](crate::Broadcast::except), [`emit`](crate::Broadcast::emit): a selection may be kept and used again |
//! | `io.volatile`, `local`, `compress(false)` | [`volatile`](crate::Broadcast::volatile), [`local`](crate::Broadcast::local), [`compress`](crate::Broadcast::compress) |
//! | `io.timeout(ms).emitWithAck(..)`, `err.responses` | [`Broadcast::emit_with_ack`](crate::Broadcast::emit_with_ack), [`BroadcastError::Partial`](crate::BroadcastError::Partial) |
//! | `fetchSockets()`, `RemoteSocket` | [`fetch_sockets`](crate::Broadcast::fetch_sockets), [`RemoteSocket`](crate::RemoteSocket) |
//! | `socketsJoin`, `socketsLeave`, `disconnectSockets` | [`sockets_join`](crate::Broadcast::sockets_join), [`sockets_leave`](crate::Broadcast::sockets_leave), [`disconnect_sockets`](crate::Broadcast::disconnect_sockets) |
//!
//! ```no_run
//! # async fn of(io: siox::Server) -> Result<(), siox::BoxError> {
//! use siox::BroadcastError;
//! use std::time::Duration;
//!
//! let lobby = io.namespace("/").to("lobby").except("muted");
//! lobby.emit("news", &("today", 1))?;
//! match lobby.emit_with_ack("ready?", &(), Duration::from_secs(1)).await {
//!     Ok(all) => println!("{} are", all.len()),
//!     Err(BroadcastError::Partial { responses, missing }) => println!("{} are, {missing} say nothing", responses.len()),
//!     Err(e) => return Err(e.into()),
//! }
//! for socket in lobby.fetch_sockets().await? {
//!     println!("{} in {:?}, of {:?}", socket.id(), socket.rooms(), socket.data::<String>());
//! }
//! lobby.sockets_leave("lobby")?;
//! lobby.disconnect_sockets(true)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Recovery
//! | socket.io | here |
//! |---|---|
//! | `connectionStateRecovery` | [`Builder::recovery`](crate::Builder::recovery) |
//! | `maxDisconnectionDuration`, `skipMiddlewares` | [`max_disconnection`](crate::Recovery::max_disconnection), [`skip_middlewares`](crate::Recovery::skip_middlewares) |
//! | `pid` in the answer to CONNECT, an offset behind the arguments of an event, both in the client's CONNECT | the same on the wire |
//! | what comes back: `id`, `rooms`, `data`, what was missed | the same, after the answer to CONNECT and in order |
//! | what is kept: events without acknowledgement that are not volatile | the same |
//! | the reasons after which a session is kept | [`DisconnectReason::is_recoverable`](crate::DisconnectReason::is_recoverable): the same, and "slow consumer" |
//! | a sweep once a minute | [`max_bytes`](crate::Recovery::max_bytes), [`max_sessions`](crate::Recovery::max_sessions): what is kept has bounds at any time |
//!
//! # Adapters
//! The rooms are the namespace's own here. An adapter is asked for what concerns other servers, and does on
//! its own what [`Local`](crate::Local) offers.
//!
//! | socket.io-adapter | here |
//! |---|---|
//! | `new Server({ adapter })`, `init()` | [`Builder::adapter`](crate::Builder::adapter), called for each namespace that is made |
//! | `close()`, `serverCount()` | [`Adapter::close`](crate::Adapter::close), [`server_count`](crate::Adapter::server_count) |
//! | `addAll`, `del`, `delAll`, `sids`, `rooms`, `sockets(rooms)`, `socketRooms(id)` | the namespace's: [`Namespace::rooms`](crate::Namespace::rooms), [`Socket::rooms`](crate::Socket::rooms), [`Local::sockets`](crate::Local::sockets) |
//! | events `create-room`, `delete-room`, `join-room`, `leave-room` | [`Adapter::room_event`](crate::Adapter::room_event), [`Namespace::on_room_event`](crate::Namespace::on_room_event) |
//! | `broadcast(packet, opts)`, `super.broadcast` | [`Adapter::emit`](crate::Adapter::emit) of an [`Emit`](crate::Emit) for a [`Selection`](crate::Selection); [`Local::emit`](crate::Local::emit) |
//! | `wsPreEncodedFrame` | by itself: one encoding for all receivers of a revision |
//! | `broadcastWithAck(packet, opts, clientCount, ack)` | [`Adapter::emit_with_ack`](crate::Adapter::emit_with_ack); [`Local::emit_with_ack`](crate::Local::emit_with_ack), whose [`Acks`](crate::Acks) know how many were asked |
//! | `fetchSockets(opts)`, and its answer from another server | [`Adapter::fetch_sockets`](crate::Adapter::fetch_sockets); [`RemoteSocket::to_value`](crate::RemoteSocket::to_value), [`Local::remote_socket`](crate::Local::remote_socket) |
//! | `addSockets`, `delSockets`, `disconnectSockets` | [`Adapter::act`](crate::Adapter::act) with an [`Action`](crate::Action); [`Local::act`](crate::Local::act) |
//! | `serverSideEmit(packet)`, `_onServerSideEmit` | [`Adapter::server_side_emit`](crate::Adapter::server_side_emit), [`server_side_emit_with_ack`](crate::Adapter::server_side_emit_with_ack); [`Local::server_side_event`](crate::Local::server_side_event) |
//! | `persistSession(session)`, `restoreSession(pid, offset)` | [`Adapter::persist`](crate::Adapter::persist), [`restore`](crate::Adapter::restore), [`missed_since`](crate::Adapter::missed_since); [`SavedSession::new`](crate::SavedSession::new) |
//! | a packet of another server | [`Encoded::from_parts`](crate::Encoded::from_parts), [`Args::from_parts`](crate::Args::from_parts) |
//! | `SessionAwareAdapter` | [`InMemory`](crate::InMemory), with [`Recovery`](crate::Recovery) |
//! | `ClusterAdapter`, `ClusterAdapterWithHeartbeat`, those of Redis, Postgres, MongoDB | none yet |
//!
//! # Reasons and codes
//! | socket.io, engine.io | here |
//! |---|---|
//! | "transport error", "transport close", "forced close", "ping timeout", "parse error", "server shutting down", "forced server close", "client namespace disconnect", "server namespace disconnect" | [`DisconnectReason`](crate::DisconnectReason), whose `Display` is that text |
//! | codes 0 to 5 with their messages | [`ErrorCode`](crate::ErrorCode): code, message and status are the same |
//! | `INVALID_ORIGIN`, `TRANSPORT_MISMATCH` and the others that `connection_error` tells | [`Context::name`](crate::Context::name) of what [`Builder::connection_error`](crate::Builder::connection_error) is told |
//! | the message of `allowRequest` | [`Admission::forbidden`](crate::front::Admission::forbidden) |
//! | 400 with a text on the socket of a refused upgrade, at times behind 101 | the status and the JSON of a poll, before 101 |
//! | 413 for a body too large; 400 and the session's end for polls or POSTs that overlap | the same |
//!
//! # What is different
//! * A page of another origin is refused without [`Builder::cors`](crate::Builder::cors); there, only its
//!   browser looks away.
//! * What waits for a client is bounded: `emit` says [`SendError::Full`](crate::SendError::Full)
//!   ([`Builder::queue`](crate::Builder::queue), [`Socket::emit_when_ready`](crate::Socket::emit_when_ready)).
//! * An exception ends the process there; here a panic ends the socket whose handler it was.
//! * Two reasons are new: "server error" and "slow consumer".
//! * Recovery serves a client that has received nothing yet, one that is back before the end of its former connection
//!   has shown ([`Recovery::overlap`](crate::Recovery::overlap)), and one that was refused and tries again. A private id
//!   serves once.
//!
//! # What is not there
//! | socket.io | why, and what instead |
//! |---|---|
//! | `listenersAny()`, `listenersAnyOutgoing()` | closures cannot be compared, so a list of them tells nothing; the `off` of a kind forgets them all |
//! | `off(event, listener)` | the same; [`off`](crate::Namespace::off) forgets those of an event |
//! | `allSockets()` | deprecated there; [`fetch_sockets`](crate::Namespace::fetch_sockets) |
//! | the rest of `socket.conn`; `socket.request`, `io.engine`, `io.httpServer`, `io.bind` | what they are used for is in [`Handshake`](crate::Handshake) and the hooks of [`Builder`](crate::Builder) |
//! | `socket.client`, `socket.server` | [`Socket::namespace`](crate::Socket::namespace), and a clone of the [`Server`](crate::Server) where it is wanted |
//! | `socket.pid` | the client's secret: nothing here needs it |
//! | the `description` of a disconnection | the reason alone: what else is known of a transport's error is in the log |
//! | setters of `path`, `connectTimeout`, `adapter` | a server's options are fixed when it is built |
//! | WebTransport, `attachApp` | not served |
