//! Socket.IO, protocol revisions 5 and 4, sans-IO: packets and their binary attachments, namespaces,
//! acknowledgements, rooms. Messages go in and come out; what carries them is the layer below.
//!
//! [`Connection`] is the server's side of one connection and [`Client`] the other one, [`Encoded`] is what an application sends,
//! [`Packet`] what it gets, [`Value`] what it holds when it does not know the type, and [`Rooms`] whom a
//! broadcast reaches. [`Decoder`] and [`Header`] are the bare codec, for either direction. How packets are
//! written is a [`Parser`]: JSON if nothing else is said, [`MessagePack`], or one of the application's own.
//!
//! The canonical loop:
//!
//! ```
//! use siox_socketio::{Config, Connection, Encoded, Event};
//! use siox_wire::{Admit, Instant, Message};
//! # #[derive(Default)]
//! # struct Out(Vec<String>);
//! # impl siox_wire::Sink for Out {
//! #     fn admit(&self, _: Admit) -> Result<(), siox_wire::SendError> { Ok(()) }
//! #     fn put_text(&mut self, parts: &[&[u8]]) { self.0.push(String::from_utf8(parts.concat()).unwrap()) }
//! #     fn put_binary(&mut self, _: &[u8], _: bytes::Bytes) {}
//! #     fn put_shared(&mut self, _: &std::sync::Arc<siox_wire::Shared>, _: siox_wire::Lead) {}
//! # }
//! # let mut out = Out::default(); // the layer below: any `Sink`
//!
//! let now = Instant::from_millis(0);
//! let mut connection = Connection::new(now, Config::default().into());
//! for message in ["0", r#"21["sum",1,2]"#, "1"] {
//!     // An error means: close the connection, with `error.reason()`.
//!     match connection.handle_message(now, Message::from(message), &mut out)? {
//!         Some(Event::Connect { slot, nsp, .. }) if nsp == "/" => connection.accept(slot, "x1", &mut out)?,
//!         Some(Event::Connect { slot, .. }) => connection.refuse(slot, "Invalid namespace", None, &mut out)?,
//!         Some(Event::Event { slot, id: Some(id), packet }) if packet.name() == "sum" => {
//!             let (a, b): (i64, i64) = packet.decode()?;
//!             connection.ack(slot, id, &Encoded::args(&(a + b))?, &mut out)?;
//!             connection.emit(slot, &Encoded::event("bye", &())?, Admit::Normal, &mut out)?;
//!         }
//!         Some(_) | None => {}
//!     }
//!     // And when `poll_timeout` says so: `handle_timeout`, until it returns `Ok(None)`.
//! }
//! assert_eq!(out.0, [r#"0{"sid":"x1"}"#, "31[3]", r#"2["bye"]"#]);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # Limits
//! [`Config`] bounds attachments, namespaces, owed acknowledgements and waiting times; nesting ends at
//! [`MAX_DEPTH`], a namespace's name at [`MAX_NAMESPACE`], an id at [`MAX_ACK_ID`]. A packet stays a
//! checked slice of the message: a connection holds memory only for what was received of a packet whose
//! attachments are still coming, and for the acknowledgements that it is owed. Values made of packets
//! cost more: [`Value`] 16 bytes for each value and key beside its text, and typed arguments whatever
//! their types do. The length of a message is bounded by the layer below.
//!
//! What is not here: what a client does beyond one connection: reconnection, buffers, retries.

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
#[cfg(test)]
extern crate std;

mod acks;
mod attachments;
mod client;
mod config;
mod connection;
mod de;
mod encoded;
mod error;
mod holes;
mod leniency;
mod msgpack;
mod packet;
mod parser;
mod reason;
pub mod recovery;
mod revision;
mod rooms;
mod scan;
mod ser;
mod text;
mod value;

pub use attachments::Decoder;
pub use client::{Client, ClientConfig, ClientEvent, Recover};
pub use config::Config;
pub use connection::{Connection, Event, FIRST_BROADCAST_ACK, Slot};
pub use encoded::Encoded;
pub use error::{DecodeError, Error};
pub use leniency::Leniency;
pub use msgpack::MessagePack;
pub use packet::{
    Packet, Raw,
    decode::{RESERVED_EVENTS, is_reserved},
    decoded::Decoded,
    encode::{Header, shared},
    grammar::{Kind, MAX_ACK_ID, MAX_NAMESPACE, MAX_NAMESPACE_QUERY},
    unchecked::Unchecked,
};
pub use parser::{Json, Parsed, Parser};
pub use reason::DisconnectReason;
pub use revision::Revision;
pub use rooms::{RoomError, Rooms};
pub use scan::MAX_DEPTH;
pub use value::{Items, Members, Value, ValueKind, View};
