//! Whatever we write, in either role, tungstenite reads, and so do we at our strictest.

mod common;
#[path = "differential/oracle.rs"]
mod oracle;

use bytes::Bytes;
use common::*;
use oracle::{End, theirs};
use proptest::prelude::*;
use siox_websocket::{CloseCode, Connection, Event, Limits, frame::Role};
use siox_wire::{Instant, Lead, Part, Shared, Sink, Slot};

const LIMIT: usize = 70_000;

#[derive(Debug, Clone)]
enum Verb {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    /// One group for many receivers: a text and a binary.
    Shared(String, Vec<u8>),
    /// A ping of the peer's, which is answered.
    Answer(Vec<u8>),
}

fn verb() -> impl Strategy<Value = Verb> {
    let control = || proptest::collection::vec(any::<u8>(), 0..=125);
    let payload = || {
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..300),
            prop_oneof![
                Just(125usize),
                Just(126),
                Just(127),
                Just(65_535),
                Just(65_536),
                Just(LIMIT)
            ]
            .prop_map(|n| vec![n as u8; n]),
        ]
    };
    prop_oneof![
        ".{0,40}".prop_map(Verb::Text),
        prop_oneof![Just(63usize), Just(62), Just(32_768)].prop_map(|n| Verb::Text("ü".repeat(n))),
        payload().prop_map(Verb::Binary),
        control().prop_map(Verb::Ping),
        control().prop_map(Verb::Pong),
        (".{0,40}", payload()).prop_map(|(s, b)| Verb::Shared(s, b)),
        control().prop_map(Verb::Answer),
    ]
}

impl Verb {
    /// Carries it out, and says what the reader must see.
    fn carry_out(&self, machine: &mut Connection, role: Role) -> Vec<Event<'static>> {
        match self {
            Self::Text(s) => {
                machine.text(s).unwrap();
                vec![text(s)]
            }
            Self::Binary(b) => {
                machine.binary(Bytes::from(b.clone())).unwrap();
                vec![binary(b)]
            }
            Self::Ping(b) => {
                machine.ping(b).unwrap();
                vec![ping(b)]
            }
            Self::Pong(b) => {
                machine.pong(b).unwrap();
                vec![pong(b)]
            }
            Self::Shared(s, b) => {
                let lead = Lead {
                    text: b"",
                    binary: b"",
                    slot: Slot::V4,
                };
                let parts = vec![Part::Text(s.clone().into()), Part::Binary(b.clone().into())];
                machine.put_shared(&Shared::new(parts), lead);
                vec![text(s), binary(b)]
            }
            Self::Answer(b) => {
                let mut events = Vec::new();
                let bytes = frame(FIN | PING, b, role == Role::Server);
                feed(machine, Instant::EPOCH, &bytes, &mut events).unwrap();
                vec![pong(b)]
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_of_it_is_read(
        verbs in proptest::collection::vec(verb(), 0..12),
        is_server in any::<bool>(),
        reason in ".{0,60}",
        code in prop_oneof![1000u16..=1003, 1007u16..=1013, 3000u16..=4999],
        cut in 1usize..3000,
    ) {
        let (role, reader) = match is_server {
            true => (Role::Server, Role::Client),
            false => (Role::Client, Role::Server),
        };
        let unlimited = Limits {
            high_water: usize::MAX,
            hard_cap: usize::MAX,
            message: LIMIT,
            ..Limits::default()
        };
        let mut machine = connection(role, &unlimited);
        let mut expected: Vec<_> =
            verbs.iter().flat_map(|verb| verb.carry_out(&mut machine, role)).collect();
        machine.close(Instant::EPOCH, CloseCode::new(code).unwrap(), &reason).unwrap();
        let wire = drain(&mut machine);
        let said = frames(&wire).pop().unwrap().1.split_off(2);
        expected.push(close(code, std::str::from_utf8(&said).unwrap()));

        let pieces: Vec<&[u8]> = wire.chunks(cut).collect();
        let told = theirs(reader, LIMIT, &pieces);
        prop_assert_eq!(told.end, End::Closed);
        let seen: Vec<_> = told.events.into_iter().map(|(_, event)| event).collect();
        prop_assert!(seen == expected, "tungstenite reads something else");

        let strict = Limits { message: LIMIT, fragments: 1, control_flood: 40, ..Limits::default() };
        let outcome = run(connection(reader, &strict), &pieces);
        prop_assert!(outcome.events == expected && outcome.error.is_none(), "{:?}", outcome.error);
    }
}
