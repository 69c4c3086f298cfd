//! What a packet parser of one's own is made of. [`Builder::parser`](crate::Builder::parser) takes it; the
//! parsers themselves live in the protocol's crate.

pub use siox_socketio::{Config, Decoded, Error, Header, Json, Kind, Leniency, Parsed, Parser};
pub use siox_wire::Part;
