//! The MessagePack parser: what notepack.io writes is read, what is written is what notepack.io writes,
//! `rmpv` agrees on values, and what peers send to break it is refused by its rule.

mod common;

use bytes::Bytes;
use common::{Out, Sent, ms};
use proptest::prelude::*;
use rmpv::{Integer, Utf8String, Value as Oracle};
use siox_socketio::{
    Config, Connection, Decoded, Encoded, Error, Event, Header, Kind, Leniency, MAX_ACK_ID,
    MAX_DEPTH, MAX_NAMESPACE, MessagePack, Packet, Parser,
};
use siox_wire::{Admit, Message, Part};
use std::sync::Arc;

fn config(leniency: Leniency) -> Config {
    Config {
        parser: Some(Arc::new(MessagePack::default())),
        leniency,
        ..Config::default()
    }
}

fn decode_as(bytes: &[u8], leniency: Leniency) -> Result<Decoded<'static>, Error> {
    let parsed = MessagePack::default().decode(Message::from(bytes), &config(leniency))?;
    assert_eq!(parsed.attachments(), 0);
    Ok(parsed.packet().clone().into_owned())
}

fn decode(bytes: &[u8]) -> Result<Decoded<'static>, Error> {
    decode_as(bytes, Leniency::STRICT)
}

fn hex(text: &str) -> Vec<u8> {
    let digit = |c: u8| char::from(c).to_digit(16).unwrap() as u8;
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}

/// A packet as one line: its kind, namespace, id, JSON and attachments.
fn line(decoded: &Decoded<'_>) -> String {
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

fn encode(kind: Kind, id: Option<u64>, body: &str, attachments: &[Bytes]) -> Vec<u8> {
    let header = Header { kind, nsp: "/", id };
    let parts = MessagePack::default().encode(&header, body, attachments);
    match &parts.unwrap()[..] {
        [Part::Binary(bytes)] => bytes.to_vec(),
        parts => panic!("{parts:?}"),
    }
}

/// The map of a packet, of values made by the oracle.
fn packet(members: &[(&str, Oracle)]) -> Vec<u8> {
    let members = members.iter().cloned().map(|(k, v)| (k.into(), v));
    bytes_of(&Oracle::Map(members.collect()))
}

fn bytes_of(value: &Oracle) -> Vec<u8> {
    let mut out = Vec::new();
    rmpv::encode::write_value(&mut out, value).unwrap();
    out
}

/// An event `e` with one argument, whose bytes are given.
fn event_with(argument: &[u8]) -> Vec<u8> {
    let mut out = hex("83a47479706502a36e7370a12fa46461746192a165");
    out.extend(argument);
    out
}

#[test]
fn reads_what_notepack_writes() {
    for (wire, expected) in [
        ("82a47479706500a36e7370a12f", "0 / None"),
        (
            "83a47479706500a36e7370a22f61a46461746181a5746f6b656ea178",
            r#"0 /a Some("{\"token\":\"x\"}")"#,
        ),
        ("82a47479706501a36e7370a12f", "1 /"),
        (
            "84a47479706502a4646174619ba165007fcc80ccffcd0100cdffffce00010000ceffffffffcf0000000100000000cf001fffffffffffffa36e7370a12fa2696407",
            r#"2 / Some(7) e ["e",0,127,128,255,256,65535,65536,4294967295,4294967296,9007199254740991] []"#,
        ),
        (
            "83a47479706502a4646174619ba16effe0d0dfd080d1ff7fd18000d2ffff7fffd280000000d3ffffffff7fffffffd3ffe0000000000001a36e7370a12f",
            r#"2 / None n ["n",-1,-32,-33,-128,-129,-32768,-32769,-2147483648,-2147483649,-9007199254740991] []"#,
        ),
        (
            "83a47479706502a46461746195a166cb3ff8000000000000cbbfd0000000000000cb3e7ad7f29abcaf48cb3fb999999999999aa36e7370a12f",
            r#"2 / None f ["f",1.5,-0.25,1e-7,0.1] []"#,
        ),
        (
            "83a47479706502a46461746198a173a0a6c3a9f09f9880a66122625c0a01c3c2c081a16b81a16e90a36e7370a12f",
            r#"2 / None s ["s","","é😀","a\"b\\\n\u0001",true,false,null,{"k":{"n":[]}}] []"#,
        ),
        (
            "83a47479706502a46461746193a162c40301020381a178c400a36e7370a12f",
            r#"2 / None b ["b",{"_placeholder":true,"num":0},{"x":{"_placeholder":true,"num":1}}] [b"\x01\x02\x03", b""]"#,
        ),
        (
            "84a47479706503a46461746190a36e7370a12fa2696400",
            "3 / 0  [] []",
        ),
        (
            "83a47479706504a46461746181a76d657373616765a26e6fa36e7370a22f78",
            r#"4 /x {"message":"no"}"#,
        ),
        (
            "83a47479706504a464617461a26e6fa36e7370a22f78",
            r#"4 /x "no""#,
        ),
        // `undefined`, a date and an ArrayBuffer; a key of its own; an id that is `undefined`. Of notepack
        // 2 and of 3.
        (
            "85a47479706502a46461746194a16fd40000d7000000018df4dc5495c702000908a76f7074696f6e7381a8636f6d7072657373c3a26964d40000a36e7370a12f",
            r#"2 / None o ["o",null,"2024-02-29T12:34:56.789Z",{"_placeholder":true,"num":0}] [b"\t\x08"]"#,
        ),
        (
            "84a47479706502a46461746196a16fc0d7ffbc1cbd0065e079f0d6ff65e079f0c70cff3b8b87c0ffffffffffffffffc4020908a76f7074696f6e7381a8636f6d7072657373c3a36e7370a12f",
            r#"2 / None o ["o",null,"2024-02-29T12:34:56.789Z","2024-02-29T12:34:56.000Z","1969-12-31T23:59:59.999Z",{"_placeholder":true,"num":0}] [b"\t\x08"]"#,
        ),
    ] {
        let decoded = decode(&hex(wire)).unwrap_or_else(|e| panic!("{wire}: {e}"));
        assert_eq!(line(&decoded), expected, "{wire}");
    }
}

#[test]
fn writes_what_notepack_writes() {
    let placeholder = |num| format!(r#"{{"_placeholder":true,"num":{num}}}"#);
    let binary = [Bytes::from_static(&[1, 2, 3]), Bytes::new()];
    let two = format!(r#"["b",{},{{"x":{}}}]"#, placeholder(0), placeholder(1));
    let long = format!(
        r#"["long","{}","{}",[{}]]"#,
        "x".repeat(32),
        "y".repeat(40),
        ["1"; 16].join(",")
    );
    // Its key order is `type`, `nsp`, `data`, `id`; the values are notepack's byte for byte.
    for (body, attachments, data) in [
        (
            r#"["e",0,127,128,255,256,65535,65536,4294967295,4294967296,9007199254740991]"#,
            &[][..],
            "9ba165007fcc80ccffcd0100cdffffce00010000ceffffffffcf0000000100000000cf001fffffffffffff",
        ),
        (
            "[\"n\",-1,-32,-33,-128,-129,-32768,-32769,-2147483648,-2147483649,-9007199254740991]",
            &[],
            "9ba16effe0d0dfd080d1ff7fd18000d2ffff7fffd280000000d3ffffffff7fffffffd3ffe0000000000001",
        ),
        (
            r#"["f",1.5,-0.25,1e-7,0.1]"#,
            &[],
            "95a166cb3ff8000000000000cbbfd0000000000000cb3e7ad7f29abcaf48cb3fb999999999999a",
        ),
        // Whole numbers in other forms are integers; -0 is 0, as there.
        (r#"["f",1.0,1e2,-2.0E0,-0,-0.0]"#, &[], "96a1660164fe0000"),
        (
            r#" [ "s" , "" , "é😀" , "a\"b\\\n\u0001" , true , false , null , {"k":{"n":[ ]}} ] "#,
            &[],
            "98a173a0a6c3a9f09f9880a66122625c0a01c3c2c081a16b81a16e90",
        ),
        (&two, &binary, "93a162c40301020381a178c400"),
        (
            &long,
            &[],
            "94a46c6f6e67d9207878787878787878787878787878787878787878787878787878787878787878d92879797979797979797979797979797979797979797979797979797979797979797979797979797979dc001001010101010101010101010101010101",
        ),
    ] {
        let wire = encode(Kind::Event, Some(7), body, attachments);
        let head = "84a47479706502a36e7370a12fa464617461";
        assert_eq!(wire, hex(&format!("{head}{data}a2696407")), "{body}");
    }
    let connect = encode(Kind::Connect, None, r#"{"sid":"x"}"#, &[]);
    assert_eq!(
        connect,
        hex("83a47479706500a36e7370a12fa46461746181a3736964a178")
    );
    assert_eq!(
        encode(Kind::Disconnect, None, "", &[]),
        hex("82a47479706501a36e7370a12f")
    );
}

#[test]
fn heads_of_every_width() {
    for len in [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536] {
        let text = format!("[\"e\",\"{}\"]", "x".repeat(len));
        let array = format!("[\"e\",[{}]]", vec!["0"; len].join(","));
        let members: Vec<String> = (0..len).map(|n| format!("\"{n}\":null")).collect();
        let object = format!("[\"e\",{{{}}}]", members.join(","));
        for body in [text, array, object] {
            let decoded = decode(&encode(Kind::Event, None, &body, &[])).unwrap();
            let Decoded::Event { packet, .. } = decoded else {
                panic!("{decoded:?}")
            };
            assert!(packet.args() == body, "{len}");
        }
        let binary = [Bytes::from(vec![7; len])];
        let body = r#"["e",{"_placeholder":true,"num":0}]"#;
        let decoded = decode(&encode(Kind::Event, None, body, &binary)).unwrap();
        let Decoded::Event { packet, .. } = decoded else {
            panic!("{decoded:?}")
        };
        assert_eq!(packet.attachments(), binary, "{len}");
        assert_eq!(packet.decode::<Bytes>().unwrap(), binary[0]);
    }
}

#[test]
fn what_looks_like_a_placeholder_is_an_object() {
    let json = r#"{"_placeholder":true,"num":0}"#;
    let object = Oracle::Map(vec![
        ("_placeholder".into(), true.into()),
        ("num".into(), 0.into()),
    ]);
    let args = vec!["e".into(), object, Oracle::Binary(vec![9])];
    let wire = packet(&[
        ("type", 2.into()),
        ("nsp", "/".into()),
        ("data", Oracle::Array(args)),
    ]);
    let Decoded::Event { packet, .. } = decode(&wire).unwrap() else {
        panic!()
    };
    let value = packet.args_value();
    assert_eq!(value.at(0).unwrap().json(), json);
    let bytes = value.at(1).unwrap();
    assert_eq!(bytes.as_bytes().map(|b| &b[..]), Some(&[9][..]));
    // Without attachments it is one on the way out too.
    let body = format!("[\"e\",{json}]");
    let wire = encode(Kind::Event, None, &body, &[]);
    let again = decode(&wire).unwrap();
    assert_eq!(line(&again), format!("2 / None e {body} []"));
}

#[test]
fn values_that_json_does_not_have() {
    let big = Oracle::Integer(Integer::from(u64::MAX));
    for (argument, json) in [
        (bytes_of(&big), "18446744073709551615"),
        (bytes_of(&i64::MIN.into()), "-9223372036854775808"),
        // Widths that are larger than needed.
        (hex("cf0000000000000001"), "1"),
        (hex("d300000000000000ff"), "255"),
        (hex("d9026869"), "\"hi\""),
        (hex("dd0000000101"), "[1]"),
        (hex("df00000001a16101"), "{\"a\":1}"),
        // Floats: whole ones are written without a fraction, as far as they are exact.
        (hex("ca3dcccccd"), "0.10000000149011612"),
        (hex("cb3ff0000000000000"), "1"),
        (hex("cb8000000000000000"), "-0"),
        (hex("cb4340000000000000"), "9007199254740992"),
        (hex("cb7fefffffffffffff"), "1.7976931348623157e308"),
        // Extensions: a date out of range, an unknown one, `undefined`.
        (hex("d7007fffffffffffffff"), "null"),
        (hex("d40507"), r#"[5,{"_placeholder":true,"num":0}]"#),
        (hex("c70005"), r#"[5,{"_placeholder":true,"num":0}]"#),
        (hex("d40000"), "null"),
        (hex("d50000ff"), r#"{"_placeholder":true,"num":0}"#),
        // Keys that are there twice, or mean something elsewhere.
        (hex("82a16101a16102"), r#"{"a":1,"a":2}"#),
        (hex("81a95f5f70726f746f5f5f80"), r#"{"__proto__":{}}"#),
    ] {
        let decoded = decode(&event_with(&argument));
        let decoded = decoded.unwrap_or_else(|e| panic!("{json}: {e}"));
        let Decoded::Event { packet, .. } = decoded else {
            panic!("{decoded:?}")
        };
        assert_eq!(packet.args(), format!("[\"e\",{json}]"));
    }
}

#[test]
fn numeric_names_are_decimal_strings() {
    for (name, expected) in [
        (Oracle::from(7), "7"),
        (Oracle::from(-7), "-7"),
        (Oracle::from(u64::MAX), "18446744073709551615"),
        (Oracle::F64(7.0), "7"),
        (Oracle::F64(-0.0), "0"),
        (Oracle::F64(1.5), "1.5"),
        (Oracle::F32(0.5), "0.5"),
        (Oracle::F64(1e20), "100000000000000000000"),
    ] {
        let data = Oracle::Array(vec![name.clone(), 1.into()]);
        let wire = packet(&[("type", 2.into()), ("nsp", "/".into()), ("data", data)]);
        for leniency in [Leniency::STRICT, Leniency::compatible()] {
            let Ok(Decoded::Event { packet, .. }) = decode_as(&wire, leniency) else {
                panic!("{name}")
            };
            assert_eq!(packet.name(), expected);
            assert_eq!(packet.decode::<u8>(), Ok(1));
        }
    }
}

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
    let parser = MessagePack { max_binary: 3 };
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

/// Each leniency: what of it is refused without it, and what it means with it alone.
#[test]
fn leniencies() {
    let names = Leniency {
        msgpack_names: true,
        ..Leniency::STRICT
    };
    let values = Leniency {
        msgpack_values: true,
        ..Leniency::STRICT
    };
    let event = |items: &[Oracle]| {
        let data = Oracle::Array(items.to_vec());
        packet(&[("type", 2.into()), ("nsp", "/".into()), ("data", data)])
    };
    for (wire, error, leniency, expected) in [
        (
            event(&["disconnect".into(), 1.into()]),
            Error::ReservedName,
            names,
            r#"2 / None disconnect ["disconnect",1] []"#,
        ),
        (
            event(&[]),
            Error::EventName,
            names,
            "2 / None undefined [] []",
        ),
        (
            event(&[Oracle::Nil]),
            Error::EventName,
            names,
            "2 / None null [null] []",
        ),
        (
            event(&[true.into(), 1.into()]),
            Error::EventName,
            names,
            "2 / None true [true,1] []",
        ),
        (
            event(&[false.into(), Oracle::Binary(vec![7])]),
            Error::EventName,
            names,
            r#"2 / None false [false,{"_placeholder":true,"num":0}] [b"\x07"]"#,
        ),
        (
            event_with(&hex("cb7ff8000000000000")),
            Error::NotFinite,
            values,
            r#"2 / None e ["e",null] []"#,
        ),
        (
            event_with(&hex("8601c0c002cb3ff800000000000003c2c3d4000090ff05")),
            Error::MapKey,
            values,
            r#"2 / None e ["e",{"1":null,"null":2,"1.5":3,"false":true,"undefined":[],"-1":5}] []"#,
        ),
        (
            packet(&[("type", 0.into()), ("nsp", "/a".into()), ("type", 1.into())]),
            Error::DuplicateKey,
            values,
            "1 /a",
        ),
    ] {
        assert_eq!(decode(&wire), Err(error));
        for leniency in [leniency, Leniency::compatible()] {
            let decoded = decode_as(&wire, leniency).unwrap_or_else(|e| panic!("{expected}: {e}"));
            assert_eq!(line(&decoded), expected);
            if let Decoded::Event { packet, .. } = &decoded {
                let args = packet.args_value().items().count();
                assert_eq!(args, packet.len(), "{expected}");
            }
        }
    }
    // Still refused: what JavaScript would make of these is of no use to anybody.
    for wire in [
        event(&[Oracle::Array(vec![])]),
        event(&[Oracle::Map(vec![])]),
        event(&[Oracle::Binary(vec![])]),
    ] {
        assert_eq!(
            decode_as(&wire, Leniency::compatible()),
            Err(Error::EventName)
        );
    }
    let key = event_with(&hex("819002"));
    assert_eq!(decode_as(&key, Leniency::compatible()), Err(Error::MapKey));
}

#[test]
fn a_connection_speaks_it() {
    let config = config(Leniency::STRICT);
    let mut out = Out::default();
    let mut connection = Connection::new(ms(0), config.clone().into());
    let connect = hex("82a47479706500a36e7370a12f");
    let event = connection.handle_message(ms(0), Message::from(&connect[..]), &mut out);
    let Ok(Some(Event::Connect { slot, .. })) = event else {
        panic!("{event:?}")
    };
    connection.accept(slot, "x", &mut out).unwrap();
    let mut args = vec![Oracle::from("sum"), 1.into(), 2.into()];
    args.extend(vec![Oracle::Binary(vec![0]); 20]);
    let wire = packet(&[
        ("type", 2.into()),
        ("nsp", "/".into()),
        ("data", Oracle::Array(args)),
        ("id", 3.into()),
    ]);
    let event = connection.handle_message(ms(0), Message::from(&wire[..]), &mut out);
    let Ok(Some(Event::Event {
        id: Some(id),
        packet: got,
        ..
    })) = event
    else {
        panic!("{event:?}")
    };
    assert_eq!((got.name(), got.len(), id), ("sum", 22, 3));
    // More attachments than JSON may have are nothing here.
    connection
        .ack(slot, id, &Encoded::relay_args(&got), &mut out)
        .unwrap();
    let bye = Encoded::event("bye", &()).unwrap();
    connection
        .emit(slot, &bye, Admit::Normal, &mut out)
        .unwrap();
    let id = connection.emit_with_ack(slot, &bye, None, &mut out);
    assert_eq!(id, Ok(1));
    let group = config.shared("/", &bye, Some(9)).unwrap();
    connection
        .broadcast(slot, &group, Admit::Normal, &mut out)
        .unwrap();
    connection.disconnect(slot, &mut out).unwrap();
    let sent: Vec<String> = out
        .sent
        .drain(..)
        .map(|sent| match sent {
            Sent::Binary(bytes) => {
                let all = rmpv::decode::read_value(&mut &bytes[..]).unwrap();
                all.to_string()
            }
            Sent::Text(text) => panic!("{text}"),
        })
        .collect();
    let bin = vec!["[0]"; 20].join(", ");
    assert_eq!(
        sent,
        [
            r#"{"type": 0, "nsp": "/", "data": {"sid": "x"}}"#.to_owned(),
            format!(r#"{{"type": 3, "nsp": "/", "data": [1, 2, {bin}], "id": 3}}"#),
            r#"{"type": 2, "nsp": "/", "data": ["bye"]}"#.into(),
            r#"{"type": 2, "nsp": "/", "data": ["bye"], "id": 1}"#.into(),
            r#"{"type": 2, "nsp": "/", "data": ["bye"], "id": 9}"#.into(),
            r#"{"type": 1, "nsp": "/"}"#.into(),
        ]
    );
    let error = connection.handle_message(ms(0), Message::from("0"), &mut out);
    assert_eq!(error, Err(Error::TextMessage));
}

/// Values that both sides have: what our JSON of them is, and the value.
fn values() -> impl Strategy<Value = Oracle> {
    let leaf = prop_oneof![
        Just(Oracle::Nil),
        any::<bool>().prop_map(Oracle::Boolean),
        any::<i64>().prop_map(Oracle::from),
        any::<u64>().prop_map(Oracle::from),
        (-300i64..300).prop_map(Oracle::from),
        any::<f64>()
            .prop_filter("a fraction", |f| f.is_finite() && f.fract() != 0.0)
            .prop_map(Oracle::F64),
        "[\\x00-\\x7f\u{80}-\u{ffff}]{0,40}".prop_map(|s| Oracle::String(Utf8String::from(s))),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(Oracle::Binary),
    ];
    leaf.prop_recursive(5, 48, 20, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..20).prop_map(Oracle::Array),
            proptest::collection::vec(("[a-z]{0,4}", inner), 0..20).prop_map(|members| {
                let members = members.into_iter().map(|(k, v)| (Oracle::from(k), v));
                Oracle::Map(members.collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn agrees_with_rmpv(args in proptest::collection::vec(values(), 0..6), id in proptest::option::of(0..=MAX_ACK_ID)) {
        let mut all = vec![Oracle::from("e")];
        all.extend(args);
        let mut members = vec![("type", 2.into()), ("nsp", "/".into()), ("data", Oracle::Array(all))];
        members.extend(id.map(|id| ("id", id.into())));
        // What the oracle writes is read; what is written of that is, byte for byte, what the oracle wrote.
        let wire = packet(&members);
        let Decoded::Event { id: got, packet, .. } = decode(&wire).unwrap() else { panic!() };
        prop_assert_eq!(got, id);
        let again = encode(Kind::Event, id, packet.args(), packet.attachments());
        prop_assert_eq!(again, wire);
    }

    #[test]
    fn damaged_packets_never_panic_and_are_never_longer(
        args in proptest::collection::vec(values(), 0..4),
        cut in any::<prop::sample::Index>(),
        with in any::<u8>(),
    ) {
        let mut all = vec![Oracle::from("e")];
        all.extend(args);
        let wire = packet(&[("type", 2.into()), ("nsp", "/".into()), ("data", Oracle::Array(all))]);
        let at = cut.index(wire.len());
        prop_assert!(decode(&wire[..at]).is_err(), "a packet cut off");
        let mut damaged = wire.clone();
        damaged[at] = with;
        for leniency in [Leniency::STRICT, Leniency::compatible()] {
            if let Ok(Decoded::Event { packet, .. }) = decode_as(&damaged, leniency) {
                let binary: usize = packet.attachments().iter().map(Bytes::len).sum();
                prop_assert!(binary <= damaged.len());
                prop_assert!(packet.args().len() <= 6 * damaged.len() + 40 * packet.attachments().len());
                // What was taken is JSON: the parser for JSON takes it too, and gives it back.
                let encoded = Encoded::relay_args(&packet);
                prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(encoded.json()).is_ok());
            }
        }
    }

    #[test]
    fn noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = decode(&bytes);
        let _ = decode_as(&bytes, Leniency::compatible());
        let _ = decode(&event_with(&bytes));
    }
}
