//! Running servers: directly or behind proxies, several of them, with bounds.
//!
//! # One server
//! [`Server::serve`](crate::Server::serve) takes a listener and needs nothing before it. With the feature
//! `tls` there is `Server::serve_tls`, on rustls, for `https` and `wss`. Where another HTTP server is there
//! already, [`Server::layer`](crate::Server::layer) answers one path of it.
//!
//! What a stranger may cost is bounded by options of [`Builder`](crate::Builder), each with a default but
//! for the first two:
//!
//! | | option | beyond it |
//! |---|---|---|
//! | sessions in all | [`max_sessions`](crate::Builder::max_sessions) | 503 |
//! | sessions of an address | [`max_sessions_per_address`](crate::Builder::max_sessions_per_address) | 429 |
//! | a message, a POST | [`max_payload`](crate::Builder::max_payload), 1 MB | 1009, 413 |
//! | what waits for a client | [`queue`](crate::Builder::queue), 1 MiB and 4 MiB | an error, then the end |
//! | the time for a request's head | [`head_deadline`](crate::Builder::head_deadline), 10 s | 408 |
//! | the time for a POST's body | [`body_deadline`](crate::Builder::body_deadline), 60 s | 408 |
//! | idling between two requests | [`keep_alive`](crate::Builder::keep_alive), 60 s | the end |
//! | being in no namespace | [`connect_timeout`](crate::Builder::connect_timeout), 45 s | the end |
//!
//! The caps count from the moment a session is asked for, while `allow_request_later` still thinks, until it
//! has ended, however that comes. A client that vanishes while it polls is missed after the ping interval and
//! timeout.
//!
//! # Pages of other origins
//! A page that this server's host has served may connect. Any other is refused, with 403 and a warning in the
//! log that names this option, until [`cors`](crate::Builder::cors) lets it in: one that a development server
//! serves on another port, for example.
//!
//! ```
//! use siox::{
//!     Server,
//!     front::{Cors, Origins},
//! };
//!
//! let page = Cors::of(Origins::One("http://localhost:5173".into()));
//! let io = Server::builder().cors(page).build()?;
//! # let _ = io;
//! # Ok::<(), siox::BoxError>(())
//! ```
//!
//! Clients that are no pages send no origin, and are let in.
//!
//! # Behind a proxy
//! A server sees the proxy's address, not the client's. [`trusted_proxies`](crate::Builder::trusted_proxies)
//! says how many proxies there are to believe, so that the client's address
//! ([`Handshake::client_address`](crate::Handshake::client_address)), the host that pages are compared with,
//! and [`Handshake::is_secure`](crate::Handshake::is_secure) are those that the outermost of them saw. Trust
//! as many as there are: with too few, all clients have the address of a proxy; with too many, each has the
//! address that it claims. Nobody but the proxies should reach the server's port.
//!
//! Inside axum the connection's address is unknown to the layer unless a request has a `SocketAddr` among its
//! extensions; behind trusted proxies it is not needed.
//!
//! # Several servers
//! A session lives in the server that opened it. A client that polls sends many requests, which the proxy
//! has to bring to that server: sticky sessions. One that reaches another server is told `Session ID unknown`
//! and connects anew, so that without stickiness clients come and go for ever.
//!
//! Two ways are below. By *address* needs nothing of the client, but sends a whole company behind one
//! address to one server, and a telephone that changes its network to another one. By *cookie* spreads evenly,
//! but a page of another site needs `withCredentials` and `SameSite=None`, and clients that are no browsers
//! have to keep cookies (the official one does with `withCredentials`, since its version 4.7).
//!
//! With `transports: ["websocket"]` on the client a session is one connection, and needs neither; what is
//! lost is polling for those whose network lets no WebSocket through.
//!
//! Servers that are to hear each other's broadcasts need an [`Adapter`](crate::Adapter) that joins them.
//!
//! ## nginx, by address
#![doc = concat!("```text\n", include_str!("../../deploy/nginx.conf"), "```")]
//!
//! ## haproxy, by cookie
#![doc = concat!("```text\n", include_str!("../../deploy/haproxy.cfg"), "```")]
//!
//! The example `behind_nginx` is a server for both.
