//! v3: who pings, how packets are put together, what a client without bytes gets.

use crate::peer::{Peer, UNKNOWN_SID, answer, bad, calm, config, ms, ok, short, sid};
use crate::socket::Socket;
use bytes::Bytes;
use siox_engineio::{
    Config, Decision, Error, ErrorCode, Handshake, Method, Payload, Request, Response, Route,
    Session, Transport, Version,
};
use siox_wire::{Message, Part, Shared, Sink};
use std::{borrow::Cow, sync::Arc};

const QUERY: &str = "EIO=3&transport=polling&sid=x";

fn handshake(transport: Transport) -> Handshake {
    Handshake {
        version: Version::V3,
        ..Handshake::v4(transport)
    }
}

fn polling(config: Config, base64: bool) -> Peer {
    let handshake = Handshake {
        base64,
        ..handshake(Transport::Polling)
    };
    let (session, _) = Session::polling_for(ms(0), Arc::new(config), sid(), &handshake);
    let socket = Socket::default();
    Peer { session, socket }
}

fn socket(config: Config, base64: bool) -> Peer {
    let handshake = Handshake {
        base64,
        ..handshake(Transport::WebSocket)
    };
    let mut socket = Socket::default();
    let session = Session::socket_for(ms(0), Arc::new(config), sid(), &handshake, &mut socket);
    socket.0.clear();
    Peer { session, socket }
}

fn get(peer: &mut Peer, now: u64) -> Response {
    match peer.request(now, Method::Get, QUERY) {
        Decision::Answer(response) => response,
        other => panic!("{other:?}"),
    }
}

fn bytes(response: &Response) -> Vec<u8> {
    response.body.iter().flatten().copied().collect()
}

fn post(
    peer: &mut Peer,
    now: u64,
    octets: bool,
    body: &[u8],
) -> (u16, Vec<String>, Result<(), Error>) {
    let content_type: Option<&[u8]> = octets.then_some(b"application/octet-stream");
    let request = Request {
        content_type,
        ..Request::new(Method::Post, QUERY)
    };
    let Decision::Body { lane, .. } = peer.session.handle_request(ms(now), &request) else {
        panic!()
    };
    let (mut body, mut seen) = (body.to_vec(), Vec::new());
    let mut payload = Payload::new(&mut body);
    let result = loop {
        match peer.session.handle_body(ms(now), lane, &mut payload) {
            Ok(Some(event)) => seen.push(short(event)),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    let status = peer.session.finish_post(lane, result).status;
    (status, seen, result)
}

#[test]
fn base64_may_be_read_loosely() {
    let loose = || Config {
        loose_base64: true,
        ..calm()
    };
    let mut peer = polling(loose(), true);
    let (status, seen, result) = post(&mut peer, 1, false, b"8:b4AQ!ID=4:b4!!");
    assert_eq!((status, result), (200, Ok(())));
    assert_eq!(seen, ["bAQID", "b"]);
    let (status, _, result) = post(&mut peer, 1, false, b"4:b9!!");
    assert_eq!((status, result), (400, Err(Error::UnknownPacket(b'9'))));
    let mut peer = polling(calm(), true);
    let (status, _, result) = post(&mut peer, 1, false, b"4:b4!!");
    assert_eq!((status, result), (400, Err(Error::Base64)));
}

#[test]
fn it_is_served_where_that_is_allowed() {
    let on = Config {
        allow_eio3: true,
        ..calm()
    };
    for (query, allowed) in [
        ("EIO=3&transport=polling", true),
        ("transport=polling", false),
        ("EIO=2&transport=polling", false),
        ("EIO=5&transport=polling", false),
        ("EIO=&transport=polling", false),
    ] {
        let request = Request::new(Method::Get, query);
        let want = Err(ErrorCode::UnsupportedVersion);
        assert_eq!(Route::check(&calm(), &request), want, "{query}");
        let route = Route::Open(handshake(Transport::Polling));
        assert_eq!(
            Route::check(&on, &request),
            if allowed { Ok(route) } else { want }
        );
    }
    let request = Request::new(Method::Get, "EIO=3&transport=polling&b64=1&j=12x");
    let Ok(Route::Open(handshake)) = Route::check(&on, &request) else {
        panic!()
    };
    assert_eq!((handshake.base64, handshake.jsonp), (true, Some(12)));
}

#[test]
fn a_session_begins_with_its_open_packet_and_the_initial_one() {
    let first = [
        (None, ""),
        (Some(Message::from("hi")), "3:4hi"),
        (Some(Message::from(&[1, 2, 3][..])), "\x01\x04"),
    ];
    for (initial_packet, tail) in first {
        let config = Arc::new(Config {
            initial_packet,
            ..calm()
        });
        let handshake = handshake(Transport::Polling);
        let (session, response) = Session::polling_for(ms(0), config, sid(), &handshake);
        assert_eq!(session.version(), Version::V3);
        let body = bytes(&response);
        let open = r#"0{"sid":"AQEBAQEBAQEBAQEBAQEB","upgrades":["websocket"],"pingInterval":1000000,"pingTimeout":20000,"maxPayload":1000000}"#;
        if tail.starts_with('\x01') {
            let want = [
                b"\x00\x01\x02\x00\xff",
                open.as_bytes(),
                b"\x01\x04\xff\x04\x01\x02\x03",
            ]
            .concat();
            assert_eq!(body, want);
            assert_eq!(response.content_type.as_str(), "application/octet-stream");
        } else {
            assert_eq!(body, format!("{}:{open}{tail}", open.len()).into_bytes());
        }
    }
}

#[test]
fn the_initial_packet_comes_on_a_websocket_and_in_v4_too() {
    let config = Arc::new(Config {
        initial_packet: Some(Message::from("hi")),
        ..calm()
    });
    let mut out = Socket::default();
    let _ = Session::socket(ms(0), Arc::clone(&config), sid(), &mut out);
    assert_eq!(out.0[1..], ["4hi"]);
    let (_, response) = Session::polling(ms(0), config, sid());
    assert!(bytes(&response).ends_with(b"}\x1e4hi"));
}

#[test]
fn polls_carry_text_until_there_is_something_binary() {
    for base64 in [false, true] {
        let mut peer = polling(calm(), base64);
        peer.emit("€").unwrap();
        let response = get(&mut peer, 1);
        assert_eq!(bytes(&response), "2:4€".as_bytes());
        assert_eq!(response.content_type.as_str(), "text/plain; charset=UTF-8");
        peer.emit("€").unwrap();
        let mut out = peer.session.sink(Some(&mut peer.socket));
        out.put_binary(&[], Bytes::from_static(&[1, 2]));
        let response = get(&mut peer, 1);
        let (want, kind): (&[u8], _) = if base64 {
            ("2:4€6:b4AQI=".as_bytes(), "text/plain; charset=UTF-8")
        } else {
            (
                b"\x00\x04\xff4\xe2\x82\xac\x01\x03\xff\x04\x01\x02",
                "application/octet-stream",
            )
        };
        assert_eq!(bytes(&response), want);
        assert_eq!(response.content_type.as_str(), kind);
    }
}

#[test]
fn posts_are_read_by_their_content_type() {
    let mut peer = polling(calm(), false);
    let seen = |text: &[&str]| text.iter().map(|s| String::from(*s)).collect::<Vec<_>>();
    let (status, got, _) = post(
        &mut peer,
        1,
        false,
        "2:4€8:b4AQIDBA==".replace("8:", "10:").as_bytes(),
    );
    assert_eq!((status, got), (200, seen(&["4€", "bAQIDBA=="])));
    let (status, got, _) = post(
        &mut peer,
        1,
        true,
        b"\x00\x04\xff4\xe2\x82\xac\x01\x02\xff\x04\x09",
    );
    assert_eq!((status, got), (200, seen(&["4€", "bCQ=="])));
    let (status, _, result) = post(&mut peer, 1, false, b"4a");
    assert_eq!((status, result), (400, Err(Error::Length)));
    assert_eq!(peer.tick(1).as_deref(), Some("parse error"));
    assert_eq!(
        answer(peer.request(1, Method::Get, QUERY)),
        bad(UNKNOWN_SID)
    );
}

#[test]
fn the_client_pings_and_is_dead_after_interval_and_timeout() {
    let mut polled = polling(config(), false);
    assert_eq!(polled.session.poll_timeout(), Some(ms(500)));
    assert_eq!(post(&mut polled, 250, false, b"1:2").0, 200);
    assert_eq!(bytes(&get(&mut polled, 251)), b"1:3");
    let mut socketed = socket(config(), false);
    assert_eq!(socketed.frame(250, siox_engineio::Lane(1), "2"), Ok(None));
    assert_eq!(socketed.sent(), ["3"]);
    for mut peer in [polled, socketed] {
        assert_eq!(peer.session.poll_timeout(), Some(ms(750)));
        assert_eq!(peer.tick(749), None);
        assert_eq!(peer.tick(750).as_deref(), Some("ping timeout"));
    }
}

#[test]
fn a_pong_of_the_client_is_the_wrong_way_round() {
    let mut peer = polling(config(), false);
    let (status, _, result) = post(&mut peer, 1, false, b"1:3");
    assert_eq!((status, result), (400, Err(Error::HeartbeatDirection)));
    assert_eq!(peer.tick(1).as_deref(), Some("transport error"));
}

#[test]
fn a_pong_says_what_the_ping_said() {
    let mut polled = polling(config(), false);
    assert_eq!(
        post(&mut polled, 1, false, "1:22:2a3:2€b".as_bytes()).0,
        200
    );
    assert_eq!(bytes(&get(&mut polled, 2)), "1:32:3a3:3€b".as_bytes());
    let mut socketed = socket(config(), false);
    for (ping, pong) in [("2", "3"), ("2probe", "3probe"), ("2€", "3€")] {
        assert_eq!(socketed.frame(1, siox_engineio::Lane(1), ping), Ok(None));
        assert_eq!(socketed.sent(), [pong]);
    }
}

#[test]
fn of_many_pings_that_are_not_fetched_the_first_and_the_newest_get_a_pong() {
    let mut peer = polling(config(), false);
    let pings: String = (10_000..20_000).map(|n| format!("6:2{n}")).collect();
    assert_eq!(post(&mut peer, 1, false, pings.as_bytes()).0, 200);
    let pongs = (10_000..10_015).chain([19_999]);
    let pongs: String = pongs.map(|n| format!("6:3{n}")).collect();
    assert_eq!(bytes(&get(&mut peer, 1)), pongs.as_bytes());
}

#[test]
fn a_websocket_carries_the_type_before_binary_data_or_base64() {
    let group = Shared::new(vec![
        Part::Text(Bytes::from_static(b"x")),
        Part::Binary(Bytes::from_static(&[9])),
    ]);
    // The socket shows binary data as base64 of all its bytes.
    for (base64, want) in [
        (false, ["4t", "bBAEC", "4x", "bBAk="]),
        (true, ["4t", "b4AQI=", "4x", "b4CQ=="]),
    ] {
        let mut peer = socket(calm(), base64);
        let mut out = peer.session.sink(Some(&mut peer.socket));
        out.put_text(&[b"t"]);
        out.put_binary(&[1], Bytes::from_static(&[2]));
        out.put_shared(&group, siox_engineio::V3);
        assert_eq!(peer.sent(), want);
        let data = Message::Binary(Cow::Borrowed(&[4, 7]));
        let lane = siox_engineio::Lane(1);
        let event = peer
            .session
            .handle_message(ms(1), lane, data, &mut peer.socket);
        assert_eq!(event.unwrap().map(short).as_deref(), Some("bBw=="));
        assert_eq!(peer.frame(1, lane, "b4Bw=="), Ok(Some("bBw==".into())));
    }
}

#[test]
fn what_is_queued_moves_in_the_dialect_of_the_new_socket() {
    for (b64, want) in [("", "bBAE="), ("&b64=1", "b4AQ==")] {
        let mut peer = polling(calm(), true);
        peer.emit("a").unwrap();
        let mut out = peer.session.sink(Some(&mut peer.socket));
        out.put_binary(&[], Bytes::from_static(&[1]));
        let query = format!("EIO=3&transport=websocket&sid=x{b64}");
        let request = Request {
            websocket: true,
            ..Request::new(Method::Get, &query)
        };
        let Decision::Upgrade(lane) = peer.session.handle_request(ms(1), &request) else {
            panic!()
        };
        peer.frame(1, lane, "2probe").unwrap();
        assert_eq!(peer.frame(1, lane, "5"), Ok(Some("upgraded".into())));
        assert_eq!(peer.sent(), ["3probe", "4a", want]);
    }
}

#[test]
fn a_poll_is_released_while_an_upgrade_is_under_way() {
    let mut peer = polling(calm(), false);
    let Decision::Park(get) = peer.request(1, Method::Get, QUERY) else {
        panic!()
    };
    let request = Request {
        websocket: true,
        ..Request::new(Method::Get, "EIO=3&transport=websocket&sid=x")
    };
    let Decision::Upgrade(_) = peer.session.handle_request(ms(2), &request) else {
        panic!()
    };
    assert_eq!(peer.response(), Some((get, 200, "1:6".into())));
    assert_eq!(answer(peer.request(2, Method::Get, QUERY)), ok("1:6"));
}

#[test]
fn the_other_version_is_not_the_session_s() {
    let mut peer = polling(calm(), false);
    assert_eq!(answer(peer.get(1)), bad(crate::peer::BAD_REQUEST));
    let mut peer = Peer::polling(calm());
    let decision = peer.request(1, Method::Get, QUERY);
    assert_eq!(answer(decision), bad(crate::peer::BAD_REQUEST));
}
