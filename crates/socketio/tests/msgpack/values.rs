//! Values that JSON does not have, or has in another way.

use crate::{bytes_of, decode, decode_as, encode, event_with, hex, line, packet};
use rmpv::{Integer, Value as Oracle};
use siox_socketio::{Decoded, Kind, Leniency};

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
