//! Heads, cookies, headers, bodies: what an answer means for the session and its connections.

use crate::desk::{Desk, OPEN, ok, polling};
use siox_stack::{ClientOptions, Failure, Timestamps};
use std::time::Duration;

fn with(headers: &[(&str, &str)], options: ClientOptions) -> ClientOptions {
    ClientOptions {
        headers: headers
            .iter()
            .map(|(n, v)| ((*n).into(), (*v).into()))
            .collect(),
        ..options
    }
}

#[test]
fn a_request_carries_what_was_asked_for() {
    let options = ClientOptions {
        query: vec![("token".into(), "a b".into())],
        timestamps: Timestamps::Never,
        ..with(
            &[("Origin", "http://b.example"), ("cookie", "own=1")],
            polling(),
        )
    };
    let mut desk = Desk::opened(options);
    let (_, get) = desk.take("GET");
    assert_eq!(
        get,
        "GET /engine.io/?token=a%20b&EIO=4&transport=polling&sid=x HTTP/1.1\nHost: a.example\nAccept: */*\nOrigin: http://b.example\ncookie: own=1\n\n"
    );
    desk.client.text("hé").unwrap();
    desk.settle();
    let (_, post) = desk.take("POST");
    assert!(
        post.contains("\nContent-Type: text/plain;charset=UTF-8\nContent-Length: 4\n\n4h"),
        "{post}"
    );
}

#[test]
fn each_request_has_a_time_of_its_own() {
    let mut desk = Desk::new(polling());
    let (line, first) = desk.take("GET");
    desk.answer(line, OPEN);
    let (_, second) = desk.take("GET");
    let stamp = |request: &str| {
        request
            .split("&t=")
            .nth(1)
            .unwrap()
            .split(['&', ' '])
            .next()
            .unwrap()
            .to_owned()
    };
    assert_ne!(stamp(&first), stamp(&second));
    assert!(first.contains("?EIO=4&transport=polling&t="), "{first}");
}

#[test]
fn headers_that_cannot_be_sent_are_refused_at_once() {
    use siox_stack::{EngineClient, parse_url};
    use siox_testkit::ms;
    let url = parse_url("http://a/").unwrap();
    for (name, value) in [
        ("Host", "b"),
        ("a b", "c"),
        ("A", "b\r\nC: d"),
        ("Content-Length", "5"),
        ("Upgrade", "x"),
    ] {
        let options = with(&[(name, value)], ClientOptions::default());
        assert!(
            EngineClient::new(ms(0), Duration::ZERO, &url, options.into()).is_err(),
            "{name}"
        );
    }
}

#[test]
fn cookies_come_back_where_that_is_wanted() {
    for wanted in [true, false] {
        let options = ClientOptions {
            cookies: wanted,
            ..with(&[("Cookie", "own=1")], polling())
        };
        let mut desk = Desk::new(options);
        let (line, get) = desk.take("GET");
        assert!(get.contains("\nCookie: own=1\n"), "{get}");
        let set = "OK\r\nSet-Cookie: io=7; Path=/\r\nSet-Cookie: b=2; Max-Age=10";
        desk.feed(line, ok(OPEN).replacen("OK", set, 1).as_bytes());
        let (line, get) = desk.take("GET");
        let expected = if wanted { "own=1; io=7; b=2" } else { "own=1" };
        assert!(get.contains(&format!("\nCookie: {expected}\n")), "{get}");
        assert_eq!(get.matches("ookie").count(), 1);
        desk.pass(Duration::from_secs(11));
        desk.answer(line, "2");
        let (_, post) = desk.take("POST");
        let expected = if wanted { "own=1; io=7" } else { "own=1" };
        assert!(post.contains(&format!("\nCookie: {expected}\n")), "{post}");
    }
}

#[test]
fn an_answer_that_is_too_large_ends_the_session() {
    let mut options = polling();
    options.engine.max_response = 200;
    for (answer, head) in [
        (ok(&"x".repeat(201)), true),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".into(),
            true,
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n".into(),
            true,
        ),
        (format!("HTTP/1.1 200 OK\r\n\r\n{}", "4".repeat(300)), true),
    ] {
        let mut desk = Desk::opened(options.clone());
        let (line, _) = desk.take("GET");
        desk.feed(line, answer.as_bytes());
        assert_eq!(
            desk.heard(),
            ["closed: transport error: a response of more than 200 bytes"],
            "{head}"
        );
        assert!(desk.lines.is_empty() && desk.client.is_over());
    }
}

#[test]
fn answers_in_the_middle_that_end_a_session() {
    for (answer, heard, failure) in [
        (
            "HTTP/1.1 400 No\r\n\r\n",
            "the server answered 400",
            Some("the server answered 400"),
        ),
        (
            "HTTP/1.1 302 Away\r\nLocation: /x\r\n\r\n",
            "the server answered 302",
            Some("the server answered 302"),
        ),
        (
            "HTTP/1.1 500 Oh\r\n\r\n",
            "the server answered 500",
            Some("the server answered 500"),
        ),
        (
            "HTTP/1.1 101 Switching\r\n\r\n",
            "the server answered 101",
            Some("the server answered 101"),
        ),
        (
            "HTTP/1.1 204 None\r\n\r\n",
            "the server answered 204",
            Some("the server answered 204"),
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "the server cannot be reached",
            Some("HTTP: duplicate header"),
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n",
            "the server cannot be reached",
            Some("an encoded answer, which was not asked for"),
        ),
    ] {
        let mut desk = Desk::opened(polling());
        let (line, _) = desk.take("GET");
        desk.feed(line, answer.as_bytes());
        assert_eq!(desk.heard(), [format!("closed: transport error: {heard}")]);
        let told = desk.client.failure().map(ToString::to_string);
        assert_eq!(told.as_deref(), failure, "{answer}");
        assert!(desk.client.is_over());
    }
    let mut desk = Desk::opened(polling());
    let (line, _) = desk.take("GET");
    desk.feed(line, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n4a");
    desk.eof(line);
    assert_eq!(
        desk.heard(),
        ["closed: transport error: the server cannot be reached"]
    );
    assert_eq!(desk.client.failure(), Some(&Failure::Lost));
}

#[test]
fn a_body_may_end_with_the_stream() {
    let mut desk = Desk::opened(polling());
    let (line, _) = desk.take("GET");
    desk.feed(line, b"HTTP/1.1 200 OK\r\n\r\n4a\x1e4");
    desk.feed(line, b"b");
    assert_eq!(desk.heard(), [""; 0]);
    desk.eof(line);
    assert_eq!(desk.heard(), ["text a", "text b"]);
    assert!(!desk.lines.contains(&line));
    desk.take("GET");
}

/// A server whose ping waits behind a long answer is not dead; one that says nothing is.
#[test]
fn a_slow_answer_keeps_a_session_alive_once_for_each_ping() {
    let mut desk = Desk::opened(polling());
    let (line, _) = desk.take("GET");
    desk.pass(Duration::from_secs(44));
    desk.feed(line, b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n4");
    desk.pass(Duration::from_secs(19));
    assert_eq!(desk.heard(), [""; 0]);
    desk.feed(line, b"a");
    desk.pass(Duration::from_secs(2));
    assert_eq!(desk.heard(), ["closed: ping timeout"]);
}

#[test]
fn a_refusal_is_told_with_its_headers_and_body() {
    for (status, header) in [(403, "X-Why: no"), (302, "Location: http://b.example/")] {
        let mut desk = Desk::new(polling());
        let line = desk.lines[0];
        desk.sent(line);
        let answer = format!("HTTP/1.1 {status} X\r\n{header}\r\nContent-Length: 2\r\n\r\nno");
        desk.feed(line, answer.as_bytes());
        let told = desk.heard();
        assert_eq!(
            told,
            [format!(
                "closed: transport error: the server answered {status}"
            )]
        );
        let Some(Failure::Refused(rejection)) = desk.client.failure() else {
            panic!("{:?}", desk.client.failure())
        };
        let (name, value) = header.split_once(": ").unwrap();
        assert_eq!(rejection.status, status);
        assert_eq!(rejection.headers[0], (name.into(), value.into()));
        assert_eq!((&*rejection.body, rejection.is_whole), (&b"no"[..], true));
    }
}
