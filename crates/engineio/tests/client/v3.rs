//! A client of v3: it pings, and sends bytes where it may.

use crate::peer::{Peer, ms, short};
use bytes::Bytes;
use siox_engineio::{ClientConfig, Outgoing, Payload, Transport, Version};
use siox_wire::Sink;

const OPEN: &str = r#"0{"sid":"s","upgrades":[],"pingInterval":300,"pingTimeout":200}"#;

fn config(base64: bool) -> ClientConfig {
    ClientConfig {
        version: Version::V3,
        base64,
        ..ClientConfig::default()
    }
}

fn polling(base64: bool) -> Peer {
    let mut peer = Peer::new(config(base64));
    let get = peer.get(0);
    peer.answer(0, get, &format!("{}:{OPEN}", OPEN.len()))
        .unwrap();
    peer
}

fn put_binary(peer: &mut Peer) {
    let mut out = peer.client.sink(Some(&mut peer.socket));
    out.put_binary(&[], Bytes::from_static(&[1, 2]));
}

fn post(peer: &mut Peer) -> (&'static str, Vec<u8>) {
    match peer.request(1) {
        Some(Outgoing::Post {
            body, content_type, ..
        }) => (content_type, body.into_iter().flatten().collect()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn queries_say_the_version_and_whether_bytes_are_taken() {
    for (base64, first, later) in [
        (
            false,
            "EIO=3&transport=polling",
            "EIO=3&transport=polling&sid=s",
        ),
        (
            true,
            "EIO=3&transport=polling&b64=1",
            "EIO=3&transport=polling&sid=s",
        ),
    ] {
        let mut peer = Peer::new(config(base64));
        let Some(Outgoing::Get { lane, query, .. }) = peer.request(0) else {
            panic!()
        };
        assert_eq!(query, first);
        peer.answer(0, lane, &format!("{}:{OPEN}", OPEN.len()))
            .unwrap();
        let Some(Outgoing::Get { query, .. }) = peer.request(0) else {
            panic!()
        };
        assert_eq!(query, later);
    }
    let mut peer = Peer::new(ClientConfig {
        transports: vec![Transport::WebSocket],
        ..config(true)
    });
    let Some(Outgoing::Socket { query, .. }) = peer.request(0) else {
        panic!()
    };
    assert_eq!(query, "EIO=3&transport=websocket&b64=1");
}

#[test]
fn posts_are_text_until_there_is_something_binary() {
    for (base64, want) in [
        (
            false,
            (
                "application/octet-stream",
                &b"\x00\x02\xff4a\x01\x03\xff\x04\x01\x02"[..],
            ),
        ),
        (true, ("text/plain;charset=UTF-8", b"2:4a6:b4AQI=")),
    ] {
        let mut peer = polling(base64);
        peer.get(0);
        peer.emit("a").unwrap();
        put_binary(&mut peer);
        let (content_type, body) = post(&mut peer);
        assert_eq!((content_type, &*body), want);
    }
    let mut peer = polling(false);
    peer.get(0);
    peer.emit("€").unwrap();
    let (content_type, body) = post(&mut peer);
    assert_eq!(
        (content_type, &*body),
        ("text/plain;charset=UTF-8", "2:4€".as_bytes())
    );
}

#[test]
fn answers_are_read_by_their_content_type() {
    let mut peer = polling(false);
    let get = peer.get(0);
    let octets = Some(&b"application/octet-stream"[..]);
    peer.client
        .handle_response(ms(1), get, 200, octets)
        .unwrap();
    let mut body = *b"\x00\x04\xff4\xe2\x82\xac\x01\x03\xff\x04\x01\x02";
    let mut payload = Payload::new(&mut body);
    let mut seen = Vec::new();
    while let Some(event) = peer.client.handle_body(ms(1), get, &mut payload).unwrap() {
        seen.push(short(event));
    }
    assert_eq!(seen, ["4€", "bAQI="]);
}

#[test]
fn the_client_pings_and_waits_for_the_pong() {
    let mut peer = polling(false);
    let get = peer.get(0);
    assert_eq!(peer.client.poll_timeout(), Some(ms(300)));
    assert_eq!(peer.tick(300), None);
    let Some(Outgoing::Post { lane, body, .. }) = peer.request(300) else {
        panic!()
    };
    assert_eq!(body, [&b"1:2"[..]]);
    peer.ok(301, lane);
    assert_eq!(peer.client.poll_timeout(), Some(ms(500)));
    peer.answer(400, get, "1:3").unwrap();
    assert_eq!(peer.client.poll_timeout(), Some(ms(700)));
    peer.tick(700);
    assert_eq!(peer.tick(899), None);
    assert_eq!(peer.tick(900).as_deref(), Some("ping timeout"));
}

#[test]
fn on_a_websocket_too() {
    let mut peer = Peer::new(ClientConfig {
        transports: vec![Transport::WebSocket],
        ..config(false)
    });
    let lane = peer.wants_socket(0);
    peer.client
        .handle_opened(ms(0), lane, &mut peer.socket)
        .unwrap();
    put_binary(&mut peer);
    peer.frame(0, lane, OPEN).unwrap();
    // The type, then the data.
    assert_eq!(peer.sent(), ["bBAEC"]);
    assert_eq!(peer.tick(300), None);
    assert_eq!(peer.sent(), ["2"]);
    peer.frame(310, lane, "3").unwrap();
    assert_eq!(peer.client.poll_timeout(), Some(ms(610)));
    // A server does not ping.
    assert_eq!(
        (peer.frame(320, lane, "2"), peer.sent()),
        (Ok(None), vec![])
    );
    assert_eq!(peer.frame(320, lane, "b4AQI="), Ok(Some("bAQI=".into())));
}
