//! Packet parsers beside JSON, and what one of one's own is made of.
//! [`Builder::parser`](crate::Builder::parser) and [`ClientBuilder::parser`](crate::ClientBuilder::parser)
//! take them.

pub use siox_socketio::{
    Config, Decoded, Error, Header, Json, Kind, Leniency, MessagePack, Parsed, Parser,
};
pub use siox_wire::Part;
