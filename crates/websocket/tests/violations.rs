//! Every rule a frame can break: the error, the close frame on the wire, and nothing delivered after.

mod common;

use common::*;
use siox_testkit::split::oracle;
use siox_websocket::{Error, Limits, Violation, frame::Role};

/// Feeds a good message, the bad bytes and another good message in every cutting. Only the first
/// message may come out, and the close frame must carry the code of the error.
fn refused(role: Role, limits: &Limits, bad: &[u8], expected: Error, code: u16) {
    let from_client = role == Role::Server;
    let good = frame(FIN | TEXT, b"good", from_client);
    let bytes = [&good, bad, &good].concat();
    let outcome = oracle(&bytes, |pieces| run(connection(role, limits), pieces));
    assert_eq!(outcome.events, [text("good")], "{expected:?}");
    assert_eq!(outcome.error, Some(expected));
    let payload = close_payload(code, expected.reason());
    assert_eq!(outcome.frames, [(FIN | CLOSE, payload)], "{expected:?}");
    assert!(outcome.closed);
}

fn server_refuses(bad: &[u8], violation: Violation, code: u16) {
    refused(
        Role::Server,
        &Limits::default(),
        bad,
        Error::Protocol(violation),
        code,
    );
}

fn client_refuses(bad: &[u8], violation: Violation, code: u16) {
    refused(
        Role::Client,
        &Limits::default(),
        bad,
        Error::Protocol(violation),
        code,
    );
}

#[test]
fn reserved_bits_and_opcodes() {
    for bits in 1..8u8 {
        for opcode in [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] {
            let first = FIN | bits << 4 | opcode;
            server_refuses(&masked(first, b"x"), Violation::ReservedBits, 1002);
            client_refuses(&plain(first, b"x"), Violation::ReservedBits, 1002);
        }
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        server_refuses(&masked(FIN | opcode, b"x"), Violation::ReservedOpcode, 1002);
        client_refuses(&plain(FIN | opcode, b""), Violation::ReservedOpcode, 1002);
    }
}

#[test]
fn masking_of_the_wrong_side() {
    server_refuses(&plain(FIN | TEXT, b"secret"), Violation::Unmasked, 1002);
    server_refuses(&plain(FIN | PING, b""), Violation::Unmasked, 1002);
    client_refuses(&masked(FIN | TEXT, b"secret"), Violation::Masked, 1002);
    client_refuses(&masked(FIN | CLOSE, b""), Violation::Masked, 1002);
}

#[test]
fn control_frames_in_fragments_or_too_long() {
    for opcode in [CLOSE, PING, PONG] {
        server_refuses(&masked(opcode, b"x"), Violation::FragmentedControl, 1002);
        let long = masked(FIN | opcode, &[b'x'; 126]);
        server_refuses(&long, Violation::ControlTooLong, 1002);
        let long = plain(FIN | opcode, &[b'x'; 70_000]);
        client_refuses(&long, Violation::ControlTooLong, 1002);
    }
}

#[test]
fn fragments_out_of_order() {
    for first in [CONTINUATION, FIN | CONTINUATION] {
        server_refuses(&masked(first, b"x"), Violation::StrayContinuation, 1002);
        client_refuses(&plain(first, b""), Violation::StrayContinuation, 1002);
    }
    for first in [TEXT, BINARY, FIN | TEXT, FIN | BINARY] {
        let nested = [masked(TEXT, b"a"), masked(first, b"b")].concat();
        server_refuses(&nested, Violation::InterleavedMessage, 1002);
    }
    let after_the_end = [
        masked(TEXT, b"a"),
        masked(FIN | CONTINUATION, b"b"),
        masked(CONTINUATION, b"c"),
    ];
    let outcome = run(server(&Limits::default()), &[&after_the_end.concat()]);
    assert_eq!(outcome.events, [text("ab")]);
    let expected = Error::Protocol(Violation::StrayContinuation);
    assert_eq!(outcome.error, Some(expected));
}

#[test]
fn lengths() {
    let head = |len: u64, key: &[u8]| {
        let first: &[u8] = &[FIN | BINARY, 0x80 | 127];
        [first, &len.to_be_bytes(), key].concat()
    };
    for len in [1 << 63, u64::MAX, (1 << 63) + 5] {
        server_refuses(&head(len, &KEY), Violation::LengthOverflow, 1002);
        server_refuses(&head(len, &[]), Violation::LengthOverflow, 1002);
    }
    for len in [0, 125, 126, 65_535] {
        server_refuses(&head(len, &KEY), Violation::LengthNotMinimal, 1002);
    }
    let medium = [&[FIN | TEXT, 0x80 | 126, 0, 5][..], &KEY].concat();
    server_refuses(&medium, Violation::LengthNotMinimal, 1002);
}

#[test]
fn non_minimal_lengths_pass_where_allowed() {
    let limits = Limits {
        accept_non_minimal_length: true,
        ..Limits::default()
    };
    let mut bytes = [&[FIN | TEXT, 0x80 | 126, 0, 3][..], &KEY].concat();
    bytes.extend(b"abc".iter().zip(KEY).map(|(b, k)| b ^ k));
    bytes.extend([FIN | BINARY, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend(KEY);
    bytes.extend([FIN | PONG, 0x80 | 126, 0, 0]);
    bytes.extend(KEY);
    let outcome = oracle(&bytes, |pieces| run(server(&limits), pieces));
    let events = vec![text("abc"), binary(b""), pong(b"")];
    assert_eq!((outcome.events, outcome.error), (events, None));
    let long = Error::Protocol(Violation::ControlTooLong);
    refused(
        Role::Server,
        &limits,
        &masked(FIN | PING, &[0; 126]),
        long,
        1002,
    );
}

#[test]
fn the_first_violation_counts() {
    // Valid data behind a violation, and a second violation, change nothing.
    let bytes = [
        masked(FIN | 3, b""),
        masked(FIN | TEXT, b"late"),
        plain(FIN | TEXT, b"unmasked"),
        masked(FIN | CLOSE, &close_payload(1000, "")),
    ];
    let outcome = oracle(&bytes.concat(), |p| run(server(&Limits::default()), p));
    assert_eq!(outcome.events, []);
    let expected = Error::Protocol(Violation::ReservedOpcode);
    assert_eq!(outcome.error, Some(expected));
    assert_eq!(outcome.frames.len(), 1);
}

#[test]
fn a_client_masks_the_close_frame_it_owes() {
    let mut machine = client(&Limits::default());
    let mut events = Vec::new();
    let bad = masked(FIN | TEXT, b"x");
    let now = siox_wire::Instant::EPOCH;
    feed(&mut machine, now, &bad, &mut events).unwrap_err();
    let wire = queued(&machine);
    assert_eq!(wire[0], FIN | CLOSE);
    assert_ne!(wire[1] & 0x80, 0, "the mask bit");
}
