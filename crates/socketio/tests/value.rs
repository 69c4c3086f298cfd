//! The dynamic value: looking into it, making it, passing it through.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use siox_socketio::{Encoded, Error, MAX_DEPTH, Value, ValueKind};
use siox_wire::SendError;

fn parse(text: &str) -> Value {
    text.parse().unwrap()
}

#[test]
fn accessors() {
    let value = parse(
        r#" {"a":[1,-2,2.5,1e3,"x\n",true,null,{}],"b":{"c":[]},"b":7,"\u0063":18446744073709551615} "#,
    );
    assert_eq!((value.kind(), value.len()), (ValueKind::Object, 4));
    let a = value.get("a").unwrap();
    assert_eq!(
        (a.kind(), a.len(), a.items().len()),
        (ValueKind::Array, 8, 8)
    );
    let at = |i| a.at(i).unwrap();
    assert_eq!(
        (at(0).as_i64(), at(0).as_u64(), at(0).as_f64()),
        (Some(1), Some(1), Some(1.0))
    );
    assert_eq!((at(1).as_i64(), at(1).as_u64()), (Some(-2), None));
    assert_eq!((at(2).as_i64(), at(2).as_f64()), (None, Some(2.5)));
    assert_eq!(at(3).as_f64(), Some(1000.0));
    assert_eq!(at(4).as_str().as_deref(), Some("x\n"));
    assert_eq!((at(5).as_bool(), at(5).as_i64()), (Some(true), None));
    assert!(at(6).is_null());
    assert_eq!((at(7).kind(), at(7).is_empty()), (ValueKind::Object, true));
    assert!(a.at(8).is_none());
    assert_eq!(
        value.get("b").and_then(siox_socketio::View::as_i64),
        Some(7),
        "the last one counts"
    );
    assert_eq!(
        value.get("c").and_then(siox_socketio::View::as_u64),
        Some(u64::MAX)
    );
    assert!(value.get("d").is_none() && value.at(0).is_none() && a.get("a").is_none());
    let keys: Vec<_> = value.members().map(|(k, _)| k.into_owned()).collect();
    assert_eq!(keys, ["a", "b", "b", "c"]);
    assert_eq!(
        value.get("a").unwrap().to_value(),
        parse(r#"[1,-2,2.5,1e3,"x\n",true,null,{}]"#)
    );
    assert_eq!(
        a.decode::<(i32, i32, f64, f64, &str, bool, (), Value)>()
            .ok()
            .map(|t| t.1),
        None,
        "an escape cannot be borrowed"
    );
    assert_eq!(at(2).decode(), Ok(2.5));
    assert_eq!(parse("1e999").as_f64(), None);
    let all: Vec<_> = value.members().flat_map(|(_, v)| v.items()).collect();
    assert_eq!(all.len(), 8);
}

#[test]
fn equality_is_of_values_not_of_text() {
    for (a, b) in [
        ("[1,2]", " [ 1 , 2 ] "),
        ("1", "1.0"),
        ("100", "1e2"),
        (r#""a""#, r#""\u0061""#),
        (r#"{"a":1}"#, r#"{"\u0061":1.0}"#),
        (
            "123456789012345678901234567890",
            "123456789012345678901234567890",
        ),
    ] {
        assert_eq!(parse(a), parse(b));
    }
    for (a, b) in [
        ("[1,2]", "[2,1]"),
        ("[[]]", "[]"),
        ("[[],1]", "[[1]]"),
        ("1", "\"1\""),
        ("null", "false"),
        ("true", "false"),
        (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#),
        ("9007199254740993", "9007199254740992"),
        ("1e999", "2e999"),
    ] {
        assert_ne!(parse(a), parse(b));
    }
    assert_ne!(
        Value::from(Bytes::from_static(b"a")),
        Value::from(Bytes::from_static(b"b"))
    );
    assert_ne!(
        Value::from(Bytes::from_static(b"")),
        parse(r#"{"_placeholder":true,"num":0}"#)
    );
}

#[test]
fn making() {
    let blob = Bytes::from_static(b"blob");
    let value = Value::object([
        ("a", Value::from(1u8)),
        (
            "b\"",
            Value::array([Value::from("x"), Value::from(blob.clone()), Value::null()]).unwrap(),
        ),
        ("c", Value::from(Some(2.5))),
        ("d", Value::from(blob.clone())),
        ("e", Value::from(None::<bool>)),
    ])
    .unwrap();
    assert_eq!(
        value.to_string(),
        r#"{"a":1,"b\"":["x",{"_placeholder":true,"num":0},null],"c":2.5,"d":{"_placeholder":true,"num":1},"e":null}"#
    );
    assert_eq!(
        value.get("b\"").unwrap().at(1).unwrap().as_bytes(),
        Some(&blob)
    );
    assert_eq!(
        value.get("d").unwrap().to_value(),
        Value::from(blob.clone())
    );

    #[derive(Serialize)]
    struct Same<'a> {
        a: u8,
        #[serde(rename = "b\"")]
        b: (&'a str, Bytes, ()),
        c: f32,
        d: Value,
        e: Option<u8>,
    }
    let same = Same {
        a: 1,
        b: ("x", blob.clone(), ()),
        c: 2.5,
        d: blob.into(),
        e: None,
    };
    assert_eq!(Value::from_serialize(&same), Ok(value));
    assert_eq!(Value::default(), Value::null());
    let mut deep = Value::null();
    for _ in 0..MAX_DEPTH {
        deep = Value::array([deep]).unwrap();
    }
    assert_eq!(Value::array([deep.clone()]), Err(SendError::Unencodable));
    assert_eq!(Value::from_serialize(&(deep,)), Err(SendError::Unencodable));
    assert_eq!("[1".parse::<Value>(), Err(Error::Json { at: 2 }));
}

#[test]
fn passes_through_an_encoder_as_it_is() {
    let strange =
        r#"{ "a":1.50, "b":1e999,"c":"\ud800\u0041","a":123456789012345678901234567890 }"#;
    let value = parse(strange);
    let trimmed = strange.trim();
    assert_eq!(
        Encoded::args(&value).unwrap().json(),
        format!("[{trimmed}]")
    );
    assert_eq!(
        Encoded::event("e", &(1, &value)).unwrap().json(),
        format!("[\"e\",1,{trimmed}]")
    );

    // Binary leaves get the numbers that follow; one that is repeated stays one.
    let (a, b) = (Bytes::from_static(b"a"), Bytes::from_static(b"b"));
    let two = Value::array([Value::from(a.clone()), Value::from(b.clone())]).unwrap();
    let encoded = Encoded::args(&(&b, &two, two.at(1).unwrap())).unwrap();
    let place = |n| format!(r#"{{"_placeholder":true,"num":{n}}}"#);
    let json = format!("[{},[{},{}],{}]", place(0), place(1), place(2), place(3));
    assert_eq!(encoded.json(), json);
    assert_eq!(encoded.attachments(), [b.clone(), a, b.clone(), b]);
}

#[test]
fn is_what_it_looks_like_in_other_formats() {
    let value = parse(r#"{"a":[1,-1,1.5,"x",null,true],"b":{}}"#);
    let json = serde_json::to_string(&value).unwrap();
    assert_eq!(json, r#"{"a":[1,-1,1.5,"x",null,true],"b":{}}"#);
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
    assert_eq!(
        serde_json::to_string(&Value::from(Bytes::from_static(&[1, 2]))).unwrap(),
        "[1,2]"
    );

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Holder {
        inner: Vec<Value>,
        #[serde(default)]
        other: Option<Value>,
    }
    let holder: Holder = serde_json::from_str(r#"{"inner":[1,{"a":[]}],"other":null}"#).unwrap();
    assert_eq!(holder.inner[1], parse(r#"{"a":[]}"#));
    let ours: Holder = parse(r#"{"inner":[1,{"a":[]}]}"#).decode().unwrap();
    assert_eq!(ours, holder);
}
