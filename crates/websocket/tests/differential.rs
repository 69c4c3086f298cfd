//! tungstenite as the oracle: the same messages and the same class of error for valid, mutated and
//! truncated streams, in both roles. Where the two differ on purpose, the difference has a name.

mod common;

use common::*;
use proptest::prelude::*;
use siox_websocket::{CloseCode, Error, Event, Limits, Violation, frame::Role};
use siox_wire::Message;
use std::io::{self, Cursor, Read, Write};
use tungstenite::{
    WebSocket,
    error::ProtocolError,
    protocol::{Message as Theirs, Role as TheirRole, WebSocketConfig},
};

const LIMIT: usize = 600;

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// No more bytes, no error.
    Eof,
    /// With a close frame.
    Closed,
    Protocol,
    Utf8,
    TooBig,
}

/// Reads from memory, writes to nowhere.
struct Stream(Cursor<Vec<u8>>);

impl Read for Stream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Stream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn event(message: Theirs) -> Event<'static> {
    match message {
        Theirs::Text(s) => Event::Message(Message::Text(s.as_str().to_owned().into())),
        Theirs::Binary(b) => Event::Message(Message::Binary(b.to_vec().into())),
        Theirs::Ping(b) => Event::Ping(b.to_vec().into()),
        Theirs::Pong(b) => Event::Pong(b.to_vec().into()),
        Theirs::Close(None) => Event::Close(None),
        Theirs::Close(Some(frame)) => match CloseCode::new(frame.code.into()) {
            Some(code) => close(code.get(), frame.reason.as_str()),
            None => panic!("{frame:?}"),
        },
        Theirs::Frame(frame) => panic!("{frame:?}"),
    }
}

fn theirs(role: Role, bytes: &[u8]) -> (Vec<Event<'static>>, Class) {
    let config = WebSocketConfig::default()
        .max_message_size(Some(LIMIT))
        .max_frame_size(Some(LIMIT));
    let role = match role {
        Role::Server => TheirRole::Server,
        Role::Client => TheirRole::Client,
    };
    let stream = Stream(Cursor::new(bytes.to_vec()));
    let mut socket = WebSocket::from_raw_socket(stream, role, Some(config));
    let mut events = Vec::new();
    loop {
        let class = match socket.read() {
            Ok(message) => {
                let is_close = matches!(message, Theirs::Close(_));
                events.push(event(message));
                if !is_close {
                    continue;
                }
                Class::Closed
            }
            Err(tungstenite::Error::Utf8(_)) => Class::Utf8,
            Err(tungstenite::Error::Capacity(_)) => Class::TooBig,
            Err(tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {
                Class::Eof
            }
            Err(tungstenite::Error::Protocol(_)) => Class::Protocol,
            Err(other) => panic!("{other:?}"),
        };
        return (events, class);
    }
}

fn ours(role: Role, bytes: &[u8]) -> (Vec<Event<'static>>, Class, Option<Error>) {
    let limits = Limits {
        message: LIMIT,
        fragments: u32::MAX,
        control_flood: u32::MAX,
        accept_non_minimal_length: true,
        ..Limits::default()
    };
    let outcome = run(connection(role, &limits), &[bytes]);
    let class = match outcome.error {
        Some(Error::Protocol(Violation::InvalidUtf8 | Violation::CloseReason)) => Class::Utf8,
        Some(Error::Protocol(_)) => Class::Protocol,
        Some(Error::TooBig { .. }) => Class::TooBig,
        Some(other) => panic!("{other:?}"),
        None if outcome.closed => Class::Closed,
        None => Class::Eof,
    };
    (outcome.events, class, outcome.error)
}

/// The differences that are meant.
#[derive(Debug, PartialEq, Eq)]
enum Difference {
    None,
    /// We refuse a frame by its first bad byte; they wait until it is whole.
    WeDoNotWaitForTheFrame,
    /// A frame with two faults: we look at its bits first, they at its length.
    TheyJudgeTheSizeFirst,
    /// They answer a bad close code with 1002, as we do, but report it as a close frame.
    TheyDeliverBadCloseCodes,
    /// They judge a close reason before the close code.
    TheyJudgeTheReasonFirst,
}

fn compare(role: Role, bytes: &[u8]) -> Difference {
    let (mut their_events, their_class) = theirs(role, bytes);
    let (our_events, our_class, error) = ours(role, bytes);
    let bad_code = matches!(error, Some(Error::Protocol(Violation::CloseCode(_))));
    let difference = match (our_class, their_class) {
        (a, b) if a == b => Difference::None,
        (Class::Protocol | Class::Utf8 | Class::TooBig, Class::Eof) => {
            Difference::WeDoNotWaitForTheFrame
        }
        (Class::Protocol, Class::Closed) if bad_code => {
            assert_eq!(their_events.pop(), Some(close(1002, "Protocol violation")));
            Difference::TheyDeliverBadCloseCodes
        }
        (Class::Protocol, Class::Utf8) if bad_code => Difference::TheyJudgeTheReasonFirst,
        (Class::Protocol, Class::TooBig) => Difference::TheyJudgeTheSizeFirst,
        (a, b) => panic!("ours {a:?} ({error:?}), theirs {b:?}\n{bytes:02x?}"),
    };
    assert_eq!(our_events, their_events, "{error:?}\n{bytes:02x?}");
    difference
}

/// A stream that breaks no rule: whole messages in fragments, control frames between them.
fn valid_stream(masked: bool) -> impl Strategy<Value = Vec<u8>> {
    let control = prop_oneof![Just(PING), Just(PONG)].prop_map(|op| FIN | op);
    let control = (control, proptest::collection::vec(any::<u8>(), 0..=125));
    let text = "[a-zé€𝄞]{0,30}".prop_map(|s| (TEXT, s.into_bytes()));
    let bytes = proptest::collection::vec(any::<u8>(), 0..LIMIT).prop_map(|b| (BINARY, b));
    let cuts = proptest::collection::vec(any::<prop::sample::Index>(), 0..4);
    let message = (
        prop_oneof![text, bytes],
        cuts,
        proptest::option::of(control),
    );
    proptest::collection::vec(message, 0..5).prop_map(move |messages| {
        let mut out = Vec::new();
        for ((kind, payload), cuts, control) in messages {
            let mut cuts: Vec<_> = cuts.iter().map(|i| i.index(payload.len() + 1)).collect();
            cuts.sort_unstable();
            let (mut from, mut opcode) = (0, kind);
            for cut in cuts {
                out.extend(frame(opcode, &payload[from..cut], masked));
                if let Some((first, payload)) = &control {
                    out.extend(frame(*first, payload, masked));
                }
                (from, opcode) = (cut, CONTINUATION);
            }
            out.extend(frame(FIN | opcode, &payload[from..], masked));
        }
        out
    })
}

fn any_role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Server), Just(Role::Client)]
}

fn role_and_stream() -> impl Strategy<Value = (Role, Vec<u8>)> {
    any_role().prop_flat_map(|role| (Just(role), valid_stream(role == Role::Server)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn valid_and_truncated_streams((role, mut bytes) in role_and_stream(), cut in any::<prop::sample::Index>()) {
        prop_assert_eq!(compare(role, &bytes), Difference::None);
        bytes.truncate(cut.index(bytes.len() + 1));
        prop_assert_eq!(compare(role, &bytes), Difference::None);
        prop_assert_eq!(ours(role, &bytes).1, Class::Eof);
    }

    #[test]
    fn mutated_streams(
        (role, mut bytes) in role_and_stream(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        for (at, value) in changes {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
        }
        compare(role, &bytes);
    }

    #[test]
    fn streams_of_any_frames(
        role in any_role(),
        list in proptest::collection::vec(any_frame(), 1..10),
    ) {
        let bytes: Vec<u8> = list
            .iter()
            .flat_map(|(first, payload, wrong)| frame(*first, payload, (role == Role::Server) != *wrong))
            .collect();
        // Every frame is whole, so nobody waits for anything.
        prop_assert_ne!(compare(role, &bytes), Difference::WeDoNotWaitForTheFrame);
    }
}

#[test]
fn all_two_byte_heads() {
    for role in [Role::Server, Role::Client] {
        for bits in 0..=u16::MAX {
            // Zeros enough behind the head for every short payload.
            let mut bytes = bits.to_be_bytes().to_vec();
            bytes.resize(2 + 8 + 4 + 125, 0);
            let error = ours(role, &bytes).2;
            let refused = matches!(error, Some(Error::Protocol(_)));
            let difference = compare(role, &bytes);
            assert!(
                refused || difference == Difference::None,
                "{bits:04x} {error:?}"
            );
        }
    }
}

/// What our encoder makes, they read, in both roles.
#[test]
fn they_read_what_we_write() {
    for role in [Role::Server, Role::Client] {
        let mut machine = connection(role, &Limits::default());
        let mut expected = Vec::new();
        for len in [0, 1, 125, 126, 127, 300, 599, 600] {
            let s = "x".repeat(len);
            machine.text(&s).unwrap();
            machine.binary(s.clone().into_bytes().into()).unwrap();
            expected.extend([text(&s), binary(s.as_bytes())]);
            if len <= 125 {
                machine.ping(s.as_bytes()).unwrap();
                machine.pong(s.as_bytes()).unwrap();
                expected.extend([ping(s.as_bytes()), pong(s.as_bytes())]);
            }
        }
        let now = siox_wire::Instant::EPOCH;
        machine.close(now, CloseCode::GOING_AWAY, "bye").unwrap();
        expected.push(close(1001, "bye"));
        let reader = match role {
            Role::Server => Role::Client,
            Role::Client => Role::Server,
        };
        assert_eq!(theirs(reader, &queued(&machine)), (expected, Class::Closed));
    }
}
