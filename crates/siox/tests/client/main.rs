//! The client and the server of this crate, over real loopback sockets.

mod acks;
mod auth;
#[path = "../common/both.rs"]
mod both;
mod connection;
mod events;
mod handlers;
mod namespaces;
mod offline;
mod reconnect;
mod recovery;
mod rig;
mod settings;
mod ways;
#[path = "../common/wiretap.rs"]
#[cfg_attr(
    not(feature = "deflate"),
    allow(
        dead_code,
        reason = "frames are looked at where they may be compressed"
    )
)]
mod wiretap;
