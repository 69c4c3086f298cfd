//! Text is UTF-8, checked as it arrives: the first byte that nothing can mend ends the connection.

mod common;

use common::*;
use siox_testkit::split::oracle;
use siox_websocket::{Error, Limits, Violation};
use siox_wire::Instant;

const INVALID: Error = Error::Protocol(Violation::InvalidUtf8);

/// Each with the index of its first bad byte.
const BAD: [(&[u8], usize); 8] = [
    (b"\xff", 0),
    (b"abc\x80", 3),
    (b"\xc0\xaf", 0),
    (b"\xe2\x28\xa1", 1),
    (b"\xed\xa0\x80", 1),
    (b"\xf4\x90\x80\x80", 1),
    (b"\xf8\x88\x80\x80\x80", 0),
    ("κόσμε\u{fffd}".as_bytes(), usize::MAX),
];

fn refused(bytes: &[u8]) {
    let outcome = oracle(bytes, |p| run(server(&Limits::default()), p));
    assert_eq!(
        (&outcome.events[..], outcome.error),
        (&[][..], Some(INVALID))
    );
    let close = close_payload(1007, "invalid UTF-8");
    assert_eq!(outcome.frames, [(FIN | CLOSE, close)]);
}

#[test]
fn bad_text_is_refused_whole_and_in_fragments() {
    for (payload, bad) in BAD {
        if bad == usize::MAX {
            continue;
        }
        refused(&masked(FIN | TEXT, payload));
        for cut in 0..=payload.len() {
            let (a, b) = payload.split_at(cut);
            refused(&[masked(TEXT, a), masked(FIN | CONTINUATION, b)].concat());
        }
    }
}

#[test]
fn good_text_may_be_cut_inside_a_code_point() {
    let payload = "κόσμε 𝄞 \u{10ffff}".as_bytes();
    for cut in 0..=payload.len() {
        let (a, b) = payload.split_at(cut);
        let bytes = [
            masked(TEXT, a),
            masked(FIN | PING, b"\xff"),
            masked(FIN | CONTINUATION, b),
        ];
        let outcome = oracle(&bytes.concat(), |p| run(server(&Limits::default()), p));
        let expected = [ping(b"\xff"), text(std::str::from_utf8(payload).unwrap())];
        assert_eq!((&outcome.events[..], outcome.error), (&expected[..], None));
    }
}

#[test]
fn a_message_must_not_end_inside_a_code_point() {
    for payload in [&b"\xce"[..], b"ab\xf0\x9d\x84", b"\xe2\x82"] {
        refused(&masked(FIN | TEXT, payload));
        let fragments = [masked(TEXT, payload), masked(FIN | CONTINUATION, b"")];
        refused(&fragments.concat());
    }
}

/// Byte by byte into a frame that announces much more: the error comes with the very byte.
#[test]
fn fails_at_the_first_bad_byte_of_a_frame_that_has_not_arrived() {
    for (payload, bad) in BAD {
        for fin in [0, FIN] {
            let long = [payload, &[b'x'; 1000]].concat();
            let bytes = masked(fin | TEXT, &long);
            let head = bytes.len() - long.len();
            let mut machine = server(&Limits::default());
            let mut events = Vec::new();
            for (i, byte) in bytes.iter().enumerate().take(head + payload.len()) {
                let result = feed(&mut machine, Instant::EPOCH, &[*byte], &mut events);
                if bad != usize::MAX && i == head + bad {
                    assert_eq!(result, Err(INVALID), "{payload:?}");
                    break;
                }
                assert_eq!(result, Ok(()), "{payload:?} at {i}");
            }
            assert_eq!(machine.is_closed(), bad != usize::MAX);
        }
    }
}

#[test]
fn binary_is_not_checked() {
    let bytes = [
        masked(FIN | BINARY, b"\xff\xfe"),
        masked(BINARY, b"\xc0"),
        masked(FIN | CONTINUATION, b"\xaf"),
    ];
    let outcome = oracle(&bytes.concat(), |p| run(server(&Limits::default()), p));
    assert_eq!(outcome.events, [binary(b"\xff\xfe"), binary(b"\xc0\xaf")]);
}
