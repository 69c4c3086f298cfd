//! The client's behaviour, one file each, under a clock that the test moves.

mod any_order;
mod close;
mod heartbeat;
mod opening;
mod peer;
mod polling;
#[path = "../common/socket.rs"]
mod socket;
mod upgrade;
mod v3;
