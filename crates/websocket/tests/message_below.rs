//! `message_below` queues what `text` and `binary_copied` would, while the queue stays short, and else does nothing.

mod common;

use common::*;
use siox_websocket::{CloseCode, Limits};
use siox_wire::{Instant, Message};

fn messages() -> Vec<Message<'static>> {
    [0, 1, 15, 16, 17, 20, 32, 33, 125, 126, 4095, 4096, 70_000]
        .into_iter()
        .flat_map(|len| {
            let (text, bytes) = ("x".repeat(len), vec![7; len]);
            [
                Message::from(&*text).into_owned(),
                Message::from(&*bytes).into_owned(),
            ]
        })
        .collect()
}

#[test]
fn it_queues_the_same_frames() {
    for message in messages() {
        let limits = Limits {
            high_water: 1 << 20,
            ..Limits::default()
        };
        let (mut one, mut other) = (server(&limits), server(&limits));
        // Into fresh memory, and behind what is there.
        for _ in 0..3 {
            assert!(one.message_below(usize::MAX, &message));
            match &message {
                Message::Text(text) => other.text(text).unwrap(),
                Message::Binary(bytes) => other.binary_copied(bytes).unwrap(),
            }
        }
        assert_eq!(queued(&one), queued(&other));
    }
}

#[test]
fn nothing_happens_where_too_much_would_wait() {
    let limits = Limits {
        high_water: 300,
        ..Limits::default()
    };
    let mut machine = server(&limits);
    assert!(!machine.message_below(0, &"".into()));
    assert!(!machine.message_below(5, &"12345".into()));
    assert_eq!(machine.queued(), 0);
    assert!(machine.message_below(6, &"12345".into()));
    assert!(!machine.message_below(6, &"".into()));
    assert!(machine.message_below(1000, &"x".repeat(200).as_str().into()));
    let before = queued(&machine);
    // The limits stand above the caller.
    assert!(!machine.message_below(1000, &"x".repeat(200).as_str().into()));
    assert_eq!(queued(&machine), before);
}

#[test]
fn nothing_happens_where_a_message_may_not_be_sent() {
    let mut machine = server(&Limits::default());
    machine
        .close(Instant::EPOCH, CloseCode::NORMAL, "")
        .unwrap();
    let before = queued(&machine);
    assert!(!machine.message_below(1000, &"late".into()));
    assert_eq!(queued(&machine), before);
}
