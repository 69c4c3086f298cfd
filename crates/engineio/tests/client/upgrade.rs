//! Probe and upgrade: what waits for what, and what becomes of polling when it fails.

use crate::peer::{OPEN, Peer, ms};
use siox_engineio::{ClientConfig, ClientError, Lane, Transport};
use siox_wire::Instant;

#[test]
fn a_poll_and_a_post_under_way_are_waited_for() {
    let (mut peer, get, socket) = Peer::probing();
    peer.emit("a").unwrap();
    let (post, _) = peer.post(1);
    assert_eq!(peer.frame(2, socket, "3probe"), Ok(None));
    peer.emit("b").unwrap();
    peer.ok(3, post);
    assert_eq!(peer.request(3), None);
    assert_eq!((peer.tick(3), peer.sent()), (None, vec![]));
    assert_eq!(peer.answer(4, get, "4x\x1e2"), Ok(vec!["4x".into()]));
    assert_eq!(peer.client.poll_timeout(), Some(Instant::EPOCH));
    assert_eq!(peer.client.transport(), Some(Transport::Polling));
    assert_eq!(peer.tick(4).as_deref(), Some("upgraded"));
    assert_eq!(peer.sent(), ["5", "4b", "3"]);
    assert_eq!(peer.request(4), None);
    assert!(peer.client.websocket_works());
    peer.emit("c").unwrap();
    assert_eq!(peer.sent(), ["4c"]);
    assert_eq!(peer.frame(5, socket, "4y"), Ok(Some("4y".into())));
}

#[test]
fn with_nothing_under_way_it_happens_at_once() {
    let (mut peer, get, socket) = Peer::probing();
    assert_eq!(peer.answer(1, get, "6"), Ok(vec![]));
    peer.emit("a").unwrap();
    assert_eq!(peer.frame(2, socket, "3probe"), Ok(Some("upgraded".into())));
    assert_eq!(peer.sent(), ["5", "4a"]);
    assert_eq!(peer.tick(2), None);
}

#[test]
fn a_probe_that_fails_leaves_polling_as_it_was() {
    type Fail = fn(&mut Peer, Lane);
    let table: [(Fail, &str); 7] = [
        (|peer, socket| peer.gone(1, socket), "Unreachable"),
        (
            |peer, socket| {
                peer.client
                    .handle_failed(ms(1), socket, ClientError::Status(400));
            },
            "Status(400)",
        ),
        (
            |peer, socket| assert_eq!(peer.frame(1, socket, "3"), Err(ClientError::NotProbed)),
            "NotProbed",
        ),
        (
            |peer, socket| assert_eq!(peer.frame(1, socket, "4early"), Err(ClientError::NotProbed)),
            "NotProbed",
        ),
        // Once it is answered polling pauses; it must go on again.
        (
            |peer, socket| {
                peer.frame(1, socket, "3probe").unwrap();
                peer.gone(1, socket);
            },
            "Unreachable",
        ),
        (
            |peer, socket| {
                peer.frame(1, socket, "3probe").unwrap();
                assert_eq!(peer.frame(1, socket, "3probe"), Err(ClientError::NotProbed));
            },
            "NotProbed",
        ),
        (
            |peer, socket| {
                peer.frame(1, socket, "3probe").unwrap();
                peer.client
                    .handle_failed(ms(1), socket, ClientError::Unreachable);
            },
            "Unreachable",
        ),
    ];
    for (fail, error) in table {
        let (mut peer, get, socket) = Peer::probing();
        peer.emit("a").unwrap();
        fail(&mut peer, socket);
        assert!(!peer.client.wants(socket) && peer.client.wants(get));
        assert_eq!(peer.tick(2), Some(format!("upgrade failed: {error}")));
        assert_eq!(peer.tick(2), None);
        assert_eq!(peer.post(2).1, "4a");
        peer.answer(3, get, "6").unwrap();
        peer.get(3);
        assert_eq!((peer.request(4), peer.sent()), (None, vec![]));
        assert_eq!(peer.frame(4, socket, "3probe"), Err(ClientError::Stale));
    }
}

#[test]
fn a_slow_upgrade_is_given_up_and_polling_goes_on() {
    for paused in [false, true] {
        let mut peer = Peer::new(ClientConfig::default());
        let get = peer.get(0);
        peer.answer(0, get, &OPEN.replace("300", "30000")).unwrap();
        let socket = peer.wants_socket(0);
        let get = peer.get(0);
        peer.client
            .handle_opened(ms(0), socket, &mut peer.socket)
            .unwrap();
        if paused {
            peer.frame(1, socket, "3probe").unwrap();
        }
        peer.emit("a").unwrap();
        assert_eq!(peer.client.poll_timeout(), Some(ms(8000)));
        assert_eq!(peer.tick(7999), None);
        assert_eq!(
            peer.tick(8000).as_deref(),
            Some("upgrade failed: UpgradeTimeout")
        );
        if !paused {
            assert_eq!(peer.post(8000).1, "4a");
        }
        assert!(peer.client.wants(get) && !peer.client.wants(socket));
        assert_eq!(peer.sent(), ["2probe"]);
    }
}

#[test]
fn nothing_upgrades_that_is_not_to() {
    let off = ClientConfig {
        upgrade: false,
        ..ClientConfig::default()
    };
    let polling = ClientConfig {
        transports: vec![Transport::Polling],
        ..ClientConfig::default()
    };
    let not_offered = OPEN.replace("[\"websocket\"]", "[\"webtransport\"]");
    for (config, open) in [
        (off, OPEN),
        (polling, OPEN),
        (ClientConfig::default(), &*not_offered),
    ] {
        let mut peer = Peer::new(config);
        let get = peer.get(0);
        peer.answer(0, get, open).unwrap();
        peer.get(0);
        assert_eq!(peer.request(0), None);
    }
}

#[test]
fn an_upgraded_session_ends_with_its_socket() {
    let (mut peer, get, socket) = Peer::probing();
    peer.answer(1, get, "6").unwrap();
    peer.frame(1, socket, "3probe").unwrap();
    peer.gone(2, socket);
    peer.ends(2, "transport close");
}
