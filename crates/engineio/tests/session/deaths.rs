//! Whatever ends a session, its driver hears of it once, and at once.

use crate::peer::{Peer, config, ms};
use siox_engineio::{CloseReason, Error, Lane, Method};
use siox_wire::{Admit, Instant, SendError, Sink};

type Death = fn(&mut Peer);

const POLLING: [(&str, Death, CloseReason); 13] = [
    (
        "late request, clock ticked",
        |p| {
            p.tick(300);
            p.get(500);
        },
        CloseReason::PingTimeout,
    ),
    (
        "late request, clock never ticked",
        |p| {
            p.get(500);
        },
        CloseReason::PingTimeout,
    ),
    (
        "late body",
        |p| {
            let l = p.begin_post(1);
            p.work_off(500, l, "4a").1.unwrap_err();
        },
        CloseReason::PingTimeout,
    ),
    (
        "abandoned poll",
        |p| {
            let l = p.park(1);
            p.session.handle_abandoned(l);
        },
        CloseReason::TransportError,
    ),
    (
        "abandoned post",
        |p| {
            let l = p.begin_post(1);
            p.session.handle_abandoned(l);
        },
        CloseReason::TransportError,
    ),
    (
        "second poll",
        |p| {
            p.park(1);
            p.get(1);
        },
        CloseReason::TransportError,
    ),
    (
        "second post",
        |p| {
            p.begin_post(1);
            p.request(1, Method::Post, crate::peer::QUERY);
        },
        CloseReason::TransportError,
    ),
    (
        "bad body",
        |p| {
            p.post(1, "abc");
        },
        CloseReason::ParseError,
    ),
    (
        "bad body, told by the caller alone",
        |p| {
            let l = p.begin_post(1);
            p.session.finish_post(l, Err(Error::Utf8));
        },
        CloseReason::ParseError,
    ),
    (
        "client closes",
        |p| {
            p.post(1, "1");
        },
        CloseReason::TransportClose,
    ),
    (
        "server closes a held poll",
        |p| {
            p.park(1);
            p.session.close(CloseReason::ForcedClose);
        },
        CloseReason::ForcedClose,
    ),
    (
        "server closes, next poll",
        |p| {
            p.session.close(CloseReason::ServerShuttingDown);
            p.get(1);
        },
        CloseReason::ServerShuttingDown,
    ),
    (
        "slow consumer",
        |p| {
            let mut out = p.session.sink(Some(&mut p.socket));
            for _ in 0..70 {
                out.admit(Admit::Owed).unwrap_or(());
                out.put_text(&[&[b'x'; 1 << 16]]);
            }
        },
        CloseReason::SlowConsumer,
    ),
];

const UPGRADED: [(&str, Death, CloseReason); 5] = [
    (
        "socket gone",
        |p| {
            let l = p.session.lane().unwrap();
            p.session.handle_socket_gone(l, CloseReason::TransportClose);
        },
        CloseReason::TransportClose,
    ),
    (
        "bad frame",
        |p| {
            let l = p.session.lane().unwrap();
            p.frame(1, l, "abc").unwrap_err();
        },
        CloseReason::ParseError,
    ),
    (
        "client closes",
        |p| {
            let l = p.session.lane().unwrap();
            p.frame(1, l, "1").unwrap();
        },
        CloseReason::TransportClose,
    ),
    (
        "server closes",
        |p| p.session.close(CloseReason::ForcedClose),
        CloseReason::ForcedClose,
    ),
    (
        "late frame",
        |p| {
            let l = p.session.lane().unwrap();
            p.frame(500, l, "3").unwrap();
        },
        CloseReason::PingTimeout,
    ),
];

fn check(mut peer: Peer, name: &str, death: Death, reason: CloseReason) {
    death(&mut peer);
    assert!(peer.session.is_closed(), "{name}");
    assert_eq!(peer.session.poll_timeout(), Some(Instant::EPOCH), "{name}");
    assert_eq!(peer.tick(500), Some(reason.to_string()), "{name}");
    assert_eq!(peer.tick(500), None, "{name}");
    assert_eq!(peer.session.farewell(), None, "{name}");
    assert_eq!(peer.session.poll_timeout(), None, "{name}");
    assert_eq!(peer.emit("x"), Err(SendError::Closed), "{name}");
    peer.session.close(CloseReason::ForcedClose);
    peer.session.handle_abandoned(Lane(1));
    peer.session
        .handle_socket_gone(Lane(1), CloseReason::TransportClose);
    assert_eq!(peer.session.farewell(), None, "{name}");
    while peer.response().is_some() {}
    assert!(peer.session.is_finished(), "{name}");
    assert_eq!(peer.session.queued(), 0, "{name}");
}

#[test]
fn every_death_is_told_once() {
    for (name, death, reason) in POLLING {
        check(Peer::polling(config()), name, death, reason);
    }
    for (name, death, reason) in UPGRADED {
        check(Peer::socket(config()), name, death, reason);
        let mut peer = Peer::polling(config());
        let lane = peer.probe(0);
        assert_eq!(
            peer.frame(0, lane, "5").unwrap().as_deref(),
            Some("upgraded")
        );
        check(peer, name, death, reason);
    }
}

#[test]
fn no_death_no_word() {
    let mut peer = Peer::polling(config());
    assert_eq!(peer.session.farewell(), None);
    assert_eq!(peer.tick(299), None);
    assert_eq!(peer.session.poll_timeout(), Some(ms(300)));
}
