//! Messages handed on in chunks: the same as whole, however they are cut, with what was good delivered
//! before what was bad.

mod common;

use common::*;
use proptest::prelude::*;
use siox_testkit::split::oracle;
use siox_websocket::{Error, Event, Limits, Timeout, Violation, frame::Role};
use siox_wire::{Input, Instant, Message, SendError};
use std::{borrow::Cow, time::Duration};

const INVALID: Error = Error::Protocol(Violation::InvalidUtf8);

fn outcome(bytes: &[u8], limits: &Limits) -> Outcome {
    oracle(bytes, |pieces| run_streaming(server(limits), pieces))
}

fn good(bytes: &[u8], expected: &[Event<'static>]) {
    let outcome = outcome(bytes, &Limits::default());
    assert_eq!((&outcome.events[..], outcome.error), (expected, None));
}

/// What fails, and what was told before.
fn bad(bytes: &[u8], limits: &Limits, error: Error, expected: &[Event<'static>]) {
    let outcome = outcome(bytes, limits);
    assert_eq!(
        (&outcome.events[..], outcome.error),
        (expected, Some(error))
    );
    let close = close_payload(error.close_code().get(), error.reason());
    assert_eq!(outcome.frames.last(), Some(&(FIN | CLOSE, close)));
}

#[test]
fn messages_and_control_frames() {
    let bytes = [
        masked(FIN | TEXT, "κόσμε".as_bytes()),
        masked(BINARY, &[1; 300]),
        masked(FIN | PING, b"between"),
        masked(CONTINUATION, b""),
        masked(CONTINUATION, &[2; 70_000]),
        masked(FIN | PONG, b""),
        masked(FIN | CONTINUATION, b""),
        masked(FIN | TEXT, b""),
        masked(BINARY, b""),
        masked(FIN | CONTINUATION, b""),
        masked(TEXT, b""),
        masked(FIN | CONTINUATION, b"late"),
        masked(FIN | CLOSE, &close_payload(1000, "")),
    ];
    good(
        &bytes.concat(),
        &[
            text_chunk("κόσμε", true, true),
            binary_chunk(&[1; 300], true, false),
            ping(b"between"),
            binary_chunk(&[2; 70_000], false, false),
            pong(b""),
            binary_chunk(b"", false, true),
            text_chunk("", true, true),
            binary_chunk(b"", true, true),
            text_chunk("late", true, true),
            close(1000, ""),
        ],
    );
}

#[test]
fn a_ping_is_answered_between_two_chunks() {
    let bytes = [masked(TEXT, b"a"), masked(FIN | PING, b"x")].concat();
    let outcome = outcome(&bytes, &Limits::default());
    assert_eq!(outcome.frames, [(FIN | PONG, b"x".to_vec())]);
}

#[test]
fn chunks_are_lent_but_for_a_character_that_was_cut() {
    let mut machine = server(&Limits::default());
    machine.set_streaming(true);
    let payload = "aé".repeat(5000).into_bytes();
    let mut bytes = [
        masked(FIN | TEXT, &payload),
        masked(BINARY, &payload),
        masked(FIN | CONTINUATION, &payload),
    ]
    .concat();
    let mut copied = Vec::new();
    for piece in bytes.chunks_mut(1000) {
        let range = piece.as_ptr_range();
        let mut input = Input::new(Instant::EPOCH, piece);
        while let Some(event) = machine.handle_input(&mut input).unwrap() {
            let Event::Chunk(chunk) = event else {
                panic!("{event:?}")
            };
            match chunk.data {
                Message::Text(Cow::Borrowed(s)) => assert!(range.contains(&s.as_ptr())),
                Message::Binary(Cow::Borrowed(b)) => assert!(range.contains(&b.as_ptr())),
                Message::Text(Cow::Owned(s)) => copied.push(s),
                Message::Binary(Cow::Owned(b)) => panic!("{} bytes copied", b.len()),
            }
        }
    }
    assert!(
        !copied.is_empty() && copied.iter().all(|s| s == "é"),
        "{copied:?}"
    );
}

#[test]
fn characters_are_never_cut() {
    let payload = "κόσμε 𝄞 \u{10ffff}€";
    for cut in 0..=payload.len() {
        let (a, b) = payload.as_bytes().split_at(cut);
        let bytes = [masked(TEXT, a), masked(FIN | CONTINUATION, b)].concat();
        good(&bytes, &[text_chunk(payload, true, true)]);
        // What is whole has been told when the ping comes.
        let whole = (0..=cut).rev().find(|&i| payload.is_char_boundary(i));
        let (before, after) = payload.split_at(whole.unwrap());
        let bytes = [masked(TEXT, a), masked(FIN | PING, b""), masked(FIN, b)].concat();
        let mut expected = vec![
            text_chunk(before, true, false),
            ping(b""),
            text_chunk(after, false, true),
        ];
        if before.is_empty() {
            expected = vec![ping(b""), text_chunk(after, true, true)];
        }
        good(&bytes, &expected);
    }
}

#[test]
fn bad_text_fails_at_its_first_bad_byte_and_not_before() {
    let table: [(&[u8], &str); 8] = [
        (b"\xff", ""),
        (b"abc\x80", "abc"),
        (b"ab\xc0\xaf", "ab"),
        (b"a\xe2\x28\xa1", "a"),
        (b"\xed\xa0\x80", ""),
        (b"x\xf4\x90\x80\x80", "x"),
        ("é\u{10ffff}".as_bytes(), "é\u{10ffff}"),
        (b"\xe2\x82\xe2\x82\xac", ""),
    ];
    for (payload, before) in table {
        if std::str::from_utf8(payload).is_ok() {
            continue;
        }
        let expected = match before {
            "" => vec![],
            _ => vec![text_chunk(before, true, false)],
        };
        let long = [payload, b"more"].concat();
        bad(
            &masked(FIN | TEXT, &long),
            &Limits::default(),
            INVALID,
            &expected,
        );
        for cut in 0..=payload.len() {
            let (a, b) = payload.split_at(cut);
            let bytes = [masked(TEXT, a), masked(FIN | CONTINUATION, b)].concat();
            bad(&bytes, &Limits::default(), INVALID, &expected);
        }
    }
    // The end inside a character.
    for payload in [&b"ab\xce"[..], b"ab\xf0\x9d\x84"] {
        let expected = [text_chunk("ab", true, false)];
        bad(
            &masked(FIN | TEXT, payload),
            &Limits::default(),
            INVALID,
            &expected,
        );
        let bytes = [masked(TEXT, payload), masked(FIN | CONTINUATION, b"")];
        bad(&bytes.concat(), &Limits::default(), INVALID, &expected);
    }
}

#[test]
fn a_failure_behind_a_chunk_is_told_though_nothing_more_is_read() {
    let mut machine = server(&Limits::default());
    machine.set_streaming(true);
    let mut bytes = masked(FIN | TEXT, b"good\xff");
    let mut input = Input::new(Instant::EPOCH, &mut bytes);
    let event = machine.handle_input(&mut input).unwrap();
    assert_eq!(event, Some(text_chunk("good", true, false)));
    assert_eq!(machine.text("answer"), Err(SendError::Closed));
    assert!(
        machine
            .poll_timeout()
            .is_some_and(|by| by <= Instant::from_millis(1))
    );
    assert_eq!(
        machine.handle_timeout(Instant::from_millis(1)),
        Err(INVALID)
    );
}

#[test]
fn rules_of_fragments_hold() {
    let limits = Limits::default();
    let stray = Error::Protocol(Violation::StrayContinuation);
    let interleaved = Error::Protocol(Violation::InterleavedMessage);
    bad(&masked(FIN | CONTINUATION, b"x"), &limits, stray, &[]);
    let bytes = [masked(TEXT, b"a"), masked(FIN | TEXT, b"b")].concat();
    let expected = [text_chunk("a", true, false)];
    bad(&bytes, &limits, interleaved, &expected);
    let bytes = [masked(TEXT, b""), masked(BINARY, b"b")].concat();
    bad(&bytes, &limits, interleaved, &[]);
    let bytes = [masked(FIN | TEXT, b"a"), masked(CONTINUATION, b"b")].concat();
    bad(&bytes, &limits, stray, &[text_chunk("a", true, true)]);
}

#[test]
fn a_streamed_message_has_a_limit_of_its_own() {
    let narrow = |streamed_message| Limits {
        message: 3,
        streamed_message,
        ..Limits::default()
    };
    let too_big = Error::TooBig { limit: 1000 };
    let exact = [
        masked(BINARY, &[1; 600]),
        masked(FIN | CONTINUATION, &[2; 400]),
    ]
    .concat();
    let whole = [[1; 600].as_slice(), &[2; 400]].concat();
    for limit in [1000, u64::MAX] {
        let outcome = outcome(&exact, &narrow(limit));
        assert_eq!(outcome.events, [binary_chunk(&whole, true, true)]);
        assert_eq!(outcome.error, None);
    }
    let head = |first, len: u16| [&[first, 0xfe][..], &len.to_be_bytes(), &KEY].concat();
    bad(&head(FIN | BINARY, 1001), &narrow(1000), too_big, &[]);
    bad(
        &masked(FIN | TEXT, &[b'x'; 1001]),
        &narrow(1000),
        too_big,
        &[],
    );
    let bytes = [masked(BINARY, &[1; 600]), head(FIN | CONTINUATION, 401)].concat();
    let expected = [binary_chunk(&[1; 600], true, false)];
    bad(&bytes, &narrow(1000), too_big, &expected);
}

#[test]
fn only_empty_fragments_are_counted() {
    let limits = Limits {
        fragments: 3,
        ..Limits::default()
    };
    let error = Error::TooManyFragments { limit: 3 };
    let many = [
        masked(BINARY, b"x"),
        masked(CONTINUATION, b"x").repeat(50),
        masked(FIN | CONTINUATION, b"x"),
    ];
    let outcome = outcome(&many.concat(), &limits);
    assert_eq!(outcome.events, [binary_chunk(&[b'x'; 52], true, true)]);
    let empty = [masked(BINARY, b"x"), masked(CONTINUATION, b"").repeat(3)].concat();
    let expected = [binary_chunk(b"x", true, false)];
    let one_more = [&empty[..], &masked(FIN | CONTINUATION, b"")].concat();
    bad(&one_more, &limits, error, &expected);
    let end = [&empty[..], &masked(FIN | CONTINUATION, b"y")].concat();
    let outcome = oracle(&end, |pieces| run_streaming(server(&limits), pieces));
    assert_eq!(outcome.events, [binary_chunk(b"xy", true, true)]);
}

#[test]
fn the_deadline_of_a_message_runs() {
    let limits = Limits {
        message_deadline: Some(Duration::from_secs(10)),
        ..Limits::default()
    };
    let at = Instant::from_millis;
    let mut machine = server(&limits);
    machine.set_streaming(true);
    let mut events = Vec::new();
    let whole = masked(FIN | TEXT, b"whole");
    for (i, byte) in whole.iter().enumerate() {
        feed(&mut machine, at(i as u64), &[*byte], &mut events).unwrap();
        let runs = i + 1 < whole.len();
        assert_eq!(machine.poll_timeout(), runs.then_some(at(10_000)));
    }
    feed(&mut machine, at(1000), &masked(TEXT, b"a"), &mut events).unwrap();
    feed(&mut machine, at(9000), &masked(0, b"b"), &mut events).unwrap();
    let timeout = Error::Timeout(Timeout::Message);
    assert_eq!(machine.handle_timeout(at(10_999)), Ok(None));
    assert_eq!(machine.handle_timeout(at(11_000)), Err(timeout));
}

#[test]
fn a_deadline_runs_from_a_chunk_that_ate_the_input() {
    let limits = Limits {
        message_idle: Some(Duration::from_secs(10)),
        message_rate: 0,
        ..Limits::default()
    };
    let at = Instant::from_millis;
    let mut machine = server(&limits);
    machine.set_streaming(true);
    let mut bytes = masked(TEXT, b"a");
    let mut input = Input::new(at(1000), &mut bytes);
    // Once is enough: nothing is left to be read.
    assert!(machine.handle_input(&mut input).unwrap().is_some());
    assert_eq!(machine.poll_timeout(), Some(at(11_000)));
    machine.held_back(Duration::from_secs(70));
    assert_eq!(machine.poll_timeout(), Some(at(81_000)));
}

/// The mode is that of the moment when the head of a message's first frame is whole.
#[test]
fn the_mode_may_change_at_any_time() {
    let message = [
        masked(TEXT, b"ab"),
        masked(FIN | PING, b"p"),
        masked(FIN | CONTINUATION, b"cd"),
    ]
    .concat();
    let bytes = [&message[..], &message, &masked(FIN | BINARY, b"end")].concat();
    let head = 6;
    for to in [true, false] {
        for at in 0..=bytes.len() {
            let mut machine = server(&Limits::default());
            machine.set_streaming(!to);
            let (a, b) = bytes.split_at(at);
            let mut events = Vec::new();
            feed(&mut machine, Instant::EPOCH, a, &mut events).unwrap();
            machine.set_streaming(to);
            feed(&mut machine, Instant::EPOCH, b, &mut events).unwrap();
            let streamed: Vec<bool> = [head, message.len() + head, 2 * message.len() + head]
                .map(|decided| (at >= decided) != to)
                .into();
            let is_chunk: Vec<bool> = merged(events.clone())
                .iter()
                .filter_map(|event| match event {
                    Event::Chunk(chunk) => chunk.last.then_some(true),
                    Event::Message(_) => Some(false),
                    _ => None,
                })
                .collect();
            assert_eq!(is_chunk, streamed, "to {to} at {at}");
            let (ping, text, end) = (ping(b"p"), text("abcd"), binary(b"end"));
            let expected = [&ping, &text, &ping, &text, &end].map(|e| Some(e.clone()));
            assert_eq!(whole(events), expected);
        }
    }
}

#[test]
fn messages_come_while_we_are_closing() {
    let mut machine = server(&Limits::default());
    machine.set_streaming(true);
    let mut events = Vec::new();
    feed(
        &mut machine,
        Instant::EPOCH,
        &masked(TEXT, b"a"),
        &mut events,
    )
    .unwrap();
    machine
        .close(Instant::EPOCH, siox_websocket::CloseCode::NORMAL, "")
        .unwrap();
    let rest = [masked(FIN, b"b"), masked(FIN | CLOSE, b"")].concat();
    feed(&mut machine, Instant::EPOCH, &rest, &mut events).unwrap();
    let expected = [text_chunk("ab", true, true), Event::Close(None)];
    assert_eq!(merged(events), expected);
}

#[test]
fn a_message_may_be_closed_on() {
    let bytes = [masked(TEXT, "aé".as_bytes()), masked(FIN | CLOSE, b"")].concat();
    good(&bytes, &[text_chunk("aé", true, false), Event::Close(None)]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes: the same in every cutting, and put together what the whole-message mode gives.
    #[test]
    fn chunks_are_the_message(
        list in proptest::collection::vec(any_frame(), 1..10),
        is_server in any::<bool>(),
        cut in 0usize..20,
    ) {
        let role = if is_server { Role::Server } else { Role::Client };
        let mut bytes: Vec<u8> = list
            .iter()
            .flat_map(|(first, payload, wrong)| frame(*first, payload, is_server != *wrong))
            .collect();
        bytes.truncate(bytes.len().saturating_sub(cut));
        let limits = Limits::default();
        let kept = run(connection(role, &limits), &[&bytes]);
        let mut streamed = oracle(&bytes, |pieces| run_streaming(connection(role, &limits), pieces));
        prop_assert_eq!((kept.error, kept.closed), (streamed.error, streamed.closed));
        prop_assert_eq!(kept.frames, std::mem::take(&mut streamed.frames));
        let told: Vec<_> = whole(streamed.events).into_iter().flatten().collect();
        prop_assert_eq!(kept.events, told);
    }

    /// A stricter limit never accepts more.
    #[test]
    fn limits_are_monotonous(list in proptest::collection::vec(any_frame(), 1..10), limit in 0u64..400) {
        let bytes: Vec<u8> = list.iter().flat_map(|(first, payload, _)| masked(*first, payload)).collect();
        let told = |streamed_message| {
            let limits = Limits { streamed_message, ..Limits::default() };
            let outcome = run_streaming(server(&limits), &[&bytes]);
            (outcome.error, whole(outcome.events).into_iter().flatten().count())
        };
        let ((strict, few), (lax, many)) = (told(limit), told(limit + 1));
        prop_assert!(few <= many);
        prop_assert!(strict.is_some() || lax.is_none());
    }
}
