//! The WebSocket: as the first transport, as the upgrade of another, refused, lost.

use crate::desk::{Desk, OPEN, agree, options, text};
use siox_engineio::{ClientConfig, Transport};
use siox_stack::{Failure, Line};
use std::time::Duration;

const SOCKET: &str = "GET /engine.io/?EIO=4&transport=websocket";

fn only_socket() -> ClientConfig {
    ClientConfig {
        transports: vec![Transport::WebSocket],
        ..ClientConfig::default()
    }
}

/// Both transports: the held poll, and the socket, which is asked for.
fn probing() -> (Desk, Line, Line, String) {
    probe(Desk::opened(options(ClientConfig::default())))
}

pub(crate) fn probe(mut desk: Desk) -> (Desk, Line, Line, String) {
    let (socket, request) = desk.take(SOCKET);
    let (poll, _) = desk.take("GET");
    (desk, poll, socket, request)
}

/// On the WebSocket.
fn upgraded() -> (Desk, Line) {
    let (desk, poll, socket, request) = probing();
    upgrade(desk, poll, socket, &request)
}

/// The upgrade of a client that asks for its socket and polls.
pub(crate) fn upgrade(mut desk: Desk, poll: Line, socket: Line, request: &str) -> (Desk, Line) {
    desk.feed(socket, agree(request).as_bytes());
    assert!(
        desk.sent(socket).starts_with("\\x81\\x86"),
        "a masked probe"
    );
    desk.feed(socket, &text("3probe"));
    desk.answer(poll, "6");
    assert_eq!(desk.heard(), ["upgraded"]);
    (desk, socket)
}

#[test]
fn the_upgrade_takes_the_queue_along() {
    let (mut desk, poll, socket, request) = probing();
    desk.feed(socket, agree(&request).as_bytes());
    desk.sent(socket);
    desk.feed(socket, &text("3probe"));
    desk.client.text("one").unwrap();
    desk.settle();
    assert_eq!(desk.methods(), [""; 0], "no request begins");
    desk.answer(poll, "6");
    desk.client.text("two").unwrap();
    // `5`, one and two: 1 + 4 + 4 bytes, each behind a head of two and a key of four.
    let bytes: usize = desk.client.poll_transmit(socket).map(<[u8]>::len).sum();
    assert_eq!(bytes, 3 * 6 + 1 + 4 + 4);
    assert_eq!(
        desk.client.session().transport(),
        Some(Transport::WebSocket)
    );
    // The poll's connection idles, and goes.
    desk.pass(Duration::from_secs(3));
    assert_eq!(desk.lines, [socket]);
}

#[test]
fn a_refused_upgrade_leaves_the_session_on_polling() {
    for (answer, told) in [
        (
            "HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nno",
            "the server answered 400",
        ),
        ("HTTP/1.1 101 Yes\r\n\r\n", "the server cannot be reached"),
        (
            "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
            "the server cannot be reached",
        ),
        ("garbage\r\n\r\n", "the server cannot be reached"),
    ] {
        let (mut desk, poll, socket, _) = probing();
        desk.feed(socket, answer.as_bytes());
        assert_eq!(desk.heard(), [format!("no upgrade: {told}")]);
        assert!(!desk.lines.contains(&socket));
        let failure = desk.client.failure().unwrap();
        assert!(
            matches!(failure, Failure::Rejected(_) | Failure::Handshake(_)),
            "{failure}"
        );
        desk.answer(poll, "4still");
        assert_eq!(desk.heard(), ["text still"]);
    }
}

#[test]
fn a_refusal_without_its_body_is_waited_for_a_second() {
    let (mut desk, _, socket, _) = probing();
    desk.feed(socket, b"HTTP/1.1 503 No\r\nContent-Length: 99\r\n\r\nno");
    assert_eq!(desk.heard(), [""; 0]);
    desk.pass(Duration::from_secs(1));
    assert_eq!(desk.heard(), ["no upgrade: the server answered 503"]);
    assert!(!desk.lines.contains(&socket));
}

#[test]
fn probes_that_come_to_nothing() {
    for (bytes, told) in [
        (text("3prob"), "the probe got another answer than its pong"),
        (text("4hello"), "the probe got another answer than its pong"),
        (text(OPEN), "the probe got another answer than its pong"),
        (
            vec![0x82, 6, b'3', b'p', b'r', b'o', b'b', b'e'],
            "the probe got another answer than its pong",
        ),
        (vec![0x88, 0], "the server cannot be reached"),
        (vec![0xff, 0xff], "the server cannot be reached"),
    ] {
        let (mut desk, poll, socket, request) = probing();
        desk.feed(socket, agree(&request).as_bytes());
        desk.sent(socket);
        desk.feed(socket, &bytes);
        assert_eq!(desk.heard(), [format!("no upgrade: {told}")], "{bytes:?}");
        // It says goodbye, and is closed when that is said and answered.
        assert!(desk.sent(socket).starts_with("\\x88"));
        desk.feed(socket, &[0x88, 0]);
        assert!(!desk.lines.contains(&socket));
        desk.answer(poll, "4still");
        assert_eq!(desk.heard(), ["text still"]);
    }
}

#[test]
fn a_probe_without_an_answer_is_given_up() {
    let (mut desk, poll, socket, request) = probing();
    desk.feed(socket, agree(&request).as_bytes());
    desk.pass(Duration::from_secs(8));
    assert_eq!(desk.heard(), ["no upgrade: the upgrade took too long"]);
    // The pong that comes too late changes nothing.
    desk.feed(socket, &text("3probe"));
    desk.answer(poll, "4still");
    desk.take("GET");
    assert_eq!(desk.heard(), ["text still"]);
    // So does one whose connection does not come about.
    let (mut desk, _, socket, _) = probing();
    desk.gone(socket);
    assert_eq!(desk.heard(), ["no upgrade: the server cannot be reached"]);
}

#[test]
fn a_session_ends_with_its_websocket() {
    for how in ["eof", "gone", "close", "violation"] {
        let (mut desk, socket) = upgraded();
        match how {
            "eof" => desk.eof(socket),
            "gone" => desk.gone(socket),
            "close" => desk.feed(socket, &[0x88, 0]),
            _ => desk.feed(socket, &[0xff, 0xff]),
        }
        let told = match how {
            "violation" => "closed: transport error: the server cannot be reached",
            _ => "closed: transport close",
        };
        assert_eq!(desk.heard(), [told], "{how}");
        desk.sent(socket);
        desk.pass(Duration::from_secs(60));
        assert!(desk.client.is_over(), "{how}: {:?}", desk.lines);
    }
}

#[test]
fn a_close_says_what_is_queued_and_goodbye() {
    let (mut desk, socket) = upgraded();
    desk.sent(socket);
    desk.client.text("last").unwrap();
    desk.client.close(desk.now);
    desk.settle();
    assert_eq!(desk.heard(), ["closed: forced close"]);
    let sent = desk.sent(socket);
    assert!(
        sent.starts_with("\\x81\\x85") && sent.contains("\\x88\\x82"),
        "{sent}"
    );
    assert!(desk.lines.contains(&socket));
    desk.feed(socket, &[0x88, 2, 3, 0xe8]);
    assert!(desk.client.is_over());
}

#[test]
fn the_next_transport_is_tried_where_that_is_wanted() {
    for all in [true, false] {
        let mut desk = Desk::new(options(ClientConfig {
            transports: vec![Transport::WebSocket, Transport::Polling],
            try_all_transports: all,
            ..ClientConfig::default()
        }));
        let (socket, _) = desk.take(SOCKET);
        desk.feed(socket, b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
        if !all {
            assert_eq!(
                desk.heard(),
                ["closed: transport error: the server answered 403"]
            );
            assert!(desk.client.is_over());
            continue;
        }
        let (line, _) = desk.take("GET");
        desk.answer(line, OPEN);
        assert_eq!(desk.heard(), ["opened"]);
    }
}

#[test]
fn a_server_that_never_opens_the_session() {
    let mut desk = Desk::new(options(only_socket()));
    let (socket, request) = desk.take(SOCKET);
    desk.feed(socket, agree(&request).as_bytes());
    desk.pass(Duration::from_secs(20));
    assert_eq!(
        desk.heard(),
        ["closed: transport error: the handshake took too long"]
    );
    desk.sent(socket);
    desk.pass(Duration::from_secs(60));
    assert!(desk.client.is_over());
}

#[test]
fn what_is_queued_before_the_session_leaves_when_it_is_open() {
    let mut desk = Desk::new(options(only_socket()));
    desk.client.text("early").unwrap();
    let (socket, request) = desk.take(SOCKET);
    desk.feed(socket, agree(&request).as_bytes());
    assert_eq!(desk.sent(socket), "");
    desk.feed(socket, &text(OPEN));
    assert!(desk.sent(socket).starts_with("\\x81\\x86"));
}
