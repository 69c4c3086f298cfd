//! What the behaviour tests share: frames as a peer would write them, and a machine run to its end.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file compiles this module and uses a part of it"
)]

use proptest::prelude::*;
use siox_websocket::{
    Chunk, Close, CloseCode, Connection, Error, Event, Limits, frame::Role, mask,
};
use siox_wire::{Input, Instant, Message};
use std::sync::Arc;

pub const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
pub const SEED: [u8; 32] = [9; 32];

pub const CONTINUATION: u8 = 0;
pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;
pub const FIN: u8 = 0x80;

/// A frame by the book, masked or not. Written apart from the crate's own encoder.
pub fn frame(first: u8, payload: &[u8], masked: bool) -> Vec<u8> {
    let mut out = vec![first];
    let bit = if masked { 0x80 } else { 0 };
    match payload.len() {
        n @ 0..=125 => out.push(bit | n as u8),
        n @ 126..=0xffff => {
            out.push(bit | 126);
            out.extend((n as u16).to_be_bytes());
        }
        n => {
            out.push(bit | 127);
            out.extend((n as u64).to_be_bytes());
        }
    }
    if masked {
        out.extend(KEY);
        out.extend(payload.iter().zip(KEY.iter().cycle()).map(|(b, k)| b ^ k));
    } else {
        out.extend(payload);
    }
    out
}

/// A frame of a client.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    frame(first, payload, true)
}

/// A frame of a server.
pub fn plain(first: u8, payload: &[u8]) -> Vec<u8> {
    frame(first, payload, false)
}

/// The payload of a close frame.
pub fn close_payload(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}

/// The frames of a byte stream: first byte and unmasked payload. Panics on half a frame.
pub fn frames(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut all = Vec::new();
    while let [first, second, rest @ ..] = bytes {
        let (len, rest) = match second & 0x7f {
            126 => (
                u16::from_be_bytes(rest[..2].try_into().unwrap()) as usize,
                &rest[2..],
            ),
            127 => (
                u64::from_be_bytes(rest[..8].try_into().unwrap()) as usize,
                &rest[8..],
            ),
            n => (usize::from(n), rest),
        };
        let (key, rest) = match second & 0x80 {
            0 => ([0; 4], rest),
            _ => (rest[..4].try_into().unwrap(), &rest[4..]),
        };
        let mut payload = rest[..len].to_vec();
        mask::apply(&mut payload, key);
        all.push((*first, payload));
        bytes = &rest[len..];
    }
    assert!(bytes.is_empty(), "half a frame");
    all
}

/// All that came of a run.
#[derive(Debug, PartialEq)]
pub struct Outcome {
    pub events: Vec<Event<'static>>,
    pub error: Option<Error>,
    pub frames: Vec<(u8, Vec<u8>)>,
    pub closed: bool,
}

pub fn server(limits: &Limits) -> Connection {
    Connection::server(Arc::new(limits.clone()))
}

pub fn client(limits: &Limits) -> Connection {
    Connection::client(Arc::new(limits.clone()), SEED)
}

pub fn connection(role: Role, limits: &Limits) -> Connection {
    match role {
        Role::Server => server(limits),
        Role::Client => client(limits),
    }
}

/// What is queued, without taking it.
pub fn queued(connection: &Connection) -> Vec<u8> {
    connection.poll_transmit().collect::<Vec<_>>().concat()
}

/// Writes all that is queued, as a socket that takes everything.
pub fn drain(connection: &mut Connection) -> Vec<u8> {
    let bytes = queued(connection);
    connection.handle_written(bytes.len());
    bytes
}

/// Feeds one piece; adds its events.
pub fn feed(
    connection: &mut Connection,
    now: Instant,
    bytes: &[u8],
    events: &mut Vec<Event<'static>>,
) -> Result<(), Error> {
    let mut bytes = bytes.to_vec();
    let mut input = Input::new(now, &mut bytes);
    while let Some(event) = connection.handle_input(&mut input)? {
        events.push(event.into_owned());
    }
    assert!(input.is_empty(), "the machine eats all its input");
    Ok(())
}

/// Feeds all pieces to a fresh machine, also those behind an error, and draws up what came of it.
pub fn run(mut connection: Connection, pieces: &[&[u8]]) -> Outcome {
    let (mut events, mut error) = (Vec::new(), None);
    for piece in pieces {
        let before = events.len();
        let result = feed(&mut connection, Instant::from_millis(5), piece, &mut events);
        if let Some(error) = error {
            assert_eq!(result, Err(error), "an error is sticky");
            assert_eq!(events.len(), before, "nothing is delivered after an error");
        }
        error = error.or(result.err());
    }
    Outcome {
        events,
        error,
        frames: frames(&queued(&connection)),
        closed: connection.is_closed(),
    }
}

/// [`run`] while messages are streamed, with the chunks that belong together merged.
pub fn run_streaming(mut connection: Connection, pieces: &[&[u8]]) -> Outcome {
    connection.set_streaming(true);
    let mut outcome = run(connection, pieces);
    outcome.events = merged(outcome.events);
    outcome
}

/// Chunks of one message with nothing between them, as one. Checks that they are as promised.
pub fn merged(events: Vec<Event<'static>>) -> Vec<Event<'static>> {
    let mut all: Vec<Event<'static>> = Vec::new();
    let mut open = false;
    for event in events {
        let Event::Chunk(chunk) = event else {
            assert!(!open || !matches!(event, Event::Message(_)));
            all.push(event);
            continue;
        };
        assert_eq!(chunk.first, !open, "{chunk:?}");
        assert!(chunk.last || !chunk.data.as_bytes().is_empty());
        open = !chunk.last;
        match (all.last_mut(), chunk) {
            (Some(Event::Chunk(before)), chunk) if !chunk.first => {
                before.data = joined(&before.data, &chunk.data);
                before.last = chunk.last;
            }
            (_, chunk) => all.push(Event::Chunk(chunk)),
        }
    }
    all
}

fn joined(a: &Message<'_>, b: &Message<'_>) -> Message<'static> {
    match (a, b) {
        (Message::Text(a), Message::Text(b)) => Message::Text(format!("{a}{b}").into()),
        (Message::Binary(a), Message::Binary(b)) => {
            Message::Binary([&a[..], &b[..]].concat().into())
        }
        (Message::Text(_), Message::Binary(_)) | (Message::Binary(_), Message::Text(_)) => {
            panic!("one message of two kinds")
        }
    }
}

/// The whole messages of streamed events, and the control frames as they are; `None` for the rest of
/// a message that is not whole.
pub fn whole(events: Vec<Event<'static>>) -> Vec<Option<Event<'static>>> {
    let (mut all, mut open) = (Vec::new(), None::<Message<'static>>);
    for event in events {
        let Event::Chunk(chunk) = event else {
            all.push(Some(event));
            continue;
        };
        let data = match open.take() {
            Some(before) => joined(&before, &chunk.data),
            None => chunk.data,
        };
        match chunk.last {
            true => all.push(Some(Event::Message(data))),
            false => open = Some(data),
        }
    }
    all.extend(open.map(|_| None));
    all
}

pub fn chunk(data: Message<'static>, first: bool, last: bool) -> Event<'static> {
    Event::Chunk(Chunk { data, first, last })
}

pub fn text_chunk(s: &str, first: bool, last: bool) -> Event<'static> {
    chunk(Message::Text(s.to_owned().into()), first, last)
}

pub fn binary_chunk(bytes: &[u8], first: bool, last: bool) -> Event<'static> {
    chunk(Message::Binary(bytes.to_vec().into()), first, last)
}

pub fn text(s: &str) -> Event<'static> {
    Event::Message(Message::Text(s.to_owned().into()))
}

pub fn binary(bytes: &[u8]) -> Event<'static> {
    Event::Message(Message::Binary(bytes.to_vec().into()))
}

pub fn ping(bytes: &[u8]) -> Event<'static> {
    Event::Ping(bytes.to_vec().into())
}

pub fn pong(bytes: &[u8]) -> Event<'static> {
    Event::Pong(bytes.to_vec().into())
}

pub fn close(code: u16, reason: &str) -> Event<'static> {
    Event::Close(Some(Close {
        code: CloseCode::new(code).unwrap(),
        reason: reason.to_owned().into(),
    }))
}

/// One frame, mostly well formed: first byte, payload, and whether the mask bit is the wrong one.
pub fn any_frame() -> impl Strategy<Value = (u8, Vec<u8>, bool)> {
    let opcode = prop_oneof![
        6 => prop_oneof![Just(CONTINUATION), Just(TEXT), Just(BINARY)],
        3 => prop_oneof![Just(PING), Just(PONG)],
        1 => prop_oneof![Just(CLOSE), 0u8..16],
    ];
    let payload = prop_oneof![
        3 => "[a-zé€𝄞]{0,12}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..140),
        1 => Just(vec![b'z'; 300]),
        1 => Just(close_payload(1000, "bye")),
    ];
    let bits = prop_oneof![20 => Just(0u8), 1 => 1u8..8];
    (
        opcode,
        any::<bool>(),
        bits,
        payload,
        prop::bool::weighted(0.02),
    )
        .prop_map(|(opcode, fin, bits, payload, wrong)| {
            let fin = fin || opcode >= 8;
            let fin = if fin { FIN } else { 0 };
            (fin | bits << 4 | opcode, payload, wrong)
        })
}
