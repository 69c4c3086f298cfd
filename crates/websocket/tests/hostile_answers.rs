//! Hostile answers to a client, B1 to B4: one test a class, named after it. Each answer is fed in every
//! cutting with frames behind it, and the memory rule holds. Whatever the error, nothing but the request was
//! sent: a [`Connection`](siox_websocket::Connection) comes of an agreement alone.

mod common;

use common::{client, frames, queued};
use siox_testkit::{
    alloc::{CountingAllocator, allowance, measure},
    split::oracle,
};
use siox_websocket::{
    Limits,
    handshake::client::{Agreed, Answer, AnswerError, Handshake, HandshakeError, Request},
};
use siox_wire::{Input, Instant};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const AGREED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
/// Behind every answer: a message that must not be delivered.
const FRAMES: &[u8] = b"\x81\x05early";

type Ask = fn() -> Handshake;

fn plain() -> Handshake {
    Request::new("h", "/")
        .build(*b"the sample nonce")
        .unwrap()
        .1
}

fn agreed(lines: &[&str]) -> String {
    format!(
        "{AGREED}{}\r\n",
        lines.iter().map(|l| format!("{l}\r\n")).collect::<String>()
    )
}

fn read(ask: Ask, pieces: &[&[u8]]) -> Result<Option<Agreed>, AnswerError> {
    let mut answer = Answer::new(ask());
    for piece in pieces {
        let mut piece = piece.to_vec();
        let mut input = Input::new(Instant::EPOCH, &mut piece);
        let told = answer.handle_input(&mut input);
        if told != Ok(None) {
            return told;
        }
    }
    answer
        .handle_eof()
        .map_or(Ok(None), |rejection| Err((*rejection).into()))
}

/// The verdict on an answer: the same in every cutting, and cheap.
fn judge(ask: Ask, head: &str) -> Result<Option<Agreed>, AnswerError> {
    let bytes = [head.as_bytes(), FRAMES].concat();
    for size in [1, 100, usize::MAX] {
        let (mut answer, mut bytes) = (Some(Answer::new(ask())), bytes.clone());
        let (mut received, mut held) = (0, 0);
        for piece in bytes.chunks_mut(size) {
            let Some(machine) = &mut answer else { break };
            received += piece.len();
            let (ends, usage) = measure(|| {
                let told = machine.handle_input(&mut Input::new(Instant::EPOCH, piece));
                !matches!(told, Ok(None))
            });
            held += usage.kept;
            assert!(
                held + usage.peak <= allowance(received),
                "{held} {}",
                usage.peak
            );
            if ends {
                answer = None;
            }
        }
    }
    if bytes.len() < 2000 {
        return oracle(&bytes, |pieces| read(ask, pieces));
    }
    let whole = read(ask, &[&bytes]);
    for size in [1, 7, 1000] {
        assert_eq!(read(ask, &bytes.chunks(size).collect::<Vec<_>>()), whole);
    }
    whole
}

fn fails(head: &str, expected: HandshakeError) {
    assert_eq!(
        judge(plain, head),
        Err(AnswerError::Handshake(expected)),
        "{head:.300}"
    );
}

#[test]
fn b1_answers_that_agree_to_nothing() {
    use HandshakeError::{Accept, Connection, Head, Upgrade};
    assert_eq!(judge(plain, &agreed(&[])), Ok(Some(Agreed::default())));
    let with = |from: &str, to: &str| agreed(&[]).replacen(from, to, 1);
    fails(&with("s3pP", "S3pP"), Accept);
    fails(&with("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", ""), Accept);
    fails(&with("Sec-WebSocket-Accept", "X"), Accept);
    fails(&with("Upgrade: websocket\r\n", ""), Upgrade);
    fails(&with("Upgrade: websocket", "Upgrade: h2c"), Upgrade);
    fails(&with("Connection: Upgrade\r\n", ""), Connection);
    fails(&with("HTTP/1.1", "HTTP/1.0"), Head);
    fails("SSH-2.0-OpenSSH_9\r\n\r\n", Head);
    for status in [200, 204, 301, 400, 401, 403, 404, 426, 429, 500, 503] {
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
        let Err(AnswerError::Rejected(rejection)) = judge(plain, &head) else {
            panic!("{status}")
        };
        assert_eq!(rejection.status, status);
    }
}

#[test]
fn b2_what_was_not_asked_for() {
    use HandshakeError::{Extension, Protocol};
    for protocol in ["chat", "", "chat, chat"] {
        fails(
            &agreed(&[&format!("Sec-WebSocket-Protocol: {protocol}")]),
            Protocol,
        );
    }
    for extension in [
        "permessage-deflate",
        "x-unknown",
        "__proto__",
        ";",
        "permessage-deflate; =",
    ] {
        fails(
            &agreed(&[&format!("Sec-WebSocket-Extensions: {extension}")]),
            Extension,
        );
    }
    // Another one than was asked for, or in another case.
    let ask: Ask = || {
        let request = Request {
            protocols: &["chat.v2", "chat.v1"],
            ..Request::new("h", "/")
        };
        request.build(*b"the sample nonce").unwrap().1
    };
    for (protocol, good) in [
        ("chat.v1", true),
        ("chat.v3", false),
        ("CHAT.v1", false),
        ("chat", false),
    ] {
        let told = judge(
            ask,
            &agreed(&[&format!("Sec-WebSocket-Protocol: {protocol}")]),
        );
        assert_eq!(told.is_ok(), good, "{protocol} {told:?}");
    }
}

#[cfg(feature = "deflate")]
#[test]
fn b2_parameters_of_deflate_that_were_not_asked_for() {
    use siox_websocket::deflate::{AnswerError as Bad, Config};
    let ask: Ask = || {
        let config = Config {
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            ..Config::default()
        };
        let request = Request::new("h", "/");
        request
            .build_with_deflate(*b"the sample nonce", &config)
            .unwrap()
            .1
    };
    let told = |parameters: &str| {
        let line = format!("Sec-WebSocket-Extensions: permessage-deflate{parameters}");
        judge(ask, &agreed(&[&line]))
    };
    for good in [
        "",
        "; server_no_context_takeover",
        "; server_max_window_bits=8",
        "; client_max_window_bits=15",
    ] {
        assert!(told(good).is_ok(), "{good}");
    }
    for (bad, error) in [
        ("; server_max_window_bits=7", Bad::Parameter),
        ("; server_max_window_bits=16", Bad::Parameter),
        ("; client_max_window_bits=7", Bad::Parameter),
        ("; client_max_window_bits=16", Bad::Parameter),
        ("; client_max_window_bits=4294967304", Bad::Parameter),
        ("; client_max_window_bits=08", Bad::Parameter),
        ("; client_max_window_bits=+9", Bad::Parameter),
        ("; client_max_window_bits", Bad::Parameter),
        ("; server_max_window_bits", Bad::Parameter),
        ("; server_no_context_takeover=1", Bad::Parameter),
        (
            "; server_no_context_takeover; server_no_context_takeover",
            Bad::Parameter,
        ),
        ("; toString", Bad::Parameter),
        (", permessage-deflate", Bad::Repeated),
        (", x-unknown", Bad::Extension),
    ] {
        let error = AnswerError::Handshake(HandshakeError::Deflate(error));
        assert_eq!(told(bad), Err(error), "{bad}");
    }
}

#[test]
fn b3_answers_without_end_and_redirects() {
    let limit = Handshake::MAX_HEAD;
    let too_large = HandshakeError::HeadTooLarge { limit };
    fails(&"x".repeat(limit + 1), too_large);
    fails(&agreed(&[&"X: y".repeat(limit)]), too_large);
    fails(&"HTTP/1.1 100 Continue\r\n\r\n".repeat(1000), too_large);
    fails(
        &"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n".repeat(1000),
        too_large,
    );
    let limit = Handshake::MAX_HEADERS;
    fails(
        &agreed(&vec!["X: y"; limit]),
        HandshakeError::TooManyHeaders { limit },
    );
    // A redirect is told, with its place, and not followed: credentials go nowhere.
    for status in [301, 302, 303, 307, 308] {
        let head = format!(
            "HTTP/1.1 {status} X\r\nLocation: ws://user:secret@evil/\r\nContent-Length: 0\r\n\r\n"
        );
        let Err(AnswerError::Rejected(rejection)) = judge(plain, &head) else {
            panic!("{status}")
        };
        assert_eq!(rejection.status, status);
        assert_eq!(
            rejection.header("location"),
            Some(&b"ws://user:secret@evil/"[..])
        );
    }
    // A body without end: its beginning is kept, and waited for no longer than a second.
    let mut answer = Answer::new(plain());
    let mut head = b"HTTP/1.1 403 No\r\n\r\n".to_vec();
    assert_eq!(
        answer.handle_input(&mut Input::new(Instant::EPOCH, &mut head)),
        Ok(None)
    );
    assert_eq!(
        answer.poll_timeout(),
        Some(Instant::EPOCH.after(Answer::BODY_WAIT))
    );
}

/// The keys of a million frames: each byte of them uniform by chi-square, and no more repeats than chance.
#[test]
fn b4_mask_keys() {
    const KEYS: usize = 1_000_000;
    let mut machine = client(&Limits::default());
    let (mut counts, mut keys) = ([[0u32; 256]; 4], Vec::with_capacity(KEYS));
    while keys.len() < KEYS {
        for _ in 0..1000 {
            machine.text("").unwrap();
        }
        let wire = queued(&machine);
        machine.handle_written(wire.len());
        for head in wire.chunks(6) {
            let key: [u8; 4] = head[2..].try_into().unwrap();
            assert_eq!(head[..2], [0x81, 0x80]);
            for (count, byte) in counts.iter_mut().zip(key) {
                count[usize::from(byte)] += 1;
            }
            keys.push(u32::from_be_bytes(key));
        }
    }
    for counts in &counts {
        let expected = KEYS as f64 / 256.0;
        let chi2: f64 = counts
            .iter()
            .map(|n| (f64::from(*n) - expected).powi(2) / expected)
            .sum();
        // 255 degrees of freedom: six standard deviations either way.
        assert!((120.0..390.0).contains(&chi2), "{chi2}");
    }
    keys.sort_unstable();
    keys.dedup();
    // 10^12 / 2^33 repeats are expected, 116; the seed is fixed, so this holds always or never.
    let repeats = KEYS - keys.len();
    assert!((50..200).contains(&repeats), "{repeats}");
    // Another seed gives other keys, and the same message never looks the same.
    let mut other = siox_websocket::Connection::client(Limits::default().into(), [8; 32]);
    let mut first = client(&Limits::default());
    for machine in [&mut first, &mut other] {
        machine.text("same").unwrap();
        machine.text("same").unwrap();
    }
    assert_ne!(queued(&first), queued(&other));
    assert_eq!(frames(&queued(&first)), frames(&queued(&other)));
    let wire = queued(&first);
    assert_ne!(wire[..wire.len() / 2], wire[wire.len() / 2..]);
}
