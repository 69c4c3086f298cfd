//! From frames to a running client and server.
//!
//! Each step stands on the one before, and each can be used without those behind it.
//!
//! # 1. A frame
//! [`frame`](crate::frame) and [`mask`](crate::mask) are the codec of RFC 6455 §5.2 and §5.3: no state,
//! no buffer. A head says what follows; the payload is the caller's.
//!
//! ```
//! use siox_websocket::{frame::{Head, HeadBytes, Opcode, Role}, mask};
//!
//! let mut bytes = *b"\x81\x82\x01\x02\x03\x04ik and what comes behind";
//! // As a server reads it: a client's frames are masked.
//! let (head, used) = Head::decode(&bytes, Role::Server, false)?.expect("a whole head");
//! assert_eq!((head.opcode, head.fin, head.len, used), (Opcode::Text, true, 2, 6));
//! let payload = &mut bytes[used..used + 2];
//! mask::apply(payload, head.mask);
//! assert_eq!(payload, b"hi");
//!
//! // The same frame as a server writes it.
//! assert_eq!(HeadBytes::encode(true, Opcode::Text, 2, None).as_slice(), b"\x81\x02");
//! # Ok::<(), siox_websocket::Violation>(())
//! ```
//!
//! # 2. A connection
//! [`Connection`](crate::Connection) is one end after the opening handshake: it puts fragments
//! together, checks UTF-8, answers pings, makes the closing handshake and keeps the limits and
//! deadlines. It has no socket and no clock; every method returns at once. Four kinds of methods are
//! all there is:
//!
//! | kind | methods |
//! |---|---|
//! | what happened | `handle_input`, `handle_timeout`, `handle_eof`, `handle_written` |
//! | what to do now | `poll_transmit`, `poll_timeout`, `is_finished` |
//! | what to say | `text`, `binary`, `ping`, `pong`, `close`; `begin_text`, `write`, `finish` |
//! | what is known | `queued`, `is_closed`, `limits` |
//!
//! Here both ends are in one place, and a vector is the network:
//!
//! ```
//! use siox_websocket::{CloseCode, Connection, Event, Limits};
//! use siox_wire::{Input, Instant, Message};
//! use std::sync::Arc;
//!
//! let limits = Arc::new(Limits::default());
//! let mut client = Connection::client(limits.clone(), [7; 32]); // 32 secret random bytes
//! let mut server = Connection::server(limits);
//! let now = Instant::EPOCH; // a clock that starts anywhere and never goes back
//!
//! /// Moves what `from` has queued, and says what `to` makes of it.
//! fn carry(now: Instant, from: &mut Connection, to: &mut Connection) -> Vec<Event<'static>> {
//!     let mut wire: Vec<u8> = from.poll_transmit().flatten().copied().collect();
//!     from.handle_written(wire.len());
//!     let mut input = Input::new(now, &mut wire);
//!     let mut events = Vec::new();
//!     while let Some(event) = to.handle_input(&mut input).expect("a well-behaved peer") {
//!         events.push(event.into_owned());
//!     }
//!     events
//! }
//!
//! client.text("hello")?;
//! let heard = carry(now, &mut client, &mut server);
//! assert_eq!(heard, [Event::Message(Message::from("hello"))]);
//!
//! server.close(now, CloseCode::GOING_AWAY, "maintenance")?;
//! let heard = carry(now, &mut server, &mut client);
//! assert!(matches!(&heard[..], [Event::Close(Some(close))] if close.reason == "maintenance"));
//! carry(now, &mut client, &mut server); // the client's answer
//! assert!(server.is_finished() && client.is_finished());
//! # Ok::<(), siox_wire::SendError>(())
//! ```
//!
//! # 3. The opening handshake
//! Pure functions of bytes or headers, in [`handshake`](crate::handshake): for a server
//! [`AcceptOptions`](crate::handshake::server::AcceptOptions) and
//! [`Handshake`](crate::handshake::server::Handshake), for a client
//! [`Request`](crate::handshake::client::Request) and the machine that reads the answer. With feature
//! `http` they also take and make the types of the `http` crate, for servers that have parsed the
//! request already.
//!
//! # 4. A socket
//! What is left is to read, to write and to wait. The example `tcp_echo` of this crate does it with
//! nothing but `std::net`, in a hundred lines. Nobody has to write them again:
//!
//! | on | crate | client | server |
//! |---|---|---|---|
//! | tokio | `siox-tokio` | `websocket::connect(url, &Options)` | `websocket::accept(stream, limits)`, `accept_with` |
//! | threads | `siox-tcp` | `connect(url, &Options)` | `accept(stream, limits)`, `accept_with`, `serve` |
//!
//! Both give a `WebSocket` whose whole use is a loop:
//!
//! ```text
//! while let Some(message) = socket.next().await {   // blocking: while let Some(m) = socket.read()?
//!     socket.send(message?).await?;                 //               socket.send(m)?
//! }
//! ```
//!
//! Then read [`security`](super::security) before it faces the internet.
