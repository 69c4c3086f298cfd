//! WebSocket frames into a connection, as server and as client, with the default limits and with ones
//! that a short input reaches.

use crate::{
    memory::Meter,
    pieces::{agree, each, seed},
};
use siox_websocket::{Connection, Error, Event, Limits};
use siox_wire::{Input, Instant, Message};
use std::sync::Arc;

const NOW: Instant = Instant::EPOCH;

#[derive(Debug, Clone, Copy)]
enum Role {
    Server,
    Client,
}

/// All that comes of an input.
#[derive(Debug, PartialEq)]
struct Outcome {
    events: Vec<Event<'static>>,
    error: Option<Error>,
    output: Vec<u8>,
    finished: bool,
    timer: Option<Instant>,
}

/// What the target does with one input.
///
/// # Panics
/// When the connection breaks a rule.
pub fn fuzz(bytes: &[u8]) {
    let limits = match seed(bytes) % 4 {
        0 => Arc::new(Limits::default()),
        _ => Arc::new(narrow()),
    };
    for role in [Role::Server, Role::Client] {
        let unread = agree(bytes, |pieces| {
            run(connection(role, &limits), pieces, false)
        });
        let read = agree(bytes, |pieces| Outcome {
            // Which pings are answered depends on when the peer reads.
            output: Vec::new(),
            ..run(connection(role, &limits), pieces, true)
        });
        assert_eq!(
            unread.events, read.events,
            "a peer that reads sees the same"
        );
        streams_the_same(role, &limits, bytes);
        holds_little(role, &limits, bytes);
    }
}

fn narrow() -> Limits {
    Limits {
        message: 300,
        streamed_message: 300,
        fragments: 4,
        control_flood: 10,
        pending_pongs: 2,
        accept_non_minimal_length: true,
        ..Limits::default()
    }
}

fn connection(role: Role, limits: &Arc<Limits>) -> Connection {
    match role {
        Role::Server => Connection::server(Arc::clone(limits)),
        Role::Client => Connection::client(Arc::clone(limits), [7; 32]),
    }
}

/// Feeds `pieces` and then the end of the stream; `reads`: whether the peer takes what is written.
fn run(mut connection: Connection, pieces: &[&[u8]], reads: bool) -> Outcome {
    let (mut events, mut error) = (Vec::new(), None);
    each(pieces, |piece| {
        let told = feed(&mut connection, piece, |event| {
            events.push(event.into_owned());
        });
        if error.is_some() {
            assert_eq!(told.err(), error, "an error is for good");
        }
        error = told.err();
        if reads {
            read_all(&mut connection);
        }
    });
    // A whole frame behind the first violation is never delivered.
    if let Some(error) = error {
        let before = output(&connection);
        let mut ping = *b"\x89\x80\0\0\0\0";
        let told = feed(&mut connection, &mut ping, |event| {
            panic!("{event:?} after {error:?}")
        });
        assert_eq!(told, Err(error), "an error is for good");
        assert_eq!(
            output(&connection),
            before,
            "nothing is written after the goodbye"
        );
    }
    let output = output(&connection);
    match connection.handle_eof(NOW) {
        Ok(event) => events.extend(event),
        Err(e) => error = error.or(Some(e)),
    }
    read_all(&mut connection);
    Outcome {
        events,
        error,
        output,
        finished: connection.is_finished(),
        timer: connection.poll_timeout(),
    }
}

/// In chunks comes what comes whole, in every cutting; only what many fragments are differs.
fn streams_the_same(role: Role, limits: &Arc<Limits>, bytes: &[u8]) {
    let limits = Arc::new(Limits {
        fragments: u32::MAX,
        streamed_message: limits.message as u64,
        ..Limits::clone(limits)
    });
    let kept = run(connection(role, &limits), &[bytes], false);
    let streamed = agree(bytes, |pieces| {
        let mut connection = connection(role, &limits);
        connection.set_streaming(true);
        let outcome = run(connection, pieces, false);
        Outcome {
            events: merged(outcome.events),
            ..outcome
        }
    });
    assert_eq!(
        (kept.error, kept.output, kept.finished),
        (streamed.error, streamed.output, streamed.finished),
        "streaming fails and answers as usual"
    );
    let mut open = Vec::new();
    let whole = streamed.events.into_iter().filter_map(|event| {
        let Event::Chunk(chunk) = event else {
            return Some(event);
        };
        open.extend_from_slice(chunk.data.as_bytes());
        chunk.last.then(|| {
            let bytes = std::mem::take(&mut open);
            Event::Message(match chunk.data {
                Message::Text(_) => Message::Text(String::from_utf8(bytes).unwrap().into()),
                Message::Binary(_) => Message::Binary(bytes.into()),
            })
        })
    });
    assert!(whole.eq(kept.events), "the chunks are the messages");
}

/// Chunks of one message with nothing between them, as one.
fn merged(events: Vec<Event<'static>>) -> Vec<Event<'static>> {
    let mut all: Vec<Event<'static>> = Vec::new();
    for event in events {
        match (all.last_mut(), event) {
            (Some(Event::Chunk(before)), Event::Chunk(chunk)) if !chunk.first => {
                assert!(!before.last, "a chunk behind the last");
                before.last = chunk.last;
                match (&mut before.data, chunk.data) {
                    (Message::Text(a), Message::Text(b)) => a.to_mut().push_str(&b),
                    (Message::Binary(a), Message::Binary(b)) => a.to_mut().extend_from_slice(&b),
                    (a, b) => panic!("{a:?} and {b:?} in one message"),
                }
            }
            (_, event) => all.push(event),
        }
    }
    all
}

/// The machine's loop on one piece.
fn feed<'b>(
    connection: &mut Connection,
    piece: &'b mut [u8],
    mut told: impl FnMut(Event<'b>),
) -> Result<(), Error> {
    // A frame has at least two bytes, and one may have begun in the piece before. A character that was
    // cut makes one more, where chunks come.
    let most = piece.len() + 1;
    let mut input = Input::new(NOW, piece);
    let mut count = 0;
    while let Some(event) = connection.handle_input(&mut input)? {
        told(event);
        count += 1;
        assert!(count <= most, "more events than frames");
    }
    assert!(input.is_empty(), "{} bytes were not eaten", input.len());
    Ok(())
}

fn output(connection: &Connection) -> Vec<u8> {
    connection.poll_transmit().collect::<Vec<_>>().concat()
}

fn read_all(connection: &mut Connection) {
    let waiting = connection.poll_transmit().map(<[u8]>::len).sum();
    connection.handle_written(waiting);
}

/// The memory rule, for a peer that does not read.
fn holds_little(role: Role, limits: &Arc<Limits>, bytes: &[u8]) {
    let mut whole = bytes.to_vec();
    let mut meter = Meter::new();
    let mut connection = meter.take(0, || connection(role, limits));
    for piece in whole.chunks_mut(50) {
        let length = piece.len();
        // What is owed to the peer after an error counts as well.
        let _ = meter.take(length, || feed(&mut connection, piece, drop));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use siox_testkit::split::oracle;

    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let key = [0x37, 0xFA, 0x21, 0x3D];
        let mut frame = vec![first, 0x80 | payload.len() as u8];
        frame.extend(key);
        frame.extend(payload.iter().zip(key.iter().cycle()).map(|(b, k)| b ^ k));
        frame
    }

    fn seeds() -> Vec<Vec<u8>> {
        vec![
            vec![],
            masked(0x81, "Grüße".as_bytes()),
            [
                masked(0x01, b"\xe2\x82"),
                masked(0x89, b"now"),
                masked(0x80, b"\xac"),
            ]
            .concat(),
            [masked(0x81, b"\xff"), masked(0x81, b"late")].concat(),
            [masked(0x88, b"\x03\xe8bye"), masked(0x81, b"late")].concat(),
            masked(0x89, b"x").repeat(30),
            masked(0x02, b"").repeat(6),
            [masked(0x02, b"x"), masked(0x00, b"").repeat(6)].concat(),
            b"\x81\xfe\x00\x01\0\0\0\0x".to_vec(),
            b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0".to_vec(),
            b"\x81\x05hello\x82\x02ab\x8a\x00\x88\x00".to_vec(),
        ]
    }

    #[test]
    fn the_seeds_pass() {
        for seed in seeds() {
            fuzz(&seed);
        }
    }

    #[test]
    fn every_cut_of_the_seeds_agrees() {
        let limits = Arc::new(Limits::default());
        for seed in seeds() {
            for role in [Role::Server, Role::Client] {
                oracle(&seed, |pieces| {
                    run(connection(role, &limits), pieces, false)
                });
            }
        }
    }

    #[test]
    fn the_target_sees_what_it_should() {
        let limits = Arc::new(Limits::default());
        let got = run(
            connection(Role::Server, &limits),
            &[&masked(0x89, b"x"), &masked(0x81, b"hi")],
            false,
        );
        assert_eq!(got.events.len(), 2);
        assert_eq!(got.output, b"\x8a\x01x");
    }
}
