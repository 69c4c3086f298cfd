//! Whole dialogues: bodies, pipelining, held requests, upgrades. Every cutting sees and says the same.
mod common;

use common::{Log, dialogue};
use siox_http1::{Error, Limits, Violation};

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n")
}

fn post(path: &str, more: &str, body: &str) -> String {
    let n = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {n}\r\n{more}\r\n{body}")
}

fn chunked(path: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n{body}")
}

fn run(input: &str) -> Log {
    dialogue(input.as_bytes(), &Limits::default())
}

/// The first word of each request event, and other events whole.
fn short(log: &Log) -> Vec<String> {
    let name = |e: &String| match e.split_once(" [") {
        Some((head, _)) => head.split(' ').take(2).collect::<Vec<_>>().join(" "),
        None => e.clone(),
    };
    log.events.iter().map(name).collect()
}

/// An answer of the test's caller.
fn answer(status: &str, connection: &str, body: &str) -> String {
    let n = body.len();
    format!("HTTP/1.1 {status}\r\n{connection}X: y\r\nContent-Length: {n}\r\n\r\n{body}")
}

#[test]
fn requests_with_every_kind_of_body_share_a_connection() {
    let input = [
        get("/1"),
        post("/2", "", "hello"),
        chunked("/3", "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: u\r\n\r\n"),
        post("/4", "", ""),
        chunked("/5", "0\r\n\r\n"),
        get("/6"),
    ];
    let log = run(&input.concat());
    assert_eq!(log.error, None);
    assert_eq!(
        short(&log),
        [
            "Get /1",
            "Post /2",
            "body hello",
            "Post /3",
            "body abcde",
            "Post /4",
            "Post /5",
            "body ",
            "Get /6"
        ]
    );
    let ok = |body: &str| answer("200 OK", "", body);
    assert_eq!(
        log.output,
        [
            ok("/1"),
            ok("/2hello"),
            ok("/3abcde"),
            ok("/4"),
            ok("/5"),
            ok("/6")
        ]
        .concat()
    );
}

#[test]
fn pipelined_requests_wait_for_a_parked_one() {
    let log = run(&[get("/park"), post("/2", "", "ab"), get("/park3"), get("/4")].concat());
    assert_eq!(
        short(&log),
        ["Get /park", "Post /2", "body ab", "Get /park3", "Get /4"]
    );
    let ok = |body: &str| answer("200 OK", "", body);
    assert_eq!(
        log.output,
        [ok("/parklate"), ok("/2ab"), ok("/park3late"), ok("/4")].concat()
    );
}

#[test]
fn what_is_held_is_bounded() {
    let limits = Limits {
        pipelined: 100,
        ..Limits::default()
    };
    let error = Error::Pipelined { limit: 100 };
    let log = dialogue((get("/park") + &"a".repeat(101)).as_bytes(), &limits);
    assert_eq!((log.error, log.events.len()), (Some(error), 1));
    assert!(
        log.output
            .starts_with("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n")
    );
}

#[test]
fn the_last_request_of_a_client_ends_the_connection() {
    let input = [post("/1", "Connection: close\r\n", "ab"), get("/never")].concat();
    let log = run(&input);
    assert_eq!(short(&log), ["Post /1", "body ab"]);
    assert_eq!(
        (log.error, log.output),
        (None, answer("200 OK", "Connection: close\r\n", "/1ab"))
    );
}

#[test]
fn an_unread_body_is_skipped_while_that_is_cheap() {
    let log = run(&[post("/refuse", "", "0123456789"), get("/2")].concat());
    assert_eq!(short(&log), ["Post /refuse", "Get /2"]);
    let refusal = answer("413 Content Too Large", "", "/refuse");
    assert_eq!(log.output, refusal + &answer("200 OK", "", "/2"));

    let limits = Limits {
        drain: 9,
        ..Limits::default()
    };
    let log = dialogue(
        [post("/refuse", "", "0123456789"), get("/2")]
            .concat()
            .as_bytes(),
        &limits,
    );
    let refusal = answer("413 Content Too Large", "Connection: close\r\n", "/refuse");
    assert_eq!(
        (short(&log), log.output),
        (vec!["Post /refuse".to_owned()], refusal)
    );
}

#[test]
fn an_unread_chunked_body_ends_the_connection() {
    let log = run(&[chunked("/refuse", "0\r\n\r\n"), get("/2")].concat());
    let refusal = answer("413 Content Too Large", "Connection: close\r\n", "/refuse");
    assert_eq!(
        (short(&log), log.output),
        (vec!["Post /refuse".to_owned()], refusal)
    );
}

#[test]
fn a_body_beyond_its_limit() {
    // Declared: nothing of it is read, and small as it is, it is skipped.
    let log = run(&[post("/1", "", &"x".repeat(65)), get("/2")].concat());
    assert_eq!(short(&log), ["Post /1", "declared > 64", "Get /2"]);
    // Streamed.
    let log = run(&[
        chunked("/1", "40\r\n"),
        "x".repeat(64),
        "\r\n1\r\n".to_owned(),
        get("/2"),
    ]
    .concat());
    assert_eq!(short(&log), ["Post /1", "streamed > 64"]);
    assert_eq!(
        log.output,
        answer("413 Content Too Large", "Connection: close\r\n", "/1")
    );
    // Just within.
    let log = run(&chunked(
        "/1",
        &["40\r\n", &"x".repeat(64), "\r\n0\r\n\r\n"].concat(),
    ));
    assert_eq!(short(&log)[1].len(), "body ".len() + 64);
}

#[test]
fn faults_in_chunks() {
    for (body, fault) in [
        ("+5\r\nhello", Violation::ChunkSize),
        ("10000000000000000\r\n", Violation::ChunkSize),
        ("5\r\nhelloo\r\n", Violation::ChunkEnd),
        ("5\nhello", Violation::ChunkSize),
        ("5;\0\r\n", Violation::Control),
        ("0\r\n\n", Violation::BareLf),
    ] {
        let log = run(&chunked("/", body));
        assert_eq!(log.error, Some(fault.into()), "{body:?}");
        assert!(
            log.output
                .starts_with("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n")
        );
    }
    let limits = Limits {
        extensions: 10,
        ..Limits::default()
    };
    let flood = chunked("/", &"1;abc\r\nx\r\n".repeat(3));
    let log = dialogue(flood.as_bytes(), &limits);
    assert_eq!(log.error, Some(Violation::ChunkExtension.into()));
    let limits = Limits {
        head: 100,
        ..Limits::default()
    };
    let trailers = chunked("/", &["0\r\nA: ", &"b".repeat(100)].concat());
    let log = dialogue(trailers.as_bytes(), &limits);
    assert_eq!(log.error, Some(Error::HeadTooLarge { limit: 100 }));
    assert!(log.output.starts_with("HTTP/1.1 431 "));
}

#[test]
fn a_client_that_waits_is_told_to_continue() {
    let expect = "Expect: 100-Continue\r\n";
    let go = "HTTP/1.1 100 Continue\r\n\r\n".to_owned();
    let log = run(&[post("/1", expect, "ab"), get("/2")].concat());
    assert_eq!(
        log.output,
        go + &answer("200 OK", "", "/1ab") + &answer("200 OK", "", "/2")
    );
    // Nothing to continue with.
    let log = run(&post("/1", expect, ""));
    assert_eq!(log.output, answer("200 OK", "", "/1"));
    // Refused before that: whether the body comes is open, so the connection ends.
    let log = run(&[post("/refuse", expect, "ab"), get("/2")].concat());
    assert_eq!(
        log.output,
        answer("413 Content Too Large", "Connection: close\r\n", "/refuse")
    );
    // HTTP/1.0 knows no such thing.
    let old = "POST /1 HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nab";
    assert_eq!(
        run(old).output,
        answer("200 OK", "Connection: close\r\n", "/1ab")
    );
}

#[test]
fn an_answer_to_head_has_no_body() {
    let log = run(&["HEAD /1 HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(), get("/2")].concat());
    let bare = answer("200 OK", "", "/1").replace("\r\n\r\n/1", "\r\n\r\n");
    assert_eq!(log.output, bare + &answer("200 OK", "", "/2"));
}

#[test]
fn bytes_behind_an_upgrade_are_handed_on() {
    let upgrade =
        "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let switch =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let frames = "\u{1}not HTTP\r\n\r\n".repeat(10);
    let log = run(&[&get("/1"), upgrade, &frames].concat());
    assert_eq!(short(&log), ["Get /1", "Get /ws"]);
    assert_eq!(log.output, answer("200 OK", "", "/1") + switch);
    assert_eq!(log.leftover.as_deref(), Some(frames.as_bytes()));
    // At most so many of them are held.
    let limits = Limits {
        pipelined: 99,
        ..Limits::default()
    };
    let log = dialogue([upgrade, &"x".repeat(100)].concat().as_bytes(), &limits);
    assert_eq!(
        (log.error, log.leftover),
        (Some(Error::Pipelined { limit: 99 }), None)
    );
}

#[test]
fn bytes_behind_a_refused_upgrade_are_forgotten() {
    for path in ["/refused", "/parked"] {
        let upgrade = format!(
            "GET {path} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x, WebSocket\r\n\r\n"
        );
        let log = run(&[&upgrade, "\u{1}\u{2}", &get("/smuggled")].concat());
        assert_eq!((log.error, log.events.len()), (None, 1));
        assert!(
            log.output.contains("\r\nConnection: close\r\n"),
            "{}",
            log.output
        );
    }
}

#[test]
fn an_upgrade_to_something_else_is_an_ordinary_request() {
    let h2c =
        "GET /1 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n";
    let log = run(&[h2c, &get("/2")].concat());
    assert_eq!(short(&log), ["Get /1", "Get /2"]);
}
