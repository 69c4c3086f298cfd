//! The first request, its answers, and the next transport.

use crate::peer::{OPEN, Peer, ms, short};
use siox_engineio::{ClientConfig, ClientError, CloseReason, Outgoing, Transport};
use std::time::Duration;

const ORDER: [Transport; 2] = [Transport::Polling, Transport::WebSocket];

fn query(outgoing: Option<Outgoing>) -> String {
    match outgoing {
        Some(
            Outgoing::Get { query, .. }
            | Outgoing::Socket { query, .. }
            | Outgoing::Post { query, .. },
        ) => query,
        None => "none".into(),
    }
}

#[test]
fn polling_opens_with_a_get() {
    let mut peer = Peer::new(ClientConfig::default());
    assert_eq!(peer.client.transport(), None);
    let Some(Outgoing::Get { lane, query, limit }) = peer.request(0) else {
        panic!()
    };
    assert_eq!((&*query, limit), ("EIO=4&transport=polling", 64 << 20));
    assert_eq!(peer.request(0), None);
    assert_eq!(
        peer.answer(5, lane, &format!("{OPEN}\x1e4first")),
        Ok(vec!["opened".into(), "4first".into()])
    );
    assert_eq!(peer.client.transport(), Some(Transport::Polling));
    let opened = peer.client.opened().unwrap();
    assert_eq!((&*opened.sid, opened.max_payload), ("s", Some(40)));
    assert!(!peer.client.wants(lane));
}

#[test]
fn a_session_s_name_is_encoded() {
    let mut peer = Peer::new(ClientConfig::default());
    let get = peer.get(0);
    peer.answer(0, get, &OPEN.replace("\"s\"", r#""a &é/-_.~9""#))
        .unwrap();
    let sid = "sid=a%20%26%C3%A9%2F-_.~9";
    assert_eq!(
        query(peer.request(0)),
        format!("EIO=4&transport=websocket&{sid}")
    );
    assert_eq!(
        query(peer.request(0)),
        format!("EIO=4&transport=polling&{sid}")
    );
}

#[test]
fn a_websocket_opens_with_its_open_packet() {
    let mut peer = Peer::new(ClientConfig {
        transports: vec![Transport::WebSocket],
        ..ClientConfig::default()
    });
    peer.emit("early").unwrap();
    let Some(Outgoing::Socket { lane, query }) = peer.request(0) else {
        panic!()
    };
    assert_eq!(query, "EIO=4&transport=websocket");
    peer.client
        .handle_opened(ms(1), lane, &mut peer.socket)
        .unwrap();
    assert_eq!((peer.sent(), peer.client.transport()), (vec![], None));
    assert_eq!(peer.frame(2, lane, OPEN), Ok(Some("opened".into())));
    assert_eq!(peer.sent(), ["4early"]);
    assert_eq!(peer.client.transport(), Some(Transport::WebSocket));
    assert!(peer.client.websocket_works());
    assert_eq!(peer.request(3), None);
}

#[test]
fn what_is_put_before_the_handshake_goes_out_after_it() {
    let mut peer = Peer::new(ClientConfig::default());
    peer.emit("early").unwrap();
    let get = peer.get(0);
    peer.answer(1, get, OPEN).unwrap();
    let (_, _) = (peer.wants_socket(1), peer.get(1));
    assert_eq!(peer.post(1).1, "4early");
}

#[test]
fn what_is_no_handshake_fails() {
    for (body, error) in [
        ("4hello", "Handshake"),
        ("0{}", "Handshake"),
        ("6", "Handshake"),
        ("bAQID", "Handshake"),
        ("x", "Packet(UnknownPacket(120))"),
        ("", "Packet(EmptyPacket)"),
    ] {
        let mut peer = Peer::new(ClientConfig::default());
        let get = peer.get(0);
        assert!(peer.answer(0, get, body).is_err(), "{body}");
        peer.ends(0, &format!("transport error: {error}"));
    }
}

#[test]
fn failures_end_it_with_their_cause() {
    for (status, error) in [
        (400, "Status(400)"),
        (403, "Status(403)"),
        (204, "Status(204)"),
    ] {
        let mut peer = Peer::new(ClientConfig::default());
        let get = peer.get(0);
        assert!(
            peer.client
                .handle_response(ms(1), get, status, None)
                .is_err()
        );
        peer.ends(1, &format!("transport error: {error}"));
        let late = peer.client.handle_response(ms(1), get, 200, None);
        assert_eq!(late, Err(ClientError::Stale));
    }
    let mut peer = Peer::new(ClientConfig::default());
    let get = peer.get(0);
    peer.client
        .handle_failed(ms(1), get, ClientError::Unreachable);
    peer.ends(1, "transport error: Unreachable");
}

#[test]
fn each_transport_is_tried_in_order() {
    for remembered_upgrade in [false, true] {
        let mut peer = Peer::new(ClientConfig {
            try_all_transports: true,
            remembered_upgrade,
            transports: ORDER.into(),
            ..ClientConfig::default()
        });
        for turn in 0..2 {
            let outgoing = peer.request(0).unwrap();
            let polls = matches!(outgoing, Outgoing::Get { .. });
            assert_eq!(polls, (turn == 0) != remembered_upgrade);
            let (Outgoing::Get { lane, .. }
            | Outgoing::Socket { lane, .. }
            | Outgoing::Post { lane, .. }) = outgoing;
            assert!(peer.client.wants(lane));
            if turn == 0 {
                peer.client
                    .handle_failed(ms(1), lane, ClientError::Status(400));
                assert_eq!(peer.tick(1), None);
            } else if polls {
                peer.answer(1, lane, OPEN).unwrap();
            } else {
                peer.gone(1, lane);
                peer.ends(1, "transport error: Unreachable");
            }
            assert!(!peer.client.wants(lane));
        }
    }
}

#[test]
fn a_silent_server_is_given_up() {
    let mut peer = Peer::new(ClientConfig::default());
    let get = peer.get(0);
    assert_eq!(peer.client.poll_timeout(), Some(ms(20_000)));
    assert_eq!(peer.tick(19_999), None);
    assert_eq!(
        peer.tick(20_000).as_deref(),
        Some("transport error: OpenTimeout")
    );
    assert!(!peer.client.wants(get));
}

#[test]
fn a_request_may_have_a_deadline() {
    let config = ClientConfig {
        request_timeout: Some(Duration::from_millis(100)),
        try_all_transports: true,
        ..ClientConfig::default()
    };
    let mut peer = Peer::new(config.clone());
    peer.get(0);
    assert_eq!(peer.client.poll_timeout(), Some(ms(100)));
    assert_eq!(peer.tick(100), None);
    peer.wants_socket(100);
    let (mut peer, _) = Peer::polling(config);
    assert_eq!(peer.client.poll_timeout(), Some(ms(100)));
    assert_eq!(
        peer.tick(100).as_deref(),
        Some("transport error: RequestTimeout")
    );
}

#[test]
fn without_a_transport_there_is_nothing_to_try() {
    let mut peer = Peer::new(ClientConfig {
        transports: vec![],
        ..ClientConfig::default()
    });
    peer.ends(0, "transport error: NoTransport");
}

#[test]
fn a_session_closed_while_it_opens_is_over_at_once() {
    let mut peer = Peer::new(ClientConfig::default());
    let get = peer.get(0);
    peer.client.close(ms(1));
    peer.ends(1, "forced close");
    assert_eq!(peer.answer(2, get, OPEN), Err(ClientError::Stale));
    let event = peer.client.handle_timeout(ms(3), Some(&mut peer.socket));
    assert_eq!(event.map(short), None);
    peer.client
        .handle_socket_gone(ms(3), get, CloseReason::TransportClose);
}
