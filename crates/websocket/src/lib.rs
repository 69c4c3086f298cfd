//! WebSocket (RFC 6455), sans-IO.
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

mod assembly;
mod close;
mod connection;
mod control;
mod error;
mod event;
pub mod frame;
pub mod handshake;
mod keepalive;
mod limits;
pub mod mask;
mod outgoing;
mod reader;
mod state;

pub use close::{Close, CloseCode};
pub use connection::Connection;
pub use error::{Error, Timeout, Violation};
pub use event::Event;
pub use limits::Limits;
