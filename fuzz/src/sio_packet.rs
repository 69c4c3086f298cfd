//! Socket.IO packets: into the codec, against serde_json, and into a connection that answers.
//!
//! The input is lines: texts, and after a text that announces attachments, as many attachments.

use crate::{
    memory::Meter,
    tape::{Hole, Tape},
};
use siox_socketio::{
    Config, Connection, Decoded, Decoder, Encoded, Error, Event, Header, Kind, MAX_DEPTH, Packet,
    Revision, Unchecked, Value, ValueKind, View, is_reserved,
};
use siox_wire::{Admit, Instant, Message};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

const NOW: Instant = Instant::EPOCH;

/// What the target does with one input.
///
/// # Panics
/// When the codec or a connection breaks a rule.
pub fn fuzz(bytes: &[u8]) {
    let messages = messages(bytes);
    codec(&messages);
    for revision in [Revision::V5, Revision::V4] {
        for joined in [&[][..], &["/", "/admin", "/custom"]] {
            let borrowed = served(revision, joined, messages.iter().map(lend));
            let owned = served(revision, joined, messages.iter().cloned());
            assert_eq!(borrowed, owned, "it does not matter how a message arrived");
            our_packets_decode(&borrowed.1.messages);
        }
    }
    holds_little(&messages);
}

/// Cuts the input into messages, with the help of a decoder that says what is due.
fn messages(bytes: &[u8]) -> Vec<Message<'static>> {
    let (mut decoder, config) = (Decoder::default(), Config::default());
    let mut messages = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let text = std::str::from_utf8(line)
            .ok()
            .filter(|_| !decoder.is_pending());
        let message = match text {
            Some(text) => Message::Text(Cow::Owned(text.to_owned())),
            None => Message::Binary(Cow::Owned(line.to_vec())),
        };
        // An error leaves nothing pending; the connection under test will stop there.
        let _ = decoder.handle_message(NOW, message.clone(), &config);
        messages.push(message);
    }
    messages
}

fn lend<'m>(message: &'m Message<'static>) -> Message<'m> {
    match message {
        Message::Text(text) => Message::from(&**text),
        Message::Binary(bytes) => Message::from(&**bytes),
    }
}

fn codec(messages: &[Message<'static>]) {
    let (mut whole, mut config) = (Decoder::default(), Config::default());
    config.max_attachments = 3;
    for message in messages {
        let got = whole.handle_message(NOW, lend(message), &config);
        if let Message::Text(text) = message {
            like_serde_json(text, &got);
            unchecked(text);
        }
        match got {
            Ok(Some(packet)) => again(&packet, &config),
            Ok(None) => assert!(whole.is_pending()),
            Err(_) => return assert!(!whole.is_pending(), "an error leaves nothing behind"),
        }
    }
}

/// What is checked by being decoded is what it is when it is checked first.
fn unchecked(text: &str) {
    let Some(event) = Unchecked::new(text) else {
        return;
    };
    let packet = event.packet();
    let packet = packet.as_ref();
    let value = packet.and_then(|packet| packet.decode::<Value>().ok());
    assert_eq!(event.decode::<Value>(), value, "{text}");
    let two = packet.and_then(|packet| packet.decode::<(serde_json::Value, Vec<String>)>().ok());
    assert_eq!(event.decode(), two, "{text}");
    let map = packet.and_then(|packet| packet.decode::<BTreeMap<String, Option<f64>>>().ok());
    assert_eq!(event.decode(), map, "{text}");
}

/// What was decoded is encoded to what is decoded to the same.
fn again(decoded: &Decoded<'_>, config: &Config) {
    let (kind, id, body, attachments) = match decoded {
        Decoded::Connect { payload, .. } => {
            let body = payload.as_ref().map_or("", |raw| raw.as_str());
            (Kind::Connect, None, body, &[][..])
        }
        Decoded::Disconnect { .. } => (Kind::Disconnect, None, "", &[][..]),
        Decoded::ConnectError { payload, .. } => {
            (Kind::ConnectError, None, payload.as_str(), &[][..])
        }
        Decoded::Event { id, packet, .. } => {
            arguments(packet);
            (Kind::Event, *id, packet.args(), packet.attachments())
        }
        Decoded::Ack { id, packet, .. } => {
            arguments(packet);
            (Kind::Ack, Some(*id), packet.args(), packet.attachments())
        }
    };
    let nsp = decoded.nsp();
    let text = Header { kind, nsp, id }.text(attachments.len(), body);
    let mut decoder = Decoder::default();
    let mut result = decoder.handle_message(NOW, Message::from(&*text), config);
    for attachment in attachments {
        assert_eq!(result, Ok(None), "{text}");
        result = decoder.handle_message(NOW, Message::from(&attachment[..]), config);
    }
    let result = result.map(|packet| packet.map(|packet| summary(&packet)));
    assert_eq!(result, Ok(Some(summary(decoded))), "{text}");
}

pub(crate) fn summary(decoded: &Decoded<'_>) -> String {
    let packet = |p: &Packet<'_>| {
        (
            p.name().to_owned(),
            p.args().to_owned(),
            p.attachments().to_vec(),
        )
    };
    match decoded {
        Decoded::Connect { nsp, payload } => format!("connect {nsp} {payload:?}"),
        Decoded::Disconnect { nsp } => format!("disconnect {nsp}"),
        Decoded::ConnectError { nsp, payload } => format!("refused {nsp} {payload:?}"),
        Decoded::Event { nsp, id, packet: p } => format!("event {nsp} {id:?} {:?}", packet(p)),
        Decoded::Ack { nsp, id, packet: p } => format!("ack {nsp} {id} {:?}", packet(p)),
    }
}

/// Every way of looking at a packet's arguments, none of which may panic.
pub(crate) fn arguments(packet: &Packet<'_>) {
    let value = packet.args_value();
    assert_eq!(value.len(), packet.len());
    let (mut count, mut bytes) = (0, 0);
    walk(value.view(), 0, &mut |view| {
        count += 1;
        bytes += view.as_bytes().map_or(0, |b| b.len().max(1));
    });
    assert!(count <= packet.args().len() + 1);
    assert!(bytes == 0 || !packet.attachments().is_empty());
    let _ = packet.decode::<(Option<i64>, Option<String>, Option<f32>)>();
    let _ = packet.decode::<(Value, Option<Vec<Value>>)>();
    let _ = packet.decode::<std::collections::BTreeMap<String, Option<bool>>>();
    let _ = packet.decode::<Vec<u8>>();
    let all: Value = Value::array(value.items().map(View::to_value)).expect("small enough");
    assert_eq!(all.len(), value.len());
    let relayed = Encoded::relay_args(packet);
    assert!(relayed.attachments().len() <= packet.attachments().len());
}

fn walk<'a>(view: View<'a>, depth: usize, visit: &mut impl FnMut(View<'a>)) {
    assert!(depth <= MAX_DEPTH);
    visit(view);
    for item in view.items() {
        walk(item, depth + 1, visit);
    }
    for (_, member) in view.members() {
        walk(member, depth + 1, visit);
    }
}

/// Our grammar of JSON is that of serde_json, and a value read by both is the same.
fn like_serde_json(text: &str, got: &Result<Option<Decoded<'_>>, Error>) {
    let Some(json) = text.strip_prefix('2').filter(|json| json.starts_with('[')) else {
        return;
    };
    let theirs = serde_json::from_str::<serde_json::Value>(json);
    match got {
        Ok(Some(Decoded::Event { packet, .. })) => {
            let checked = serde_json::from_str::<serde::de::IgnoredAny>(json);
            assert!(checked.is_ok(), "serde_json refuses {json}: {checked:?}");
            if let Ok(serde_json::Value::Array(theirs)) = theirs {
                assert_eq!(packet.len() + 1, theirs.len());
                let ours = packet.args_value();
                for (ours, theirs) in ours.items().zip(&theirs[1..]) {
                    same_value(ours, theirs);
                }
            }
        }
        Ok(_) => panic!("an event without attachments is an event"),
        Err(error) => {
            let named = theirs
                .ok()
                .and_then(|v| v.get(0)?.as_str().map(str::to_owned));
            assert!(
                named.as_deref().is_none_or(is_reserved),
                "serde_json takes {json}, we do not: {error:?}"
            );
        }
    }
}

fn same_value(ours: View<'_>, theirs: &serde_json::Value) {
    use serde_json::Value as Theirs;
    match theirs {
        Theirs::Null => assert!(ours.is_null()),
        Theirs::Bool(b) => assert_eq!(ours.as_bool(), Some(*b)),
        Theirs::Number(n) => {
            assert_eq!(ours.kind(), ValueKind::Number);
            if n.is_i64() || n.is_u64() {
                assert_eq!((ours.as_i64(), ours.as_u64()), (n.as_i64(), n.as_u64()));
            }
        }
        Theirs::String(s) => assert_eq!(ours.as_str().as_deref(), Some(&**s)),
        Theirs::Array(items) => {
            assert_eq!(ours.len(), items.len());
            for (ours, theirs) in ours.items().zip(items) {
                same_value(ours, theirs);
            }
        }
        Theirs::Object(members) => {
            assert_eq!(ours.kind(), ValueKind::Object);
            // Repeated keys: the last one counts, for both.
            assert!(ours.len() >= members.len());
            for (key, theirs) in members {
                same_value(ours.get(key).expect("the same keys"), theirs);
            }
        }
    }
}

/// A connection that has joined `joined` and gets `messages`: what it tells, and what it sends.
fn served<'m>(
    revision: Revision,
    joined: &[&str],
    messages: impl Iterator<Item = Message<'m>>,
) -> (Vec<Result<Option<Event<'m>>, Error>>, Tape) {
    let mut tape = Tape::default();
    let config = Arc::new(Config::default());
    let mut connection = Connection::with_revision(NOW, config, revision);
    join(&mut connection, joined, &mut tape);
    let mut told = Vec::new();
    for message in messages {
        let event = connection.handle_message(NOW, message, &mut tape);
        if let Ok(Some(event)) = &event {
            answer(&mut connection, event, &mut tape);
        }
        let failed = event.is_err();
        told.push(event);
        if failed {
            let again = connection.handle_message(NOW, Message::from("0"), &mut tape);
            assert_eq!(told.last(), Some(&again), "an error is for good");
            break;
        }
    }
    assert_eq!(
        connection.handle_timeout(NOW).err().is_some(),
        told.last().is_some_and(Result::is_err)
    );
    (told, tape)
}

fn join(connection: &mut Connection, namespaces: &[&str], tape: &mut Tape) {
    for nsp in namespaces {
        // A client of revision 4 is in `/` unasked.
        let told = match (connection.revision(), *nsp) {
            (Revision::V4, "/") => connection.handle_timeout(NOW),
            (Revision::V4 | Revision::V5, nsp) => {
                let text = Message::Text(format!("0{nsp},").into());
                connection.handle_message(NOW, text, tape)
            }
        };
        let Ok(Some(Event::Connect { slot, .. })) = told else {
            panic!("{nsp}: {told:?}");
        };
        connection.accept(slot, "x", tape).expect("it waits");
        // Seeds acknowledge these.
        for id in [12, 456] {
            connection
                .expect_ack(slot, id, None)
                .expect("there is room");
        }
    }
}

fn answer(connection: &mut Connection, event: &Event<'_>, tape: &mut Tape) {
    match event {
        Event::Connect { slot, nsp, .. } if nsp.len() % 2 == 1 => {
            connection
                .accept(*slot, "\"\\\u{1F600}", tape)
                .expect("it waits");
        }
        Event::Connect { slot, .. } => {
            let data = Value::object([("a", 1)]).expect("small enough");
            connection
                .refuse(*slot, "no\n", Some(&data), tape)
                .expect("it waits");
        }
        Event::Event { slot, id, packet } => {
            if let Some(id) = id {
                let args = Encoded::relay_args(packet);
                connection
                    .ack(*slot, *id, &args, tape)
                    .expect("it is joined");
            }
            match Encoded::relay_event(packet.name(), packet) {
                Ok(event) => connection
                    .emit(*slot, &event, Admit::Normal, tape)
                    .expect("it is joined"),
                // A number may be a name, but not one that we send.
                Err(_) => assert!(packet.name().is_empty() || packet.name().parse::<f64>().is_ok()),
            }
        }
        Event::Ack { .. } | Event::AckTimeout { .. } | Event::Disconnect { .. } => {}
    }
}

/// What a connection sends is packets, whole, with their attachments behind them.
fn our_packets_decode(messages: &[Message<'static>]) {
    let (mut decoder, config) = (Decoder::default(), Config::default());
    for message in messages {
        let decoded = decoder.handle_message(NOW, message.clone(), &config);
        assert!(decoded.is_ok(), "{decoded:?}: {message:?}");
    }
    assert!(!decoder.is_pending(), "an attachment is missing");
}

fn holds_little(messages: &[Message<'static>]) {
    let mut meter = Meter::new();
    let mut hole = Hole;
    let mut connection = meter.take(0, || Connection::new(NOW, Arc::new(Config::default())));
    meter.take(1, || {
        let told = connection.handle_message(NOW, Message::from("0"), &mut hole);
        if let Ok(Some(Event::Connect { slot, .. })) = told {
            let _ = connection.accept(slot, "x", &mut hole);
        }
    });
    for message in messages {
        meter.take(message.as_bytes().len() + 2, || {
            let _ = connection.handle_message(NOW, lend(message), &mut hole);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEDS: [&str; 24] = [
        "",
        "0",
        "0/admin?a=b,{\"token\":1}",
        "2[\"hello\",1,-2.5e3,\"x\",null,true,{\"a\":[]}]",
        "2/admin,456[\"a\",{\"a\":1,\"a\":[2]}]",
        "2[\"\u{20AC}\\u00e9\\ud83d\\ude00\",\"\\n\\\"\\ud800\"]",
        "2[5,6]",
        "3/admin,456[\"ok\",{\"_placeholder\":true,\"num\":0}]",
        "51-[\"hello\",{\"_placeholder\":true,\"num\":0}]\n\u{1}\u{2}",
        "52-/admin,7[\"a\",{\"b\":[{\"_placeholder\":true,\"num\":1},{\"num\":0,\"_placeholder\":true}]}]\nx\ny",
        "61-/admin,12[{\"_placeholder\":true,\"num\":0}]\n\n2[\"a\"]",
        "51-[\"x\",{\"_placeholder\":true,\"num\":7}]\nz",
        "51-[\"x\"]\n",
        "2[\"x\"]\n1\n2[\"x\"]\n0",
        "2[\"disconnect\"]",
        "2{}",
        "2[]",
        "2[\"x\",1e999,123456789012345678901234567890,-0,0.10]",
        "2[\"x\",01]",
        "2[\"x\",\"\\x\"]",
        "2[\"x\"] ",
        "299999999999999999999[\"x\"]",
        "4{\"message\":\"no\"}",
        "9",
    ];

    #[test]
    fn the_seeds_pass() {
        for seed in SEEDS {
            fuzz(seed.as_bytes());
        }
        for depth in [1, 100, MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 5_000] {
            let deep = format!("2[\"x\",{}{}]", "[".repeat(depth), "]".repeat(depth));
            fuzz(deep.as_bytes());
        }
    }

    #[test]
    fn the_target_sees_what_it_should() {
        let messages = messages(b"51-[\"a\",{\"_placeholder\":true,\"num\":0}]\n2\n21[\"b\"]");
        let kinds: Vec<_> = messages
            .iter()
            .map(|m| matches!(m, Message::Binary(_)))
            .collect();
        assert_eq!(kinds, [false, true, false]);
        let (told, tape) = served(Revision::V5, &["/"], messages.into_iter());
        assert_eq!(told.iter().filter(|t| matches!(t, Ok(Some(_)))).count(), 2);
        // The CONNECT's answer; the event and its attachment; the acknowledgement and the event.
        assert_eq!(tape.messages.len(), 1 + 2 + 2);
    }
}
