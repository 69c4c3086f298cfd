//! What a hostile client can send, layer by layer, and what it gets for it on the wire: the status and
//! body of a request, the close frame of a WebSocket, and the reason that the application is told. Each
//! layer's own tests know its rules in detail; here the point is that together they give the right answer.
//! What concerns the upgrade is in `upgrade.rs`, what concerns queues in `backpressure.rs`.

#[path = "../common/mod.rs"]
mod common;

mod frames;
mod memory;
mod requests;
mod socketio;
