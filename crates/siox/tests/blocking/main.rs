//! The client on threads and the server of this crate, over real loopback sockets.

mod acks;
#[path = "../common/both.rs"]
mod both;
mod coming_back;
mod connection;
mod ends;
mod events;
mod examples;
mod rig;
#[cfg(feature = "deflate")]
#[path = "../common/wiretap.rs"]
#[allow(dead_code, reason = "heads are looked at next door")]
mod wiretap;
