//! Messages in fragments: put together, however they are cut.

mod common;

use common::*;
use siox_testkit::split::oracle;
use siox_websocket::{Error, Limits};

fn events(bytes: &[Vec<u8>], expected: &[siox_websocket::Event<'static>]) {
    let outcome = oracle(&bytes.concat(), |p| run(server(&Limits::default()), p));
    assert_eq!((&outcome.events[..], outcome.error), (expected, None));
}

#[test]
fn fragments_become_one_message() {
    let whole: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let mut bytes = vec![masked(BINARY, &whole[..1])];
    bytes.push(masked(CONTINUATION, &whole[1..200]));
    bytes.push(masked(CONTINUATION, &[]));
    bytes.push(masked(CONTINUATION, &whole[200..69_000]));
    bytes.push(masked(FIN | CONTINUATION, &whole[69_000..]));
    events(&bytes, &[binary(&whole)]);
}

#[test]
fn empty_fragments() {
    let empty = [
        masked(TEXT, b""),
        masked(CONTINUATION, b""),
        masked(FIN | CONTINUATION, b""),
        masked(FIN | TEXT, b""),
        masked(FIN | BINARY, b""),
    ];
    events(&empty, &[text(""), text(""), binary(b"")]);
}

#[test]
fn control_frames_between_fragments() {
    let bytes = [
        masked(TEXT, b"one"),
        masked(FIN | PING, b"p1"),
        masked(CONTINUATION, b" two"),
        masked(FIN | PONG, b"p2"),
        masked(FIN | PING, &[9; 125]),
        masked(FIN | CONTINUATION, b" three"),
        masked(FIN | TEXT, b"next"),
    ];
    let expected = [
        ping(b"p1"),
        pong(b"p2"),
        ping(&[9; 125]),
        text("one two three"),
        text("next"),
    ];
    events(&bytes, &expected);
}

#[test]
fn a_close_frame_inside_a_message_ends_it() {
    let bytes = [
        masked(TEXT, b"unfinished"),
        masked(FIN | CLOSE, &close_payload(1001, "")),
        masked(FIN | CONTINUATION, b"ignored"),
    ];
    events(&bytes, &[close(1001, "")]);
}

#[test]
fn too_many_fragments() {
    let limits = Limits {
        fragments: 5,
        ..Limits::default()
    };
    for payload in [&b""[..], b"x"] {
        let mut bytes = masked(TEXT, payload);
        bytes.extend(masked(CONTINUATION, payload).repeat(3));
        bytes.extend(masked(FIN | CONTINUATION, payload));
        let good = oracle(&bytes, |p| run(server(&limits), p));
        assert_eq!((good.events.len(), good.error), (1, None));

        // The count begins anew with each message.
        let twice = bytes.repeat(2);
        assert_eq!(run(server(&limits), &[&twice]).events.len(), 2);

        let mut bytes = masked(TEXT, payload);
        bytes.extend(masked(CONTINUATION, payload).repeat(4));
        bytes.extend(masked(FIN | CONTINUATION, payload));
        let bad = oracle(&bytes, |p| run(server(&limits), p));
        assert_eq!(bad.events, []);
        assert_eq!(bad.error, Some(Error::TooManyFragments { limit: 5 }));
        let close = close_payload(1008, "too many fragments");
        assert_eq!(bad.frames, [(FIN | CLOSE, close)]);
    }
}

#[test]
fn the_default_limit_of_fragments() {
    let run_with = |more: usize| {
        let mut bytes = masked(BINARY, b"");
        bytes.extend(masked(CONTINUATION, b"").repeat(more));
        run(server(&Limits::default()), &[&bytes]).error
    };
    assert_eq!(run_with(16_383), None);
    let error = Error::TooManyFragments { limit: 16_384 };
    assert_eq!(run_with(16_384), Some(error));
}
