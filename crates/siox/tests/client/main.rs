//! The client and the server of this crate, over real loopback sockets.

mod acks;
mod auth;
mod events;
mod handlers;
mod namespaces;
mod offline;
mod reconnect;
mod recovery;
mod rig;
mod ways;
