//! The size of a message: judged by the head alone, across fragments, up to large limits.

mod common;

use common::*;
use siox_testkit::split::oracle;
use siox_websocket::{Error, Limits, Timeout};
use siox_wire::Instant;
use std::time::Duration;

fn limits(message: usize) -> Limits {
    Limits {
        message,
        ..Limits::default()
    }
}

/// A masked head that announces `len` bytes.
fn head(first: u8, len: u64) -> Vec<u8> {
    let mut out = vec![first];
    if len < 126 {
        out.push(0x80 | len as u8);
    } else if len < 1 << 16 {
        out.push(0x80 | 126);
        out.extend((len as u16).to_be_bytes());
    } else {
        out.push(0x80 | 127);
        out.extend(len.to_be_bytes());
    }
    out.extend(KEY);
    out
}

fn too_big(bytes: &[u8], limit: usize) {
    let outcome = oracle(bytes, |p| run(server(&limits(limit)), p));
    assert_eq!(outcome.events, []);
    assert_eq!(outcome.error, Some(Error::TooBig { limit }));
    let close = close_payload(1009, "message too big");
    assert_eq!(outcome.frames, [(FIN | CLOSE, close)]);
}

#[test]
fn the_head_alone_is_refused() {
    too_big(&head(FIN | BINARY, 1001), 1000);
    too_big(&head(FIN | TEXT, (1 << 20) + 1), 1 << 20);
    too_big(&head(BINARY, (1 << 63) - 1), 1 << 20);
    too_big(&head(TEXT, 1), 0);
}

#[test]
fn fragments_count_together() {
    let first = masked(TEXT, &[b'x'; 600]);
    too_big(&[&first[..], &head(FIN | CONTINUATION, 401)].concat(), 1000);
    too_big(
        &[&first[..], &head(CONTINUATION, u64::MAX >> 1)].concat(),
        1000,
    );
    let exact = [first, masked(FIN | CONTINUATION, &[b'x'; 400])].concat();
    let outcome = oracle(&exact, |p| run(server(&limits(1000)), p));
    assert_eq!(outcome.events, [text(&"x".repeat(1000))]);
}

#[test]
fn control_frames_do_not_count() {
    let bytes = [
        masked(TEXT, b"123"),
        masked(FIN | PING, &[0; 125]),
        masked(FIN | CONTINUATION, b"4"),
    ];
    let outcome = oracle(&bytes.concat(), |p| run(server(&limits(4)), p));
    assert_eq!(outcome.events, [ping(&[0; 125]), text("1234")]);
}

#[test]
fn large_messages_pass_where_allowed() {
    let payload = vec![0x5a; 32 << 20];
    let bytes = masked(FIN | BINARY, &payload);
    let limits = limits(32 << 20);
    for pieces in [vec![&bytes[..]], bytes.chunks(65_536).collect()] {
        let outcome = run(server(&limits), &pieces);
        assert!(outcome.events == [binary(&payload)], "{:?}", outcome.error);
    }
}

#[test]
fn the_deadline_of_a_message() {
    let limits = Limits {
        message_deadline: Some(Duration::from_secs(10)),
        ..Limits::default()
    };
    let message = masked(TEXT, b"first");
    let at = Instant::from_millis;
    // Whatever is incomplete runs against the clock: a head, a payload, a message between fragments,
    // a message behind which a ping was whole.
    let mut behind_a_ping = message.clone();
    behind_a_ping.extend(masked(FIN | PING, b""));
    for bytes in [&message[..1], &message[..8], &message, &behind_a_ping] {
        let mut machine = server(&limits);
        let mut events = Vec::new();
        assert_eq!(machine.poll_timeout(), None);
        feed(&mut machine, at(1000), bytes, &mut events).unwrap();
        assert_eq!(machine.poll_timeout(), Some(at(11_000)), "{bytes:?}");
        // A trickle does not postpone it.
        let mut rest = [&message[..], &masked(CONTINUATION, b"x")].concat();
        rest = rest.split_off(bytes.len().min(message.len()));
        feed(&mut machine, at(9000), &rest, &mut events).unwrap();
        assert_eq!(machine.poll_timeout(), Some(at(11_000)));
        assert_eq!(machine.handle_timeout(at(10_999)), Ok(None));
        let timeout = Error::Timeout(Timeout::Message);
        assert_eq!(machine.handle_timeout(at(11_000)), Err(timeout));
        let close = close_payload(1008, "message took too long");
        assert_eq!(
            frames(&drain(&mut machine)).last(),
            Some(&(FIN | CLOSE, close))
        );
        assert!(machine.is_finished());
    }
    // A whole message stops the clock, and the next has its own.
    let mut machine = server(&limits);
    let mut events = Vec::new();
    feed(&mut machine, at(0), &message, &mut events).unwrap();
    let end_and_next = [masked(FIN | CONTINUATION, b""), message.clone()].concat();
    feed(&mut machine, at(9000), &end_and_next, &mut events).unwrap();
    assert_eq!(machine.poll_timeout(), Some(at(19_000)));
    feed(
        &mut machine,
        at(9001),
        &masked(FIN | CONTINUATION, b""),
        &mut events,
    )
    .unwrap();
    assert_eq!(machine.poll_timeout(), None);
}

/// However the input was cut, no clock runs on when all has arrived.
#[test]
fn the_clock_stops_with_the_last_byte() {
    let limits = Limits {
        message_deadline: Some(Duration::from_secs(10)),
        ..Limits::default()
    };
    let (ping, text) = (masked(FIN | PING, b"p"), masked(FIN | TEXT, b"whole"));
    let fragments = [masked(TEXT, b"a"), masked(FIN | CONTINUATION, b"b")].concat();
    for bytes in [ping, text, fragments] {
        for cut in 0..=bytes.len() {
            let mut machine = server(&limits);
            let mut events = Vec::new();
            let (a, b) = bytes.split_at(cut);
            feed(&mut machine, Instant::EPOCH, a, &mut events).unwrap();
            let is_cut = (1..bytes.len()).contains(&cut);
            assert_eq!(machine.poll_timeout().is_some(), is_cut, "{cut}");
            feed(&mut machine, Instant::EPOCH, b, &mut events).unwrap();
            assert_eq!(machine.poll_timeout(), None, "{cut}");
            assert_eq!(events.len(), 1);
        }
    }
}
