//! What may be queued for a peer that does not read, and what becomes of a slow consumer.

mod common;

use bytes::Bytes;
use common::*;
use siox_websocket::{Connection, Error, Limits};
use siox_wire::{Admit, Instant, Lead, Part, SendError, Shared, Sink, Slot};
use std::{sync::Arc, time::Duration};

const LEAD: Lead = Lead {
    text: b"4",
    binary: b"",
    slot: Slot::V4,
};

fn limited(high_water: usize, hard_cap: usize) -> Limits {
    Limits {
        high_water,
        hard_cap,
        ..Limits::default()
    }
}

fn group(payload: &str) -> Arc<Shared> {
    Shared::new(vec![
        Part::Text(payload.to_owned().into()),
        Part::Binary(Bytes::from(vec![7; 2000])),
    ])
}

#[test]
fn full_at_the_high_water_mark() {
    let mut machine = server(&limited(100, 1000));
    assert_eq!(machine.admit(Admit::Volatile), Ok(()));
    machine.text(&"x".repeat(97)).unwrap();
    assert_eq!(machine.queued(), 99);
    assert_eq!(machine.admit(Admit::Normal), Ok(()));
    assert_eq!(machine.admit(Admit::Volatile), Err(SendError::Full));
    machine.text("").unwrap();
    for kind in [Admit::Normal, Admit::Volatile] {
        assert_eq!(machine.admit(kind), Err(SendError::Full));
    }
    assert_eq!(machine.admit(Admit::Owed), Ok(()));
    let before = queued(&machine);
    assert_eq!(machine.text("x"), Err(SendError::Full));
    assert_eq!(
        machine.binary(Bytes::from_static(b"x")),
        Err(SendError::Full)
    );
    assert_eq!(machine.ping(b""), Err(SendError::Full));
    assert_eq!(queued(&machine), before, "a refused verb changes nothing");
    machine.handle_written(2);
    assert_eq!(machine.text("x"), Ok(()));
}

#[test]
fn pieces_kept_by_reference_count_for_more_than_their_bytes() {
    let mut machine = server(&Limits::default());
    machine.binary(Bytes::from(vec![0; 2000])).unwrap();
    // The head is packed, whatever the number of payloads.
    assert_eq!(machine.queued(), 2004 + 32);
}

#[test]
fn an_empty_queue_takes_one_message_of_any_size() {
    let mut machine = server(&limited(10, 10));
    machine.text(&"x".repeat(100_000)).unwrap();
    assert_eq!(frames(&queued(&machine)).len(), 1);
    let mut machine = server(&limited(10, 10));
    machine.admit(Admit::Owed).unwrap();
    machine.put_shared(&group(&"x".repeat(100_000)), LEAD);
    assert_eq!(frames(&queued(&machine)).len(), 2);
    assert!(!machine.is_closed());
}

/// A group is admitted whole: its attachments are not judged by the parts before them.
#[test]
fn a_group_goes_in_whole() {
    let mut machine = server(&limited(10, 100));
    machine.admit(Admit::Normal).unwrap();
    machine.put_text(&[b"4", b"52-[", b"]"]);
    for _ in 0..3 {
        machine.put_binary(b"", Bytes::from(vec![1; 5000]));
    }
    assert!(!machine.is_closed());
    let kinds: Vec<u8> = frames(&queued(&machine)).iter().map(|f| f.0).collect();
    assert_eq!(
        kinds,
        [FIN | TEXT, FIN | BINARY, FIN | BINARY, FIN | BINARY]
    );
    // The next group is judged by what waits now.
    machine.admit(Admit::Owed).unwrap();
    machine.put_text(&[b"x"]);
    assert!(machine.is_closed());
}

/// Every way to put one more message when the cap is reached.
#[test]
fn a_slow_consumer_is_closed() {
    let puts: [fn(&mut Connection); 3] = [
        |m| m.put_text(&[b"x"]),
        |m| m.put_binary(b"x", Bytes::from_static(b"y")),
        |m| m.put_shared(&group("x"), LEAD),
    ];
    for put in puts {
        for admit in [true, false] {
            let mut machine = server(&limited(10, 50));
            machine.text(&"x".repeat(60)).unwrap();
            machine.handle_written(1); // 61 left
            if admit {
                machine.admit(Admit::Owed).unwrap();
            }
            put(&mut machine);
            let error = Error::SlowConsumer { limit: 50 };
            assert!(machine.is_closed() && !machine.is_finished());
            assert_eq!(machine.admit(Admit::Owed), Err(SendError::Closed));
            // The driver hears of it at its next turn, once with time to write what is owed.
            assert_eq!(machine.poll_timeout(), Some(Instant::EPOCH));
            let now = Instant::from_millis(70);
            assert_eq!(machine.handle_timeout(now), Err(error));
            let by = now.after(Duration::from_secs(30));
            assert_eq!(machine.poll_timeout(), Some(by));
            let mut wire = vec![FIN | TEXT];
            wire.extend(drain(&mut machine));
            let wire = frames(&wire);
            assert_eq!(wire[0], (FIN | TEXT, vec![b'x'; 60]));
            let close = close_payload(1008, "slow consumer");
            assert_eq!(wire[1..], [(FIN | CLOSE, close)]);
            assert!(machine.is_finished());
        }
    }
}

#[test]
fn input_tells_of_it_as_well() {
    let mut machine = server(&limited(10, 50));
    machine.text(&"x".repeat(60)).unwrap();
    machine.put_text(&[b"x"]);
    drain(&mut machine);
    assert!(!machine.is_finished(), "not told yet");
    let error = feed(
        &mut machine,
        Instant::EPOCH,
        &masked(FIN | TEXT, b"late"),
        &mut Vec::new(),
    );
    assert_eq!(error, Err(Error::SlowConsumer { limit: 50 }));
    assert!(machine.is_finished());
}

#[test]
fn puts_into_a_closed_connection_vanish() {
    let mut machine = server(&Limits::default());
    machine
        .close(Instant::EPOCH, siox_websocket::CloseCode::NORMAL, "")
        .unwrap();
    let before = queued(&machine);
    machine.put_text(&[b"x"]);
    machine.put_binary(b"", Bytes::from_static(b"x"));
    machine.put_shared(&group("x"), LEAD);
    assert_eq!(queued(&machine), before);
}

#[test]
fn a_shared_group_is_one_run_of_frames_for_every_server() {
    let group = group("2[\"hi\"]");
    let (mut a, mut b) = (server(&Limits::default()), server(&Limits::default()));
    a.put_shared(&group, LEAD);
    b.put_shared(&group, LEAD);
    let pointers = |m: &Connection| m.poll_transmit().map(<[u8]>::as_ptr).collect::<Vec<_>>();
    assert_eq!(pointers(&a), pointers(&b), "not copied");
    let expected = [
        (FIN | TEXT, b"42[\"hi\"]".to_vec()),
        (FIN | BINARY, vec![7; 2000]),
    ];
    assert_eq!(frames(&queued(&a)), expected);
    // A client masks a copy of its own.
    let mut c = client(&Limits::default());
    c.put_shared(&group, LEAD);
    assert_eq!(frames(&queued(&c)), expected);
    assert_eq!(queued(&c)[1] & 0x80, 0x80);
}

#[test]
fn large_payloads_are_not_copied_by_a_server() {
    let payload = Bytes::from(vec![5; 100_000]);
    let mut machine = server(&Limits::default());
    machine.admit(Admit::Normal).unwrap();
    machine.put_binary(b"\x04", payload.clone());
    let pointers: Vec<_> = machine.poll_transmit().map(<[u8]>::as_ptr).collect();
    assert_eq!(pointers[1], payload.as_ptr());
    let wire = frames(&queued(&machine));
    assert_eq!(wire[0].1, [&[4][..], &payload].concat());
}
