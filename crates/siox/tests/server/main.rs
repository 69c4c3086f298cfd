//! The server as its clients see it, over real loopback sockets: one behaviour per module.

mod acks;
mod arguments;
mod binary;
mod class_e;
mod client;
mod client_files;
mod close;
mod cluster;
#[cfg(feature = "compression")]
mod compress;
mod connect;
mod deadlines;
mod disconnect;
mod dynamic;
mod handlers;
mod hosting;
mod metrics;
mod middleware;
mod operators;
mod options;
mod order;
mod origin;
mod panics;
mod parsers;
mod pending;
#[path = "../../../tokio/tests/common/mod.rs"]
mod raw;
mod recovery;
mod revision4;
mod rooms;
#[cfg(feature = "tls")]
mod tls;
mod typed;
mod unchecked;
