//! An event that is checked by being decoded is what the same event is when it is checked first: nothing is made of one
//! that is not right, whatever it is decoded as.

use proptest::{collection::vec, prelude::*, sample::Index};
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use siox_socketio::{MAX_DEPTH, Packet, Unchecked, Value};
use std::{collections::BTreeMap, fmt::Debug};

#[derive(Debug, PartialEq, Deserialize)]
struct Order<'a> {
    #[serde(borrow, default)]
    name: Option<&'a str>,
    #[serde(default)]
    price: Option<f64>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    more: Option<Box<Order<'a>>>,
}

#[derive(Debug, PartialEq, Deserialize)]
enum Choice {
    Nothing,
    One(u8),
    Two(bool, Option<bool>),
    Named { a: i64 },
    Deeper(Box<Choice>),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Any {
    Number(f64),
    Flag(bool),
    Text(String),
    List(Vec<Any>),
    Map(BTreeMap<String, Any>),
    Null,
}

/// What makes nothing of an error in its midst.
#[derive(Debug, PartialEq)]
struct Forgiving<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Forgiving<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(T::deserialize(deserializer).ok()))
    }
}

fn as_type<'a, T: Deserialize<'a> + PartialEq + Debug>(
    event: &Unchecked<'a>,
    packet: Option<&'a Packet<'a>>,
) {
    let checked = packet.and_then(|packet| packet.decode::<T>().ok());
    assert_eq!(event.decode::<T>(), checked, "{event:?}");
}

/// The same, of a type that makes something of what does not fit: there it may be doubted what is right.
fn as_forgiving<'a, T: Deserialize<'a> + PartialEq + Debug>(
    event: &Unchecked<'a>,
    packet: Option<&'a Packet<'a>>,
) {
    if event.decode::<T>().is_some() {
        as_type::<T>(event, packet);
    }
}

/// Whether it is an event, and right.
fn both_ways(text: &str) -> Option<bool> {
    let event = &Unchecked::new(text)?;
    let packet = event.packet();
    let packet = packet.as_ref();
    as_type::<()>(event, packet);
    as_type::<Value>(event, packet);
    as_type::<Any>(event, packet);
    as_type::<serde_json::Value>(event, packet);
    as_type::<Option<Order<'_>>>(event, packet);
    as_type::<Choice>(event, packet);
    as_type::<f64>(event, packet);
    as_type::<(Any, Value, Option<Any>)>(event, packet);
    as_type::<((), Vec<Option<u8>>)>(event, packet);
    as_forgiving::<Vec<Forgiving<Vec<u8>>>>(event, packet);
    as_forgiving::<BTreeMap<String, Forgiving<Choice>>>(event, packet);
    as_forgiving::<(Forgiving<Order<'_>>, Forgiving<bool>)>(event, packet);
    as_type::<BTreeMap<i32, bool>>(event, packet);
    // It has no equality.
    assert_eq!(
        event.decode::<IgnoredAny>().is_some(),
        packet.is_some(),
        "{event:?}"
    );
    Some(packet.is_some())
}

#[test]
fn what_is_right_and_what_is_not() {
    for (text, is_right) in [
        (r#"2["a",1]"#, Some(true)),
        (
            r#"27["a", { "name" : "x" , "price" : 1.5 } , [] ]"#,
            Some(true),
        ),
        (r#"2["a","One"]"#, Some(true)),
        (r#"2["a",{"Two":[true,null]}]"#, Some(true)),
        (r#"2["a",{"Deeper":{"Named":{"a":-1}}}]"#, Some(true)),
        (r#"2["a",{"\u0031":true}]"#, Some(true)),
        (r#"2["a",]"#, Some(false)),
        (r#"2["a",1,]"#, Some(false)),
        (r#"2["a",,1]"#, Some(false)),
        (r#"2["a",1 2]"#, Some(false)),
        (r#"2["a",01]"#, Some(false)),
        (r#"2["a",1.]"#, Some(false)),
        (r#"2["a",-]"#, Some(false)),
        (r#"2["a",tru]"#, Some(false)),
        (r#"2["a",nulL]"#, Some(false)),
        (r#"2["a",[1,]]"#, Some(false)),
        (r#"2["a",[,1]]"#, Some(false)),
        (r#"2["a",[1[2]]"#, Some(false)),
        (r#"2["a",[1[2]]]"#, Some(false)),
        (r#"2["a",[1}]"#, Some(false)),
        (r#"2["a",{"a":1]"#, Some(false)),
        (r#"2["a",{"a":1,}]"#, Some(false)),
        (r#"2["a",{,"a":1}]"#, Some(false)),
        (r#"2["a",{"a":1{"b":2}]"#, Some(false)),
        (r#"2["a",{"a":1{"b":2}}]"#, Some(false)),
        (r#"2["a",{"a"1}]"#, Some(false)),
        (r#"2["a",{"a":}]"#, Some(false)),
        (r#"2["a",{a:1}]"#, Some(false)),
        (r#"2["a",{"Two":true,null}]"#, Some(false)),
        (r#"2["a","b"c]"#, Some(false)),
        (r#"2["a","\x"]"#, Some(false)),
        (r#"2["a",[[1,"x",2],3]"#, Some(false)),
        (r#"2["a",[1,"x",2],3]]"#, Some(false)),
        (r#"2["a",1]]"#, Some(false)),
        ("2[\"a\",\"\u{1}\"]", Some(false)),
        ("2[\"a\",\u{a0}1]", Some(false)),
        // Nothing of these is left to be checked, or they are of no common form.
        (r#"2["a"]"#, None),
        (r#"2["a",1] "#, None),
        (r#"2["a",1"#, None),
        (r#"2["connect",1]"#, None),
        (r#"2/b,["a",1]"#, None),
        (r#"51-["a",{"_placeholder":true,"num":0}]"#, None),
    ] {
        assert_eq!(both_ways(text), is_right, "{text}");
    }
}

#[test]
fn it_may_be_as_deep_as_any_other() {
    for (depth, is_right) in [(MAX_DEPTH - 1, true), (MAX_DEPTH, false), (5_000, false)] {
        for (open, leaf, close) in [
            ("[", "", "]"),
            ("{\"a\":", "1", "}"),
            ("{\"Deeper\":", "\"Nothing\"", "}"),
            ("{\"a\":[", "1", "]}"),
        ] {
            let each = open.matches(['[', '{']).count();
            let (open, close) = (open.repeat(depth / each), close.repeat(depth / each));
            let last = if depth % each > 0 {
                ("[", "]")
            } else {
                ("", "")
            };
            let text = format!("2[\"a\",{open}{}{leaf}{}{close}]", last.0, last.1);
            assert_eq!(both_ways(&text), Some(is_right), "{depth} {text:.20}");
        }
    }
}

proptest! {
    #[test]
    fn of_any_parts(
        parts in vec(0usize..28, 0..10),
        cut in any::<Index>(),
        with in ".?",
    ) {
        const PART: [&str; 28] = ["[", "]", "{", "}", ",", ":", "\"a\"", "\"One\"", "\"name\":", "\"price\":",
            "\"tags\":", "-0.5e3", "true", "null", " ", "\"k\":", "[1,2]", "{\"x\":1}", "\"long enough for a word\"",
            "\"\\n\"", "\"é\"", "0", "12", "{\"Two\":[true,null]}", "{\"Deeper\":", "[]", "{}", "[[1,\"x\"],"];
        let mut text: String = parts.iter().map(|&i| PART[i]).collect();
        both_ways(&format!("2[\"a\",{text}]"));
        let mut at = cut.index(text.len() + 1);
        while !text.is_char_boundary(at) { at -= 1 }
        text.insert_str(at, &with);
        both_ways(&format!("2[\"a\",{text}]"));
        both_ways(&format!("2[\"a\",[{text}]]"));
        both_ways(&format!("2[\"a\",{{\"k\":{text}}}]"));
    }

    #[test]
    fn of_any_values_and_what_is_cut_out_of_them(
        json in value(),
        from in any::<Index>(),
        len in 0usize..4,
    ) {
        let text = json.to_string();
        prop_assert_eq!(both_ways(&format!("2[\"a\",{text}]")), Some(true));
        let pretty = format!("{json:#}");
        prop_assert_eq!(both_ways(&format!("2[\"a\",{pretty}]")), Some(true));
        let mut damaged: Vec<char> = text.chars().collect();
        let from = from.index(damaged.len());
        damaged.drain(from..damaged.len().min(from + len));
        both_ways(&format!("2[\"a\",{}]", String::from_iter(damaged)));
    }
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "[ -~]{0,14}|\\PC{0,4}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let key = "name|price|tags|more|Two|Deeper|[a-z]{0,12}";
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Into::into),
            vec((key, inner), 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}
