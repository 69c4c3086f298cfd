//! The Socket.IO profiles, as processes: the tables that they promise, over raw sockets.

mod client_support;
mod echo;
mod process;
#[path = "../../../tokio/tests/common/mod.rs"]
mod raw;
