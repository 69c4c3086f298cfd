//! Peers that never get as far as a WebSocket.

use crate::common::streams;
use siox_tcp::{Error, Limits};
use std::{
    io::{Read, Write},
    net::Shutdown,
    sync::Arc,
    thread,
};

/// What a request gets for an answer, and the server for an error.
fn answer(request: &[u8]) -> (String, Error) {
    let (server, mut client) = streams();
    let server = thread::spawn(move || siox_tcp::accept(server, Arc::new(Limits::default())));
    // The server may have had enough before it has read all.
    let _ = client.write_all(request);
    let _ = client.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer);
    let error = server.join().unwrap().unwrap_err();
    (String::from_utf8(answer).unwrap(), error)
}

#[test]
fn a_head_without_end_is_refused() {
    let mut request = b"GET / HTTP/1.1\r\nHost: a\r\nX: ".to_vec();
    request.resize(20_000, b'x');
    let (answer, error) = answer(&request);
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert!(matches!(error, Error::HeadTooLarge(_)), "{error}");
}

#[test]
fn what_is_no_handshake_is_refused() {
    let table = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n",
            426,
        ),
    ];
    for (request, status) in table {
        let (answer, error) = answer(request.as_bytes());
        let line = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&line), "{request}: {answer}");
        assert!(
            matches!(error, Error::Refused(refusal) if refusal.status() == status),
            "{error}"
        );
    }
}

#[test]
fn an_end_before_the_head_is_whole_is_told() {
    let (answer, error) = answer(b"GET / HT");
    assert_eq!(answer, "");
    assert!(matches!(error, Error::Io(_)), "{error}");
}
