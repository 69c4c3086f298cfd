//! A parser of the application's own: a machine speaks it in both directions, and what the machine
//! promises of packets holds whatever the parser.

mod common;

use bytes::Bytes;
use common::{Out, ms};
use siox_socketio::{
    Client, ClientConfig, ClientEvent, Config, Connection, Decoded, Decoder, Encoded, Error, Event,
    Header, Json, Kind, MAX_NAMESPACE, Parsed, Parser,
};
use siox_wire::{Admit, Message, Part, SendError};
use std::{borrow::Cow, sync::Arc};

/// A packet in one binary message: `KIND NSP ID COUNT\nJSON`, and attachments as messages behind it.
#[derive(Debug)]
struct Lines;

const KINDS: [(Kind, &str); 5] = [
    (Kind::Connect, "open"),
    (Kind::Disconnect, "close"),
    (Kind::Event, "event"),
    (Kind::Ack, "ack"),
    (Kind::ConnectError, "refuse"),
];

impl Parser for Lines {
    fn decode<'b>(&self, message: Message<'b>, config: &Config) -> Result<Parsed<'b>, Error> {
        let text = str::from_utf8(message.as_bytes()).map_err(|_| Error::Utf8 { at: 0 })?;
        let (head, body) = text.split_once('\n').ok_or(Error::Payload)?;
        let words: Vec<&str> = head.split(' ').collect();
        let [kind, nsp, id, count] = words[..] else {
            return Err(Error::PacketType);
        };
        let kind = KINDS.iter().find(|(_, word)| *word == kind);
        let (kind, _) = kind.ok_or(Error::PacketType)?;
        let count = count.parse().map_err(|_| Error::AttachmentCount)?;
        let head = (*kind, Cow::Owned(nsp.to_owned()), id.parse().ok());
        Parsed::new(head, Cow::Owned(body.to_owned()), count, config)
    }

    fn encode(
        &self,
        header: &Header<'_>,
        body: &str,
        attachments: &[Bytes],
    ) -> Result<Vec<Part>, SendError> {
        if body.contains("unspeakable") {
            return Err(SendError::Unencodable);
        }
        let kind = KINDS.iter().find(|(kind, _)| *kind == header.kind);
        let (_, kind) = kind.ok_or(SendError::Unencodable)?;
        let id = header.id.map_or("-".to_owned(), |id| id.to_string());
        let head = format!("{kind} {} {id} {}\n{body}", header.nsp, attachments.len());
        let mut parts = vec![Part::Binary(head.into())];
        parts.extend(attachments.iter().cloned().map(Part::Binary));
        Ok(parts)
    }

    fn max_attachments(&self, _: &Config) -> usize {
        2
    }
}

fn config() -> Config {
    Config {
        parser: Some(Arc::new(Lines)),
        ..Config::default()
    }
}

fn joined() -> (Connection, siox_socketio::Slot, Out) {
    let (mut connection, mut out) = (Connection::new(ms(0), config().into()), Out::default());
    let event = connection.handle_message(ms(0), Message::from("open / - 0\n"), &mut out);
    let Ok(Some(Event::Connect { slot, .. })) = event else {
        panic!("{event:?}")
    };
    connection.accept(slot, "x", &mut out).unwrap();
    assert_eq!(out.take(), ["b:open / - 0\n{\"sid\":\"x\"}"]);
    (connection, slot, out)
}

#[test]
fn a_connection_reads_and_writes_by_it() {
    let (mut connection, slot, mut out) = joined();
    let text = "event / 5 1\n[\"a\",{\"_placeholder\":true,\"num\":0}]";
    let first = connection.handle_message(ms(0), Message::from(text), &mut out);
    assert_eq!(first, Ok(None));
    let event = connection.handle_message(ms(0), Message::from(&b"xyz"[..]), &mut out);
    let Ok(Some(Event::Event {
        id: Some(5),
        packet,
        ..
    })) = event
    else {
        panic!("{event:?}")
    };
    assert_eq!(packet.decode::<Bytes>().unwrap(), "xyz");
    connection
        .ack(slot, 5, &Encoded::relay_args(&packet), &mut out)
        .unwrap();
    let bye = Encoded::event("bye", &1).unwrap();
    let id = connection.emit_with_ack(slot, &bye, None, &mut out);
    assert_eq!(id, Ok(1));
    let group = config().shared("/", &bye, None).unwrap();
    connection
        .broadcast(slot, &group, Admit::Normal, &mut out)
        .unwrap();
    let other = connection.handle_message(ms(0), Message::from("open /no - 0\n"), &mut out);
    let Ok(Some(Event::Connect { slot: no, .. })) = other else {
        panic!("{other:?}")
    };
    connection.refuse(no, "not you", None, &mut out).unwrap();
    connection.disconnect(slot, &mut out).unwrap();
    assert_eq!(
        out.take(),
        [
            "b:ack / 5 1\n[{\"_placeholder\":true,\"num\":0}]",
            "b:xyz",
            "b:event / 1 0\n[\"bye\",1]",
            "b:event / - 0\n[\"bye\",1]",
            "b:refuse /no - 0\n{\"message\":\"not you\"}",
            "b:close / - 0\n",
        ]
    );
}

#[test]
fn a_client_reads_and_writes_by_it() {
    let config = ClientConfig {
        limits: config(),
        ..ClientConfig::default()
    };
    let (mut client, mut out) = (Client::new(config.into(), "sid"), Out::default());
    let slot = client.connect("/a", None, None, &mut out).unwrap();
    let answer = Message::from("open /a - 0\n{\"sid\":\"x\"}");
    let told = client.handle_message(ms(0), answer, &mut out).unwrap();
    assert!(
        matches!(told, Some(ClientEvent::Connected { .. })),
        "{told:?}"
    );
    let event = Encoded::event("hi", &Bytes::from_static(b"q")).unwrap();
    client.emit(slot, &event, Admit::Normal, &mut out).unwrap();
    let id = client.emit_with_ack(slot, &event, None, Admit::Normal, &mut out);
    assert_eq!(id, Ok(0));
    let args = Encoded::args(&1).unwrap();
    client.ack(slot, 3, &args, &mut out).unwrap();
    client.disconnect(slot, &mut out).unwrap();
    let hi = "[\"hi\",{\"_placeholder\":true,\"num\":0}]";
    assert_eq!(
        out.take(),
        [
            "b:open /a - 0\n".to_owned(),
            format!("b:event /a - 1\n{hi}"),
            "b:q".into(),
            format!("b:event /a 0 1\n{hi}"),
            "b:q".into(),
            "b:ack /a 3 0\n[1]".into(),
            "b:close /a - 0\n".into(),
        ]
    );
}

#[test]
fn what_every_packet_must_keep_to() {
    let long = format!("event /{} - 0\n[\"a\"]", "x".repeat(MAX_NAMESPACE));
    let deep = format!("event / - 0\n{}", "[".repeat(1000));
    for (text, error) in [
        ("event a - 0\n[\"a\"]", Error::Namespace),
        (
            &long,
            Error::NamespaceTooLong {
                limit: MAX_NAMESPACE,
            },
        ),
        ("event / - 0\n", Error::Payload),
        ("event / - 0\n{}", Error::Payload),
        ("event / - 0\n[]", Error::EventName),
        ("event / - 0\n[\"connect\"]", Error::ReservedName),
        ("event / - 0\n[\"a\"", Error::Json { at: 4 }),
        (&deep, Error::EventName),
        ("ack / - 0\n[]", Error::AckId),
        ("open / 1 0\n", Error::AckId),
        ("close / - 0\n{}", Error::Payload),
        (
            "event / - 3\n[\"a\"]",
            Error::TooManyAttachments { limit: 2 },
        ),
        (
            "event / - 2\n[\"a\",{\"_placeholder\":true,\"num\":2}]",
            Error::Placeholder,
        ),
        ("event /b - 0\n[\"a\"]", Error::NotConnected),
        ("open / - 0\n", Error::AlreadyConnected),
        ("noise", Error::Payload),
    ] {
        let (mut connection, _, mut out) = joined();
        let said = connection.handle_message(ms(0), Message::from(text), &mut out);
        match said {
            Err(got) if text == deep => {
                assert!(matches!(got, Error::TooDeep { .. }), "{got}");
            }
            said => assert_eq!(said, Err(error), "{text}"),
        }
    }
}

#[test]
fn attachments_are_the_decoders_business() {
    let config = config();
    let mut decoder = Decoder::default();
    let text = Message::from("event / - 2\n[\"a\"]");
    let due = |decoder: &mut Decoder| {
        let first = decoder.handle_message(ms(0), text.clone(), &config);
        assert_eq!(first, Ok(None));
        assert_eq!(decoder.poll_timeout(), Some(ms(20_000)));
    };
    due(&mut decoder);
    assert_eq!(
        decoder.handle_message(ms(0), text.clone(), &config),
        Err(Error::TextAmidAttachments)
    );
    due(&mut decoder);
    let one = Message::from(&b"event / - 0\n[]"[..]);
    assert_eq!(
        decoder.handle_message(ms(1), one.clone(), &config),
        Ok(None)
    );
    let late = decoder.handle_message(ms(20_001), one.clone(), &config);
    assert_eq!(late, Err(Error::AttachmentsTimeout));
    due(&mut decoder);
    assert_eq!(
        decoder.handle_message(ms(1), one.clone(), &config),
        Ok(None)
    );
    let Ok(Some(Decoded::Event { packet, .. })) = decoder.handle_message(ms(2), one, &config)
    else {
        panic!()
    };
    assert_eq!(packet.attachments().len(), 2);
}

#[test]
fn what_it_cannot_write_changes_nothing() {
    let (mut connection, slot, mut out) = joined();
    let bad = Encoded::event("unspeakable", &()).unwrap();
    let good = Encoded::event("a", &()).unwrap();
    let unencodable = SendError::Unencodable;
    for admit in [Admit::Normal, Admit::Volatile] {
        let sent = connection.emit(slot, &bad, admit, &mut out);
        assert_eq!(sent, Err(unencodable));
    }
    let asked = connection.emit_with_ack(slot, &bad, Some(ms(9)), &mut out);
    assert_eq!(asked, Err(unencodable));
    assert_eq!(config().shared("/", &bad, None).err(), Some(unencodable));
    let three = [Bytes::new(), Bytes::new(), Bytes::new()];
    let many = Encoded::event("a", &three).unwrap();
    let sent = connection.emit(slot, &many, Admit::Normal, &mut out);
    assert_eq!(sent, Err(SendError::Attachments { limit: 2 }));
    out.refuse = Some(SendError::Full);
    let refused = connection.emit_with_ack(slot, &good, None, &mut out);
    assert_eq!(refused, Err(SendError::Full));
    out.refuse = None;
    assert!(out.take().is_empty());
    assert_eq!(connection.poll_timeout(), None);
    assert_eq!(connection.emit_with_ack(slot, &good, None, &mut out), Ok(1));
}

#[test]
fn a_whole_packet_has_its_attachments() {
    let (config, binary) = (config(), vec![Bytes::from_static(b"x")]);
    let head = || (Kind::Ack, Cow::Borrowed("/"), Some(1));
    let body = "[{\"_placeholder\":true,\"num\":0}]";
    let parsed = Parsed::whole(head(), body.into(), binary.clone(), &config).unwrap();
    assert_eq!(parsed.attachments(), 0);
    let Decoded::Ack { packet, .. } = parsed.packet() else {
        panic!()
    };
    assert_eq!(packet.decode::<Bytes>().unwrap(), "x");
    let body = "[{\"_placeholder\":true,\"num\":1}]";
    let parsed = Parsed::whole(head(), body.into(), binary, &config);
    assert_eq!(parsed, Err(Error::Placeholder));
}

#[test]
fn that_for_json_can_be_given_by_hand() {
    let config = Config {
        parser: Some(Arc::new(Json)),
        ..Config::default()
    };
    let event = Encoded::event("a", &Bytes::from_static(b"x")).unwrap();
    let (by_hand, plain) = (
        config.shared("/b", &event, Some(1)).unwrap(),
        Config::default().shared("/b", &event, Some(1)).unwrap(),
    );
    assert_eq!(by_hand.parts(), plain.parts());
    let mut decoder = Decoder::default();
    for text in ["0/b,{}", "2[\"a\",1]", "3/b,1[]", "1", "4{}", "2", "7"] {
        let by_hand = decoder.handle_message(ms(0), Message::from(text), &config);
        let plain =
            Decoder::default().handle_message(ms(0), Message::from(text), &Config::default());
        assert_eq!(by_hand, plain, "{text}");
    }
    let binary = decoder.handle_message(ms(0), Message::from(&b"x"[..]), &config);
    assert_eq!(binary, Err(Error::UnexpectedBinary));
}
