//! The MessagePack parser: what notepack.io writes is read, what is written is what notepack.io writes,
//! `rmpv` agrees on values, and what peers send to break it is refused by its rule.

#[path = "../common/mod.rs"]
mod common;
mod connection;
mod leniency;
mod oracle;
mod refused;
mod revision4;
mod values;
mod wire;

use bytes::Bytes;
use rmpv::Value as Oracle;
use siox_socketio::{Config, Decoded, Error, Header, Kind, Leniency, MessagePack, Packet, Parser};
use siox_wire::{Message, Part};
use std::sync::Arc;

pub(crate) fn config(leniency: Leniency) -> Config {
    Config {
        parser: Some(Arc::new(MessagePack::default())),
        leniency,
        ..Config::default()
    }
}

pub(crate) fn decode_as(bytes: &[u8], leniency: Leniency) -> Result<Decoded<'static>, Error> {
    let parsed = MessagePack::default().decode(Message::from(bytes), &config(leniency))?;
    assert_eq!(parsed.attachments(), 0);
    Ok(parsed.packet().clone().into_owned())
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Decoded<'static>, Error> {
    decode_as(bytes, Leniency::STRICT)
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digit = |c: u8| char::from(c).to_digit(16).unwrap() as u8;
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}

/// A packet as one line: its kind, namespace, id, JSON and attachments.
pub(crate) fn line(decoded: &Decoded<'_>) -> String {
    let with = |p: &Packet<'_>| format!("{} {} {:?}", p.name(), p.args(), p.attachments());
    match decoded {
        Decoded::Connect { nsp, payload } => {
            format!(
                "0 {nsp} {:?}",
                payload.as_ref().map(siox_socketio::Raw::as_str)
            )
        }
        Decoded::Disconnect { nsp } => format!("1 {nsp}"),
        Decoded::Event { nsp, id, packet } => format!("2 {nsp} {id:?} {}", with(packet)),
        Decoded::Ack { nsp, id, packet } => format!("3 {nsp} {id} {}", with(packet)),
        Decoded::ConnectError { nsp, payload } => format!("4 {nsp} {}", payload.as_str()),
    }
}

pub(crate) fn encode(kind: Kind, id: Option<u64>, body: &str, attachments: &[Bytes]) -> Vec<u8> {
    let header = Header { kind, nsp: "/", id };
    let parts = MessagePack::default().encode(&header, body, attachments);
    match &parts.unwrap()[..] {
        [Part::Binary(bytes)] => bytes.to_vec(),
        parts => panic!("{parts:?}"),
    }
}

/// The map of a packet, of values made by the oracle.
pub(crate) fn packet(members: &[(&str, Oracle)]) -> Vec<u8> {
    let members = members.iter().cloned().map(|(k, v)| (k.into(), v));
    bytes_of(&Oracle::Map(members.collect()))
}

pub(crate) fn bytes_of(value: &Oracle) -> Vec<u8> {
    let mut out = Vec::new();
    rmpv::encode::write_value(&mut out, value).unwrap();
    out
}

/// An event `e` with one argument, whose bytes are given.
pub(crate) fn event_with(argument: &[u8]) -> Vec<u8> {
    let mut out = hex("83a47479706502a36e7370a12fa46461746192a165");
    out.extend(argument);
    out
}
