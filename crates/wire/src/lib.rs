//! The vocabulary that the siox protocol crates share, and nothing else: [`Instant`] (time as a
//! value), [`Input`] (bytes and time that arrive together), [`Message`], [`Text`] (shared by reference), [`Outbox`] (bytes waiting
//! for a socket), [`Sink`] (where a layer puts what the layer below must carry), [`Shared`] (one
//! group of messages for many receivers) and [`Utf8`] (incremental validation).
//!
//! No protocol lives here. The canonical loop of every machine built on it:
//!
//! ```
//! use siox_wire::{Input, Instant, Outbox};
//!
//! // A runtime reads into its scratch buffer, and gives the bytes and the time together.
//! let mut scratch = *b"hello";
//! let mut input = Input::new(Instant::from_micros(0), &mut scratch);
//! // A machine takes what it wants; what it takes borrows the buffer, not the cursor.
//! let (head, rest) = (input.take(1), input.take(usize::MAX));
//! assert_eq!((&*head, &*rest), (&b"h"[..], &b"ello"[..]));
//! assert!(input.is_empty());
//!
//! // What it answers waits in an outbox until the socket has taken it.
//! let mut out = Outbox::default();
//! out.pack(&[b"he", b"llo"]);
//! assert_eq!(out.chunks().next(), Some(&b"hello"[..]));
//! out.advance(5);
//! assert!(out.is_empty());
//! ```
//!
//! # Limits
//! Nothing here bounds anything by itself: an [`Outbox`] and a queue behind a [`Sink`] tell how much
//! they hold, and the machine that owns them refuses. Memory is freed as soon as a queue is empty.

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

mod decimal;
mod input;
mod message;
mod outbox;
mod payload;
mod shared;
mod sink;
mod time;
mod utf8;

pub use decimal::{Digits, decimal};
pub use input::Input;
pub use message::Message;
pub use outbox::Outbox;
pub use payload::Text;
pub use shared::{Form, Lead, Part, Shared, Slot};
pub use sink::{Admit, SendError, Sink};
pub use time::Instant;
pub use utf8::{InvalidUtf8, Utf8};
