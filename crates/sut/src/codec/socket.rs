//! `sio.*`: Socket.IO's packets.

use super::{Answer, Fault, engine, id, member};
use siox_socketio::{
    Config, Decoded, Decoder, Error, Header, Kind, Packet, Raw, Value, ValueKind, View, is_reserved,
};
use siox_wire::{Instant, Message};
use std::collections::BTreeMap;

const KINDS: [Kind; 5] = [
    Kind::Connect,
    Kind::Disconnect,
    Kind::Event,
    Kind::Ack,
    Kind::ConnectError,
];

fn kind(packet: View<'_>) -> Result<Kind, Fault> {
    let number = member(packet, "type")?;
    let place = number.as_u64().and_then(|n| usize::try_from(n).ok());
    let kind = place.and_then(|n| KINDS.get(n).copied());
    kind.ok_or_else(|| format!("unknown packet type {}", number.json()))
}

pub(super) fn encode(request: View<'_>) -> Answer {
    let packet = member(request, "packet")?;
    let nsp = member(packet, "nsp")?.as_str().ok_or("nsp is no text")?;
    if nsp.contains(',') {
        return Err("invalid namespace: must not contain a comma".to_owned());
    }
    let header = Header {
        kind: kind(packet)?,
        nsp: &nsp,
        id: packet.get("id").and_then(View::as_u64),
    };
    let data = packet.get("data").map(|d| Value::from_serialize(&d));
    let data = data.transpose().map_err(|e| e.to_string())?;
    let (json, attachments) = data
        .as_ref()
        .map_or(("", &[][..]), |d| (d.json(), d.attachments()));
    let mut parts = vec![Value::from(header.text(attachments.len(), json))];
    parts.extend(attachments.iter().cloned().map(Value::from));
    Value::array(parts).map_err(|e| e.to_string())
}

/// The decoders by their names.
#[derive(Debug, Default)]
pub(super) struct Decoders(BTreeMap<String, (Decoder, Config)>);

impl Decoders {
    pub(super) fn new_decoder(&mut self, request: View<'_>) -> Answer {
        let mut config = Config::default();
        if let Some(most) = request.get("maxAttachments") {
            let most = most.as_u64().and_then(|n| usize::try_from(n).ok());
            config.max_attachments = most.ok_or("maxAttachments is no number")?;
        }
        self.0.insert(id(request)?, (Decoder::default(), config));
        Ok(Value::null())
    }

    pub(super) fn add(&mut self, request: View<'_>) -> Answer {
        let (decoder, config) = self.find(request)?;
        let message = engine::message(member(request, "data")?)?;
        let first = match &message {
            Message::Text(text) => text.chars().next(),
            Message::Binary(_) => None,
        };
        // No time passes, so no attachment is late.
        let decoded = decoder.handle_message(Instant::EPOCH, message, config);
        let packet = decoded.map_err(|e| fault(e, first))?.map(|d| to_value(&d));
        Value::array(packet.transpose()?).map_err(|e| e.to_string())
    }

    pub(super) fn reset(&mut self, request: View<'_>) -> Answer {
        self.find(request)?.0.reset();
        Ok(Value::null())
    }

    fn find(&mut self, request: View<'_>) -> Result<&mut (Decoder, Config), Fault> {
        let found = self.0.get_mut(&id(request)?);
        found.ok_or_else(|| "no such decoder".to_owned())
    }
}

/// The error in the words of the reference.
fn fault(error: Error, first: Option<char>) -> Fault {
    match error {
        Error::PacketType => {
            let first = first.map_or_else(String::new, String::from);
            return format!("unknown packet type {first}");
        }
        Error::AttachmentCount => "Illegal attachments",
        Error::Placeholder => "illegal attachments",
        Error::TooManyAttachments { .. } => "too many attachments",
        Error::UnexpectedBinary => "got binary data when not reconstructing a packet",
        Error::TextAmidAttachments => "got plaintext data when reconstructing a packet",
        _ => "invalid payload",
    }
    .to_owned()
}

fn to_value(decoded: &Decoded<'_>) -> Answer {
    let (number, nsp, id, data) = match decoded {
        Decoded::Connect { nsp, payload } => (0, nsp, None, payload.as_ref().map(Raw::to_value)),
        Decoded::Disconnect { nsp } => (1, nsp, None, None),
        Decoded::Event { nsp, id, packet } => (2, nsp, *id, Some(all_args(packet)?)),
        Decoded::Ack { nsp, id, packet } => (3, nsp, Some(*id), Some(packet.args_value())),
        Decoded::ConnectError { nsp, payload } => (4, nsp, None, Some(payload.to_value())),
    };
    let members = [
        ("type", Some(Value::from(number))),
        ("nsp", Some(Value::from(&**nsp))),
        ("data", data),
        ("id", id.map(Value::from)),
    ];
    let members = members.into_iter().filter_map(|(key, v)| Some((key, v?)));
    Value::object(members).map_err(|e| e.to_string())
}

/// An event's array, the name included.
fn all_args(packet: &Packet<'_>) -> Answer {
    let array: Value = packet.args().parse().map_err(|e| format!("{e}"))?;
    let (name, args) = (array.items().next(), packet.args_value());
    let items = name.into_iter().chain(args.items());
    let items: Vec<Value> = items
        .map(|item| Value::from_serialize(&item))
        .collect::<Result<_, _>>()
        .map_err(|e| e.to_string())?;
    Value::array(items).map_err(|e| e.to_string())
}

pub(super) fn is_valid(request: View<'_>) -> Result<bool, Fault> {
    let packet = member(request, "packet")?;
    let nsp = packet.get("nsp").and_then(View::as_str);
    let (Ok(kind), Some(nsp)) = (kind(packet), nsp) else {
        return Ok(false);
    };
    let data = packet.get("data");
    let is = |kinds: &[ValueKind]| data.is_some_and(|d| kinds.contains(&d.kind()));
    let payload = match kind {
        Kind::Connect => data.is_none() || is(&[ValueKind::Object]),
        Kind::Disconnect => data.is_none(),
        Kind::ConnectError => is(&[ValueKind::String, ValueKind::Object]),
        Kind::Event => data.and_then(|d| d.at(0)).is_some_and(|name| {
            let text = name.as_str();
            name.kind() == ValueKind::Number || text.is_some_and(|text| !is_reserved(&text))
        }),
        Kind::Ack => is(&[ValueKind::Array]),
    };
    let id = packet.get("id").is_none_or(|id| id.as_u64().is_some());
    Ok(payload && id && !nsp.contains(','))
}
