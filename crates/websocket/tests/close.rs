//! The closing handshake: who answers, with what, and when the connection is finished.

mod common;

use common::*;
use siox_testkit::split::oracle;
use siox_websocket::{CloseCode, Connection, Error, Event, Limits, Timeout, Violation};
use siox_wire::{Instant, Message, SendError};

const NOW: Instant = Instant::from_millis(1000);
const END_OF_WAIT: Instant = Instant::from_millis(31_000);

fn fed(connection: &mut Connection, bytes: &[u8]) -> Result<Vec<Event<'static>>, Error> {
    let mut events = Vec::new();
    feed(connection, NOW, bytes, &mut events).map(|()| events)
}

/// What a server makes of a close frame with this payload, in every cutting.
fn answer(payload: &[u8]) -> Outcome {
    let bytes = [
        masked(FIN | CLOSE, payload),
        masked(FIN | TEXT, b"after the close frame"),
        plain(FIN | TEXT, b"even a violation"),
    ];
    oracle(&bytes.concat(), |p| run(server(&Limits::default()), p))
}

#[test]
fn the_answer_echoes_the_code() {
    let outcome = answer(&close_payload(1000, "bye"));
    assert_eq!(outcome.events, [close(1000, "bye")]);
    assert_eq!(outcome.frames, [(FIN | CLOSE, close_payload(1000, ""))]);
    assert_eq!((outcome.error, outcome.closed), (None, true));
    let outcome = answer(b"");
    assert_eq!(outcome.events, [Event::Close(None)]);
    assert_eq!(outcome.frames, [(FIN | CLOSE, vec![])]);
    let reason = "x".repeat(123);
    let outcome = answer(&close_payload(4999, &reason));
    assert_eq!(outcome.events, [close(4999, &reason)]);
    assert_eq!(outcome.frames, [(FIN | CLOSE, close_payload(4999, ""))]);
}

#[test]
fn bad_payloads_are_refused() {
    let bad_reason = [&close_payload(1000, "a")[..], b"\xff"].concat();
    let cut_reason = [&close_payload(1000, "")[..], "é".as_bytes()[..1].into()].concat();
    let table: [(&[u8], Violation, u16); 5] = [
        (b"\x03", Violation::ClosePayload, 1002),
        (&close_payload(1005, ""), Violation::CloseCode(1005), 1002),
        (&close_payload(999, "r"), Violation::CloseCode(999), 1002),
        (&bad_reason, Violation::CloseReason, 1007),
        (&cut_reason, Violation::CloseReason, 1007),
    ];
    for (payload, violation, code) in table {
        let outcome = answer(payload);
        assert_eq!(outcome.events, []);
        assert_eq!(outcome.error, Some(Error::Protocol(violation)));
        let close = close_payload(code, violation.reason());
        assert_eq!(outcome.frames, [(FIN | CLOSE, close)]);
    }
}

#[test]
fn all_codes() {
    let limits = Limits::default();
    for code in 0..=u16::MAX {
        let outcome = run(
            server(&limits),
            &[&masked(FIN | CLOSE, &close_payload(code, ""))],
        );
        let allowed = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        let answered = if allowed {
            assert_eq!(outcome.events, [close(code, "")]);
            close_payload(code, "")
        } else {
            let violation = Violation::CloseCode(code);
            assert_eq!(outcome.error, Some(Error::Protocol(violation)));
            close_payload(1002, violation.reason())
        };
        assert_eq!(outcome.frames, [(FIN | CLOSE, answered)], "{code}");
    }
}

#[test]
fn finished_when_both_are_sent_and_written() {
    let mut machine = server(&Limits::default());
    fed(&mut machine, &masked(FIN | CLOSE, b"")).unwrap();
    assert!(machine.is_closed() && !machine.is_finished());
    assert_eq!(machine.poll_timeout(), Some(END_OF_WAIT));
    drain(&mut machine);
    assert!(machine.is_finished());
    assert_eq!(machine.poll_timeout(), None);
    assert_eq!(machine.handle_eof(NOW), Ok(None));
}

#[test]
fn closing_first() {
    let mut machine = server(&Limits::default());
    machine.text("before").unwrap();
    machine.close(NOW, CloseCode::GOING_AWAY, "bye").unwrap();
    assert_eq!(machine.text("after"), Err(SendError::Closed));
    assert_eq!(machine.ping(b""), Err(SendError::Closed));
    let again = machine.close(NOW, CloseCode::NORMAL, "");
    assert_eq!(again, Err(SendError::Closed));
    let wire = frames(&drain(&mut machine));
    assert_eq!(wire[0], (FIN | TEXT, b"before".to_vec()));
    assert_eq!(wire[1], (FIN | CLOSE, close_payload(1001, "bye")));
    assert_eq!(wire.len(), 2);
    assert!(machine.is_closed() && !machine.is_finished());

    // What the peer had under way is delivered; nothing is answered.
    let late = [masked(FIN | TEXT, b"late"), masked(FIN | PING, b"p")].concat();
    assert_eq!(
        fed(&mut machine, &late).unwrap(),
        [text("late"), ping(b"p")]
    );
    let answer = masked(FIN | CLOSE, &close_payload(1001, ""));
    assert_eq!(fed(&mut machine, &answer).unwrap(), [close(1001, "")]);
    assert_eq!(queued(&machine), b"");
    assert!(machine.is_finished());
}

#[test]
fn a_peer_that_never_answers() {
    let mut machine = server(&Limits::default());
    machine.close(NOW, CloseCode::NORMAL, "").unwrap();
    drain(&mut machine);
    assert_eq!(machine.poll_timeout(), Some(END_OF_WAIT));
    assert_eq!(
        machine.handle_timeout(Instant::from_millis(30_999)),
        Ok(None)
    );
    assert!(!machine.is_finished());
    let timeout = Err(Error::Timeout(Timeout::Close));
    assert_eq!(machine.handle_timeout(END_OF_WAIT), timeout);
    assert!(machine.is_finished());
    assert_eq!(machine.poll_timeout(), None);
    assert_eq!(machine.handle_timeout(END_OF_WAIT), timeout);
    let input = fed(&mut machine, &masked(FIN | TEXT, b"x"));
    assert_eq!(input, Err(Error::Timeout(Timeout::Close)));
}

#[test]
fn traffic_does_not_postpone_the_deadline() {
    let mut machine = server(&Limits::default());
    machine.close(NOW, CloseCode::NORMAL, "").unwrap();
    fed(&mut machine, &masked(FIN | TEXT, b"x")).unwrap();
    assert_eq!(machine.poll_timeout(), Some(END_OF_WAIT));
}

#[test]
fn a_peer_that_does_not_read_the_answer() {
    let mut machine = server(&Limits::default());
    fed(&mut machine, &masked(FIN | CLOSE, b"")).unwrap();
    assert_eq!(machine.handle_timeout(END_OF_WAIT), Ok(None));
    assert!(machine.is_finished());
    assert_eq!(queued(&machine), b"");
}

#[test]
fn a_failed_connection_does_not_linger() {
    let mut machine = server(&Limits::default());
    let error = fed(&mut machine, &plain(FIN | TEXT, b"")).unwrap_err();
    assert!(machine.is_closed() && !machine.is_finished());
    assert_eq!(machine.poll_timeout(), Some(END_OF_WAIT));
    assert_eq!(machine.handle_timeout(END_OF_WAIT), Err(error));
    assert!(machine.is_finished());
    assert_eq!(queued(&machine), b"");

    let mut machine = server(&Limits::default());
    fed(&mut machine, &plain(FIN | TEXT, b"")).unwrap_err();
    drain(&mut machine);
    assert!(machine.is_finished());
    assert_eq!(machine.poll_timeout(), None);
}

#[test]
fn a_violation_while_closing_sends_no_second_close_frame() {
    let mut machine = server(&Limits::default());
    machine.close(NOW, CloseCode::NORMAL, "").unwrap();
    fed(&mut machine, &plain(FIN | TEXT, b"")).unwrap_err();
    assert_eq!(frames(&drain(&mut machine)).len(), 1);
    assert!(machine.is_finished());
}

#[test]
fn the_end_of_the_stream() {
    let eof = Err(Error::UnexpectedEof);
    let mut open = server(&Limits::default());
    open.text("unwritten").unwrap();
    assert_eq!(open.handle_eof(NOW), eof);
    assert!(open.is_finished());
    assert_eq!(open.handle_eof(NOW), eof);

    let mut closing = server(&Limits::default());
    closing.close(NOW, CloseCode::NORMAL, "").unwrap();
    assert_eq!(closing.handle_eof(NOW), eof);

    // The peer sends its close frame and shuts its side: the answer is still to be written.
    let mut closed = server(&Limits::default());
    fed(&mut closed, &masked(FIN | CLOSE, b"")).unwrap();
    assert_eq!(closed.handle_eof(NOW), Ok(None));
    assert!(!closed.is_finished());
    assert_eq!(frames(&drain(&mut closed)), [(FIN | CLOSE, vec![])]);
    assert!(closed.is_finished());
}

#[test]
fn reasons_and_codes_that_do_not_fit() {
    let sent = |code, reason: &str| {
        let mut machine = client(&Limits::default());
        machine.close(NOW, code, reason).unwrap();
        frames(&drain(&mut machine)).remove(0).1
    };
    let long = sent(CloseCode::NORMAL, &"é".repeat(100));
    assert_eq!(long, close_payload(1000, &"é".repeat(61)));
    assert_eq!(sent(CloseCode::NO_STATUS, "unsaid"), b"");
    assert_eq!(sent(CloseCode::ABNORMAL, "unsaid"), b"");
}

#[test]
fn two_ends_close_each_other() {
    let (mut a, mut b) = (server(&Limits::default()), client(&Limits::default()));
    a.close(NOW, CloseCode::NORMAL, "a").unwrap();
    b.close(NOW, CloseCode::GOING_AWAY, "b").unwrap();
    let (from_a, from_b) = (drain(&mut a), drain(&mut b));
    assert_eq!(fed(&mut a, &from_b).unwrap(), [close(1001, "b")]);
    assert_eq!(fed(&mut b, &from_a).unwrap(), [close(1000, "a")]);
    assert!(a.is_finished() && b.is_finished());
    assert_eq!((queued(&a), queued(&b)), (vec![], vec![]));
}

#[test]
fn a_message_can_be_sent_while_an_event_is_held() {
    let mut machine = server(&Limits::default());
    let mut bytes = masked(FIN | TEXT, b"echo");
    let mut input = siox_wire::Input::new(NOW, &mut bytes);
    let event = machine.handle_input(&mut input).unwrap().unwrap();
    let Event::Message(Message::Text(text)) = &event else {
        panic!("{event:?}");
    };
    assert!(matches!(text, std::borrow::Cow::Borrowed(_)), "not copied");
    machine.text(text).unwrap();
    assert_eq!(frames(&queued(&machine)), [(FIN | TEXT, b"echo".to_vec())]);
}
