//! Servers that answer with something else, or not at all, or with more than they may.

use crate::{
    line, only, options,
    script::{OPEN, Server, impatient},
};
use siox_engineio::{ClientConfig, Transport};
use siox_tcp::engine::{self, Cause, Client, ConnectError, ConnectOptions, Failure};
use std::{io::Write, thread};

/// What `connect` makes of a server whose first answer is this.
fn met_with(answer: &str, options: &ConnectOptions) -> String {
    told(connected(answer, options))
}

fn connected(answer: &str, options: &ConnectOptions) -> Result<Client, ConnectError> {
    let mut server = Server::new();
    let url = server.url();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut asked = server.next();
            // A client that has gone is not the test's matter; some bodies end with the stream.
            let _ = asked.io.write_all(answer.as_bytes());
        });
        engine::connect(&url, options)
    })
}

fn told(connected: Result<Client, ConnectError>) -> String {
    match connected {
        Ok(client) => format!("{:?}", client.opened().map(|opened| opened.sid)),
        Err(error) => {
            let before = "the session did not open: transport error: ";
            error.to_string().replace(before, "")
        }
    }
}

#[test]
fn answers_that_open_a_session_and_answers_that_do_not() {
    let chunked = format!("{:x}\r\n{OPEN}\r\n0\r\n\r\n", OPEN.len());
    let polling = options(only(Transport::Polling));
    for (answer, expected) in [
        (&*format!("200 OK\r\n\r\n{OPEN}"), "Some(\"x\")"),
        (
            &*format!("200 OK\r\nContent-Length: {}\r\n\r\n{OPEN}", OPEN.len()),
            "Some(\"x\")",
        ),
        (
            &*format!("200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}"),
            "Some(\"x\")",
        ),
        (
            "404 No\r\nContent-Length: 0\r\n\r\n",
            "the server answered 404",
        ),
        ("301 Away\r\nLocation: /\r\n\r\n", "the server answered 301"),
        ("500 Oh\r\n\r\n", "the server answered 500"),
        (
            "200 OK\r\nContent-Length: 0\r\n\r\n",
            "a packet without a type",
        ),
        (
            "200 OK\r\nContent-Length: 2\r\n\r\n4a",
            "the server's handshake cannot be read",
        ),
        (
            "200 OK\r\nContent-Length: 9\r\n\r\n0{",
            "the server cannot be reached: the connection was lost before the answer was whole",
        ),
        (
            "200 OK\r\nContent-Length: 999999999999\r\n\r\n",
            "a response of more than 67108864 bytes",
        ),
    ] {
        assert_eq!(met_with(&format!("HTTP/1.1 {answer}"), &polling), expected);
    }
    let websocket = options(only(Transport::WebSocket));
    for (answer, expected) in [
        (
            "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
            "the server answered 403",
        ),
        ("HTTP/1.1 503 No\r\n\r\nbusy", "the server answered 503"),
        ("HTTP/1.1 101 Yes\r\n\r\n", "the server cannot be reached"),
        ("hello\r\n\r\n", "the server cannot be reached"),
        ("", "the server cannot be reached"),
    ] {
        let told = met_with(answer, &websocket);
        assert!(told.starts_with(expected), "{answer}: {told}");
    }
}

#[test]
fn no_server_or_a_silent_one() {
    for url in ["ftp://a", "a", "http://"] {
        let connected = engine::connect(url, &ConnectOptions::default());
        assert!(matches!(connected, Err(ConnectError::Url(_))), "{url}");
    }
    let connected = engine::connect("http://127.0.0.1:1/", &ConnectOptions::default());
    let Err(ConnectError::NotOpened { cause, .. }) = connected else {
        panic!("{connected:?}")
    };
    assert!(matches!(cause, Some(Cause::Unreachable(_))), "{cause:?}");
    let server = Server::new();
    for transport in [Transport::Polling, Transport::WebSocket] {
        let engine = ClientConfig {
            transports: vec![transport],
            ..impatient()
        };
        let connected = engine::connect(&server.url(), &options(engine));
        assert_eq!(told(connected), "the handshake took too long");
    }
}

#[test]
fn a_session_that_polls_ends_with_an_answer_that_is_none() {
    let closed = "closed: transport error: ";
    for (answer, close, heard) in [
        (
            "400 No\r\nContent-Length: 0\r\n\r\n",
            false,
            &["the server answered 400"][..],
        ),
        (
            "200 OK\r\nContent-Length: 4\r\n\r\n4a\x1ex",
            false,
            &["a", "unknown packet type 'x'"],
        ),
        (
            "200 OK\r\nContent-Length: 40\r\n\r\n4a\x1e4b",
            true,
            &["the server cannot be reached"],
        ),
        ("", true, &["the server cannot be reached"]),
        (
            "200 OK\r\nContent-Length: 6\r\n\r\n4a\x1e1\x1e4",
            false,
            &["a", "closed: transport close"],
        ),
    ] {
        let mut server = Server::new();
        let (url, options) = (server.url(), options(only(Transport::Polling)));
        let mut client = thread::scope(|scope| {
            scope.spawn(|| {
                let mut asked = server.expect("GET");
                asked.answer(OPEN);
                server.keep(asked.io);
            });
            engine::connect(&url, &options).unwrap()
        });
        let mut asked = server.expect("&sid=x");
        let answer = format!("HTTP/1.1 {answer}");
        asked.io.write_all(answer.as_bytes()).unwrap();
        let held = (!close).then_some(asked);
        for expected in heard {
            assert_eq!(line(&mut client).replace(closed, ""), *expected);
        }
        assert_eq!(client.event(), None);
        if close {
            let cause = client.cause();
            assert!(matches!(cause, Some(Cause::Failure(Failure::Lost))));
        }
        if let Some(asked) = held {
            asked.gone();
        }
    }
}

#[test]
fn a_refusal_says_when_to_come_back() {
    let answer = "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 9\r\n\r\ntry later";
    for transport in [Transport::Polling, Transport::WebSocket] {
        let error = connected(answer, &options(only(transport))).unwrap_err();
        let rejection = error.rejection().unwrap();
        assert_eq!(rejection.status, 503, "{transport:?}");
        assert_eq!(rejection.header("Retry-After"), Some(&b"7"[..]));
        assert_eq!(rejection.body, b"try later");
    }
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0";
    let connected = connected(answer, &options(only(Transport::Polling)));
    assert!(connected.unwrap_err().rejection().is_none());
}
