//! The server's pings, and its death.

use crate::peer::{Peer, ms};
use siox_engineio::ClientConfig;

#[test]
fn pings_are_answered_on_either_transport() {
    let (mut peer, get) = Peer::polling(ClientConfig::default());
    assert_eq!(peer.answer(300, get, "2"), Ok(vec![]));
    peer.get(300);
    assert_eq!(peer.post(300).1, "3");
    assert_eq!(peer.client.poll_timeout(), Some(ms(800)));
    let (mut peer, lane) = Peer::socket(ClientConfig::default());
    assert_eq!(peer.frame(300, lane, "2"), Ok(None));
    assert_eq!(peer.sent(), ["3"]);
    assert_eq!(peer.client.poll_timeout(), Some(ms(800)));
}

#[test]
fn many_pings_that_cannot_be_answered_yet_get_one_pong() {
    let (mut peer, get) = Peer::polling(ClientConfig::default());
    peer.answer(1, get, &["2"; 1000].join("\x1e")).unwrap();
    peer.get(1);
    assert_eq!(peer.post(1).1, "3");
}

#[test]
fn a_silent_server_is_dead_after_interval_and_timeout() {
    let (mut polling, _) = Peer::polling(ClientConfig::default());
    let (mut socket, _) = Peer::socket(ClientConfig::default());
    let (mut probing, _, _) = Peer::probing();
    for peer in [&mut polling, &mut socket, &mut probing] {
        assert_eq!(peer.client.poll_timeout(), Some(ms(500)));
        assert_eq!(peer.tick(499), None);
        peer.client.expire(ms(500), Some(&mut peer.socket));
        peer.ends(500, "ping timeout");
    }
}

#[test]
fn what_comes_when_the_ping_is_overdue_puts_death_off_once() {
    let (mut peer, lane) = Peer::socket(ClientConfig::default());
    peer.frame(250, lane, "4a").unwrap();
    assert_eq!(peer.client.poll_timeout(), Some(ms(500)));
    peer.client.handle_progress(ms(450));
    assert_eq!(peer.client.poll_timeout(), Some(ms(650)));
    peer.frame(460, lane, "4b").unwrap();
    peer.frame(501, lane, "4c").unwrap();
    assert_eq!(peer.client.poll_timeout(), Some(ms(660)));
    peer.frame(600, lane, "2").unwrap();
    assert_eq!(peer.client.poll_timeout(), Some(ms(1100)));
}

#[test]
fn the_deadline_is_kept_over_the_upgrade() {
    let (mut peer, get, socket) = Peer::probing();
    peer.answer(100, get, "6").unwrap();
    peer.frame(200, socket, "3probe").unwrap();
    assert_eq!(peer.client.poll_timeout(), Some(ms(500)));
    peer.client.expire(ms(500), Some(&mut peer.socket));
    peer.ends(500, "ping timeout");
}

/// Each ping is told where that is asked for, and the answer to a probe before the upgrade's outcome.
#[test]
fn heartbeats_are_told_to_who_asks() {
    let telling = || ClientConfig {
        tell_all: true,
        ..ClientConfig::default()
    };
    let (mut peer, get) = Peer::polling(telling());
    let expected = ["4a", "heartbeat", "4b"].map(String::from).to_vec();
    assert_eq!(peer.answer(300, get, "4a\x1e2\x1e4b"), Ok(expected));
    let (mut peer, lane) = Peer::socket(telling());
    assert_eq!(peer.frame(300, lane, "2"), Ok(Some("heartbeat".into())));
    assert_eq!(peer.sent(), ["3"]);
    assert_eq!(peer.client.poll_timeout(), Some(ms(800)));

    let mut peer = Peer::new(telling());
    let get = peer.get(0);
    peer.answer(0, get, crate::peer::OPEN).unwrap();
    let socket = peer.wants_socket(0);
    let get = peer.get(0);
    peer.client
        .handle_opened(ms(0), socket, &mut peer.socket)
        .unwrap();
    assert_eq!(peer.answer(1, get, "6"), Ok(vec![]));
    let heard = peer.frame(2, socket, "3probe");
    assert_eq!(heard, Ok(Some("upgrading".into())));
    assert_eq!(peer.tick(2).as_deref(), Some("upgraded"));
    assert_eq!(peer.tick(2), None);
    assert_eq!(peer.sent(), ["2probe", "5"]);
}
