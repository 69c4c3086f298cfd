//! The other end: a client of any Socket.IO server, in one of its namespaces.
//!
//! What is decided is decided by `siox_stack::Manager`; here are its handles (`handle`, `manager`), the
//! task that opens sessions and moves messages (`driver`), and the calling of handlers (`tell`).

mod auth;
mod builder;
mod driver;
mod events;
mod handle;
mod manager;
mod options;
mod registry;
mod shared;
mod target;
mod tell;
mod typed;

pub use builder::ClientBuilder;
pub use events::{Events, Received};
pub use handle::Client;
pub use manager::{ConnectionEvent, Manager};
pub use siox_http1::proxy::Proxy;
pub use siox_stack::{ClientOptions, Overflow};
pub use target::BadTarget;
