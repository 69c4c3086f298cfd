//! What is held for a peer that does not read, and what a session weighs.

use crate::peer::{Peer, answer, calm, ok};
use bytes::Bytes;
use siox_engineio::{CloseReason, Config, Decision, Event, Session, V4};
use siox_wire::{Admit, Part, SendError, Shared, Sink};
use std::sync::Arc;

fn small() -> Config {
    Config {
        high_water: 1000,
        hard_cap: 4000,
        ..calm()
    }
}

#[test]
fn normal_messages_stop_at_high_water() {
    let mut peer = Peer::polling(small());
    let mut taken = 0;
    while peer.emit(&"x".repeat(67)).is_ok() {
        taken += 1;
    }
    // 67 bytes, the type and 32 for the packet.
    assert_eq!((taken, peer.session.queued()), (10, 1000));
    assert_eq!(peer.emit(""), Err(SendError::Full));
    assert!(!peer.session.is_closed());
    let _ = peer.get(1);
    assert_eq!(peer.session.queued(), 0);
    assert_eq!(peer.emit(""), Ok(()));
}

#[test]
fn an_empty_queue_takes_one_group_of_any_size() {
    let mut peer = Peer::polling(small());
    let mut out = peer.session.sink(Some(&mut peer.socket));
    out.admit(Admit::Normal).unwrap();
    out.put_text(&[b"52-"]);
    out.put_binary(&[], Bytes::from(vec![0; 9000]));
    out.put_binary(&[], Bytes::from(vec![0; 9000]));
    assert!(!peer.session.is_closed());
    assert_eq!(peer.emit(""), Err(SendError::Full));
    let (status, body) = answer(peer.get(1));
    assert_eq!((status, body.split('\x1e').count()), (200, 3));
}

#[test]
fn what_is_owed_stops_at_the_hard_cap() {
    let mut peer = Peer::polling(small());
    let mut owed = 0;
    while !peer.session.is_closed() {
        let mut out = peer.session.sink(Some(&mut peer.socket));
        out.admit(Admit::Owed).unwrap();
        out.put_text(&[&[b'x'; 67]]);
        owed += 1;
    }
    assert_eq!((owed, peer.session.queued()), (41, 0));
    assert_eq!(peer.emit("x"), Err(SendError::Closed));
    assert_eq!(peer.tick(1).as_deref(), Some("slow consumer"));
}

#[test]
fn a_broadcast_ends_a_member_that_does_not_read() {
    let mut peer = Peer::polling(small());
    let group = Shared::new(vec![Part::Binary(Bytes::from(vec![1; 968]))]);
    for n in 0..5 {
        assert!(!peer.session.is_closed(), "{n}");
        let mut out = peer.session.sink(Some(&mut peer.socket));
        out.admit(Admit::Owed).unwrap();
        out.put_shared(&group, V4);
    }
    assert!(peer.session.is_closed());
}

#[test]
fn a_session_that_is_never_polled_has_bounded_memory() {
    let mut peer = Peer::polling(Config {
        high_water: 1000,
        hard_cap: 4000,
        ..Config::default()
    });
    let mut most = 0;
    let mut now = 0;
    while !peer.session.is_closed() {
        now += 10;
        peer.tick(now);
        let _ = peer.emit("filler");
        most = most.max(peer.session.queued());
    }
    assert!(most <= 1000 + 40 + 33, "{most}");
    assert_eq!(now, 45_000);
}

#[test]
fn empty_groups_are_no_packets() {
    let mut peer = Peer::polling(calm());
    let mut out = peer.session.sink(Some(&mut peer.socket));
    out.put_shared(&Shared::new(vec![]), V4);
    out.put_text(&[]);
    assert_eq!(answer(peer.get(1)), ok("4"));
}

#[test]
fn text_in_many_parts_is_whole_on_both_transports() {
    let parts: Vec<&[u8]> = vec![b"ab"; 20];
    for mut peer in [Peer::polling(calm()), Peer::socket(calm())] {
        let mut out = peer.session.sink(Some(&mut peer.socket));
        out.put_text(&parts);
        let want = format!("4{}", "ab".repeat(20));
        let got = peer.sent().pop().unwrap_or_else(|| answer(peer.get(1)).1);
        assert_eq!(got, want);
    }
}

#[test]
fn sizes() {
    println!(
        "Session {} Decision {} Event {}",
        size_of::<Session>(),
        size_of::<Decision>(),
        size_of::<Event<'_>>()
    );
    assert!(size_of::<Session>() <= 72);
    assert!(size_of::<Decision>() <= 48);
    fn shareable<T: Send + Sync>() {}
    shareable::<Session>();
}

#[test]
fn the_queue_is_let_go_by_upgrade_and_by_death() {
    let group = Shared::new(vec![Part::Text(Bytes::from_static(b"x"))]);
    let end: [fn(&mut Peer); 3] = [
        |peer| {
            let lane = peer.probe(1);
            peer.frame(1, lane, "5").unwrap();
        },
        |peer| peer.session.close(CloseReason::TransportError),
        |peer| {
            peer.tick(2_000_000);
        },
    ];
    for end in end {
        let mut peer = Peer::polling(calm());
        let mut out = peer.session.sink(Some(&mut peer.socket));
        out.put_shared(&group, V4);
        assert_eq!(Arc::strong_count(&group), 2);
        end(&mut peer);
        assert_eq!(Arc::strong_count(&group), 1);
    }
}
