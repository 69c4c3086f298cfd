//! HTTP/1.1 heads: requests into the server's connection and the opening handshake, responses into the
//! client's readers. Both get every input.

use crate::{
    memory::Meter,
    pieces::{agree, each},
};
use siox_http1::{Connection, Error, Event, Head, Limits, Response, ResponseReader};
use siox_websocket::handshake::{
    client::{Agreed, Handshake, HandshakeError, Request},
    server::{Accept, Offer, Refusal},
};
use siox_wire::{Input, Instant};
use std::sync::Arc;

const NOW: Instant = Instant::EPOCH;
/// The largest body that is read.
const BODY: usize = 500;
/// In base64 the key of RFC 6455's example, so that seeds can hold its answer.
const NONCE: [u8; 16] = *b"the sample nonce";

/// All that comes of an input at the server.
#[derive(Debug, Default, PartialEq)]
struct Served {
    requests: Vec<String>,
    error: Option<Error>,
    eof: Option<Error>,
    output: Vec<u8>,
    /// What followed an upgrade, and belongs to the next protocol.
    behind: Option<Vec<u8>>,
    finished: bool,
    timer: Option<Instant>,
}

/// All that comes of an input at the client.
#[derive(Debug, PartialEq)]
struct Asked<T> {
    result: Option<T>,
    left: Vec<u8>,
}

/// What the target does with one input.
///
/// # Panics
/// When a machine breaks a rule.
pub fn fuzz(bytes: &[u8]) {
    let limits = Arc::new(Limits::default());
    let served = agree(bytes, |pieces| serve(&limits, pieces));
    answers_are_heads(&served);
    agree(bytes, |pieces| read_response(&limits, pieces));
    agree(bytes, shake_hands);
    both_parsers_agree(&limits, bytes);
    holds_little(&limits, bytes);
}

/// The server's side: every request is answered at once.
fn serve(limits: &Arc<Limits>, pieces: &[&[u8]]) -> Served {
    let mut connection = Connection::server(NOW, Arc::clone(limits));
    let mut served = Served::default();
    each(pieces, |piece| {
        let mut input = Input::new(NOW, piece);
        step(&mut connection, &mut input, &mut served);
        match &mut served.behind {
            Some(behind) => behind.extend_from_slice(input.take_all()),
            None => assert!(input.is_empty(), "{} bytes were not eaten", input.len()),
        }
    });
    served.eof = connection.handle_eof(NOW).err();
    if served.error.is_some() {
        assert!(
            served.eof.is_none_or(|e| Some(e) == served.error),
            "an error is for good"
        );
    }
    served.output = connection.poll_transmit().collect::<Vec<_>>().concat();
    connection.handle_written(NOW, served.output.len());
    assert_eq!(connection.queued(), 0);
    served.finished = connection.is_finished();
    served.timer = connection.poll_timeout();
    served
}

fn step(connection: &mut Connection, input: &mut Input<'_>, served: &mut Served) {
    // The shortest request has 18 bytes, and at most 16 KiB of them may be held.
    let most = served.requests.len() + input.len() / 5 + 4096;
    loop {
        let event = match connection.handle_input(input) {
            Ok(Some(event)) => event,
            Ok(None) => {
                assert!(served.error.is_none(), "an error is for good");
                return;
            }
            Err(error) => {
                let before = served.error.replace(error);
                assert!(before.is_none_or(|e| e == error), "an error is for good");
                assert!(connection.queued() > 0 || error.status().is_none() || before.is_some());
                return;
            }
        };
        assert!(served.error.is_none(), "nothing comes after an error");
        served
            .requests
            .push(answer(connection, event, &mut served.behind));
        assert!(
            served.requests.len() < most,
            "more requests than there can be"
        );
    }
}

/// Answers as an application would; returns what it saw.
fn answer(connection: &mut Connection, event: Event<'_>, behind: &mut Option<Vec<u8>>) -> String {
    let respond = |connection: &mut Connection, status| {
        let answered = connection.respond(NOW, &Response::new(status));
        answered.expect("a request that was told takes an answer");
    };
    match event {
        Event::Request(head) => {
            let seen = describe(&head);
            if head.wants_websocket() {
                match offer(&head).accept() {
                    Ok(accept) => *behind = upgrade(connection, &accept),
                    Err(refusal) => respond(connection, refusal.status()),
                }
                if behind.is_none() && connection.collect(NOW, 0).is_ok() {
                    respond(connection, 400);
                }
            } else if connection.collect(NOW, BODY).is_err() {
                respond(connection, 413);
            }
            seen
        }
        Event::Body(body) => {
            assert!(body.as_slice().len() <= BODY);
            respond(connection, 204);
            body.as_slice().escape_ascii().to_string()
        }
        Event::TooLarge { limit } => {
            assert_eq!(limit, BODY);
            respond(connection, 413);
            "too large".to_owned()
        }
    }
}

fn upgrade(connection: &mut Connection, accept: &Accept<'_>) -> Option<Vec<u8>> {
    let headers: Vec<_> = accept.headers().collect();
    connection.upgrade(&headers).ok()
}

fn offer<'a>(head: &'a Head<'_>) -> Offer<'a> {
    let is_get = head.method() == siox_http1::Method::Get;
    Offer::from_parts(is_get, head.http11(), head.headers())
}

/// All that a head tells, through all its getters.
fn describe(head: &Head<'_>) -> String {
    let headers: Vec<_> = head
        .headers()
        .map(|(name, value)| {
            assert!(head.header(name).is_some());
            assert!(
                !value.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)),
                "{name}"
            );
            (name, value.escape_ascii().to_string())
        })
        .collect();
    assert!(head.target().contains(head.query()));
    let offer = offer(head);
    let protocols: Vec<_> = offer.protocols().collect();
    format!(
        "{:?} {} {} {} {} {} {headers:?} {protocols:?} {:?} {:?}",
        head.method(),
        head.target(),
        head.path(),
        head.query(),
        head.keep_alive(),
        head.has_body(),
        offer.extensions(),
        offer.accept(),
    )
}

/// What we write is read by our own reader, one answer after the other, to the last byte.
fn answers_are_heads(served: &Served) {
    let limits = Arc::new(Limits {
        head: usize::MAX >> 32,
        ..Limits::default()
    });
    let mut rest = &served.output[..];
    while !rest.is_empty() {
        let parsed = siox_http1::parse_response_head(rest, &limits);
        let (head, end) = parsed
            .unwrap_or_else(|e| panic!("our own answer: {e:?}: {}", rest.escape_ascii()))
            .expect("a whole answer");
        let length = head.header("content-length").map_or(0, |value| {
            let digits = std::str::from_utf8(value).expect("digits");
            digits.parse().expect("a length")
        });
        rest = &rest[(end + length).min(rest.len())..];
    }
}

fn read_response(limits: &Arc<Limits>, pieces: &[&[u8]]) -> Asked<Result<String, Error>> {
    let mut reader = ResponseReader::new(Arc::clone(limits));
    ask(pieces, |input| {
        let head = reader.handle_input(input);
        head.map(|head| {
            head.map(|head| {
                let headers: Vec<_> = head.headers().collect();
                format!("{} {} {headers:?}", head.status(), head.http11())
            })
        })
    })
}

fn shake_hands(pieces: &[&[u8]]) -> Asked<Result<Agreed, HandshakeError>> {
    let mut handshake = client();
    ask(pieces, |input| handshake.handle_input(input))
}

fn client() -> Handshake {
    let request = Request {
        protocols: &["chat", "superchat"],
        ..Request::new("a.example", "/")
    };
    request.build(NONCE).expect("a plain request").1
}

/// Gives `pieces` to a client's reader until it has a result.
fn ask<T, E>(
    pieces: &[&[u8]],
    mut step: impl FnMut(&mut Input<'_>) -> Result<Option<T>, E>,
) -> Asked<Result<T, E>> {
    let (mut result, mut left) = (None, Vec::new());
    each(pieces, |piece| {
        let mut input = Input::new(NOW, piece);
        if result.is_none() {
            result = step(&mut input).transpose();
            assert!(
                result.is_some() || input.is_empty(),
                "what it needs it eats"
            );
        }
        // After an error nobody cares where the reader stood.
        if matches!(result, Some(Ok(_))) {
            left.extend_from_slice(input.take_all());
        }
    });
    Asked { result, left }
}

/// A head that the HTTP connection accepts means the same to the handshake's own parser.
fn both_parsers_agree(limits: &Arc<Limits>, bytes: &[u8]) {
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
        return;
    };
    let mut first = bytes[..end + 4].to_vec();
    let Ok((target, theirs)) = Offer::parse(&bytes[..end + 4]) else {
        return;
    };
    let mut connection = Connection::server(NOW, Arc::clone(limits));
    let told = connection.handle_input(&mut Input::new(NOW, &mut first));
    if let Ok(Some(Event::Request(head))) = told {
        let ours = offer(&head);
        let judged = |offer: &Offer<'_>| -> Result<String, Refusal> {
            offer.accept().map(|a| a.key().to_owned())
        };
        assert_eq!(head.target(), target);
        assert_eq!(judged(&ours), judged(&theirs));
        assert_eq!(ours.extensions(), theirs.extensions());
    }
}

/// The memory rule, for a peer that does not read the answers.
fn holds_little(limits: &Arc<Limits>, bytes: &[u8]) {
    let mut whole = bytes.to_vec();
    let mut meter = Meter::new();
    let mut server = meter.take(0, || Connection::server(NOW, Arc::clone(limits)));
    let mut asked = false;
    for piece in whole.chunks_mut(50) {
        let length = piece.len();
        meter.take(length, || {
            let mut input = Input::new(NOW, piece);
            // The first request is never answered, so that what follows is held.
            while let Ok(Some(_)) = server.handle_input(&mut input) {
                if !std::mem::replace(&mut asked, true) {
                    let _ = server.collect(NOW, BODY);
                }
            }
        });
    }
    drop(server);
    let (mut meter, mut whole) = (Meter::new(), bytes.to_vec());
    let mut reader = meter.take(0, || ResponseReader::new(Arc::clone(limits)));
    for piece in whole.chunks_mut(50) {
        let length = piece.len();
        meter.take(length, || {
            drop(reader.handle_input(&mut Input::new(NOW, piece)))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use siox_testkit::split::oracle;

    const UPGRADE: &[u8] = b"GET /chat HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x80\0\0\0\0";
    const ACCEPTED: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\
        Upgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n\x81";
    const SEEDS: [&[u8]; 10] = [
        b"",
        UPGRADE,
        ACCEPTED,
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /x?y=1 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n0\r\nT: z\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 501\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\nmore",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
    ];

    #[test]
    fn the_seeds_pass() {
        for seed in SEEDS {
            fuzz(seed);
        }
    }

    #[test]
    fn every_cut_of_the_seeds_agrees() {
        let limits = Arc::new(Limits::default());
        for seed in SEEDS {
            oracle(seed, |pieces| serve(&limits, pieces));
            oracle(seed, |pieces| read_response(&limits, pieces));
            oracle(seed, shake_hands);
        }
    }

    #[test]
    fn the_target_sees_what_it_should() {
        let served = serve(&Arc::new(Limits::default()), &[UPGRADE]);
        assert_eq!(served.behind.as_deref(), Some(&b"\x81\x80\0\0\0\0"[..]));
        assert!(served.output.starts_with(b"HTTP/1.1 101 "));
        let asked = shake_hands(&[ACCEPTED]);
        let agreed = asked.result.map(|r| r.map(|a| a.protocol));
        assert_eq!(
            (agreed, &asked.left[..]),
            (Some(Ok(Some("chat".to_owned()))), &b"\x81"[..])
        );
    }
}
