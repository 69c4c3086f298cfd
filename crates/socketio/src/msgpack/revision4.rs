//! What socket.io-msgpack-parser 2.2 writes otherwise than 3: packets that carry no values are JSON, in text,
//! and those with binary values have types of their own. Its reader takes all that the writer of 3 writes.

use crate::{Config, Error, Kind, Parsed, Value, View};
use alloc::borrow::Cow;

/// The type of an event or an acknowledgement with binary values.
pub(super) const fn kind(number: u64) -> Option<Kind> {
    match number {
        5 => Some(Kind::Event),
        6 => Some(Kind::Ack),
        _ => None,
    }
}

/// Reads a text message: a CONNECT or a DISCONNECT, whose `type` and `nsp` are all that counts.
pub(super) fn text(text: &str, config: &Config) -> Result<Parsed<'static>, Error> {
    let packet: Value = text.parse().map_err(|_| Error::PacketType)?;
    let kind = match packet.get("type").and_then(View::as_u64) {
        Some(0) => Kind::Connect,
        Some(1) => Kind::Disconnect,
        Some(_) | None => return Err(Error::PacketType),
    };
    let nsp = packet.get("nsp").ok_or(Error::Namespace)?;
    let nsp = nsp.as_str().ok_or(Error::Namespace)?.into_owned();
    Parsed::new((kind, nsp.into(), None), Cow::Borrowed(""), 0, config)
}
