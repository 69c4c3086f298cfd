//! Acknowledgements: their ids, deadlines and ends.

mod common;

use bytes::Bytes;
use common::{Peer, ms};
use siox_socketio::{Config, Encoded, Event, FIRST_BROADCAST_ACK, shared};
use siox_wire::{Admit, SendError};

fn event() -> Encoded {
    Encoded::event("e", &1).unwrap()
}

#[test]
fn ids_count_from_one_for_each_socket() {
    let (mut peer, root) = Peer::joined();
    let other = peer.join("/a");
    let (connection, out) = (&mut peer.connection, &mut peer.out);
    for (slot, id, text) in [
        (root, 1, "21[\"e\",1]"),
        (root, 2, "22[\"e\",1]"),
        (other, 1, "2/a,1[\"e\",1]"),
    ] {
        assert_eq!(connection.emit_with_ack(slot, &event(), None, out), Ok(id));
        assert_eq!(out.take(), [text]);
    }
    assert_eq!(connection.poll_timeout(), None);
    assert!(
        matches!(peer.text("32[7]"), Ok(Some(Event::Ack { slot, id: 2, packet })) if slot == root && packet.decode() == Ok(7))
    );
    assert_eq!(peer.text("32[7]"), Ok(None), "answered before");
    assert!(
        matches!(peer.text("3/a,1[]"), Ok(Some(Event::Ack { slot, id: 1, .. })) if slot == other)
    );
    assert!(matches!(peer.text("31[]"), Ok(Some(Event::Ack { slot, id: 1, .. })) if slot == root));
}

#[test]
fn deadlines_pass_in_order() {
    let (mut peer, slot) = Peer::joined();
    let (connection, out) = (&mut peer.connection, &mut peer.out);
    for deadline in [300, 100, 200] {
        connection
            .emit_with_ack(slot, &event(), Some(ms(deadline)), out)
            .unwrap();
    }
    assert_eq!(connection.poll_timeout(), Some(ms(100)));
    assert_eq!(connection.handle_timeout(ms(99)), Ok(None));
    assert_eq!(
        connection.handle_timeout(ms(250)),
        Ok(Some(Event::AckTimeout { slot, id: 2 }))
    );
    assert_eq!(
        connection.handle_timeout(ms(250)),
        Ok(Some(Event::AckTimeout { slot, id: 3 }))
    );
    assert_eq!(connection.handle_timeout(ms(250)), Ok(None));
    assert_eq!(connection.poll_timeout(), Some(ms(300)));
    // What arrives at the deadline is late, and the timeout is still told.
    peer.now = ms(300);
    assert_eq!(peer.text("31[]"), Ok(None));
    assert_eq!(
        peer.connection.handle_timeout(ms(300)),
        Ok(Some(Event::AckTimeout { slot, id: 1 }))
    );
    assert_eq!(peer.text("32[]"), Ok(None));
    assert_eq!(peer.connection.poll_timeout(), None);
}

#[test]
fn they_end_with_the_namespace() {
    let (mut peer, root) = Peer::joined();
    let other = peer.join("/a");
    let (connection, out) = (&mut peer.connection, &mut peer.out);
    for slot in [root, other] {
        connection
            .emit_with_ack(slot, &event(), Some(ms(100)), out)
            .unwrap();
    }
    connection.disconnect(root, out).unwrap();
    assert_eq!(
        connection.handle_timeout(ms(100)),
        Ok(Some(Event::AckTimeout { slot: other, id: 1 }))
    );
    assert_eq!(connection.handle_timeout(ms(100)), Ok(None));
    // What answers the stay before must not be taken for an answer to the next one.
    let again = peer.join("/");
    let id = peer
        .connection
        .emit_with_ack(again, &event(), None, &mut peer.out);
    assert_eq!(id, Ok(2));
}

#[test]
fn broadcasts_have_ids_of_their_own() {
    let (mut peer, slot) = Peer::joined();
    let id = FIRST_BROADCAST_ACK + 5;
    let group = shared("/", &event(), Some(id));
    let (connection, out) = (&mut peer.connection, &mut peer.out);
    connection.expect_ack(slot, id, Some(ms(50))).unwrap();
    connection
        .broadcast(slot, &group, Admit::Owed, out)
        .unwrap();
    assert_eq!(out.take(), [format!("2{id}[\"e\",1]")]);
    assert_eq!(connection.emit_with_ack(slot, &event(), None, out), Ok(1));
    assert!(connection.forget_ack(slot, 1));
    assert!(!connection.forget_ack(slot, 1));
    let text = format!("3{id}[\"ok\"]");
    assert!(matches!(peer.text(&text), Ok(Some(Event::Ack { id: got, .. })) if got == id));
    assert_eq!(peer.connection.poll_timeout(), None);
}

#[test]
fn what_is_refused_changes_nothing() {
    let config = Config {
        pending_acks: 2,
        max_attachments: 1,
        ..Config::default()
    };
    let mut peer = Peer::with(config);
    let slot = peer.join("/");
    let (connection, out) = (&mut peer.connection, &mut peer.out);
    out.refuse = Some(SendError::Full);
    assert_eq!(
        connection.emit_with_ack(slot, &event(), Some(ms(1)), out),
        Err(SendError::Full)
    );
    assert_eq!(
        connection.emit(slot, &event(), Admit::Volatile, out),
        Err(SendError::Full)
    );
    assert_eq!(connection.disconnect(slot, out), Err(SendError::Full));
    assert_eq!(connection.poll_timeout(), None);
    out.refuse = None;
    assert_eq!(connection.emit_with_ack(slot, &event(), None, out), Ok(1));
    assert_eq!(connection.emit_with_ack(slot, &event(), None, out), Ok(2));
    assert_eq!(
        connection.emit_with_ack(slot, &event(), None, out),
        Err(SendError::Full)
    );
    assert_eq!(
        connection.expect_ack(slot, FIRST_BROADCAST_ACK, None),
        Err(SendError::Full)
    );
    out.take();

    let blob = Bytes::from_static(b"x");
    let two = Encoded::event("e", &(&blob, &blob)).unwrap();
    let limit = SendError::Attachments { limit: 1 };
    assert_eq!(connection.emit(slot, &two, Admit::Normal, out), Err(limit));
    assert_eq!(
        connection.broadcast(slot, &shared("/", &two, None), Admit::Normal, out),
        Err(limit)
    );
    assert_eq!(
        connection.ack(slot, 1, &Encoded::args(&(&blob, &blob)).unwrap(), out),
        Err(limit)
    );
    assert_eq!(
        connection.ack(slot, 1, &event(), out),
        Err(SendError::Unencodable)
    );
    let args = Encoded::args(&1).unwrap();
    assert_eq!(
        connection.emit(slot, &args, Admit::Normal, out),
        Err(SendError::Unencodable)
    );
    for name in siox_socketio::RESERVED_EVENTS {
        assert_eq!(Encoded::event(name, &()), Err(SendError::Reserved));
    }
    assert!(out.take().is_empty());
    // What is owed asks as such, what is volatile too.
    out.asked.take();
    connection.ack(slot, 1, &args, out).unwrap();
    connection
        .emit(slot, &event(), Admit::Volatile, out)
        .unwrap();
    assert_eq!(out.asked.take(), [Admit::Owed, Admit::Volatile]);
}

#[test]
fn a_flood_of_acknowledgements_for_nothing_is_ignored() {
    let (mut peer, slot) = Peer::joined();
    peer.connection
        .emit_with_ack(slot, &event(), None, &mut peer.out)
        .unwrap();
    for id in 2..20_000 {
        assert_eq!(peer.text(&format!("3{id}[]")), Ok(None));
    }
    assert!(peer.text("31[]").unwrap().is_some());
}
