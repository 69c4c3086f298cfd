//! The upgrade, step by step; what goes wrong with it; the noops while it lasts.

use crate::peer::{BAD_REQUEST, Peer, QUERY, answer, bad, calm, config, ms, ok};
use siox_engineio::{CloseReason, Config, Error, Method, Request, Transport};
use siox_wire::{Message, Sink};
use std::time::Duration;

#[test]
fn the_queue_moves_exactly_once() {
    let mut peer = Peer::polling(calm());
    let held = peer.park(1);
    let lane = peer.probe(2);
    assert_eq!(peer.response(), Some((held, 200, "6".into())));
    peer.emit("one").unwrap();
    let mut out = peer.session.sink(Some(&mut peer.socket));
    out.put_binary(&[], bytes::Bytes::from_static(&[1, 2, 3]));
    assert_eq!(answer(peer.get(3)), ok("6"));
    assert_eq!(peer.session.transport(), Some(Transport::Polling));
    assert_eq!(peer.frame(4, lane, "2probe"), Ok(None));
    assert_eq!(peer.sent(), ["3probe"]);
    assert_eq!(
        peer.frame(5, lane, "5").unwrap().as_deref(),
        Some("upgraded")
    );
    assert_eq!(peer.sent(), ["4one", "bAQID"]);
    assert_eq!(peer.session.transport(), Some(Transport::WebSocket));
    peer.emit("two").unwrap();
    assert_eq!(peer.sent(), ["4two"]);
    assert_eq!(peer.response(), None);
    for method in [Method::Get, Method::Post] {
        assert_eq!(answer(peer.request(6, method, QUERY)), bad(BAD_REQUEST));
    }
    assert!(!peer.session.is_closed());
}

#[test]
fn five_polls_before_any_probe_end_at_once() {
    let mut peer = Peer::polling(config());
    peer.probe(1);
    for _ in 0..5 {
        assert_eq!(answer(peer.get(1)), ok("6"));
    }
}

#[test]
fn noops_are_rationed() {
    let mut peer = Peer::polling(calm());
    let held = peer.park(0);
    let lane = peer.probe(0);
    assert_eq!(peer.response(), Some((held, 200, "6".into())));
    for _ in 0..7 {
        assert_eq!(answer(peer.get(10)), ok("6"));
    }
    for n in 1..=5 {
        let held = peer.park(10 + 100 * (n - 1));
        let due = 10 + 100 * n;
        assert_eq!(peer.session.poll_timeout(), Some(ms(due)));
        assert_eq!(peer.tick(due - 1), None);
        assert_eq!(peer.response(), None);
        assert_eq!(peer.tick(due), None);
        assert_eq!(peer.response(), Some((held, 200, "6".into())));
    }
    assert_eq!(answer(peer.get(700)), ok("6"));
    // A poll that waits for its noop ends with the upgrade.
    let held = peer.park(701);
    peer.frame(702, lane, "5").unwrap();
    assert_eq!(peer.response(), Some((held, 200, "6".into())));
}

#[test]
fn what_is_queued_is_held_back_for_a_second() {
    let mut peer = Peer::polling(calm());
    peer.emit("early").unwrap();
    let lane = peer.probe(100);
    assert_eq!(answer(peer.get(1099)), ok("6"));
    assert_eq!(answer(peer.get(1100)), ok("4early"));
    peer.emit("late").unwrap();
    assert_eq!(answer(peer.get(1101)), ok("4late"));
    assert_eq!(answer(peer.get(1102)), ok("6"));
    peer.emit("last").unwrap();
    peer.frame(1103, lane, "5").unwrap();
    assert_eq!(peer.sent(), ["4last"]);
}

#[test]
fn a_poll_held_over_the_second_gets_the_queue() {
    let mut peer = Peer::polling(calm());
    peer.probe(0);
    for _ in 0..8 {
        assert_eq!(answer(peer.get(950)), ok("6"));
    }
    let held = peer.park(960);
    peer.emit("a").unwrap();
    assert_eq!(peer.response(), None);
    assert_eq!(peer.session.poll_timeout(), Some(ms(1000)));
    peer.tick(1000);
    assert_eq!(peer.response(), Some((held, 200, "4a".into())));
}

#[test]
fn an_upgrade_that_never_ends_is_dropped() {
    for probed in [false, true] {
        let mut peer = Peer::polling(calm());
        let lane = peer.probe(0);
        if probed {
            assert_eq!(peer.frame(1, lane, "2probe"), Ok(None));
        }
        assert_eq!(peer.tick(9_999), None);
        assert_eq!(
            (peer.session.lane(), peer.session.dropped_lane()),
            (Some(lane), None)
        );
        assert_eq!(peer.tick(10_000), None);
        assert_eq!(
            (peer.session.lane(), peer.session.dropped_lane()),
            (None, Some(lane))
        );
        assert_eq!(peer.frame(10_000, lane, "5"), Err(Error::Stale));
        let held = peer.park(10_001);
        peer.emit("a").unwrap();
        assert_eq!(peer.response(), Some((held, 200, "4a".into())));
        // Another upgrade waits until the old socket is gone.
        assert_eq!(answer(peer.upgrade(10_002)), bad(BAD_REQUEST));
        peer.session
            .handle_socket_gone(lane, CloseReason::TransportClose);
        let next = peer.probe(10_003);
        assert_eq!(peer.frame(10_004, lane, "5"), Err(Error::Stale));
        assert_eq!(
            peer.frame(10_004, next, "5").unwrap().as_deref(),
            Some("upgraded")
        );
    }
}

#[test]
fn a_late_frame_finds_the_probe_dropped_without_a_tick() {
    let mut peer = Peer::polling(calm());
    let lane = peer.probe(0);
    assert_eq!(peer.frame(10_000, lane, "5"), Err(Error::Stale));
    assert_eq!(peer.session.dropped_lane(), Some(lane));
}

#[test]
fn the_heartbeat_goes_on_while_an_upgrade_hangs() {
    let mut peer = Peer::polling(config());
    peer.probe(10);
    peer.tick(300);
    assert_eq!(peer.tick(500).as_deref(), Some("ping timeout"));
}

#[test]
fn anything_else_fails_the_probe_alone() {
    let frames = [
        "4early", "", "abc", "2", "2probe2", "3probe", "1", "6", "5x", "bAQ==",
    ];
    for text in frames {
        let mut peer = Peer::polling(calm());
        let lane = peer.probe(1);
        peer.emit("kept").unwrap();
        assert_eq!(peer.frame(1, lane, text), Err(Error::NotAProbe), "{text}");
        assert_eq!(peer.session.dropped_lane(), Some(lane));
        assert_eq!(peer.frame(1, lane, "5"), Err(Error::Stale));
        assert_eq!(answer(peer.get(2)), ok("4kept"));
        assert_eq!(peer.tick(2), None);
    }
    let mut peer = Peer::polling(calm());
    let lane = peer.probe(1);
    let binary = Message::from(&b"5"[..]);
    let got = peer
        .session
        .handle_message(ms(1), lane, binary, &mut peer.socket);
    assert_eq!(got, Err(Error::NotAProbe));
}

#[test]
fn a_probe_whose_socket_goes_leaves_polling_whole() {
    let mut peer = Peer::polling(calm());
    let lane = peer.probe(1);
    peer.emit("kept").unwrap();
    peer.session
        .handle_socket_gone(lane, CloseReason::TransportError);
    assert_eq!((peer.session.dropped_lane(), peer.tick(1)), (None, None));
    assert_eq!(answer(peer.get(2)), ok("4kept"));
    peer.park(3);
    peer.probe(4);
}

#[test]
fn an_upgrade_without_probe_is_an_upgrade() {
    let mut peer = Peer::polling(calm());
    let lane = peer.probe(1);
    assert_eq!(
        peer.frame(1, lane, "5").unwrap().as_deref(),
        Some("upgraded")
    );
    assert_eq!(peer.frame(1, lane, "5"), Ok(None));
    assert_eq!(
        peer.frame(1, lane, "bAQID").unwrap().as_deref(),
        Some("bAQID")
    );
}

#[test]
fn the_first_upgrade_wins() {
    let mut peer = Peer::polling(calm());
    let lane = peer.probe(1);
    assert_eq!(answer(peer.upgrade(1)), bad(BAD_REQUEST));
    assert_eq!(
        peer.frame(2, lane, "5").unwrap().as_deref(),
        Some("upgraded")
    );
    assert_eq!(answer(peer.upgrade(3)), bad(BAD_REQUEST));
    let mut born = Peer::socket(calm());
    assert_eq!(answer(born.upgrade(1)), bad(BAD_REQUEST));
    assert_eq!(answer(born.get(1)), bad(BAD_REQUEST));
    assert!(!born.session.is_closed());
}

#[test]
fn upgrades_that_are_not_offered_are_refused() {
    let mut fixed = Peer::polling(Config {
        allow_upgrades: false,
        ..calm()
    });
    assert_eq!(answer(fixed.upgrade(1)), bad(BAD_REQUEST));
    let mut config = calm();
    config.transports.websocket = false;
    let unknown = r#"{"code":0,"message":"Transport unknown"}"#;
    assert_eq!(answer(Peer::polling(config).upgrade(1)), bad(unknown));
    let mut posted = Peer::polling(calm());
    let request = Request {
        websocket: true,
        ..Request::new(Method::Post, crate::peer::UPGRADE)
    };
    let decision = posted.session.handle_request(ms(1), &request);
    assert_eq!(answer(decision), bad(BAD_REQUEST));
}

#[test]
fn a_post_whose_body_is_incomplete_at_the_upgrade_delivers_nothing() {
    let mut peer = Peer::polling(calm());
    let probe = peer.probe(1);
    let post = peer.begin_post(2);
    peer.frame(3, probe, "5").unwrap();
    let (seen, result) = peer.work_off(4, post, "4late");
    assert_eq!((seen, result), (vec![], Err(Error::Stale)));
    let response = peer.session.finish_post(post, result);
    assert_eq!(
        (response.status, crate::peer::body(&response)),
        bad(BAD_REQUEST)
    );
    assert_eq!(peer.session.finish_post(post, Ok(())).status, 400);
    assert_eq!(peer.tick(5), None);
    assert_eq!(peer.frame(6, probe, "4on").unwrap().as_deref(), Some("4on"));
}

#[test]
fn a_post_half_worked_off_at_the_upgrade_goes_no_further() {
    let mut peer = Peer::polling(calm());
    let probe = peer.probe(1);
    let post = peer.begin_post(2);
    let mut body = *b"4a\x1e4b";
    let mut payload = siox_engineio::Payload::new(&mut body);
    assert!(
        peer.session
            .handle_body(ms(2), post, &mut payload)
            .unwrap()
            .is_some()
    );
    peer.frame(3, probe, "5").unwrap();
    assert_eq!(peer.frame(3, probe, "4c").unwrap().as_deref(), Some("4c"));
    assert_eq!(
        peer.session.handle_body(ms(4), post, &mut payload),
        Err(Error::Stale)
    );
    assert_eq!(
        peer.session.finish_post(post, Err(Error::Stale)).status,
        400
    );
    peer.session.handle_abandoned(post);
    assert_eq!(peer.tick(5), None);
}

#[test]
fn posts_go_on_while_probing() {
    let mut peer = Peer::polling(calm());
    peer.probe(1);
    assert_eq!(peer.post(2, "4a"), (200, "ok".into(), vec!["4a".into()]));
}

#[test]
fn the_deadline_is_the_configured_one() {
    let mut peer = Peer::polling(Config {
        upgrade_timeout: Duration::from_millis(50),
        ..calm()
    });
    peer.probe(7);
    assert_eq!(peer.session.poll_timeout(), Some(ms(57)));
}
