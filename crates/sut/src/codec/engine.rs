//! `eio.*`: Engine.IO's packets and payloads, v4.

use super::{Answer, Fault, member};
use bytes::Bytes;
use siox_engineio::{Coding, Error, Kind, Packet, Payload};
use siox_socketio::{Value, ValueKind, View};
use siox_wire::Message;
use std::borrow::Cow;

const KINDS: [(Kind, &str); 7] = [
    (Kind::Open, "open"),
    (Kind::Close, "close"),
    (Kind::Ping, "ping"),
    (Kind::Pong, "pong"),
    (Kind::Message, "message"),
    (Kind::Upgrade, "upgrade"),
    (Kind::Noop, "noop"),
];

pub(super) fn encode(request: View<'_>) -> Answer {
    let packet = packet(member(request, "packet")?)?;
    let takes_binary = member(request, "binary")?.as_bool() == Some(true);
    Ok(match packet.data {
        Message::Binary(data) if takes_binary => Bytes::copy_from_slice(&data).into(),
        Message::Binary(_) | Message::Text(_) => packet.to_text().into(),
    })
}

pub(super) fn decode(request: View<'_>) -> Answer {
    let data = message(member(request, "data")?)?;
    to_value(Packet::decode(data))
}

pub(super) fn encode_payload(request: View<'_>) -> Answer {
    let packets = member(request, "packets")?.items().map(packet);
    let packets: Vec<Packet<'_>> = packets.collect::<Result<_, _>>()?;
    Ok(siox_engineio::encode_payload(&packets).into())
}

pub(super) fn decode_payload(request: View<'_>) -> Answer {
    let data = message(member(request, "data")?)?;
    let mut body = data.as_bytes().to_vec();
    let packets = Payload::with(Coding::V4, &mut body).map(to_value);
    let packets: Vec<Value> = packets.collect::<Result<_, _>>()?;
    Value::array(packets).map_err(|e| e.to_string())
}

/// A packet of a request.
pub(super) fn packet(view: View<'_>) -> Result<Packet<'_>, Fault> {
    let name = member(view, "type")?;
    let known = KINDS
        .iter()
        .find(|(_, n)| name.as_str().as_deref() == Some(n));
    let (kind, _) = *known.ok_or_else(|| format!("unknown packet type {}", name.json()))?;
    let data = view.get("data").map_or(Ok(Message::from("")), message)?;
    Ok(Packet { kind, data })
}

/// Text or binary data of a request.
pub(super) fn message(view: View<'_>) -> Result<Message<'_>, Fault> {
    match (view.kind(), view.as_bytes(), view.as_str()) {
        (ValueKind::Binary, Some(bytes), _) => Ok(Message::Binary(Cow::Owned(bytes.to_vec()))),
        (ValueKind::String, _, Some(text)) => Ok(Message::Text(text)),
        _ => Err("neither text nor binary data".to_owned()),
    }
}

/// A packet of an answer, or the one that stands for what cannot be decoded.
pub(super) fn to_value(packet: Result<Packet<'_>, Error>) -> Answer {
    let (name, data) = match packet {
        Err(_) => ("error", Some(Value::from("parser error"))),
        Ok(Packet { kind, data }) => {
            let known = KINDS.iter().find(|(k, _)| *k == kind);
            let data = match data {
                Message::Text(text) if text.is_empty() => None,
                Message::Text(text) => Some(Value::from(text)),
                Message::Binary(bytes) => Some(Bytes::copy_from_slice(&bytes).into()),
            };
            (known.map_or("", |(_, name)| name), data)
        }
    };
    let members = [("type", Some(Value::from(name))), ("data", data)];
    let members = members.into_iter().filter_map(|(key, v)| Some((key, v?)));
    Value::object(members).map_err(|e| e.to_string())
}
