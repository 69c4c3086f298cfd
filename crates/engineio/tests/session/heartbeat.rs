//! Who is alive, and until when.

use crate::peer::{Peer, UNKNOWN_SID, answer, bad, config, ms, ok};
use siox_engineio::{CloseReason, Config, Lane};

#[test]
fn polling_pings_and_pongs() {
    let mut peer = Peer::polling(config());
    for round in 0..5u64 {
        let start = round * 400;
        let lane = peer.park(start + 1);
        assert_eq!(peer.session.poll_timeout(), Some(ms(start + 300)));
        assert_eq!(peer.tick(start + 300), None);
        assert_eq!(peer.response(), Some((lane, 200, "2".into())));
        assert_eq!(peer.session.poll_timeout(), Some(ms(start + 500)));
        assert_eq!(peer.post(start + 400, "3").0, 200);
    }
}

#[test]
fn a_socket_pings_and_pongs() {
    let mut peer = Peer::socket(config());
    for round in 0..5u64 {
        let start = round * 400;
        assert_eq!(peer.tick(start + 300), None);
        assert_eq!(peer.sent(), ["2"]);
        assert_eq!(peer.tick(start + 350), None);
        assert_eq!(peer.frame(start + 400, Lane(1), "3"), Ok(None));
    }
    assert!(peer.sent().is_empty());
}

#[test]
fn a_silent_client_is_dead_on_the_millisecond() {
    for ticks in [&[][..], &[300], &[100, 350, 499]] {
        let mut alive = Peer::polling(config());
        let mut dead = Peer::polling(config());
        for &tick in ticks {
            assert_eq!(alive.tick(tick), None);
            assert_eq!(dead.tick(tick), None);
        }
        assert_eq!(answer(alive.get(499)), ok("2"));
        assert_eq!(answer(dead.get(500)), bad(UNKNOWN_SID));
        assert_eq!(dead.tick(500).as_deref(), Some("ping timeout"));
    }
}

#[test]
fn a_held_poll_of_a_dead_client_is_closed() {
    let mut peer = Peer::polling(config());
    peer.tick(300);
    assert_eq!(answer(peer.get(301)), ok("2"));
    let lane = peer.park(302);
    assert_eq!(peer.tick(500).as_deref(), Some("ping timeout"));
    assert_eq!(peer.response(), Some((lane, 200, "1".into())));
    assert!(peer.session.is_finished());
}

#[test]
fn unasked_pongs_have_no_effect() {
    let mut peer = Peer::polling(config());
    let flood = vec!["3"; 1000].join("\x1e");
    assert_eq!(peer.post(299, &flood).0, 200);
    assert_eq!(peer.session.poll_timeout(), Some(ms(300)));
    peer.tick(300);
    assert_eq!(peer.post(310, &flood).0, 200);
    assert_eq!(peer.session.poll_timeout(), Some(ms(610)));
}

#[test]
fn other_packets_put_death_off_once() {
    let mut peer = Peer::socket(config());
    peer.tick(300);
    assert_eq!(peer.sent(), ["2"]);
    for now in [310, 400, 490] {
        let said = peer.frame(now, Lane(1), "4x").unwrap();
        assert_eq!(said.as_deref(), Some("4x"));
    }
    // It waits for a ping as long as we do for its pong.
    assert_eq!(peer.session.poll_timeout(), Some(ms(500)));
    assert_eq!(peer.tick(500), None);
    assert_eq!(peer.sent(), ["2"]);
    let said = peer.frame(600, Lane(1), "4x").unwrap();
    assert_eq!(said.as_deref(), Some("4x"));
    assert_eq!(peer.session.poll_timeout(), Some(ms(690)));
    assert_eq!(peer.tick(690).as_deref(), Some("ping timeout"));
}

#[test]
fn a_part_counts_as_a_packet_on_the_lane_that_carries_the_session() {
    let mut socket = Peer::socket(config());
    let mut polling = Peer::polling(config());
    let post = polling.begin_post(10);
    for (peer, lane) in [(&mut socket, Lane(1)), (&mut polling, post)] {
        peer.tick(300);
        peer.session.handle_progress(ms(400), Lane(99));
        assert_eq!(peer.session.poll_timeout(), Some(ms(500)));
        peer.session.handle_progress(ms(400), lane);
        peer.tick(500);
        assert_eq!(peer.session.poll_timeout(), Some(ms(600)));
    }
}

#[test]
fn a_ping_without_its_socket_stays_due() {
    let mut peer = Peer::socket(config());
    let refused = answer(peer.get(300));
    assert_eq!(refused, bad(crate::peer::BAD_REQUEST));
    assert_eq!(peer.session.poll_timeout(), Some(ms(300)));
    peer.tick(310);
    assert_eq!(peer.sent(), ["2"]);
    assert_eq!(peer.session.poll_timeout(), Some(ms(500)));
}

#[test]
fn a_pong_withheld_across_the_upgrade_is_missed() {
    for (open, complete) in [(10, 20), (10, 310), (310, 320), (299, 499)] {
        let mut peer = Peer::polling(config());
        let tick = |peer: &mut Peer, now| assert_eq!(peer.tick(now), None);
        if open > 300 {
            tick(&mut peer, 300);
        }
        let lane = peer.probe(open);
        if complete > 300 {
            tick(&mut peer, 300);
        }
        assert_eq!(peer.frame(complete, lane, "2probe"), Ok(None));
        assert_eq!(
            peer.frame(complete, lane, "5").unwrap().as_deref(),
            Some("upgraded")
        );
        if complete < 300 {
            tick(&mut peer, 300);
        }
        assert_eq!(peer.sent(), ["3probe", "2"], "{open} {complete}");
        assert_eq!(
            peer.session.poll_timeout(),
            Some(ms(500)),
            "{open} {complete}"
        );
        assert_eq!(
            peer.tick(500).as_deref(),
            Some("ping timeout"),
            "{open} {complete}"
        );
    }
}

#[test]
fn a_pong_by_polling_counts_after_the_upgrade() {
    let mut peer = Peer::polling(config());
    let lane = peer.probe(290);
    peer.tick(300);
    assert_eq!(peer.post(310, "3").0, 200);
    peer.frame(320, lane, "5").unwrap();
    assert_eq!(peer.session.poll_timeout(), Some(ms(610)));
}

#[test]
fn an_abandoned_session_frees_everything() {
    let mut peer = Peer::polling(config());
    peer.emit("never fetched").unwrap();
    peer.probe(1);
    let mut told = Vec::new();
    while let Some(at) = peer.session.poll_timeout() {
        told.extend(peer.session.handle_timeout(at, Some(&mut peer.socket)));
        assert!(at <= ms(500));
    }
    assert_eq!(
        told,
        [siox_engineio::Event::Closed(CloseReason::PingTimeout)]
    );
    assert!(peer.session.is_finished());
    assert_eq!(peer.session.queued(), 0);
}

/// Each sign of life is told where that is asked for, whatever carries it.
#[test]
fn heartbeats_are_told_to_who_asks() {
    let telling = Config {
        tell_all: true,
        ..config()
    };
    for (config, told) in [(telling.clone(), true), (config(), false)] {
        let expected = told.then_some("heartbeat");
        let mut peer = Peer::polling(config.clone());
        peer.tick(300);
        let (_, _, seen) = peer.post(301, "4a\x1e3\x1e4b");
        let all = ["4a"].into_iter().chain(expected).chain(["4b"]);
        assert_eq!(seen, all.collect::<Vec<_>>());
        let mut peer = Peer::socket(config);
        peer.tick(300);
        let heard = peer.frame(301, Lane(1), "3").unwrap();
        assert_eq!(heard.as_deref(), expected);
        assert_eq!(peer.session.poll_timeout(), Some(ms(601)));
    }
    // A probe is told of before the upgrade, and by each of its pings.
    let mut peer = Peer::polling(telling);
    let lane = peer.probe(1);
    for _ in 0..2 {
        let heard = peer.frame(2, lane, "2probe").unwrap();
        assert_eq!(heard.as_deref(), Some("upgrading"));
    }
    assert_eq!(peer.sent(), ["3probe", "3probe"]);
    let heard = peer.frame(3, lane, "5").unwrap();
    assert_eq!(heard.as_deref(), Some("upgraded"));
}
