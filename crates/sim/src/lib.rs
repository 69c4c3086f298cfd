//! The simulator: a server and clients of Engine.IO, or of Socket.IO, whole, on a network that delays,
//! cuts, holds back, refuses and breaks, under one virtual clock, on one thread, all of it out of one seed.
//!
//! ```
//! use siox_sim::{Scenario, run};
//!
//! let outcome = run(&Scenario::draw(7), false);
//! assert_eq!(outcome.failure, None);
//! ```
//!
//! What runs is the product: at one end [`siox_http1::Connection`]s, [`siox_stack::Front`] and
//! [`siox_stack::Engine`] behind its table of ids, put together as a runtime does it; at the other
//! [`siox_stack::EngineClient`]; EIO 3 and 4. The network is made of connections, which carry real HTTP,
//! one request or one after the other, and WebSockets. What may go wrong is a [`Fault`]: bytes held back,
//! connections that break in every way, proxies that gather, refuse or ask twice, ends that sleep, clocks
//! that jump, strangers.
//!
//! After every step (`check`): messages came once, in order and whole; the next heartbeat deadline is
//! armed; whoever has heard nothing for interval and timeout has ended; every queue is within its cap;
//! the end is told once, and nothing is written behind it. At the end (`world::verdict`): a session
//! that was not broken is alive and has all its messages; one that was broken is over at both ends;
//! and then nothing is left, no bytes, no timer, no entry in the table.
//!
//! A [`Party`] is a run of Socket.IO (`sockets`): order for each namespace, each acknowledgement resolved
//! exactly once, members as a model has them, nothing for a socket that has left, and a session recovered
//! without a gap or not at all.
//!
//! A [`Storm`] is a crowd of a thousand clients, with their reconnection, buffers and retries
//! ([`siox_stack::Manager`]), whose server restarts; in both revisions of Socket.IO.
//!
//! # Limits
//! Clients that poll by JSONP, compression, TLS and proxies that change bytes are not simulated. A delay that the network may be blamed for is small against the heartbeat; when larger
//! ones add up, the session may end, but must still end well.
#![forbid(unsafe_code)]

mod app;
mod campaign;
mod check;
mod conn;
mod echo;
mod fault;
mod host;
mod minimise;
mod net;
mod peer;
mod pipe;
mod scenario;
mod sockets;
mod storm;
mod world;

pub use campaign::{Simulation, Tally, campaign};
pub use fault::{Break, Fault, Kind, Place, Side, Stray};
pub use minimise::minimise;
pub use scenario::{Line, Scenario};
pub use sockets::{Party, gather};
pub use storm::Storm;
pub use world::{Failure, Outcome, run};
