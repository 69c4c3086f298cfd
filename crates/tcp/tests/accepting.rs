//! What a server makes of requests over TCP: what it agrees to, whom it refuses, and what it says to that.

use siox_tcp::{AcceptOptions, Denial, Error, Message, Options, WebSocket};
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

const GOOD: &str = "GET /chat HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\n\
     Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

fn request(more: &str) -> String {
    format!("{GOOD}{more}\r\n")
}

fn connected() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (peer, listener.accept().unwrap().0)
}

/// What the server makes of `bytes`, and what the peer then reads until it is closed, or upgraded.
fn told(options: &AcceptOptions, bytes: &[u8]) -> (Result<WebSocket, Error>, String) {
    let (mut peer, stream) = connected();
    let bytes = bytes.to_vec();
    let talk = thread::spawn(move || {
        // The server may be gone before it has read all.
        let _ = peer.write_all(&bytes);
        let (mut answer, mut byte) = (Vec::new(), [0]);
        while let Ok(1..) = peer.read(&mut byte) {
            answer.extend(byte);
            if answer.starts_with(b"HTTP/1.1 101") && answer.ends_with(b"\r\n\r\n") {
                break;
            }
        }
        String::from_utf8(answer).unwrap()
    });
    let accepted = siox_tcp::accept_with(stream, options);
    (accepted, talk.join().unwrap())
}

#[test]
fn refusals_are_told_and_the_socket_is_closed() {
    let long = request(&format!("X: {}\r\n", "y".repeat(17_000)));
    let old = GOOD.replace("13", "8") + "\r\n";
    let table: [(&str, &str); 6] = [
        (&long, "431 "),
        (&old, "426 "),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "400 "),
        ("POST / HTTP/1.1\r\nHost: a\r\n\r\n", "405 "),
        (&request("Transfer-Encoding: chunked\r\n"), "400 "),
        (&request("Origin: https://evil.example\r\n"), "403 "),
    ];
    for (bytes, status) in table {
        let (result, answer) = told(&AcceptOptions::default(), bytes.as_bytes());
        let first = answer.lines().next().unwrap_or_default();
        assert!(
            first.starts_with(&format!("HTTP/1.1 {status}")),
            "{first}: {bytes:.40}"
        );
        assert!(
            matches!(result, Err(Error::Refused(_) | Error::HeadTooLarge(_))),
            "{result:?}"
        );
    }
}

#[test]
fn a_head_that_does_not_end_is_told_408_and_silence_nothing() {
    let options = AcceptOptions {
        handshake: Duration::from_millis(30),
        ..AcceptOptions::default()
    };
    let (result, answer) = told(&options, b"GET / HT");
    assert!(matches!(result, Err(Error::Timeout)), "{result:?}");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let (result, answer) = told(&options, b"");
    assert!(matches!(result, Err(Error::Timeout)), "{result:?}");
    assert_eq!(answer, "");
}

#[test]
fn an_end_at_every_byte_is_an_end() {
    let request = request("");
    for len in 0..request.len() {
        let (mut peer, stream) = connected();
        peer.write_all(&request.as_bytes()[..len]).unwrap();
        peer.shutdown(Shutdown::Write).unwrap();
        let result = siox_tcp::accept_with(stream, &AcceptOptions::default());
        assert!(matches!(result, Err(Error::Io(_))), "{len}: {result:?}");
    }
}

#[test]
fn what_comes_behind_the_request_is_read_after_it() {
    let early = [request("").as_bytes(), b"\x81\x82\0\0\0\0hi"].concat();
    let (socket, _) = told(&AcceptOptions::default(), &early);
    assert_eq!(socket.unwrap().read().unwrap(), Some(Message::from("hi")));
}

#[test]
fn the_hook_adds_headers_or_refuses() {
    let options = AcceptOptions {
        on_request: Some(Arc::new(|request| match request.path() {
            "/chat" => Ok(vec![("X-Room".into(), "one".into())]),
            _ => Err(Denial::new(404)),
        })),
        ..AcceptOptions::default()
    };
    let (socket, answer) = told(&options, request("").as_bytes());
    assert!(
        socket.is_ok() && answer.ends_with("\r\nX-Room: one\r\n\r\n"),
        "{answer}"
    );
    let elsewhere = request("").replace("/chat", "/other");
    let (result, answer) = told(&options, elsewhere.as_bytes());
    assert!(matches!(result, Err(Error::Denied(404))), "{result:?}");
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

#[test]
fn the_server_chooses_among_the_subprotocols() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let options = AcceptOptions {
        protocols: vec!["new".into(), "old".into()],
        ..AcceptOptions::default()
    };
    thread::spawn(move || {
        siox_tcp::serve_with(&listener, &options, 10, |mut socket| {
            let chosen = socket.protocol().unwrap_or_default().to_owned();
            socket.send(&*chosen).unwrap();
        })
    });
    for (offered, chosen) in [(vec!["old", "new"], "new"), (vec!["other"], "")] {
        let client = Options {
            protocols: offered.into_iter().map(String::from).collect(),
            ..Options::default()
        };
        let mut socket = siox_tcp::connect(&url, &client).unwrap();
        assert_eq!(socket.protocol().unwrap_or_default(), chosen);
        assert_eq!(socket.read().unwrap(), Some(Message::from(chosen)));
    }
}
