//! The client on threads and the server of this crate, over real loopback sockets.

mod acks;
mod coming_back;
mod ends;
mod events;
mod examples;
mod rig;
