//! Closing, from either side.

use crate::peer::{Peer, UNKNOWN_SID, answer, bad, calm, config, ok};
use siox_engineio::{CloseReason, Error, Lane, Method};
use siox_wire::SendError;

#[test]
fn a_client_closes_by_polling() {
    let mut peer = Peer::polling(calm());
    let get = peer.park(1);
    // What stands behind the close is dropped, whatever it is.
    let (status, text, seen) = peer.post(1, "4a\x1e1\x1e4b\x1exyz");
    assert_eq!((status, &*text, seen), (200, "ok", vec!["4a".to_string()]));
    assert_eq!(peer.response(), Some((get, 200, "6".into())));
    assert_eq!(peer.tick(1).as_deref(), Some("transport close"));
    assert_eq!(answer(peer.get(2)), bad(UNKNOWN_SID));
    assert_eq!(
        answer(peer.request(2, Method::Post, crate::peer::QUERY)),
        bad(UNKNOWN_SID)
    );
}

/// The poll of a peer that closes may be overtaken by the POST; until it is here, the body can wait.
#[test]
fn a_close_waits_for_the_poll_that_is_under_way() {
    let mut peer = Peer::polling(calm());
    let lane = peer.begin_post(1);
    for close in ["1", "4a\x1e1"] {
        assert!(peer.session.misses_poll(lane, close.as_bytes()), "{close}");
    }
    for other in ["", "41", "4a\x1e1\x1e4b", "1\x1e4a"] {
        assert!(!peer.session.misses_poll(lane, other.as_bytes()), "{other}");
    }
    let get = peer.park(1);
    assert!(!peer.session.misses_poll(lane, b"1"));
    assert_eq!(peer.work_off(1, lane, "1"), (vec![], Ok(())));
    assert_eq!(peer.session.finish_post(lane, Ok(())).status, 200);
    assert_eq!(peer.response(), Some((get, 200, "6".into())));
    assert_eq!(answer(peer.get(2)), bad(UNKNOWN_SID));
}

#[test]
fn a_session_that_is_over_or_another_post_waits_for_no_poll() {
    let mut peer = Peer::polling(calm());
    let lane = peer.begin_post(1);
    assert!(!peer.session.misses_poll(Lane(lane.0 + 1), b"1"));
    peer.session.close(CloseReason::ForcedClose);
    assert!(!peer.session.misses_poll(lane, b"1"));
    peer.session.close(CloseReason::ParseError);
    assert!(!peer.session.misses_poll(lane, b"1"));
}

#[test]
fn what_was_answered_to_a_close_still_reaches_the_poll() {
    let mut peer = Peer::polling(calm());
    let get = peer.park(1);
    peer.emit("a").unwrap();
    peer.post(1, "1");
    assert_eq!(peer.response(), Some((get, 200, "4a".into())));
}

#[test]
fn a_client_closes_by_socket() {
    let mut peer = Peer::socket(calm());
    let lane = peer.session.lane().unwrap();
    assert_eq!(peer.frame(1, lane, "1"), Ok(None));
    assert_eq!(peer.frame(1, lane, "4a"), Ok(None));
    assert_eq!(peer.tick(1).as_deref(), Some("transport close"));
    assert_eq!(peer.emit("x"), Err(SendError::Closed));
}

#[test]
fn bad_packets_on_a_socket_end_the_session() {
    for (text, error) in [
        ("abc", Error::UnknownPacket(b'a')),
        ("", Error::EmptyPacket),
        ("b!!", Error::Base64),
        ("2", Error::HeartbeatDirection),
    ] {
        let mut peer = Peer::socket(calm());
        let lane = peer.session.lane().unwrap();
        assert_eq!(peer.frame(1, lane, text), Err(error));
        let reason = error.close_reason().unwrap();
        assert_eq!(peer.tick(1), Some(reason.to_string()));
    }
}

#[test]
fn the_server_closes_a_held_poll() {
    for reason in [CloseReason::ForcedClose, CloseReason::ServerShuttingDown] {
        let mut peer = Peer::polling(calm());
        let get = peer.park(1);
        peer.emit("a").unwrap();
        peer.session.close(reason);
        assert_eq!(peer.emit("late"), Err(SendError::Closed));
        assert_eq!(peer.response(), Some((get, 200, "4a\x1e1".into())));
        assert_eq!(peer.tick(1), Some(reason.to_string()));
        assert_eq!(answer(peer.get(2)), bad(UNKNOWN_SID));
    }
}

#[test]
fn the_server_closes_between_two_polls() {
    let mut peer = Peer::polling(calm());
    peer.emit("a").unwrap();
    peer.session.close(CloseReason::ForcedClose);
    assert!(peer.session.is_closed());
    assert_eq!(peer.emit("late"), Err(SendError::Closed));
    assert_eq!(peer.tick(1), None);
    // A POST meanwhile is taken and not read.
    let (status, _, seen) = peer.post(1, "4b");
    assert_eq!((status, seen), (200, vec![]));
    assert_eq!(answer(peer.get(2)), ok("4a\x1e1"));
    assert_eq!(peer.tick(2).as_deref(), Some("forced close"));
    assert!(peer.session.is_finished());
}

#[test]
fn a_closing_session_waits_no_longer_than_for_a_dead_peer() {
    let mut peer = Peer::polling(config());
    peer.session.close(CloseReason::ForcedClose);
    assert_eq!(peer.session.poll_timeout(), Some(crate::peer::ms(500)));
    assert_eq!(peer.tick(499), None);
    assert_eq!(peer.tick(500).as_deref(), Some("forced close"));
    assert_eq!(peer.session.queued(), 0);
}

#[test]
fn a_handler_that_closes_does_not_spoil_its_post() {
    let mut peer = Peer::polling(calm());
    let get = peer.park(1);
    let lane = peer.begin_post(1);
    peer.session.close(CloseReason::ForcedClose);
    assert_eq!(peer.work_off(1, lane, "4rest"), (vec![], Ok(())));
    assert_eq!(peer.session.finish_post(lane, Ok(())).status, 200);
    assert_eq!(peer.response(), Some((get, 200, "1".into())));
}

#[test]
fn closing_for_an_error_waits_for_nobody() {
    let mut peer = Peer::polling(calm());
    peer.emit("a").unwrap();
    peer.session.close(CloseReason::ParseError);
    assert_eq!(peer.tick(1).as_deref(), Some("parse error"));
    assert_eq!(answer(peer.get(1)), bad(UNKNOWN_SID));
}

/// The client may have moved to its socket already, and polls no more.
#[test]
fn what_is_owed_goes_to_a_probe_that_succeeds() {
    let mut peer = Peer::polling(calm());
    let lane = peer.probe(1);
    peer.frame(2, lane, "2probe").unwrap();
    peer.emit("a").unwrap();
    peer.session.close(CloseReason::ForcedClose);
    assert_eq!(peer.session.lane(), Some(lane));
    assert_eq!(peer.frame(3, lane, "5"), Ok(None));
    assert_eq!(peer.sent(), ["3probe", "4a"]);
    assert_eq!(peer.session.lane(), None);
    assert_eq!(peer.tick(3).as_deref(), Some("forced close"));
}

#[test]
fn a_poll_takes_what_is_owed_before_the_probe_succeeds() {
    let mut peer = Peer::polling(calm());
    let lane = peer.probe(1);
    peer.session.close(CloseReason::ForcedClose);
    assert_eq!(answer(peer.get(1)), ok("1"));
    assert_eq!(peer.session.lane(), None);
    assert_eq!(peer.frame(1, lane, "5"), Ok(None));
    assert!(peer.sent().is_empty());
}

#[test]
fn a_probe_has_its_time_though_the_session_closes() {
    let mut peer = Peer::polling(calm());
    let lane = peer.probe(1);
    peer.session.close(CloseReason::ForcedClose);
    assert_eq!(peer.tick(10_001), None);
    assert_eq!(peer.session.dropped_lane(), Some(lane));
    assert_eq!(answer(peer.get(10_001)), ok("1"));
}
