//! What hostile and mistaken requests are answered.

use crate::common::{Answer, Http, MAX_PAYLOAD, echo, get, post, sid, text, until, ws};
use siox_tcp::engine::CloseReason::{self, ParseError, TransportError};
use std::{io::Write, net::SocketAddr};

const TRANSPORT: &str = r#"{"code":0,"message":"Transport unknown"}"#;
const SID: &str = r#"{"code":1,"message":"Session ID unknown"}"#;
const METHOD: &str = r#"{"code":2,"message":"Bad handshake method"}"#;
const REQUEST: &str = r#"{"code":3,"message":"Bad request"}"#;
const FORBIDDEN: &str = r#"{"code":4,"message":"Forbidden"}"#;
const VERSION: &str = r#"{"code":5,"message":"Unsupported protocol version"}"#;

const WEBSOCKET: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
const EMPTY: &str = "Content-Length: 0\r\n";

/// Sends `method target` with `headers` on a new connection.
fn ask(to: SocketAddr, method: &str, target: &str, headers: &str) -> Answer {
    let mut http = Http::connect(to);
    http.send(format!(
        "{method} {target} HTTP/1.1\r\nHost: here\r\n{headers}\r\n"
    ));
    http.answer()
}

/// The session is as it was.
fn still_here(http: &mut Http, session: &str, what: &str) {
    assert_eq!(http.post(session, "4still here").text(), "ok", "{what}");
    assert_eq!(http.get(session).text(), "4still here", "{what}");
}

#[test]
fn requests_without_a_session() {
    let long = format!("EIO=4&transport=polling&sid={}", "x".repeat(8000));
    let table: &[(&str, &str, &str, u16, &str)] = &[
        ("GET", "EIO=4", "", 400, TRANSPORT),
        ("GET", "EIO=4&transport=", "", 400, TRANSPORT),
        ("GET", "EIO=4&transport=flash", "", 400, TRANSPORT),
        ("GET", "EIO=4&transport=__proto__", "", 400, TRANSPORT),
        ("GET", "EIO=4&transport=POLLING", "", 400, TRANSPORT),
        ("GET", "EIO=4&transport=polling&sid=none", "", 400, SID),
        ("GET", "EIO=4&transport=polling&sid=__proto__", "", 400, SID),
        ("GET", &long, "", 400, SID),
        ("POST", "EIO=4&transport=polling&sid=no", EMPTY, 400, SID),
        (
            "GET",
            "EIO=4&transport=websocket&sid=n",
            WEBSOCKET,
            400,
            SID,
        ),
        ("POST", "EIO=4&transport=polling", EMPTY, 400, METHOD),
        ("PUT", "EIO=4&transport=polling", EMPTY, 400, METHOD),
        ("DELETE", "EIO=4&transport=polling", "", 400, METHOD),
        ("GET", "EIO=4&transport=websocket", "", 400, REQUEST),
        ("GET", "transport=polling", "", 400, VERSION),
        ("GET", "EIO=2&transport=polling", "", 400, VERSION),
        ("GET", "EIO=3&transport=polling", "", 400, VERSION),
        ("GET", "EIO=3&transport=websocket", WEBSOCKET, 400, VERSION),
        ("GET", "transport=websocket", WEBSOCKET, 400, VERSION),
        (
            "GET",
            "EIO=4&transport=polling",
            "Origin: http://there\r\n",
            403,
            FORBIDDEN,
        ),
    ];
    let running = echo();
    for (method, query, headers, status, body) in table {
        let answer = ask(running.to, method, &format!("/engine.io/?{query}"), headers);
        assert_eq!(answer.found(), (*status, *body), "{method} {query}");
        let kind = answer.header("content-type");
        assert_eq!(kind.as_deref(), Some("application/json"), "{query}");
    }
    assert_eq!(ask(running.to, "GET", "/other/", "").status, 404);
    assert_eq!(running.server.clients(), 0);
}

#[test]
fn requests_that_a_session_refuses() {
    let long = "Content-Length: 10001\r\n";
    let table: &[(&str, &str, &str, u16, &str)] = &[
        ("DELETE", "polling", "", 405, ""),
        ("PUT", "polling", EMPTY, 405, ""),
        ("PATCH", "polling", EMPTY, 405, ""),
        ("GET", "websocket", "", 400, REQUEST),
        ("POST", "websocket", EMPTY, 400, REQUEST),
        ("GET", "flash", "", 400, TRANSPORT),
        ("GET", "polling", "Origin: null\r\n", 403, FORBIDDEN),
        ("POST", "polling", long, 413, ""),
        (
            "POST",
            "polling",
            "Content-Length: 99999999999\r\n",
            413,
            "",
        ),
    ];
    let running = echo();
    let mut http = Http::connect(running.to);
    let session = http.open();
    for (method, transport, headers, status, body) in table {
        let what = format!("{method} {transport} {headers:?}");
        let target = session.replace("polling", transport);
        let answer = ask(running.to, method, &target, headers);
        assert_eq!(answer.found(), (*status, *body), "{what}");
        still_here(&mut http, &session, &what);
    }
    assert_eq!(running.server.clients(), 1);
}

/// A body that is streamed past the limit: 413, and the session lives.
#[test]
fn a_streamed_body_past_the_limit() {
    let running = echo();
    let mut http = Http::connect(running.to);
    let session = http.open();
    let mut large = Http::connect(running.to);
    large.send(format!(
        "POST {session} HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
    ));
    let chunk = format!("{:x}\r\n{}\r\n", 1000, "4".repeat(1000));
    for _ in 0..=MAX_PAYLOAD / 1000 {
        large.send(&chunk);
    }
    assert_eq!(large.answer().found(), (413, ""));
    still_here(&mut http, &session, "413");
    // A body of just the limit is taken.
    let whole = format!("4{}", "x".repeat(MAX_PAYLOAD - 1));
    assert_eq!(http.post(&session, &whole).text(), "ok");
    assert_eq!(http.get(&session).text(), whole);
}

/// Bodies that end the session: 400, and why the application is told it ended.
#[test]
fn bodies_that_end_the_session() {
    let table: &[(&str, CloseReason)] = &[
        ("", ParseError),
        ("9", ParseError),
        ("x", ParseError),
        ("b!!", ParseError),
        ("bAA=A", ParseError),
        ("4a\x1e", ParseError),
        ("\x1e4a", ParseError),
        ("4a\x1e\x1e4b", ParseError),
        ("2", TransportError),
    ];
    for (body, reason) in table {
        let running = echo();
        let mut http = Http::connect(running.to);
        let session = http.open();
        assert_eq!(
            http.post(&session, body).found(),
            (400, REQUEST),
            "{body:?}"
        );
        assert_eq!(http.get(&session).found(), (400, SID), "{body:?}");
        until(&vec![*reason], || running.ends());
        assert_eq!(running.server.clients(), 0, "{body:?}");
    }
}

#[test]
fn a_binary_body_ends_the_session() {
    let running = echo();
    let mut http = Http::connect(running.to);
    let session = http.open();
    http.send(format!(
        "POST {session} HTTP/1.1\r\nHost: here\r\nContent-Type: application/octet-stream\r\nContent-Length: 2\r\n\r\n4a"
    ));
    assert_eq!(http.answer().found(), (400, REQUEST));
    until(&vec![TransportError], || running.ends());
}

/// Two polls at once: the second gets 400, the session ends, the first is told.
#[test]
fn overlapping_polls_end_the_session() {
    let running = echo();
    let (mut first, mut second) = (Http::connect(running.to), Http::connect(running.to));
    let session = first.open();
    first.send(get(&session));
    second.send(get(&session));
    let (a, b) = (first.answer(), second.answer());
    let mut found = [a.found(), b.found()];
    found.sort_unstable();
    assert_eq!(found, [(200, "1"), (400, "")]);
    until(&vec![TransportError], || running.ends());
}

/// Two POSTs at once: one of them gets 400, and the session ends.
#[test]
fn overlapping_posts_end_the_session() {
    let running = echo();
    let (mut first, mut second) = (Http::connect(running.to), Http::connect(running.to));
    let session = first.open();
    let body = post(&session, "4abc");
    first.send(&body[..body.len() - 1]);
    // Not until the head above has been read; which of the two is refused is a race.
    let refused = loop {
        let answer = second.post(&session, "4b");
        if answer.text() != "ok" {
            break answer;
        }
    };
    assert_eq!(refused.status, 400);
    until(&vec![TransportError], || running.ends());
}

#[test]
fn endless_heads_are_cut_off() {
    let running = echo();
    let mut http = Http::connect(running.to);
    let request = get(&format!("/engine.io/?sid={}", "x".repeat(1 << 20)));
    let mut write = http.io.try_clone().unwrap();
    // The answer may come before all of this is sent.
    let writing = std::thread::spawn(move || write.write_all(request.as_bytes()));
    assert_eq!(http.answer().status, 431);
    let _ = writing.join().unwrap();
}

/// A WebSocket session is no polling session, and has no second socket.
#[test]
fn a_session_on_its_websocket_refuses_requests() {
    let running = echo();
    let mut socket = ws(running.to, "/engine.io/?EIO=4&transport=websocket");
    let sid = sid(&text(&mut socket));
    for (method, transport, headers) in [
        ("GET", "polling", ""),
        ("POST", "polling", "Content-Length: 1\r\n"),
        ("GET", "websocket", ""),
        ("GET", "websocket", WEBSOCKET),
    ] {
        let target = format!("/engine.io/?EIO=4&transport={transport}&sid={sid}");
        let answer = ask(running.to, method, &target, headers);
        assert_eq!(answer.found(), (400, REQUEST), "{method} {transport}");
    }
    socket.send("4still here").unwrap();
    assert_eq!(text(&mut socket), "4still here");
    assert_eq!(running.server.clients(), 1);
}

/// Handshakes that are none: refused by status, and no session is opened.
#[test]
fn bad_websocket_handshakes() {
    let key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    let up = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    let version = "Sec-WebSocket-Version: 13\r\n";
    let table: &[(String, u16)] = &[
        (format!("{up}{key}Sec-WebSocket-Version: 8\r\n"), 426),
        (format!("{up}{version}"), 400),
        (format!("{up}Sec-WebSocket-Key: short\r\n{version}"), 400),
        (format!("{up}{key}{version}Content-Length: 5\r\n"), 400),
        (format!("{up}{key}{key}{version}"), 400),
    ];
    let running = echo();
    let mut http = Http::connect(running.to);
    let session = http.open();
    for (headers, status) in table {
        let target = "/engine.io/?EIO=4&transport=websocket";
        let answer = ask(running.to, "GET", target, headers);
        assert_eq!(answer.status, *status, "{headers:?}");
        // A probe that fails so leaves its session alone.
        let probe = session.replace("polling", "websocket");
        let answer = ask(running.to, "GET", &probe, headers);
        assert_eq!(answer.status, *status, "{headers:?}");
    }
    still_here(&mut http, &session, "handshakes");
    assert_eq!(running.server.clients(), 1);
}

/// Requests sent in one piece are answered one by one.
#[test]
fn pipelined_requests() {
    let running = echo();
    let mut http = Http::connect(running.to);
    let session = http.open();
    let all = [
        post(&session, "4a"),
        get(&session),
        get("/nowhere"),
        post(&session, "4b"),
        get(&session),
    ];
    http.send(all.concat());
    for expected in ["ok", "4a", "not found", "ok", "4b"] {
        assert_eq!(http.answer().text(), expected);
    }
}
