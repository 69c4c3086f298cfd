//! What one end sends, the other receives, whatever the sizes, the writes and the reads.

mod common;

use bytes::Bytes;
use common::*;
use proptest::prelude::*;
use siox_websocket::{Connection, Event, Limits};
use siox_wire::{Instant, Message};

#[derive(Debug, Clone)]
enum Verb {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

fn verb() -> impl Strategy<Value = Verb> {
    prop_oneof![
        ".{0,40}".prop_map(Verb::Text),
        (0usize..3).prop_map(|n| Verb::Text("ü".repeat(n * 40_000))),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(Verb::Binary),
        (1000usize..70_000).prop_map(|n| Verb::Binary(vec![n as u8; n])),
        proptest::collection::vec(any::<u8>(), 0..=125).prop_map(Verb::Ping),
        proptest::collection::vec(any::<u8>(), 0..=125).prop_map(Verb::Pong),
    ]
}

impl Verb {
    fn send(&self, machine: &mut Connection) {
        match self {
            Self::Text(s) => machine.text(s),
            Self::Binary(b) => machine.binary(Bytes::from(b.clone())),
            Self::Ping(b) => machine.ping(b),
            Self::Pong(b) => machine.pong(b),
        }
        .unwrap();
    }

    fn event(&self) -> Event<'static> {
        match self.clone() {
            Self::Text(s) => Event::Message(Message::Text(s.into())),
            Self::Binary(b) => Event::Message(Message::Binary(b.into())),
            Self::Ping(b) => Event::Ping(b.into()),
            Self::Pong(b) => Event::Pong(b.into()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_arrives_in_order(
        verbs in proptest::collection::vec(verb(), 0..12),
        from_server in any::<bool>(),
        piece in 1usize..5000,
    ) {
        let limits = Limits { high_water: usize::MAX, hard_cap: usize::MAX, ..Limits::default() };
        let (mut a, mut b) = (server(&limits), client(&limits));
        let (sender, receiver) = if from_server { (&mut a, &mut b) } else { (&mut b, &mut a) };
        for verb in &verbs {
            verb.send(sender);
        }
        let mut events = Vec::new();
        // The socket takes `piece` bytes at a time.
        while sender.queued() > 0 {
            let bytes: Vec<u8> = sender.poll_transmit().flatten().copied().take(piece).collect();
            sender.handle_written(bytes.len());
            feed(receiver, Instant::EPOCH, &bytes, &mut events).unwrap();
        }
        let expected: Vec<_> = verbs.iter().map(Verb::event).collect();
        prop_assert_eq!(events, expected);
    }
}
