//! The session's behaviour, one file each, under a clock that the test moves.

mod close;
mod deaths;
mod handshake;
mod heartbeat;
mod jsonp;
mod limits;
mod model;
mod peer;
mod polling;
#[path = "../common/socket.rs"]
mod socket;
mod upgrade;
mod v3;
