//! Polling by JSONP, in both versions: answers are scripts, bodies are forms.

use crate::peer::{Peer, body, calm, ms, sid};
use crate::socket::Socket;
use bytes::Bytes;
use siox_engineio::{Config, Decision, Error, Handshake, Method, Session, Transport, Version};
use siox_wire::Sink;
use std::sync::Arc;

fn peer(version: Version) -> (Peer, String) {
    let config = Arc::new(Config {
        initial_packet: None,
        ..calm()
    });
    let handshake = Handshake {
        version,
        jsonp: Some(3),
        ..Handshake::v4(Transport::Polling)
    };
    let (session, response) = Session::polling_for(ms(0), config, sid(), &handshake);
    let headers: Vec<_> = response.headers().collect();
    assert!(headers.contains(&("Content-Type", "text/javascript; charset=UTF-8")));
    assert!(headers.contains(&("X-Content-Type-Options", "nosniff")));
    let socket = Socket::default();
    (Peer { session, socket }, body(&response))
}

fn query(version: Version) -> &'static str {
    match version {
        Version::V3 => "EIO=3&transport=polling&sid=x&j=3",
        _ => "EIO=4&transport=polling&sid=x&j=3",
    }
}

#[test]
fn answers_are_scripts() {
    for (version, open, messages) in [
        (
            Version::V4,
            r#"___eio[3]("0{\"sid\""#,
            r#"___eio[3]("4<\/a\u001ebAQ==");"#,
        ),
        (
            Version::V3,
            r#"___eio[3]("120:0{\"sid\""#,
            r#"___eio[3]("4:4</a6:b4AQ==");"#,
        ),
    ] {
        let (mut peer, first) = peer(version);
        assert!(
            first.starts_with(open) && first.ends_with("\");"),
            "{first}"
        );
        let Decision::Park(get) = peer.request(1, Method::Get, query(version)) else {
            panic!()
        };
        peer.emit("</a").unwrap();
        let mut out = peer.session.sink(Some(&mut peer.socket));
        out.put_binary(&[], Bytes::from_static(&[1]));
        let messages = messages.replace("4</a", r"4<\/a");
        assert_eq!(peer.response(), Some((get, 200, messages)));
    }
}

#[test]
fn noops_and_the_close_are_scripts_too() {
    let (mut peer, _) = peer(Version::V4);
    let Decision::Park(get) = peer.request(1, Method::Get, query(Version::V4)) else {
        panic!()
    };
    peer.probe(1);
    assert_eq!(
        peer.response(),
        Some((get, 200, "___eio[3](\"6\");".into()))
    );
    peer.session.close(siox_engineio::CloseReason::ForcedClose);
    match peer.request(1, Method::Get, query(Version::V4)) {
        Decision::Answer(response) => assert_eq!(body(&response), "___eio[3](\"1\");"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn bodies_are_forms() {
    for (version, form) in [
        (Version::V4, "d=4a%5Cnb%1E4c%5C%5Cnd%1EbAQ%3D%3D"),
        (Version::V3, "d=4%3A4a%5Cnb5%3A4c%5C%5Cnd6%3Ab4AQ%3D%3D"),
    ] {
        let (mut peer, _) = peer(version);
        let Decision::Body { lane, .. } = peer.request(1, Method::Post, query(version)) else {
            panic!()
        };
        let (seen, result) = peer.work_off(1, lane, form);
        assert_eq!(result, Ok(()));
        assert_eq!(seen, ["4a\nb", "4c\\nd", "bAQ=="]);
        let response = peer.session.finish_post(lane, result);
        assert_eq!((response.status, body(&response)), (200, "ok".into()));
    }
}

#[test]
fn a_body_that_is_no_form_ends_the_session() {
    for text in ["", "4a", "e=4a", "d=4a&d=4b"] {
        let (mut peer, _) = peer(Version::V4);
        let lane = match peer.request(1, Method::Post, query(Version::V4)) {
            Decision::Body { lane, .. } => lane,
            other => panic!("{other:?}"),
        };
        let (seen, result) = peer.work_off(1, lane, text);
        assert_eq!((seen, result), (vec![], Err(Error::Form)));
        assert_eq!(peer.session.finish_post(lane, result).status, 400);
        assert_eq!(peer.tick(1).as_deref(), Some("parse error"));
    }
}
