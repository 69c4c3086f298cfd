//! Where the layers meet, still sans-IO: [`Engine`] is Engine.IO on both its transports as one machine,
//! [`Session`] is Socket.IO on top of that, [`Sids`] is the table of sessions, [`front`] judges every request
//! before a session sees it, and, with feature `std`, `Cell` is a session that many tasks or threads may
//! reach. [`EngineClient`] is Engine.IO's other end, with all its connections; above it,
//! [`Manager`] is the sockets of a client, over one session after the other.
//!
//! The canonical loop, without a socket: a client opens a session by a WebSocket and says hello.
//!
//! ```
//! use siox_engineio::{Event, Sid};
//! use siox_stack::{Config, Engine, Machine};
//! use siox_wire::{Input, Instant};
//!
//! let now = Instant::from_millis(0);
//! let sid = Sid::from_random(&[7; 15]); // of a generator that nobody can predict
//! let (mut engine, lane) = Engine::socket(now, &Config::default(), sid);
//!
//! // 1. What arrived goes in with its time; call until `Ok(None)`.
//! let mut bytes = [0x81, 0x86, 0, 0, 0, 0, b'4', b'h', b'e', b'l', b'l', b'o'];
//! let mut input = Input::new(now, &mut bytes);
//! while let Ok(Some(event)) = engine.handle_input(lane, &mut input) {
//!     // 2. The event borrows the bytes, not the machine: answer at once.
//!     if let Event::Message(message) = event {
//!         engine.send(message).unwrap();
//!     }
//! }
//!
//! // 3. Write what waits, and tell how much was taken.
//! let written: Vec<u8> = engine.poll_transmit().flatten().copied().collect();
//! assert!(written.ends_with(b"\x81\x064hello"));
//! engine.handle_written(lane, written.len());
//!
//! // 4. Come back at the next deadline.
//! let ping = engine.poll_timeout().unwrap();
//! engine.handle_timeout(ping).unwrap();
//! assert_eq!(engine.poll_transmit().next(), Some(&b"\x81\x012"[..]));
//! ```
//!
//! # Limits
//! Those of the layers below, made consistent by [`Config`]. What waits for a peer is bounded by
//! `high_water` and `hard_cap` of the Engine.IO settings, on either transport.
//!
//! # Features
//! * `std`: `Cell`, for which the standard library's mutex is linked.
//! * `compression`: compressed answers to polls, off until [`front::Options`] and [`ClientOptions`] say so. Its codec links `std`.
//! * `deflate`: permessage-deflate on the WebSocket, off until `Config::with_deflate`. Its codec links
//!   `std`. `max_payload` bounds the inflated message.

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

mod agreed;
mod caps;
#[cfg(feature = "std")]
mod cell;
mod client;
mod config;
mod engine;
mod error;
pub mod front;
mod machine;
mod manager;
mod outbound;
mod session;
mod sids;

pub use agreed::Agreed;
pub use caps::{Caps, NoPlace};
#[cfg(feature = "std")]
pub use cell::{Cell, Shift, Turn};
pub use client::{
    Cause, ClientOptions, EngineClient, Failure, Inbox, Line, Random, Timestamps, parse_url,
};
pub use config::Config;
pub use engine::Engine;
pub use error::Error;
pub use front::Front;
pub use machine::{COURTESY, Machine};
pub use manager::{
    Auth, Dial, Emit, Manager, ManagerEvent, ManagerOptions, Overflow, Owed, SocketKey,
    SocketOptions, Ticket, Unanswered, Want,
};
pub use outbound::Outbound;
pub use session::{Event, Session};
pub use sids::{Route, Sids};
