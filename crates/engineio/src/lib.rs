//! Engine.IO v3 and v4, sans-IO: packets, payloads, and the sessions whole, the server's ([`Session`])
//! and the client's ([`Client`]): handshake, polling (by JSONP too), probe and upgrade, heartbeat, close.
//!
//! Nothing here knows a socket, a clock or an HTTP server. Requests go in and decisions come out as
//! values, so any HTTP server can host a session; WebSocket messages go in as [`Message`]s and out
//! through a [`Sink`], so any WebSocket can carry it. Time is an argument.
//!
//! # The canonical loop of a server
//!
//! ```
//! use siox_engineio::{Config, Decision, Event, Method, Payload, Request, Route, Session, Sid};
//! # use siox_engineio::Messages;
//! use siox_wire::{Admit, Instant, Sink};
//! use std::sync::Arc;
//! # struct NoSocket;
//! # impl Sink for NoSocket {
//! #     fn admit(&self, _: Admit) -> Result<(), siox_wire::SendError> { Ok(()) }
//! #     fn put_text(&mut self, _: &[&[u8]]) {}
//! #     fn put_binary(&mut self, _: &[u8], _: bytes::Bytes) {}
//! #     fn put_shared(&mut self, _: &Arc<siox_wire::Shared>, _: siox_wire::Lead) {}
//! # }
//!
//! let config = Arc::new(Config::default());
//! let now = Instant::from_millis(0);
//!
//! // 1. A request is routed. One that opens a session gets the open packet.
//! let request = Request::new(Method::Get, "EIO=4&transport=polling");
//! let Ok(Route::Open(_)) = Route::check(&config, &request) else { panic!() };
//! let sid = Sid::from_random(&[7; 15]); // of a generator that nobody can predict
//! let (mut session, _open) = Session::polling(now, config, sid);
//!
//! // 2. A request of the session is decided: answered, parked, or its body wanted.
//! let Decision::Park(poll) = session.handle_request(now, &Request::new(Method::Get, "transport=polling&sid=..")) else { panic!() };
//! let Decision::Body { lane, .. } = session.handle_request(now, &Request::new(Method::Post, "transport=polling&sid=..")) else { panic!() };
//!
//! // 3. A body is worked off packet by packet. Events borrow the body, so the session can answer.
//! let mut body = *b"4hello";
//! let mut payload = Payload::new(&mut body);
//! let result = loop {
//!     match session.handle_body(now, lane, &mut payload) {
//!         Ok(Some(Event::Message(message))) => {
//!             let mut out = session.sink(None::<&mut NoSocket>);
//!             out.admit(Admit::Normal).unwrap();
//!             out.put_text(&[message.as_bytes()]);
//!         }
//!         Ok(Some(_)) => {}
//!         Ok(None) => break Ok(()),
//!         Err(error) => break Err(error),
//!     }
//! };
//! assert_eq!(session.finish_post(lane, result).status, 200);
//!
//! // 4. After every step: answers to parked polls, the death if there was one, the next deadline.
//! let (answered, response) = session.poll_response().unwrap();
//! assert_eq!((answered, &response.body[0][..]), (poll, &b"4hello"[..]));
//! assert_eq!(session.farewell(), None);
//! assert!(session.poll_timeout().is_some()); // then: session.handle_timeout(..)
//! ```
//!
//! # The canonical loop of a client
//!
//! ```
//! use siox_engineio::{Client, ClientConfig, ClientEvent, Outgoing, Payload};
//! # use siox_engineio::Messages;
//! # use siox_wire::{Admit, Instant, Sink};
//! # use std::sync::Arc;
//! # struct NoSocket;
//! # impl Sink for NoSocket {
//! #     fn admit(&self, _: Admit) -> Result<(), siox_wire::SendError> { Ok(()) }
//! #     fn put_text(&mut self, _: &[&[u8]]) {}
//! #     fn put_binary(&mut self, _: &[u8], _: bytes::Bytes) {}
//! #     fn put_shared(&mut self, _: &Arc<siox_wire::Shared>, _: siox_wire::Lead) {}
//! # }
//!
//! let now = Instant::from_millis(0);
//! let mut client = Client::new(now, Arc::new(ClientConfig::default()));
//!
//! // 1. It says what to request: GETs, POSTs and the WebSocket, each named by a lane.
//! let Some(Outgoing::Get { lane, query, .. }) = client.poll_request(now) else { panic!() };
//! assert_eq!(query, "EIO=4&transport=polling");
//!
//! // 2. The answer's head, its body packet by packet, its end.
//! client.handle_response(now, lane, 200, Some(b"text/plain")).unwrap();
//! let mut body = *br#"0{"sid":"x","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000}"#;
//! let mut payload = Payload::new(&mut body);
//! while let Ok(Some(event)) = client.handle_body(now, lane, &mut payload) {
//!     assert_eq!(event, ClientEvent::Opened);
//! }
//! client.handle_done(now, lane);
//!
//! // 3. Messages are put into its sink; they leave by a POST, or by the WebSocket after the upgrade.
//! client.sink(None::<&mut NoSocket>).put_text(&[b"hello"]);
//!
//! // 4. After every step: what is to be told, what is to be requested, the next deadline.
//! assert_eq!(client.handle_timeout(now, None::<&mut NoSocket>), None);
//! assert!(matches!(client.poll_request(now), Some(Outgoing::Socket { .. })));
//! assert!(matches!(client.poll_request(now), Some(Outgoing::Get { .. })));
//! assert!(matches!(client.poll_request(now), Some(Outgoing::Post { .. })));
//! assert!(client.poll_timeout().is_some());
//! ```
//!
//! # Lanes
//! Every request and socket of a session that outlives its decision has a [`Lane`] number. What comes
//! late from a lane that is no longer the session's is [`Error::Stale`], or ignored, and changes
//! nothing.
//!
//! # Death
//! Whatever ends a session moves its state at once and tells nobody; [`Session::poll_timeout`] is then
//! overdue ([`Instant::EPOCH`](siox_wire::Instant::EPOCH)) until [`Session::farewell`] or
//! [`Session::handle_timeout`] has returned [`Event::Closed`], which happens exactly once. A client's
//! death is told the same way by [`Client::handle_timeout`].
//!
//! # Limits
//! A body is bounded by [`Config::max_payload`], what is queued for polls by [`Config::high_water`]
//! and [`Config::hard_cap`], a silent peer's life by the heartbeat. A session holds one parked GET and
//! one running POST. There is no bound on the number of packets in a body: a runtime works one off in
//! slices and yields between them. A client has the same bounds, and [`ClientConfig::max_response`].
//!
//! Sources: the Engine.IO protocol documents v3 and v4, and the behaviour of engine.io and
//! engine.io-client 6.6.
//!
//! [`Message`]: siox_wire::Message
//! [`Sink`]: siox_wire::Sink

#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test may panic"
    )
)]

extern crate alloc;

mod base64;
mod client;
mod config;
mod dialect;
mod error;
mod handshake;
mod heartbeat;
pub mod jsonp;
mod messages;
mod packet;
mod payload;
mod query;
mod queue;
mod refusal;
mod request;
mod session;
mod sid;
mod version;

pub use client::{Client, ClientConfig, ClientError, ClientEvent, Opened, Outgoing};
pub use config::{Config, Transport, Transports};
pub use error::{CloseReason, Error, ErrorCode};
pub use handshake::{Handshake, Route};
pub use messages::Messages;
pub use packet::{Kind, Packet, V3, V4};
pub use payload::{Coding, Payload, encode_payload};
pub use query::{Query, pairs};
pub use refusal::{Context, Refusal};
pub use request::{ContentType, Method, Request, Response};
pub use session::{Decision, Event, Lane, Session};
pub use sid::Sid;
pub use version::Version;
