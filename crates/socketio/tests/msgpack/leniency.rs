//! What the reference takes beyond the protocol.

use crate::{decode, decode_as, event_with, hex, line, packet};
use rmpv::Value as Oracle;
use siox_socketio::{Decoded, Error, Leniency};

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
