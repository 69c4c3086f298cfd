//! However the bytes of a client are cut, the same is heard above and the same goes out below: with the
//! session opened by a WebSocket, upgraded to one, and through the HTTP request before it.

mod common;

use common::{
    Peer, calm,
    wire::{UPGRADE, binary, masked, text, upgrade_head},
};
use siox_engineio::{Decision, Method, Request};
use siox_http1 as http1;
use siox_stack::{Config, Error, Machine, Route, Sids};
use siox_testkit::split::oracle;
use siox_websocket::handshake::server::Offer;
use siox_wire::{Input, Instant};
use std::sync::Arc;

/// All that comes of a run.
#[derive(Debug, PartialEq)]
struct Outcome {
    heard: Vec<String>,
    sent: Vec<u8>,
    error: Option<Error>,
}

fn run(mut peer: Peer, pieces: &[&[u8]]) -> Outcome {
    let error = pieces.iter().find_map(|piece| peer.feed(piece).err());
    peer.settle();
    Outcome {
        sent: peer.written(),
        heard: peer.heard(),
        error,
    }
}

/// Runs the bytes over a socket session and an upgraded one, which must agree, cut in every way.
fn check(parts: &[Vec<u8>], heard: &[&str], error: bool) {
    let bytes = parts.concat();
    let fresh = oracle(&bytes, |pieces| run(Peer::socket(&calm()), pieces));
    let upgraded = oracle(&bytes, |pieces| {
        let mut peer = Peer::upgraded(&calm());
        peer.heard();
        run(peer, pieces)
    });
    assert_eq!(fresh, upgraded);
    let unchecked = calm().with_unchecked_events();
    let unchecked = oracle(&bytes, |pieces| run(Peer::socket(&unchecked), pieces));
    assert_eq!(fresh, unchecked);
    assert_eq!(fresh.heard, heard);
    assert_eq!(fresh.error.is_some(), error, "{:?}", fresh.error);
}

const BINARY: &str =
    r#"452-["message",{"_placeholder":true,"num":0},{"a":{"_placeholder":true,"num":1}}]"#;

#[test]
fn events_acks_and_attachments() {
    check(
        &[
            text(r#"40{"token":"é"}"#),
            text(r#"42["message",1,"𝄞"]"#),
            text(BINARY),
            binary(&[1, 2]),
            masked(0x89, b"between"),
            binary(&[]),
            text(r#"427["ask",{}]"#),
            text("431[true]"),
            text("3"),
        ],
        &[
            r#"connect / {"token":"é"}"#,
            r#"event / ["message",1,"𝄞"]"#,
            r#"event / ["message",{"_placeholder":true,"num":0},{"a":{"_placeholder":true,"num":1}}] <0102> <>"#,
            r#"event /#7 ["ask",{}]"#,
            "ack /#1 [true]",
        ],
        false,
    );
}

#[test]
fn fragments_pings_and_the_closing_handshake() {
    check(
        &[
            text("40"),
            masked(0x01, b"42[\"mess"),
            masked(0x89, b"ping"),
            masked(0x00, "age\",\"𝄞".as_bytes()),
            masked(0x80, b"\"]"),
            masked(0x88, b"\x03\xe8bye"),
            text(r#"42["message","late"]"#),
        ],
        &[
            "connect /",
            r#"event / ["message","𝄞"]"#,
            "closed: transport close",
        ],
        false,
    );
}

#[test]
fn namespaces_come_and_go() {
    check(
        &[
            text("40/nowhere,"),
            text("40/a,"),
            text(r#"42/a,["leave"]"#),
            text(r#"42/a,["message","crossed"]"#),
            text("40/b,"),
            text("41/b"),
        ],
        &[
            "connect /nowhere",
            "connect /a",
            r#"event /a ["leave"]"#,
            "connect /b",
            "left /b: client namespace disconnect",
        ],
        false,
    );
}

#[test]
fn the_client_closes() {
    let late = text(r#"42["message",2]"#);
    check(
        &[text("40"), text("1"), late],
        &["connect /", "closed: transport close"],
        false,
    );
}

#[test]
fn violations_of_every_layer() {
    let first = text(r#"42["message",1]"#);
    let told = [r#"connect /"#, r#"event / ["message",1]"#];
    for (bad, reason) in [
        (masked(0xc1, b"42[]"), "closed: transport error"),
        (b"\x81\x03423".to_vec(), "closed: transport error"),
        (masked(0x81, b"4\xff"), "closed: transport error"),
        (text("9"), "closed: parse error"),
        (text("2"), "closed: transport error"),
        (text("4abc"), "closed: parse error"),
        (text("42{}"), "closed: parse error"),
        (binary(b"x"), "closed: parse error"),
    ] {
        let late = text(r#"42["message",2]"#);
        check(
            &[text("40"), first.clone(), bad, late],
            &[told[0], told[1], reason],
            true,
        );
    }
}

/// One TCP connection: HTTP until the switch, then the session's WebSocket.
struct Tcp {
    config: Config,
    sids: Sids<()>,
    http: http1::Connection,
    peer: Option<Peer>,
    switched: bool,
    error: Option<Error>,
}

impl Tcp {
    fn new(polling: Option<Peer>) -> Self {
        let mut sids = Sids::default();
        if polling.is_some() {
            sids.insert(common::sid(), ()).unwrap();
        }
        Self {
            config: calm(),
            sids,
            http: http1::Connection::server(Instant::EPOCH, Arc::new(http1::Limits::default())),
            peer: polling,
            switched: false,
            error: None,
        }
    }

    fn receive(&mut self, piece: &[u8]) {
        let mut bytes = piece.to_vec();
        let mut input = Input::new(Instant::EPOCH, &mut bytes);
        while !self.switched {
            match self.http.handle_input(&mut input).unwrap() {
                Some(http1::Event::Request(head)) => self.switch(&head),
                Some(other) => panic!("{other:?}"),
                None => return,
            }
        }
        // The cursor goes on where HTTP stopped.
        self.frames(&mut input);
    }

    fn frames(&mut self, input: &mut Input<'_>) {
        let peer = self.peer.as_mut().unwrap();
        let result = peer.feed_input(peer.lane.unwrap(), input);
        self.error = self.error.or(result.err());
    }

    fn switch(&mut self, head: &http1::Head<'_>) {
        let request = Request {
            websocket: head.wants_websocket(),
            ..Request::new(Method::Get, head.query())
        };
        match self.sids.route(self.config.engine(), &request) {
            Route::Open(_) => self.peer = Some(Peer::socket(&self.config)),
            Route::Session(()) => {
                let peer = self.peer.as_mut().unwrap();
                let decision = peer.session.handle_request(Instant::EPOCH, &request);
                let Decision::Upgrade(lane) = decision else {
                    panic!("{decision:?}")
                };
                peer.lane = Some(lane);
            }
            Route::Refuse(response) => panic!("{response:?}"),
        }
        let accept = Offer::from_parts(true, head.http11(), head.headers())
            .accept()
            .unwrap();
        let headers: Vec<_> = accept.headers().collect();
        let mut early = self.http.upgrade(&headers).unwrap();
        self.switched = true;
        self.frames(&mut Input::new(Instant::EPOCH, &mut early));
    }

    fn end(mut self) -> (Vec<u8>, Outcome) {
        let mut peer = self.peer.take().expect("no session");
        peer.settle();
        let http = self.http.poll_transmit().collect::<Vec<_>>().concat();
        let outcome = Outcome {
            sent: peer.written(),
            heard: peer.heard(),
            error: self.error,
        };
        (http, outcome)
    }
}

fn hand_over(bytes: &[u8], start: impl Fn() -> Option<Peer>) -> Outcome {
    let (http, outcome) = oracle(bytes, |pieces| {
        let mut tcp = Tcp::new(start());
        for piece in pieces {
            tcp.receive(piece);
        }
        tcp.end()
    });
    assert!(
        http.starts_with(b"HTTP/1.1 101 "),
        "{}",
        http.escape_ascii()
    );
    outcome
}

#[test]
fn an_upgrade_with_everything_in_one_stream() {
    let bytes = [
        upgrade_head(UPGRADE),
        text("2probe"),
        text("5"),
        text(r#"42["message",1]"#),
        text(BINARY),
        binary(&[1]),
        binary(&[2]),
        masked(0x88, b""),
    ]
    .concat();
    let outcome = hand_over(&bytes, || Some(Peer::polling(&calm()).joined()));
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.heard.len(), 4, "{:?}", outcome.heard);
    assert_eq!(
        (outcome.heard[0].as_str(), outcome.heard[3].as_str()),
        ("upgraded", "closed: transport close")
    );
    let sent: Vec<_> = common::wire::frames(&outcome.sent)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(sent[0], "3probe");
    assert_eq!(sent[1], r#"42["back",1]"#);
    assert_eq!(sent[3..], ["<01>", "<02>", "close"]);
}

#[test]
fn a_session_opened_by_its_socket_with_events_behind_the_request() {
    let bytes = [
        upgrade_head("EIO=4&transport=websocket"),
        text("40"),
        text(r#"42["message",1]"#),
        text("4abc"),
    ]
    .concat();
    let outcome = hand_over(&bytes, || None);
    assert_eq!(
        outcome.heard,
        [
            "connect /",
            r#"event / ["message",1]"#,
            "closed: parse error"
        ]
    );
    assert!(outcome.error.is_some());
}
