//! Any sequence of messages, verbs and moments: no panic, errors stick, deadlines are told, and what is
//! told agrees with a naive account of who is joined.

mod common;

use common::{Peer, ms};
use proptest::{collection::vec, prelude::*};
use siox_socketio::{Config, Encoded, Error, Event, Slot};
use siox_wire::{Admit, Message};
use std::collections::BTreeSet;

#[derive(Debug, Clone)]
enum Act {
    Text(String),
    Binary(Vec<u8>),
    Wait(u64),
    Accept(usize),
    Refuse(usize),
    Leave(usize),
    Emit(usize),
    EmitWithAck(usize, u64),
    Close,
}

fn text() -> impl Strategy<Value = String> {
    const PIECES: [&str; 30] = [
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "1-",
        "2-",
        "/",
        "/a",
        "/b",
        ",",
        "7",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "\"e\"",
        "[\"e\",1]",
        "[\"e\"]",
        "{\"_placeholder\":true,\"num\":0}",
        "51-[\"e\",",
        "52-[\"e\"]",
        "61-1[]",
        "0/a,",
        "2/a,[1]",
        "31[]",
        "1/a,",
    ];
    prop_oneof![
        4 => prop::sample::select(vec!["0", "0/a,", "0/b", "1", "1/a,", "2[\"e\",1]", "2/a,7[\"e\"]", "31[]", "3/a,1[2]", "51-[\"e\",{\"_placeholder\":true,\"num\":0}]", "52-/a,[\"e\"]", "61-1[]"]).prop_map(Into::into),
        2 => vec(prop::sample::select(PIECES.to_vec()), 0..6).prop_map(|p| p.concat()),
        1 => any::<String>(),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => text().prop_map(Act::Text),
        2 => vec(any::<u8>(), 0..4).prop_map(Act::Binary),
        1 => (0u64..30_000).prop_map(Act::Wait),
        3 => (0usize..4).prop_map(Act::Accept),
        1 => (0usize..4).prop_map(Act::Refuse),
        1 => (0usize..4).prop_map(Act::Leave),
        1 => (0usize..4).prop_map(Act::Emit),
        2 => (0usize..4, 0u64..60_000).prop_map(|(s, d)| Act::EmitWithAck(s, d)),
        1 => Just(Act::Close),
    ]
}

/// What a naive observer knows.
#[derive(Default)]
struct Account {
    asked: Vec<Slot>,
    joined: Vec<Slot>,
    owed: BTreeSet<(Slot, u64)>,
    error: Option<Error>,
    closed: bool,
}

impl Account {
    fn leave(&mut self, slot: Slot) {
        self.joined.retain(|&s| s != slot);
        self.owed.retain(|&(s, _)| s != slot);
    }

    fn see(&mut self, result: Result<Option<Event<'_>>, Error>) {
        if let Some(error) = self.error {
            assert_eq!(result, Err(error), "errors stick");
            return;
        }
        match result {
            Ok(None) => {}
            Err(error) => self.error = Some(error),
            Ok(Some(Event::Connect { slot, .. })) => self.asked.push(slot),
            Ok(Some(Event::Event { slot, packet, .. })) => {
                assert!(self.joined.contains(&slot));
                let relayed = Encoded::relay_args(&packet);
                assert_eq!(packet.args_value().to_string(), relayed.json());
            }
            Ok(Some(Event::Ack { slot, id, .. } | Event::AckTimeout { slot, id })) => {
                assert!(self.owed.remove(&(slot, id)), "owed once, told once");
            }
            Ok(Some(Event::Disconnect { slot, .. })) => {
                assert!(self.joined.contains(&slot));
                self.leave(slot);
            }
        }
    }
}

fn pick(slots: &[Slot], n: usize) -> Option<Slot> {
    slots.get(n % slots.len().max(1)).copied()
}

fn run(acts: &[Act], owned: bool) -> (Vec<common::Sent>, Option<Error>) {
    let mut peer = Peer::with(Config {
        namespaces: 2,
        ..Config::default()
    });
    let mut account = Account::default();
    let event = Encoded::event("e", &1).unwrap();
    for act in acts {
        let (connection, out, now) = (&mut peer.connection, &mut peer.out, peer.now);
        match act {
            Act::Text(text) => {
                let message = Message::from(&**text);
                let message = if owned { message.into_owned() } else { message };
                account.see(connection.handle_message(now, message, out));
            }
            Act::Binary(bytes) => {
                let message = Message::from(&**bytes);
                let message = if owned { message.into_owned() } else { message };
                account.see(connection.handle_message(now, message, out));
            }
            Act::Wait(n) => {
                peer.now = ms(now.as_micros() / 1000 + n);
                for _ in 0..100 {
                    if connection.poll_timeout().is_none_or(|t| t > peer.now) {
                        break;
                    }
                    account.see(connection.handle_timeout(peer.now));
                }
                let next = connection.poll_timeout();
                assert!(next.is_none_or(|t| t > peer.now), "what is due is told");
            }
            Act::Accept(n) => {
                if let Some(slot) = pick(&account.asked, *n) {
                    let result = connection.accept(slot, "s", out);
                    assert_eq!(result.is_ok(), account.error.is_none() && !account.closed);
                    account.asked.retain(|&s| s != slot);
                    if result.is_ok() {
                        account.joined.push(slot);
                    }
                }
            }
            Act::Refuse(n) => {
                if let Some(slot) = pick(&account.asked, *n) {
                    let result = connection.refuse(slot, "no", None, out);
                    assert_eq!(result.is_ok(), account.error.is_none() && !account.closed);
                    account.asked.retain(|&s| s != slot);
                }
            }
            Act::Leave(n) => {
                if let Some(slot) = pick(&account.joined, *n) {
                    if connection.disconnect(slot, out).is_ok() {
                        account.leave(slot);
                    }
                    assert!(connection.disconnect(slot, out).is_err());
                }
            }
            Act::Emit(n) => {
                if let Some(slot) = pick(&account.joined, *n) {
                    let result = connection.emit(slot, &event, Admit::Normal, out);
                    assert_eq!(result.is_ok(), account.error.is_none());
                }
            }
            Act::EmitWithAck(n, deadline) => {
                if let Some(slot) = pick(&account.joined, *n) {
                    let deadline = ms(now.as_micros() / 1000 + deadline);
                    if let Ok(id) = connection.emit_with_ack(slot, &event, Some(deadline), out) {
                        assert!(account.owed.insert((slot, id)));
                    }
                }
            }
            Act::Close => {
                connection.close();
                account.closed = true;
                account.asked.clear();
                account.joined.clear();
                account.owed.clear();
            }
        }
        if account.error.is_some() {
            assert_eq!(peer.connection.poll_timeout(), None);
        } else {
            let joined: BTreeSet<Slot> = peer.connection.joined().map(|(s, _)| s).collect();
            assert_eq!(joined, account.joined.iter().copied().collect());
        }
    }
    (peer.out.sent, account.error)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn agrees_with_a_naive_account(acts in vec(act(), 0..40)) {
        prop_assert_eq!(run(&acts, false), run(&acts, true));
    }
}
