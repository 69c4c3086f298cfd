//! Heads: what is understood, and what is refused with which status (HTTP/1.1 and its abuses).
mod common;

use common::{dialogue, refused};
use siox_http1::{Error, Limits, Violation};

fn head(lines: &[&str]) -> Vec<u8> {
    (lines.join("\r\n") + "\r\n\r\n").into_bytes()
}

/// The one event of a request that is answered, and whether the answer closes.
fn accepted(lines: &[&str]) -> (String, bool) {
    let log = dialogue(&head(lines), &Limits::default());
    assert_eq!(
        (log.error, log.events.len()),
        (None, 1),
        "{lines:?} {log:?}"
    );
    assert!(
        log.output.starts_with("HTTP/1.1 200 OK\r\n"),
        "{}",
        log.output
    );
    (
        log.events.concat(),
        log.output.contains("\r\nConnection: close\r\n"),
    )
}

#[test]
fn targets() {
    for (target, path, query) in [
        ("/", "/", ""),
        ("/a?b=c?d", "/a", "b=c?d"),
        ("/a?", "/a", ""),
        ("//a/%2e%2e", "//a/%2e%2e", ""),
        ("/caf\u{e9}", "/caf\u{e9}", ""),
        ("http://h", "/", ""),
        ("WS://h/x?y", "/x", "y"),
        ("https://H?q", "/", "q"),
    ] {
        let (event, close) = accepted(&[&format!("GET {target} HTTP/1.1"), "Host: h"]);
        assert!(
            event.contains(&format!("{target} {path} ?{query} 1.1")),
            "{event}"
        );
        assert!(!close);
    }
    let (event, _) = accepted(&["OPTIONS * HTTP/1.1", "Host: h"]);
    assert!(event.contains("Options * * ?"), "{event}");
}

#[test]
fn methods_go_to_the_caller() {
    for (name, method) in [
        ("GET", "Get"),
        ("HEAD", "Head"),
        ("POST", "Post"),
        ("PUT", "Put"),
        ("DELETE", "Delete"),
        ("OPTIONS", "Options"),
        ("PATCH", "Patch"),
        ("get", "Other"),
        ("PROPFIND", "Other"),
    ] {
        let (event, _) = accepted(&[&format!("{name} / HTTP/1.1"), "Host: h"]);
        assert!(event.starts_with(method), "{event}");
    }
}

#[test]
fn values_are_trimmed_and_kept() {
    let (event, _) = accepted(&["GET / HTTP/1.1", "Host:h", "A:  b c\t ", "a:", "B: \u{e9}"]);
    assert!(event.ends_with(r"[Host=h A=b c a= B=\xc3\xa9]"), "{event}");
}

#[test]
fn who_keeps_the_connection() {
    for (version, connection, keeps) in [
        ("1.1", "", true),
        ("1.1", "Connection: x, Close", false),
        ("1.1", "Connection: keep-alive, close", false),
        ("1.1", "Connection: closed", true),
        ("1.0", "", false),
        ("1.0", "Connection: Keep-Alive", true),
    ] {
        let lines = [&format!("GET / HTTP/{version}"), "Host: h", connection];
        let lines: Vec<_> = lines.into_iter().filter(|l| !l.is_empty()).collect();
        let (event, close) = accepted(&lines);
        assert_eq!(
            (event.contains("keep=true"), close),
            (keeps, !keeps),
            "{lines:?}"
        );
    }
    let log = dialogue(
        b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        &Limits::default(),
    );
    assert!(
        log.output.contains("\r\nConnection: keep-alive\r\n"),
        "{}",
        log.output
    );
}

#[test]
fn blank_lines_before_a_head_are_skipped() {
    let log = dialogue(
        b"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n\r\n",
        &Limits::default(),
    );
    assert_eq!((log.error, log.events.len()), (None, 2));
}

#[test]
fn malformed_lines() {
    use Violation::*;
    let get = "GET / HTTP/1.1\r\nHost: h\r\n";
    for (input, fault) in [
        // The request line.
        ("GET  / HTTP/1.1\r\n\r\n".to_owned(), RequestLine),
        ("GET / HTTP/1.1 \r\n\r\n".to_owned(), RequestLine),
        ("GET /\r\n\r\n".to_owned(), RequestLine),
        ("GET /a b HTTP/1.1\r\n\r\n".to_owned(), RequestLine),
        ("GET\t/ HTTP/1.1\r\n\r\n".to_owned(), RequestLine),
        ("G@T / HTTP/1.1\r\n\r\n".to_owned(), RequestLine),
        ("GET / HTTP/1.x\r\n\r\n".to_owned(), RequestLine),
        ("GET / http/1.1\r\n\r\n".to_owned(), RequestLine),
        ("GET / HTTP/1.10\r\n\r\n".to_owned(), RequestLine),
        (" GET / HTTP/1.1\r\n\r\n".to_owned(), RequestLine),
        // The target.
        ("GET * HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(), Target),
        ("GET a HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(), Target),
        (
            "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(),
            Target,
        ),
        (
            "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(),
            Target,
        ),
        (
            "GET http:///x HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(),
            Target,
        ),
        ("GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(), Target),
        // Line ends and characters.
        ("GET / HTTP/1.1\nHost: h\r\n\r\n".to_owned(), BareLf),
        (format!("{get}\n"), BareLf),
        (format!("{get}A: b\rC: d\r\n\r\n"), BareCr),
        (format!("{get}A: b\r\r\n\r\n"), BareCr),
        (format!("{get}A: b\0\r\n\r\n"), Control),
        (format!("{get}A\0: b\r\n\r\n"), Control),
        (format!("{get}A: b\u{7f}\r\n\r\n"), Control),
        ("\u{16}\u{3}\u{1}".to_owned(), Control),
        (format!("{get}A: b\r\n c\r\n\r\n"), Fold),
        (format!("{get} A: b\r\n\r\n"), Fold),
        // Header names.
        (format!("{get}A : b\r\n\r\n"), HeaderName),
        (format!("{get}A\t: b\r\n\r\n"), HeaderName),
        (format!("{get}A b: c\r\n\r\n"), HeaderName),
        (format!("{get}A\r\n\r\n"), HeaderName),
        (format!("{get}: b\r\n\r\n"), HeaderName),
        (format!("{get}\u{e9}: b\r\n\r\n"), HeaderName),
    ] {
        refused(input.as_bytes(), &Limits::default(), fault.into());
    }
    let line = RequestLine.into();
    refused(
        b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n",
        &Limits::default(),
        line,
    );
    refused(
        b"GET /\xc3 HTTP/1.1\r\nHost: h\r\n\r\n",
        &Limits::default(),
        line,
    );
}

#[test]
fn headers_that_contradict() {
    use Violation::*;
    for (lines, fault) in [
        (&["A: b"][..], NoHost),
        (&["Host: a", "Host: a"], Duplicate),
        (&["Host: a", "host: b"], Duplicate),
        (&["Host: a b"], Host),
        (&["Host: a/b"], Host),
        (&["Host: u@a"], Host),
        (&["Host: a, b"], Host),
        (
            &["Host: h", "Content-Length: 1", "Content-Length: 1"],
            Duplicate,
        ),
        (&["Host: h", "Content-Length: 1, 1"], Length),
        (&["Host: h", "Content-Length: +5"], Length),
        (&["Host: h", "Content-Length: -5"], Length),
        (&["Host: h", "Content-Length: 5 5"], Length),
        (&["Host: h", "Content-Length: 0x5"], Length),
        (&["Host: h", "Content-Length:"], Length),
        (&["Host: h", "Content-Length: 18446744073709551616"], Length),
        (
            &["Host: h", "Content-Length: 0", "Transfer-Encoding: chunked"],
            Framing,
        ),
        (
            &["Host: h", "Transfer-Encoding: chunked", "Content-Length: 5"],
            Framing,
        ),
        (
            &[
                "Host: h",
                "Transfer-Encoding: chunked",
                "Transfer-Encoding: chunked",
            ],
            Duplicate,
        ),
        (&["Host: h", "Origin: a", "Origin: b"], Duplicate),
        (
            &["Host: h", "Content-Type: a", "Content-Type: b"],
            Duplicate,
        ),
        (
            &["Host: h", "Sec-WebSocket-Key: a", "sec-websocket-key: a"],
            Duplicate,
        ),
        (
            &[
                "Host: h",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Version: 13",
            ],
            Duplicate,
        ),
    ] {
        let mut all = vec!["POST / HTTP/1.1"];
        all.extend(lines);
        refused(&head(&all), &Limits::default(), fault.into());
    }
    let mismatch = head(&["GET http://a/ HTTP/1.1", "Host: b"]);
    refused(&mismatch, &Limits::default(), Host.into());
    let old = head(&["POST / HTTP/1.0", "Transfer-Encoding: chunked"]);
    refused(&old, &Limits::default(), Framing.into());
    let old = head(&["GET http://u@a/ HTTP/1.0"]);
    refused(&old, &Limits::default(), Host.into());
}

#[test]
fn what_is_not_spoken_here() {
    for version in ["HTTP/2.0", "HTTP/1.2", "HTTP/0.9"] {
        let input = head(&[&format!("GET / {version}"), "Host: h"]);
        refused(&input, &Limits::default(), Error::Version);
    }
    refused(
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        &Limits::default(),
        Error::Version,
    );
    for coding in [
        "gzip",
        "gzip, chunked",
        "chunked, chunked",
        "identity",
        "xchunked",
        "chunked;q=1",
        "",
    ] {
        let input = head(&[
            "POST / HTTP/1.1",
            "Host: h",
            &format!("Transfer-Encoding: {coding}"),
        ]);
        refused(&input, &Limits::default(), Error::Coding);
    }
    let input = head(&["POST / HTTP/1.1", "Host: h", "Expect: magic"]);
    refused(&input, &Limits::default(), Error::Expectation);
}

#[test]
fn a_head_of_16_kib_and_no_more() {
    let limits = Limits::default();
    let start = "GET / HTTP/1.1\r\nHost: h\r\nA: ";
    let fill = |n: usize| {
        [
            start.as_bytes(),
            &vec![b'a'; n - start.len() - 4],
            b"\r\n\r\n",
        ]
        .concat()
    };
    let log = dialogue(&fill(limits.head), &limits);
    assert_eq!((log.error, log.events.len()), (None, 1));
    let error = Error::HeadTooLarge { limit: limits.head };
    refused(&fill(limits.head + 1), &limits, error);
    refused(&vec![b'a'; 40_000], &limits, error);
    refused(&b"\r\n".repeat(9_000), &limits, error);
    // A long target is a long head.
    let long = ["GET /", &"a".repeat(20_000), " HTTP/1.1\r\n"].concat();
    refused(long.as_bytes(), &limits, error);
}

#[test]
fn a_hundred_header_lines_and_no_more() {
    let limits = Limits::default();
    let many = |n: usize| {
        [
            "GET / HTTP/1.1\r\nHost: h\r\n",
            &"a: b\r\n".repeat(n - 1),
            "\r\n",
        ]
        .concat()
    };
    let log = dialogue(many(limits.headers).as_bytes(), &limits);
    assert_eq!((log.error, log.events.len()), (None, 1));
    let error = Error::TooManyHeaders {
        limit: limits.headers,
    };
    refused(many(limits.headers + 1).as_bytes(), &limits, error);
}
