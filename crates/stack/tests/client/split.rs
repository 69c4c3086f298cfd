//! However the bytes of a server are cut, the same is heard and the same is sent.

use crate::desk::{Desk, OPEN, agree, ok, options, text};
use siox_engineio::{ClientConfig, Transport, Version};
use siox_testkit::split::oracle;

/// What was heard, and what was sent on each line that is open.
type Outcome = (Vec<String>, Vec<String>);

fn end(mut desk: Desk) -> Outcome {
    let lines = desk.lines.clone();
    let sent = lines.into_iter().map(|line| desk.sent(line)).collect();
    (desk.heard(), sent)
}

fn first_answer(config: &ClientConfig, answer: &[u8]) -> Outcome {
    oracle(answer, |pieces| {
        let mut desk = Desk::new(options(config.clone()));
        let line = desk.lines[0];
        desk.sent(line);
        for piece in pieces {
            desk.feed(line, piece);
        }
        end(desk)
    })
}

#[test]
fn an_answer_of_many_packets() {
    let body = format!("{OPEN}\x1e4é\x1e2\x1ebAQID\x1e6\x1e4");
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\n{}\r\n{:x}\r\n{}\r\n0\r\nA: b\r\n\r\n",
        &body[..5],
        body.len() - 5,
        &body[5..]
    );
    let plain = ok(&body);
    for answer in [&plain, &chunked] {
        let (heard, sent) = first_answer(&ClientConfig::default(), answer.as_bytes());
        assert_eq!(heard, ["opened", "text é", "bytes [1, 2, 3]", "text "]);
        // The poll on the first connection, the WebSocket, the pong.
        let first: Vec<_> = sent.iter().map(|s| s.split(' ').next().unwrap()).collect();
        assert_eq!(first, ["GET", "GET", "POST"]);
        assert!(sent[2].ends_with("\n\n3"), "{}", sent[2]);
    }
}

#[test]
fn answers_of_v3() {
    let config = ClientConfig {
        version: Version::V3,
        upgrade: false,
        ..ClientConfig::default()
    };
    let body = format!("{}:{OPEN}2:4é5:b4AQI", OPEN.len());
    let (heard, _) = first_answer(&config, ok(&body).as_bytes());
    assert_eq!(heard, ["opened", "text é", "bytes [1, 2]"]);

    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ";
    let digits: Vec<u8> = OPEN.len().to_string().bytes().map(|b| b - b'0').collect();
    let body = [
        &[0][..],
        &digits,
        &[255],
        OPEN.as_bytes(),
        &[1, 3, 255, 4, 1, 2],
    ]
    .concat();
    let answer = [
        head.as_bytes(),
        format!("{}\r\n\r\n", body.len()).as_bytes(),
        &body,
    ]
    .concat();
    let (heard, _) = first_answer(&config, &answer);
    assert_eq!(heard, ["opened", "bytes [1, 2]"]);
}

#[test]
fn answers_that_fail() {
    let cut = |answer: &str| first_answer(&ClientConfig::default(), answer.as_bytes()).0;
    for (answer, heard) in [
        (
            "HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nabc",
            "closed: transport error: the server answered 404",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\na",
            "closed: transport error: the server cannot be reached",
        ),
        (
            "SSH-2.0 hello\r\n\r\n",
            "closed: transport error: the server cannot be reached",
        ),
        (
            &ok("4hello"),
            "closed: transport error: the server's handshake cannot be read",
        ),
    ] {
        assert_eq!(cut(answer), [heard], "{answer}");
    }
    let body = format!("{OPEN}\x1e4a\x1ex\x1e4b");
    assert_eq!(
        cut(&ok(&body)),
        [
            "opened",
            "text a",
            "closed: transport error: unknown packet type 'x'"
        ]
    );
}

#[test]
fn a_session_on_a_websocket() {
    let config = ClientConfig {
        transports: vec![Transport::WebSocket],
        ..ClientConfig::default()
    };
    let mut desk = Desk::new(options(config.clone()));
    let (_, request) = desk.take("GET");
    let bytes = [
        agree(&request).into_bytes(),
        text(OPEN),
        text("4one"),
        vec![0x82, 2, 1, 2],
        text("2"),
        vec![0x01, 3, b'4', b't', b'w', 0x80, 1, b'o'],
        text("1"),
        text("4late"),
    ]
    .concat();
    let (heard, sent) = first_answer(&config, &bytes);
    assert_eq!(
        heard,
        [
            "opened",
            "text one",
            "bytes [1, 2]",
            "text two",
            "closed: transport close"
        ]
    );
    assert_eq!(sent.len(), 1);
}

#[test]
fn a_probe_and_what_follows_it() {
    let start = || {
        let mut desk = Desk::opened(options(ClientConfig::default()));
        let (socket, request) = desk.take("GET /engine.io/?EIO=4&transport=websocket");
        (desk, socket, request)
    };
    let (.., request) = start();
    let bytes = [agree(&request).into_bytes(), text("3probe")].concat();
    let outcome = oracle(&bytes, |pieces| {
        let (mut desk, socket, _) = start();
        let (poll, _) = desk.take("GET");
        for piece in pieces {
            desk.feed(socket, piece);
        }
        desk.client.text("queued").unwrap();
        desk.settle();
        assert_eq!(desk.heard(), [""; 0]);
        // The poll that is under way must end first; no other begins.
        desk.answer(poll, "4last\x1e6");
        assert_eq!(desk.methods().iter().filter(|m| *m == "GET").count(), 0);
        desk.feed(socket, &text("4first"));
        end(desk)
    });
    assert_eq!(outcome.0[..], ["text last", "upgraded", "text first"][..]);
}
