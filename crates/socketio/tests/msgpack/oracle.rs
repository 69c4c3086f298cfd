//! Properties, beside `rmpv`.

use crate::{decode, decode_as, encode, event_with, packet};
use bytes::Bytes;
use proptest::prelude::*;
use rmpv::{Utf8String, Value as Oracle};
use siox_socketio::{Decoded, Encoded, Kind, Leniency, MAX_ACK_ID};

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
