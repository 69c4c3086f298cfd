//! What peers send to break a server, and the rule it is refused by.

use crate::{config, decode, event_with, hex, line, packet};
use rmpv::Value as Oracle;
use siox_socketio::{
    Config, Error, Leniency, MAX_ACK_ID, MAX_DEPTH, MAX_NAMESPACE, MessagePack, Parser,
};
use siox_wire::Message;

fn nested(depth: usize) -> Oracle {
    (1..depth).fold(Oracle::Array(vec!["e".into()]), |inner, _| {
        Oracle::Array(vec!["e".into(), inner])
    })
}

#[test]
fn what_is_refused() {
    let event = |data: Oracle| packet(&[("type", 2.into()), ("nsp", "/".into()), ("data", data)]);
    let args = |items: &[Oracle]| Oracle::Array(items.to_vec());
    let base = |kind: Oracle, nsp: Oracle| packet(&[("type", kind), ("nsp", nsp)]);
    let with_id = |kind: u8, id: Oracle| {
        packet(&[
            ("type", kind.into()),
            ("nsp", "/".into()),
            ("data", args(&["e".into()])),
            ("id", id),
        ])
    };
    let with_data = |kind: u8, data: Oracle| {
        packet(&[("type", kind.into()), ("nsp", "/".into()), ("data", data)])
    };
    let broken = |at| Error::MessagePack { at };
    let bin = || Oracle::Binary(vec![1]);
    let name = "/".to_owned() + &"x".repeat(MAX_NAMESPACE);
    let limit = MAX_DEPTH;
    for (what, wire, error) in [
        ("nothing", vec![], broken(0)),
        ("bytes of noise", hex("04841702"), Error::PacketType),
        ("a byte never used", hex("81a474797065c1"), broken(6)),
        ("a type only", hex("81a47479706502"), Error::Namespace),
        ("a map cut off", hex("83a47479706502"), broken(7)),
        ("a key cut off", hex("83a4747970"), broken(5)),
        ("2^32 members", hex("dfffffffff"), broken(5)),
        ("2^32 elements", event_with(&hex("ddffffffff")), broken(26)),
        ("2^32 bytes", event_with(&hex("c6ffffffff00")), broken(27)),
        (
            "text of 2^32 bytes",
            event_with(&hex("dbffffffff00")),
            broken(27),
        ),
        (
            "an extension of 2^32 bytes",
            event_with(&hex("c9ffffffff0500")),
            broken(28),
        ),
        (
            "trailing bytes",
            hex("82a47479706501a36e7370a12f00"),
            Error::TrailingBytes { at: 13 },
        ),
        (
            "two packets",
            hex("82a47479706501a36e7370a12f82a47479706501a36e7370a12f"),
            Error::TrailingBytes { at: 13 },
        ),
        (
            "bad UTF-8",
            event_with(&hex("a1ff")),
            Error::Utf8 { at: 22 },
        ),
        (
            "a surrogate",
            event_with(&hex("a3eda080")),
            Error::Utf8 { at: 22 },
        ),
        ("type 5", base(5.into(), "/".into()), Error::PacketType),
        ("type -1", base((-1).into(), "/".into()), Error::PacketType),
        (
            "type as text",
            base("2".into(), "/".into()),
            Error::PacketType,
        ),
        (
            "type as a double",
            base(Oracle::F64(2.0), "/".into()),
            Error::PacketType,
        ),
        ("no type", packet(&[("nsp", "/".into())]), Error::PacketType),
        ("an array", hex("9200a12f"), Error::PacketType),
        (
            "nil for a namespace",
            base(0.into(), Oracle::Nil),
            Error::Namespace,
        ),
        ("no slash", base(0.into(), "a".into()), Error::Namespace),
        (
            "an empty namespace",
            base(0.into(), "".into()),
            Error::Namespace,
        ),
        (
            "a long namespace",
            base(0.into(), name.as_str().into()),
            Error::NamespaceTooLong {
                limit: MAX_NAMESPACE,
            },
        ),
        (
            "a key of the packet's that is no text",
            hex("8105a12f"),
            Error::MapKey,
        ),
        (
            "two types",
            packet(&[("type", 1.into()), ("nsp", "/".into()), ("type", 0.into())]),
            Error::DuplicateKey,
        ),
        (
            "two data",
            packet(&[("data", Oracle::Nil), ("data", Oracle::Nil)]),
            Error::DuplicateKey,
        ),
        (
            "an id of 2^53",
            with_id(2, (MAX_ACK_ID + 1).into()),
            Error::AckId,
        ),
        ("a negative id", with_id(2, (-1).into()), Error::AckId),
        (
            "an id as a double",
            with_id(2, Oracle::F64(1.0)),
            Error::AckId,
        ),
        ("an id as text", with_id(2, "1".into()), Error::AckId),
        ("an ack without id", with_data(3, args(&[])), Error::AckId),
        (
            "a CONNECT with an id",
            packet(&[("type", 0.into()), ("nsp", "/".into()), ("id", 1.into())]),
            Error::AckId,
        ),
        (
            "an event without data",
            base(2.into(), "/".into()),
            Error::Payload,
        ),
        (
            "an event with nil",
            with_data(2, Oracle::Nil),
            Error::Payload,
        ),
        (
            "an event with a map",
            with_data(2, Oracle::Map(vec![])),
            Error::Payload,
        ),
        (
            "an event with text",
            with_data(2, "e".into()),
            Error::Payload,
        ),
        (
            "an ack with a map",
            packet(&[
                ("type", 3.into()),
                ("nsp", "/".into()),
                ("id", 1.into()),
                ("data", Oracle::Map(vec![])),
            ]),
            Error::Payload,
        ),
        (
            "a CONNECT with an array",
            with_data(0, args(&[])),
            Error::Payload,
        ),
        (
            "a CONNECT with text",
            with_data(0, "x".into()),
            Error::Payload,
        ),
        (
            "a CONNECT with binary",
            with_data(0, Oracle::Map(vec![("a".into(), bin())])),
            Error::Payload,
        ),
        (
            "a DISCONNECT with data",
            with_data(1, Oracle::Map(vec![])),
            Error::Payload,
        ),
        (
            "a CONNECT_ERROR without data",
            base(4.into(), "/".into()),
            Error::Payload,
        ),
        (
            "a CONNECT_ERROR with a number",
            with_data(4, 1.into()),
            Error::Payload,
        ),
        ("no name", event(args(&[])), Error::EventName),
        (
            "nil for a name",
            event(args(&[Oracle::Nil])),
            Error::EventName,
        ),
        ("binary for a name", event(args(&[bin()])), Error::EventName),
        (
            "a map for a name",
            event(args(&[Oracle::Map(vec![])])),
            Error::EventName,
        ),
        (
            "a reserved name",
            event(args(&["disconnect".into()])),
            Error::ReservedName,
        ),
        (
            "NaN",
            event_with(&hex("cb7ff8000000000000")),
            Error::NotFinite,
        ),
        ("infinity", event_with(&hex("ca7f800000")), Error::NotFinite),
        (
            "minus infinity",
            event_with(&hex("cbfff0000000000000")),
            Error::NotFinite,
        ),
        (
            "a number for a key",
            event_with(&hex("810102")),
            Error::MapKey,
        ),
        ("nil for a key", event_with(&hex("81c002")), Error::MapKey),
        (
            "an array for a key",
            event_with(&hex("819002")),
            Error::MapKey,
        ),
        (
            "binary for a key",
            event_with(&hex("81c4010102")),
            Error::MapKey,
        ),
        (
            "too deep",
            event(nested(limit + 1)),
            Error::TooDeep { limit },
        ),
        (
            "far too deep",
            event_with(&[0x91; 100_000]),
            Error::TooDeep { limit },
        ),
        (
            "too deep in maps",
            event_with(&[&hex("81a161")[..]; 1000].concat()),
            Error::TooDeep { limit },
        ),
        (
            "too deep where nobody looks",
            [&hex("83a178")[..], &[0x91; 1000]].concat(),
            Error::TooDeep { limit },
        ),
    ] {
        assert_eq!(decode(&wire), Err(error), "{what}");
    }
    assert!(decode(&event(nested(limit))).is_ok());
    let text = MessagePack::default().decode(Message::from("4abc"), &config(Leniency::STRICT));
    assert_eq!(text, Err(Error::TextMessage));
}

#[test]
fn nil_and_undefined_mean_that_there_is_none() {
    let undefined = Oracle::Ext(0, vec![0]);
    for nothing in [Oracle::Nil, undefined] {
        for (kind, expected) in [(0, "0 / None"), (1, "1 /")] {
            let wire = packet(&[
                ("type", kind.into()),
                ("data", nothing.clone()),
                ("nsp", "/".into()),
                ("id", nothing.clone()),
            ]);
            assert_eq!(line(&decode(&wire).unwrap()), expected);
        }
    }
}

#[test]
fn binary_values_are_counted() {
    let parser = MessagePack {
        max_binary: 3,
        ..MessagePack::default()
    };
    let limit = Error::TooManyAttachments { limit: 3 };
    for (count, expected) in [(3, None), (4, Some(limit)), (900, Some(limit))] {
        let mut args = vec![Oracle::from("e")];
        args.extend(vec![Oracle::Binary(vec![]); count]);
        let wire = packet(&[
            ("type", 2.into()),
            ("nsp", "/".into()),
            ("data", Oracle::Array(args)),
        ]);
        let config = Config::default();
        let decoded = parser.decode(Message::from(&wire[..]), &config);
        assert_eq!(decoded.err(), expected, "{count}");
    }
}
