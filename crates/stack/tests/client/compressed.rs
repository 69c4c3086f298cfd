//! Answers to polls that are compressed.

use crate::desk::{Desk, OPEN, polling};
use flate2::{Compression, write::GzEncoder};
use siox_engineio::ClientConfig;
use siox_stack::{ClientOptions, Failure};
use std::io::Write;

const LIMIT: usize = 2000;

fn taking() -> ClientOptions {
    ClientOptions {
        compression: true,
        engine: ClientConfig {
            max_response: LIMIT,
            ..polling().engine
        },
        ..polling()
    }
}

fn gzip(body: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn answer(coding: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[test]
fn they_are_asked_for_and_read() {
    let mut desk = Desk::new(taking());
    let (line, get) = desk.take("GET");
    assert!(get.contains("\nAccept-Encoding: gzip\n"), "{get}");
    desk.feed(line, &answer("gzip", &gzip(OPEN)));
    assert_eq!(desk.heard(), ["opened"]);
    for coding in ["x-gzip", "GZIP"] {
        let (line, _) = desk.take("GET");
        let bytes = answer(coding, &gzip("4a\x1e4b"));
        let (start, end) = bytes.split_at(bytes.len() / 2);
        desk.feed(line, start);
        desk.feed(line, end);
        assert_eq!(desk.heard(), ["text a", "text b"]);
    }
    // One that is not is good as well.
    let (line, _) = desk.take("GET");
    desk.answer(line, "4plain");
    assert_eq!(desk.heard(), ["text plain"]);
    // The answer to a POST says nothing worth the trouble.
    desk.client.text("x").unwrap();
    desk.settle();
    let (_, post) = desk.take("POST");
    assert!(!post.contains("Accept-Encoding"), "{post}");
}

#[test]
fn they_are_not_asked_for_by_default_or_against_the_callers_word() {
    let (_, get) = Desk::new(polling()).take("GET");
    assert!(!get.contains("Accept-Encoding"), "{get}");
    let own = ClientOptions {
        headers: vec![("accept-encoding".into(), "identity".into())],
        ..taking()
    };
    let (_, get) = Desk::new(own).take("GET");
    assert!(!get.contains("Accept-Encoding"), "{get}");
}

/// What is small on the wire may be large in memory: the limit holds for both.
#[test]
fn the_limit_holds_for_what_comes_out() {
    let message = |len: usize| format!("4{}", "x".repeat(len - 1));
    let mut desk = Desk::opened(taking());
    let (line, _) = desk.take("GET");
    desk.feed(line, &answer("gzip", &gzip(&message(LIMIT))));
    assert_eq!(desk.heard(), [format!("text {}", &message(LIMIT)[1..])]);
    for len in [LIMIT + 1, 10_000_000] {
        let body = gzip(&message(len));
        let mut desk = Desk::opened(ClientOptions {
            engine: ClientConfig {
                max_response: LIMIT.max(body.len()),
                ..taking().engine
            },
            ..taking()
        });
        let (line, _) = desk.take("GET");
        let limit = LIMIT.max(body.len());
        desk.feed(line, &answer("gzip", &body));
        let why = format!("closed: transport error: a response of more than {limit} bytes");
        assert_eq!(desk.heard(), [why]);
    }
}

#[test]
fn what_is_cut_off_or_no_gzip_ends_the_session() {
    let whole = gzip("4hello hello hello hello");
    let mut flipped = whole.clone();
    let checksum = flipped.len() - 6;
    flipped[checksum] ^= 1;
    for (coding, body, failure) in [
        ("gzip", &whole[..whole.len() - 1], Failure::Garbled),
        ("gzip", &whole[..5], Failure::Garbled),
        ("gzip", b"", Failure::Garbled),
        ("gzip", b"4plain", Failure::Garbled),
        ("gzip", &flipped, Failure::Garbled),
        ("deflate", &whole, Failure::Encoded),
        ("gzip, gzip", &whole, Failure::Encoded),
    ] {
        let mut desk = Desk::opened(taking());
        let (line, _) = desk.take("GET");
        desk.feed(line, &answer(coding, body));
        assert_eq!(
            desk.heard(),
            ["closed: transport error: the server cannot be reached"]
        );
        assert_eq!(desk.client.failure(), Some(&failure), "{coding}");
        assert!(desk.client.is_over());
    }
}

/// The page of a refusal is read where compressed answers are asked for, as far as any is kept.
#[test]
fn refusals_come_with_their_page() {
    let kept = siox_websocket::handshake::client::Rejection::BODY;
    let long = "x".repeat(kept + 1);
    let page = gzip("try later");
    let table: [(&str, Vec<u8>, &str, bool); 5] = [
        ("gzip", page.clone(), "try later", true),
        ("gzip", gzip(&long[1..]), &long[1..], true),
        ("gzip", gzip(&long), &long[1..], false),
        ("gzip", page[..page.len() - 4].to_vec(), "try later", false),
        // Nobody asked for that, but the status stands.
        ("br", b"?".to_vec(), "?", true),
    ];
    for (coding, body, expected, is_whole) in table {
        let mut desk = Desk::new(ClientOptions {
            compression: true,
            ..polling()
        });
        let (line, _) = desk.take("GET");
        let head = format!(
            "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        desk.feed(line, &[head.as_bytes(), &body].concat());
        assert_eq!(
            desk.heard(),
            ["closed: transport error: the server answered 503"]
        );
        let rejection = desk.client.failure().and_then(Failure::rejection).unwrap();
        assert_eq!(rejection.header("retry-after"), Some(&b"7"[..]));
        assert_eq!(rejection.body, expected.as_bytes(), "{coding}");
        assert_eq!(rejection.is_whole, is_whole, "{coding}");
    }
}
