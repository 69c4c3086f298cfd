//! Packets in MessagePack, one binary message each, binary values in their places: the wire of
//! socket.io-msgpack-parser 3 and of the notepack.io below it. Here is what a packet is; how values are
//! read and written is in `read` and `write`.
//! Sources: the MessagePack specification; socket.io-msgpack-parser 3.0.2; notepack.io 2.2 and 3.0.

mod date;
mod item;
mod read;
mod revision4;
mod write;

use crate::{
    Config, Decoded, Error, Header, Kind, Leniency, MAX_ACK_ID, Parsed, Parser,
    holes::{FindHoles, Hole},
    packet::decode,
    parser::checked,
    scan,
    ser::Encoder,
};
use alloc::{borrow::Cow, string::String, vec::Vec};
use bytes::Bytes;
use item::Item;
use read::Reader;
use siox_wire::{Message, Part, SendError};

/// The parser for MessagePack, compatible with `socket.io-msgpack-parser`.
///
/// A packet is a map of `type` (0 to 4), `nsp`, and if it has them `data` and `id`, sent as one binary
/// message; other keys are read over. What a handler gets is what it would get of JSON, with these
/// differences:
///
/// * Binary values (`bin`, and what notepack makes of an `ArrayBuffer`) stand in their places, at most
///   [`max_binary`](Self::max_binary) of them; an object that looks like a placeholder is none. On the way
///   out such an object is one where the packet has attachments, relayed ones included. A CONNECT or
///   CONNECT_ERROR has no binary values.
/// * Integers are exact from -2^63 to 2^64 - 1. What is written as a whole number with a fraction or an
///   exponent (`1.0`, `1e2`), if exact, is sent as an integer, any other number as a double.
/// * Dates (extension -1, and the older form of notepack) become the text that JavaScript's JSON has for
///   them, `undefined` becomes `null`, and any other extension an array of its number and its bytes, as in
///   notepack. `nil` and `undefined` as `data` or `id` of a packet mean that there is none.
/// * Numbers that are not finite, keys that are no strings, and a packet's own key given twice are refused,
///   unless [`Leniency::msgpack_values`](crate::Leniency::msgpack_values) says otherwise.
///
/// Nesting ends at [`MAX_DEPTH`](crate::MAX_DEPTH). Nothing is reserved for a declared length. In memory a
/// packet takes at most 6 bytes for each that was received, and about 100 more for each binary value.
///
/// ```
/// use siox_socketio::{Header, Kind, MessagePack, Parser};
/// use siox_wire::Part;
///
/// let header = Header { kind: Kind::Event, nsp: "/", id: None };
/// let parts = MessagePack::default().encode(&header, r#"["hi",7]"#, &[])?;
/// assert_eq!(parts, [Part::Binary(b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x92\xa2hi\x07"[..].into())]);
/// # Ok::<_, siox_wire::SendError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePack {
    /// The most binary values in one packet, sent or received. Default: 1,000.
    pub max_binary: usize,
    /// Whether to read also what `socket.io-msgpack-parser` 2.2 writes, the one for `socket.io-client` 2.x:
    /// CONNECT and DISCONNECT as JSON in text, and the types 5 and 6 for events and acknowledgements with
    /// binary values. What is written stays the same; that parser reads it. Default: false.
    pub revision4: bool,
}

impl Default for MessagePack {
    fn default() -> Self {
        Self {
            max_binary: 1000,
            revision4: false,
        }
    }
}

impl Parser for MessagePack {
    fn decode<'b>(&self, message: Message<'b>, config: &Config) -> Result<Parsed<'b>, Error> {
        let bytes = match message {
            Message::Binary(bytes) => bytes,
            Message::Text(text) if self.revision4 => return revision4::text(&text, config),
            Message::Text(_) => return Err(Error::TextMessage),
        };
        let packet = decode_packet(&bytes, self, config)?;
        Ok(Parsed {
            packet,
            attachments: 0,
        })
    }

    fn encode(
        &self,
        header: &Header<'_>,
        body: &str,
        attachments: &[Bytes],
    ) -> Result<Vec<Part>, SendError> {
        let holes = holes(body, attachments).map_err(|_| SendError::Unencodable)?;
        let bytes = write::packet(header, body, &holes, attachments);
        let bytes = bytes.map_err(|_| SendError::Unencodable)?;
        Ok(Vec::from([Part::Binary(bytes.into())]))
    }

    fn max_attachments(&self, _: &Config) -> usize {
        self.max_binary
    }
}

/// The placeholders in `body` that name one of the attachments; what else looks like one is an object.
fn holes(body: &str, attachments: &[Bytes]) -> Result<Vec<Hole>, scan::Fault> {
    if attachments.is_empty() {
        return Ok(Vec::new());
    }
    let mut find = FindHoles::new(body, attachments.len());
    scan::only_value(body, 0, &mut find)?;
    Ok(find.valid())
}

/// The members of a packet's map, as they are found.
#[derive(Default)]
struct Members<'b> {
    kind: Option<Kind>,
    nsp: Option<&'b str>,
    id: Option<Option<u64>>,
    data: Option<Option<Encoder>>,
}

fn decode_packet(
    bytes: &[u8],
    parser: &MessagePack,
    config: &Config,
) -> Result<Decoded<'static>, Error> {
    let leniency = &config.leniency;
    let mut reader = Reader::new(bytes, parser.max_binary, leniency.msgpack_values);
    let Item::Map(entries) = reader.item()? else {
        return Err(Error::PacketType);
    };
    let mut members = Members::default();
    for _ in 0..entries {
        let Item::Str(key) = reader.item()? else {
            return Err(Error::MapKey);
        };
        let again = match key {
            "type" => {
                let kind = kind(reader.item()?, parser.revision4)?;
                members.kind.replace(kind).is_some()
            }
            "nsp" => {
                let Item::Str(nsp) = reader.item()? else {
                    return Err(Error::Namespace);
                };
                members.nsp.replace(nsp).is_some()
            }
            "id" => {
                let id = id(reader.item()?, leniency.unbounded_id)?;
                members.id.replace(id).is_some()
            }
            "data" => members.data.replace(reader.data()?).is_some(),
            _ => {
                reader.skip()?;
                false
            }
        };
        if again && !leniency.msgpack_values {
            return Err(Error::DuplicateKey);
        }
    }
    reader.end()?;
    let kind = members.kind.ok_or(Error::PacketType)?;
    let nsp = members.nsp.ok_or(Error::Namespace)?;
    let nsp = match checked(nsp.into())? {
        nsp if nsp == "/" => Cow::Borrowed("/"),
        nsp => Cow::Owned(nsp.into_owned()),
    };
    let (id, data) = (members.id.flatten(), members.data.flatten());
    assemble((kind, nsp, id), data, config)
}

fn kind(item: Item<'_>, revision4: bool) -> Result<Kind, Error> {
    match item {
        Item::UInt(0) => Ok(Kind::Connect),
        Item::UInt(1) => Ok(Kind::Disconnect),
        Item::UInt(2) => Ok(Kind::Event),
        Item::UInt(3) => Ok(Kind::Ack),
        Item::UInt(4) => Ok(Kind::ConnectError),
        Item::UInt(other) if revision4 => revision4::kind(other).ok_or(Error::PacketType),
        _ => Err(Error::PacketType),
    }
}

fn id(item: Item<'_>, unbounded: bool) -> Result<Option<u64>, Error> {
    match item {
        Item::Nil | Item::Undefined => Ok(None),
        Item::UInt(id) if id <= MAX_ACK_ID || unbounded => Ok(Some(id)),
        _ => Err(Error::AckId),
    }
}

/// The packet of these parts. `data` is JSON of our own making, with its placeholders.
fn assemble(
    (kind, nsp, id): (Kind, Cow<'static, str>, Option<u64>),
    data: Option<Encoder>,
    config: &Config,
) -> Result<Decoded<'static>, Error> {
    let (text, holes, attachments) = match data {
        Some(data) => (
            data.json.into_string(),
            data.holes.unwrap_or_default(),
            data.attachments,
        ),
        None => (String::new(), Vec::new(), Vec::new()),
    };
    let leniency = &config.leniency;
    let array = text.starts_with('[');
    let mut packet = match kind {
        Kind::Event if array => {
            let packet = decode::event_with(text.into(), 0, holes, leniency)?;
            Decoded::Event { nsp, id, packet }
        }
        Kind::Ack if array => Decoded::Ack {
            nsp,
            id: match id {
                Some(id) => id,
                None if leniency.missing_payload => u64::MAX,
                None => return Err(Error::AckId),
            },
            packet: decode::ack_with(text.into(), 0, holes)?,
        },
        // Neither carries binary values, here or in JSON.
        Kind::Connect | Kind::ConnectError if !holes.is_empty() => return Err(Error::Payload),
        Kind::Connect | Kind::ConnectError | Kind::Disconnect | Kind::Event | Kind::Ack => {
            // The reference's parser for MessagePack misses no payload.
            let leniency = Leniency {
                missing_payload: false,
                ..*leniency
            };
            decode::assemble(text.into(), (kind, nsp, id), 0, 0, &leniency)?
        }
    };
    packet.attach(attachments);
    Ok(packet)
}
