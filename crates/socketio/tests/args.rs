//! Typed arguments: which are one and which are several, and where bytes go.

mod common;

use bytes::Bytes;
use common::Peer;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use siox_socketio::{DecodeError, Encoded, Event, Packet, Value};
use siox_wire::SendError;
use std::collections::BTreeMap;
use std::fmt::Debug;

/// The packet that a peer makes of this text and these attachments.
fn packet(text: &str, attachments: &[&[u8]]) -> Packet<'static> {
    let (mut peer, _) = Peer::joined();
    let mut event = peer.text(text).unwrap().map(own);
    for bytes in attachments {
        event = peer.binary(bytes).unwrap().map(own);
    }
    event.expect("a whole packet")
}

fn own(event: Event<'_>) -> Packet<'static> {
    match event {
        Event::Event { packet, .. } | Event::Ack { packet, .. } => packet.into_owned(),
        other => panic!("{other:?}"),
    }
}

/// Encodes as an event, checks the text, and decodes again as the same type.
fn there_and_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(args: T, json: &str) {
    let encoded = Encoded::event("e", &args).unwrap();
    assert_eq!(encoded.json(), json);
    let n = encoded.attachments().len();
    let head = if n > 0 { format!("5{n}-") } else { "2".into() };
    let attachments: Vec<&[u8]> = encoded.attachments().iter().map(|a| &a[..]).collect();
    let packet = packet(&format!("{head}{json}"), &attachments);
    assert_eq!(packet.decode::<T>(), Ok(args), "{json}");
    let encoded = Encoded::args(&packet.decode::<T>().unwrap()).unwrap();
    let relayed = Encoded::relay_args(&packet);
    assert_eq!(
        (encoded.json(), encoded.attachments()),
        (relayed.json(), relayed.attachments())
    );
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    x: i32,
    y: Option<f64>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Pair(u8, Bytes);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct One((u8, u8));

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    Newtype(Bytes),
    Tuple(u8, String),
    Struct { a: bool },
}

#[test]
fn a_tuple_is_several_and_anything_else_is_one() {
    there_and_back((), r#"["e"]"#);
    there_and_back(1, r#"["e",1]"#);
    there_and_back((1, "two".to_string()), r#"["e",1,"two"]"#);
    there_and_back((1,), r#"["e",1]"#);
    there_and_back(((1, 2), 3), r#"["e",[1,2],3]"#);
    there_and_back(vec![1, 2], r#"["e",[1,2]]"#);
    there_and_back([1, 2], r#"["e",1,2]"#);
    there_and_back(Vec::<u8>::new(), r#"["e",[]]"#);
    there_and_back(One((1, 2)), r#"["e",[1,2]]"#);
    there_and_back(Some((1, 2)), r#"["e",[1,2]]"#);
    there_and_back(None::<i32>, r#"["e",null]"#);
    there_and_back(((),), r#"["e",null]"#);
    there_and_back(Point { x: -1, y: None }, r#"["e",{"x":-1,"y":null}]"#);
    there_and_back(
        (Point { x: 1, y: Some(0.5) }, true),
        r#"["e",{"x":1,"y":0.5},true]"#,
    );
    there_and_back(
        (
            Shape::Unit,
            Shape::Tuple(1, "a".into()),
            Shape::Struct { a: true },
        ),
        r#"["e","Unit",{"Tuple":[1,"a"]},{"Struct":{"a":true}}]"#,
    );
    there_and_back(
        BTreeMap::from([(1, 'a'), (2, 'é')]),
        r#"["e",{"1":"a","2":"é"}]"#,
    );
    there_and_back(
        "quote\" \\ \n \u{1} \u{1F600}".to_string(),
        r#"["e","quote\" \\ \n \u0001 😀"]"#,
    );
    there_and_back(
        (f64::MAX, f64::MIN_POSITIVE, 1.0, -0.0),
        r#"["e",1.7976931348623157e308,2.2250738585072014e-308,1.0,-0.0]"#,
    );
    there_and_back(
        (i64::MIN, u64::MAX, i128::MIN, u128::MAX),
        &format!(
            "[\"e\",{},{},{},{}]",
            i64::MIN,
            u64::MAX,
            i128::MIN,
            u128::MAX
        ),
    );
}

#[test]
fn bytes_become_attachments_in_order() {
    const P0: &str = r#"{"_placeholder":true,"num":0}"#;
    const P1: &str = r#"{"_placeholder":true,"num":1}"#;
    let (a, b) = (Bytes::from_static(b"a\xff"), Bytes::from_static(b""));
    there_and_back(a.clone(), &format!(r#"["e",{P0}]"#));
    there_and_back((a.clone(), b.clone()), &format!(r#"["e",{P0},{P1}]"#));
    there_and_back(
        (
            vec![a.clone()],
            BTreeMap::from([("k".to_string(), Some(b.clone()))]),
        ),
        &format!(r#"["e",[{P0}],{{"k":{P1}}}]"#),
    );
    there_and_back(
        (Pair(1, a.clone()), Shape::Newtype(b)),
        &format!(r#"["e",[1,{P0}],{{"Newtype":{P1}}}]"#),
    );
    let encoded = Encoded::args(&(&a, &a)).unwrap();
    assert_eq!(encoded.attachments(), [a.clone(), a]);
}

#[test]
fn missing_arguments_are_none_and_more_are_ignored() {
    let one = packet(r#"2["e",1]"#, &[]);
    assert_eq!(one.decode::<()>(), Ok(()));
    assert_eq!(
        one.decode::<(i32, Option<i32>, Option<String>)>(),
        Ok((1, None, None))
    );
    assert_eq!(
        one.decode::<(i32, i32)>(),
        Err(DecodeError::Missing { index: 1 })
    );
    assert_eq!(one.decode::<Option<i32>>(), Ok(Some(1)));
    let none = packet(r#"2["e"]"#, &[]);
    assert_eq!(none.decode::<Option<i32>>(), Ok(None));
    assert_eq!(none.decode::<i32>(), Err(DecodeError::Missing { index: 0 }));
    assert_eq!(
        none.decode::<Value>(),
        Err(DecodeError::Missing { index: 0 })
    );
    assert_eq!(none.decode::<(Option<Value>,)>(), Ok((None,)));
    let three = packet(r#"2["e" , [ 1 , 2 ] , "s" , {} ] "#, &[]);
    assert_eq!(three.decode::<Vec<i32>>(), Ok(vec![1, 2]));
    assert_eq!(three.decode::<(Vec<i32>, &str)>(), Ok((vec![1, 2], "s")));
    assert_eq!(three.len(), 3);
}

/// What the text of an error says may stand in a log.
#[test]
fn what_does_not_fit_is_not_told_itself() {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only what does not fit is looked at")]
    struct Login {
        user: String,
        kind: Kind,
        pin: u8,
    }
    #[derive(Debug, serde::Deserialize)]
    enum Kind {
        Guest,
        Member,
    }
    for (args, told) in [
        (
            r#"["e","secret"]"#,
            "invalid type: string, expected struct Login",
        ),
        (
            r#"["e",{"secret":1}]"#,
            "unknown field, expected `user` or `kind` or `pin`",
        ),
        (
            r#"["e",{"kind":"secret"}]"#,
            "unknown variant, expected `Guest` or `Member`",
        ),
        (
            r#"["e",{"pin":666}]"#,
            "invalid value: integer, expected u8",
        ),
        (
            r#"["e",{"pin":"secret"}]"#,
            "invalid type: string, expected u8",
        ),
        (
            r#"["e",{"user":66.6}]"#,
            "invalid type: floating point number, expected a string",
        ),
        (
            r#"["e",{"user":true}]"#,
            "invalid type: boolean, expected a string",
        ),
    ] {
        let text = format!("2{args}");
        let error = packet(&text, &[]).decode::<Login>().unwrap_err();
        assert_eq!(error.to_string(), told, "{args}");
        let value: Value = args[5..args.len() - 1].parse().unwrap();
        let error = value.decode::<Login>().unwrap_err();
        assert_eq!(error.to_string(), told, "{args}");
    }
}

#[test]
fn what_does_not_fit_is_told_in_words() {
    let mismatch = |text: &str, attachments: &[&[u8]], part: &str| {
        let packet = packet(text, attachments);
        let error = packet.decode::<(i32, String)>().unwrap_err();
        assert!(error.to_string().contains(part), "{text}: {error}");
    };
    mismatch(
        r#"2["e","x","y"]"#,
        &[],
        "invalid type: string, expected i32",
    );
    mismatch(
        r#"2["e",1.5,"y"]"#,
        &[],
        "invalid type: floating point number, expected i32",
    );
    mismatch(r#"2["e",3000000000,"y"]"#, &[], "expected i32");
    mismatch(r#"2["e",1,2]"#, &[], "expected a string");
    mismatch(r#"2["e",1,null]"#, &[], "expected a string");
    mismatch(r#"2["e",1]"#, &[], "argument 1 is missing");
    mismatch(
        r#"51-["e",1,{"_placeholder":true,"num":0}]"#,
        &[b"text"],
        "byte array, expected a string",
    );
    mismatch(
        r#"51-["e",{"_placeholder":true,"num":0},"a"]"#,
        &[b"text"],
        "byte array, expected i32",
    );
    let huge = packet(r#"2["e",1e999,-1e999]"#, &[]);
    assert_eq!(huge.decode::<f64>(), Err(DecodeError::Number));
    assert_eq!(huge.args_value().to_string(), "[1e999,-1e999]");
    let long = packet(r#"2["e",[1,2,3]]"#, &[]);
    assert!(long.decode::<((i32, i32),)>().is_err());
    struct Never;
    impl Serialize for Never {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no"))
        }
    }
    assert_eq!(Encoded::args(&Never), Err(SendError::Unencodable));
    let map = BTreeMap::from([(vec![1], 1)]);
    assert_eq!(Encoded::args(&map), Err(SendError::Unencodable));
}

#[test]
fn a_lone_surrogate_becomes_the_replacement_character() {
    let packet = packet(r#"2["\ud800","a\udc00b",{"\ud800":1}]"#, &[]);
    assert_eq!(packet.name(), "\u{FFFD}");
    let (text, map): (String, BTreeMap<String, i32>) = packet.decode().unwrap();
    assert_eq!((&*text, map["\u{FFFD}"]), ("a\u{FFFD}b", 1));
    let relayed = Encoded::relay_event("x", &packet).unwrap();
    assert_eq!(relayed.json(), r#"["x","a\udc00b",{"\ud800":1}]"#);
}

#[test]
fn binary_reads_as_bytes_or_numbers_but_not_as_text() {
    let packet = packet(r#"51-["e",{"num":0,"_placeholder":true}]"#, &[&[1, 2]]);
    assert_eq!(packet.decode::<Bytes>(), Ok(Bytes::from_static(&[1, 2])));
    assert_eq!(packet.decode::<Vec<u8>>(), Ok(vec![1, 2]));
    assert!(packet.decode::<String>().is_err());
    assert!(packet.decode::<BTreeMap<String, Value>>().is_err());
    let value: Value = packet.decode().unwrap();
    assert_eq!(value.as_bytes(), Some(&Bytes::from_static(&[1, 2])));
}

#[test]
fn repeated_attachments_share_bytes_and_cannot_be_multiplied() {
    let place = r#"{"_placeholder":true,"num":0}"#;
    let text = |n: usize| format!(r#"51-["e",[{}]]"#, vec![place; n].join(","));
    let small = packet(&text(3), &[b"abc"]);
    assert_eq!(small.decode::<Vec<Bytes>>().unwrap(), vec![&b"abc"[..]; 3]);
    let blob = vec![7; 100_000];
    let large = packet(&text(1000), &[&blob]);
    assert_eq!(large.decode::<Vec<Bytes>>(), Err(DecodeError::Repeated));
    assert_eq!(large.decode::<Vec<Value>>(), Err(DecodeError::Repeated));
    // A value refers to the one copy there is.
    let value = large.args_value();
    let items: Vec<_> = value
        .at(0)
        .unwrap()
        .items()
        .map(|v| v.as_bytes().unwrap())
        .collect();
    assert_eq!(items.len(), 1000);
    assert!(
        items
            .iter()
            .all(|b| b.as_ptr() == large.attachments()[0].as_ptr())
    );
    assert_eq!(large.decode::<Value>().unwrap().attachments().len(), 1);
}

#[test]
fn what_looks_like_a_placeholder_is_one_only_beside_attachments() {
    let text = r#"["e",{"_placeholder":true,"num":0}]"#;
    let plain = packet(&format!("2{text}"), &[]);
    let object: BTreeMap<String, Value> = plain.decode().unwrap();
    assert_eq!(object["num"], Value::from(0));
    let binary = packet(&format!("51-{text}"), &[b"x"]);
    assert_eq!(binary.decode(), Ok(Bytes::from_static(b"x")));
}

#[test]
fn strings_borrow_from_the_packet() {
    let packet = packet(r#"2["e","plain"]"#, &[]);
    let text: &str = packet.decode().unwrap();
    assert!(
        packet
            .args()
            .as_bytes()
            .as_ptr_range()
            .contains(&text.as_ptr())
    );
    assert!(matches!(
        packet.decode::<std::borrow::Cow<'_, str>>(),
        Ok(text) if text == "plain"
    ));
}
