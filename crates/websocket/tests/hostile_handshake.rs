//! Hostile requests, A1 to A14, to a server that reads them with [`Handshake`]: one test a class, named after
//! it. The HTTP server of `siox-http1` has a table of its own; accepting sockets (A15) is the runtimes'.
//!
//! Each row is fed in every cutting, and the memory rule holds: at most twice what was received and 16 KiB.

mod common;

use common::{FIN, TEXT, feed, masked, text};
use siox_testkit::{
    alloc::{CountingAllocator, allowance, measure},
    split::oracle,
};
use siox_websocket::handshake::{
    Origins,
    client::Request,
    server::{AcceptError, AcceptOptions, Handshake, Offer, Refusal},
};
use siox_wire::{Input, Instant};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const GOOD: [&str; 5] = [
    "Host: server.example",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
];

/// The good request with lines left out (by the beginning of each) and others added.
fn request(without: &[&str], with: &[&str]) -> Vec<u8> {
    request_line("GET / HTTP/1.1", without, with)
}

fn request_line(line: &str, without: &[&str], with: &[&str]) -> Vec<u8> {
    let kept = GOOD
        .iter()
        .filter(|line| !without.iter().any(|w| line.starts_with(w)));
    let lines: Vec<&str> = [line].iter().chain(kept).chain(with).copied().collect();
    format!("{}\r\n\r\n", lines.join("\r\n")).into_bytes()
}

/// What came of a request: the refusal and the answer's first line, or the bytes left for frames.
#[derive(Debug, PartialEq)]
enum Outcome {
    Waits,
    Refused(AcceptError, String),
    Accepted(Vec<u8>),
}

fn run(options: &AcceptOptions, pieces: &[&[u8]]) -> Outcome {
    let mut handshake = Handshake::new(options);
    let mut outcome = Outcome::Waits;
    for piece in pieces {
        let mut bytes = piece.to_vec();
        let mut input = Input::new(Instant::EPOCH, &mut bytes);
        if outcome == Outcome::Waits {
            match handshake.handle_input(&mut input) {
                Ok(None) => assert!(input.is_empty()),
                Ok(Some(_)) => outcome = Outcome::Accepted(Vec::new()),
                Err(rejected) => {
                    let answer = String::from_utf8(rejected.answer).unwrap();
                    assert!(
                        answer.to_lowercase().contains("\r\nconnection: close"),
                        "{answer}"
                    );
                    let line = answer.lines().next().unwrap().to_owned();
                    outcome = Outcome::Refused(rejected.error, line);
                }
            }
        }
        if let Outcome::Accepted(rest) = &mut outcome {
            rest.extend(input.take_all().iter());
        }
    }
    outcome
}

/// The verdict on a request, the same in every cutting, and cheap.
fn judge(bytes: &[u8], options: &AcceptOptions) -> Outcome {
    let outcome = oracle(bytes, |pieces| run(options, pieces));
    for size in [1, 7, 1000, usize::MAX] {
        let mut bytes = bytes.to_vec();
        let mut handshake = Some(Handshake::new(options));
        let (mut received, mut held) = (0, 0);
        for piece in bytes.chunks_mut(size) {
            let Some(machine) = &mut handshake else { break };
            received += piece.len();
            let (ends, usage) = measure(|| {
                let told = machine.handle_input(&mut Input::new(Instant::EPOCH, piece));
                !matches!(told, Ok(None))
            });
            assert!(
                held + usage.peak <= allowance(received),
                "{} of {received}",
                usage.peak
            );
            held += usage.kept;
            if ends {
                held += measure(|| handshake = None).1.kept;
            }
        }
        assert!(handshake.is_some() || held == 0, "{held} bytes are left");
    }
    outcome
}

fn refused(bytes: &[u8], refusal: Refusal, status: u16) {
    refused_by(&AcceptOptions::default(), bytes, refusal, status);
}

fn refused_by(options: &AcceptOptions, bytes: &[u8], refusal: Refusal, status: u16) {
    let Outcome::Refused(error, line) = judge(bytes, options) else {
        panic!("accepted: {}", bytes.escape_ascii());
    };
    assert_eq!(
        error,
        AcceptError::Refused(refusal),
        "{}",
        bytes.escape_ascii()
    );
    assert!(line.starts_with(&format!("HTTP/1.1 {status} ")), "{line}");
}

fn accepted_by(options: &AcceptOptions, bytes: &[u8]) {
    assert_eq!(
        judge(bytes, options),
        Outcome::Accepted(vec![]),
        "{}",
        bytes.escape_ascii()
    );
}

#[test]
fn a1_a_head_without_end() {
    let options = AcceptOptions::default();
    assert_eq!(options.head, 16 * 1024);
    for line in ["X: ", "Sec-WebSocket-Extensions: "] {
        let bytes = request(&[], &[&format!("{line}{}", "a".repeat(20_000))]);
        for size in [1, 100, 1000, 9000, usize::MAX] {
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            let Outcome::Refused(error, line) = run(&options, &pieces) else {
                panic!("{size}")
            };
            assert!(matches!(error, AcceptError::HeadTooLarge(_)), "{error:?}");
            assert!(line.starts_with("HTTP/1.1 431 "), "{line}");
            // 16 KiB held and no more, but for the answer.
            let mut bytes = bytes.clone();
            let mut handshake = Handshake::new(&options);
            let (_, usage) = measure(|| {
                for piece in bytes.chunks_mut(size) {
                    let _ = handshake.handle_input(&mut Input::new(Instant::EPOCH, piece));
                }
            });
            assert!(usage.peak <= 16 * 1024 + 512, "{} in {size}", usage.peak);
        }
    }
}

#[test]
fn a2_a_hundred_header_lines_and_more() {
    let lines = vec!["a: b"; 100 - GOOD.len()];
    accepted_by(&AcceptOptions::default(), &request(&[], &lines));
    let lines = vec!["a: b"; 101 - GOOD.len()];
    refused(&request(&[], &lines), Refusal::TooManyHeaders, 431);
    let lines = vec!["a:"; 3000];
    refused(&request(&[], &lines), Refusal::TooManyHeaders, 431);
}

/// A head byte by byte: each byte is looked at once when it comes and moved when the buffer doubles, so the
/// number of moves is the logarithm of the length. The head is parsed when it is whole.
#[test]
fn a3_a_head_in_single_bytes() {
    let calls = |len: usize| {
        let mut bytes = request(&[], &[&format!("X: {}", "a".repeat(len))]);
        let options = AcceptOptions::default();
        let mut handshake = Handshake::new(&options);
        let (accepted, usage) = measure(|| {
            let feed =
                |byte: &mut [u8]| handshake.handle_input(&mut Input::new(Instant::EPOCH, byte));
            bytes
                .chunks_mut(1)
                .map(feed)
                .filter(|told| matches!(told, Ok(Some(_))))
                .count()
        });
        assert_eq!(accepted, 1);
        usage.calls
    };
    assert!(calls(14_000) <= calls(7000) + 1 && calls(7000) <= calls(3500) + 1);
    assert!(calls(14_000) < 40, "{}", calls(14_000));
}

#[test]
fn a4_a_head_that_never_ends() {
    let options = AcceptOptions::default();
    assert_eq!(options.handshake, std::time::Duration::from_secs(10));
    let silent = Handshake::new(&options).give_up();
    assert_eq!(
        (silent.error, silent.answer.is_empty()),
        (AcceptError::Timeout, true)
    );
    let mut slow = Handshake::new(&options);
    let _ = slow.handle_input(&mut Input::new(Instant::EPOCH, &mut b"G".to_vec()));
    let slow = slow.give_up();
    assert_eq!(slow.error, AcceptError::Timeout);
    assert!(slow.answer.starts_with(b"HTTP/1.1 408 "));
}

#[test]
fn a5_requests_that_ask_for_something_else() {
    for method in ["POST", "HEAD", "OPTIONS", "get", "GETS"] {
        let bytes = request_line(&format!("{method} / HTTP/1.1"), &[], &[]);
        refused(&bytes, Refusal::Method, 405);
    }
    refused(
        &request_line("GET / HTTP/1.0", &[], &[]),
        Refusal::HttpVersion,
        400,
    );
    for line in ["Upgrade: h2c", "Upgrade: websockets", "X: y"] {
        refused(&request(&["Upgrade"], &[line]), Refusal::Upgrade, 400);
    }
    for line in ["Connection: close", "Connection: upgraded", "X: y"] {
        refused(&request(&["Connection"], &[line]), Refusal::Connection, 400);
    }
    for key in [
        "",
        "dGhlIHNhbXBsZSBub25jZQ=",
        "dGhlIHNhbXBsZSBub25jZQ==a",
        "dGhl IHNhbXBsZSBub25j==",
    ] {
        let line = format!("Sec-WebSocket-Key: {key}");
        refused(
            &request(&["Sec-WebSocket-Key"], &[&line]),
            Refusal::Key,
            400,
        );
    }
    refused(&request(&["Host"], &[]), Refusal::Host, 400);
}

#[test]
fn a6_other_versions() {
    for version in ["", "0", "8", "12", "14", "13, 8", "+13", "1 3"] {
        let line = format!("Sec-WebSocket-Version: {version}");
        let bytes = request(&["Sec-WebSocket-Version"], &[&line]);
        refused(&bytes, Refusal::Version, 426);
    }
    let answer = String::from_utf8(Refusal::Version.response()).unwrap();
    assert!(
        answer.contains("\r\nSec-WebSocket-Version: 13\r\n"),
        "{answer}"
    );
}

#[test]
fn a7_headers_that_stand_twice_and_bodies() {
    for (line, refusal) in [
        ("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", Refusal::Key),
        ("Sec-WebSocket-Version: 13", Refusal::RepeatedVersion),
        ("Host: other.example", Refusal::Host),
        ("Content-Length: 5", Refusal::Body),
        ("Content-Length: +5", Refusal::Body),
        ("Content-Length: 0\r\nContent-Length: 0", Refusal::Body),
        (
            "Content-Length: 0\r\nTransfer-Encoding: chunked",
            Refusal::Body,
        ),
    ] {
        refused(&request(&[], &[line]), refusal, 400);
    }
}

#[test]
fn a8_characters_that_end_a_line_elsewhere() {
    for line in [
        "A: b\rC: d",
        "A: b\nC: d",
        "A: b\0",
        "A: b\r\n c",
        "A : b",
        "A",
        ": b",
        " A: b",
    ] {
        refused(&request(&[], &[line]), Refusal::Head, 400);
    }
    refused(
        &request_line("GET /\0 HTTP/1.1", &[], &[]),
        Refusal::Head,
        400,
    );
    refused(
        &request_line("GET  / HTTP/1.1", &[], &[]),
        Refusal::Head,
        400,
    );
    let bare = request(&[], &[])
        .into_iter()
        .filter(|b| *b != b'\r')
        .collect::<Vec<_>>();
    refused(&[&bare[..], b"\r\n\r\n"].concat(), Refusal::Head, 400);
}

#[test]
fn a9_line_ends_in_what_the_application_supplies() {
    let request = request(&[], &["Sec-WebSocket-Protocol: chat"]);
    let (_, offer) = Offer::parse(&request).unwrap();
    let accept = offer.accept().unwrap();
    for bad in ["a\r\nX: y", "a\nb", "a\rb", "a\0b"] {
        assert!(accept.response(&[("X-A", bad)]).is_err(), "{bad:?}");
        assert!(accept.response(&[(bad, "a")]).is_err(), "{bad:?}");
        assert!(accept.with_protocol(bad).is_err(), "{bad:?}");
        let build = |request: Request<'_>| request.build([1; 16]).map(drop);
        assert!(build(Request::new(bad, "/")).is_err(), "{bad:?}");
        assert!(
            build(Request::new("a.example", &format!("/{bad}"))).is_err(),
            "{bad:?}"
        );
    }
}

#[test]
fn a10_and_a11_origins() {
    let from = |origin: &str| request(&[], &[&format!("Origin: {origin}")]);
    let same = AcceptOptions::default();
    accepted_by(&same, &request(&[], &[]));
    for origin in ["http://server.example", "https://server.example"] {
        accepted_by(&same, &from(origin));
    }
    for origin in [
        "null",
        "http://other.example",
        "http://server.example.evil",
        "http://evilserver.example",
        "http://server.example:8080",
        "http://SERVER.example",
        "http://server.example/",
        "http://user@server.example",
        "ftp://server.example",
        "//server.example",
        "",
    ] {
        refused_by(&same, &from(origin), Refusal::Origin, 403);
    }
    let two = request(
        &[],
        &[
            "Origin: http://server.example",
            "Origin: http://server.example",
        ],
    );
    refused_by(&same, &two, Refusal::Origin, 403);

    let list = AcceptOptions {
        origins: Origins::List(vec!["https://good.example".to_owned()]),
        ..AcceptOptions::default()
    };
    accepted_by(&list, &from("https://good.example"));
    for origin in [
        "https://good.example.evil",
        "https://good.example:443",
        "http://good.example",
    ] {
        refused_by(&list, &from(origin), Refusal::Origin, 403);
    }
    let any = AcceptOptions {
        origins: Origins::Any,
        ..AcceptOptions::default()
    };
    accepted_by(&any, &from("null"));

    // Behind a proxy that is trusted, and not otherwise.
    let forwarded = request(
        &[],
        &[
            "Origin: http://public.example",
            "X-Forwarded-Host: public.example",
        ],
    );
    refused_by(&same, &forwarded, Refusal::Origin, 403);
    let proxied = AcceptOptions {
        trust_proxy: true,
        ..AcceptOptions::default()
    };
    accepted_by(&proxied, &forwarded);
}

#[test]
fn a12_extensions() {
    let asking = |value: &str| request(&[], &[&format!("Sec-WebSocket-Extensions: {value}")]);
    let many = vec!["permessage-deflate; client_max_window_bits"; 64].join(", ");
    for unknown in [
        "__proto__, constructor; toString",
        "x; a=\"quoted\"; a=\"quo\\ted\"; a",
        "permessage-deflate; permessage-deflate; permessage-deflate",
        "permessage-deflate; client_max_window_bits=99",
        &many,
    ] {
        accepted_by(&AcceptOptions::default(), &asking(unknown));
    }
    for bad in [
        "x;",
        "x; =1",
        "x y",
        "x; a=",
        "x; a=\"",
        "x; a=\"b",
        "x; a=\"b c\"",
        "x; a=b=c",
        "(x)",
    ] {
        refused(&asking(bad), Refusal::Extensions, 400);
    }
    // What a value without end costs grows with it, not with its square.
    let calls = |n: usize| {
        let head = asking(&vec!["x; a=\"b\"; c"; n].join(", "));
        let (_, offer) = Offer::parse(&head).unwrap();
        measure(|| offer.extensions().map(|all| all.len())).1.calls
    };
    assert!(
        calls(600) <= 2 * calls(300) + 2,
        "{} {}",
        calls(300),
        calls(600)
    );
}

#[test]
fn a13_bytes_behind_the_upgrade() {
    let frames = [masked(FIN | TEXT, b"early"), masked(FIN | TEXT, b"bird")].concat();
    let good = [&request(&[], &[])[..], &frames].concat();
    assert_eq!(
        judge(&good, &AcceptOptions::default()),
        Outcome::Accepted(frames.clone())
    );
    // They are frames for the connection, behind the answer.
    let options = AcceptOptions::default();
    let mut bytes = good.clone();
    let mut input = Input::new(Instant::EPOCH, &mut bytes);
    let mut accepted = Handshake::new(&options)
        .handle_input(&mut input)
        .unwrap()
        .unwrap();
    let mut events = Vec::new();
    let rest = input.take_all().to_vec();
    feed(&mut accepted.connection, Instant::EPOCH, &rest, &mut events).unwrap();
    assert_eq!(events, [text("early"), text("bird")]);
    // Behind a request that is refused they are nothing.
    let bad = [&request(&["Upgrade"], &[])[..], &frames].concat();
    refused(&bad, Refusal::Upgrade, 400);
}

#[test]
fn a14_an_end_at_every_byte() {
    let (options, bytes) = (AcceptOptions::default(), request(&[], &[]));
    for end in 0..bytes.len() {
        let mut part = bytes[..end].to_vec();
        let ((), usage) = measure(|| {
            let mut handshake = Handshake::new(&options);
            let told = handshake.handle_input(&mut Input::new(Instant::EPOCH, &mut part));
            assert!(matches!(told, Ok(None)), "{end}");
        });
        assert_eq!(usage.kept, 0, "{end}");
    }
}
