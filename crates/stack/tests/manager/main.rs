//! A client's manager on virtual time: what it wants of the layer below, and what it tells.

mod line;
mod recovery;
mod retries;
mod rig;
mod sending;
mod sockets;
mod storm;
