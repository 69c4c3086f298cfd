//! C11 to C13 and C16: what takes too long, what costs the peer nothing, and the end of a connection.

use super::*;
use siox_websocket::{CloseCode, Timeout};
use std::time::Duration;

fn at(ms: u64) -> Instant {
    Instant::from_millis(ms)
}

/// Sends `bytes` every `step` milliseconds, `n` of them at a time, as a runtime would see it; says when and
/// why the connection failed.
fn trickle(limits: &Limits, bytes: &[u8], n: usize, step: u64) -> Option<(u64, Error)> {
    let (mut machine, mut received, mut held) = (server(limits), 0, 0);
    for (i, piece) in bytes.chunks(n).enumerate() {
        let now = step * i as u64;
        while let Some(due) = machine.poll_timeout()
            && due <= at(now)
        {
            if let Err(error) = machine.handle_timeout(due) {
                let said = close_payload(1008, error.reason());
                assert_eq!(
                    frames(&drain(&mut machine)).pop(),
                    Some((FIN | CLOSE, said))
                );
                assert!(machine.is_finished() && machine.poll_timeout().is_none());
                return Some((due.as_micros() / 1000, error));
            }
        }
        received += piece.len();
        let mut piece = piece.to_vec();
        let (_, usage) = measure(|| {
            let mut input = Input::new(at(now), &mut piece);
            while machine.handle_input(&mut input).unwrap().is_some() {}
        });
        assert!(held + usage.peak <= allowance(received), "{}", usage.peak);
        held += usage.kept;
    }
    assert_eq!(machine.poll_timeout(), None, "all of it came");
    None
}

#[test]
fn c11_trickle_against_the_deadline() {
    assert_eq!(Limits::default().message_deadline, None);
    let limits = Limits {
        message_deadline: Some(Duration::from_secs(30)),
        ..Limits::default()
    };
    let message = masked(FIN | TEXT, &[b'x'; 120]);
    let late = Some((30_000, Error::Timeout(Timeout::Message)));
    assert_eq!(trickle(&limits, &message, 1, 1000), late);
    assert_eq!(trickle(&limits, &message, 10, 1000), None);
    // Fragments and pings between them do not postpone it.
    let parts = [masked(TEXT, b"x"), masked(FIN | PING, b"")].concat();
    let parts = [parts, masked(CONTINUATION, b"x").repeat(9)].concat();
    assert_eq!(trickle(&limits, &parts, 7, 4000), late);
    // By default there is no clock at all.
    assert_eq!(trickle(&Limits::default(), &message, 1, 3_600_000), None);
}

#[test]
fn c11_trickle_against_a_server() {
    let limits = Limits::server();
    assert_eq!(limits.message_idle, Some(Duration::from_secs(60)));
    assert_eq!(limits.message_rate, 1024);
    let (idle, rate) = (
        Error::Timeout(Timeout::MessageIdle),
        Error::Timeout(Timeout::MessageRate),
    );
    let message = masked(FIN | BINARY, &vec![0; 200_000]);
    // No byte for a minute: after the first byte, the head, the first of the payload. Then the time that
    // the bytes had bought is up first.
    assert_eq!(trickle(&limits, &message, 1, 70_000), Some((60_000, idle)));
    assert_eq!(trickle(&limits, &message, 14, 70_000), Some((60_000, idle)));
    assert_eq!(
        trickle(&limits, &message, 100_014, 70_000),
        Some((60_000, idle))
    );
    // A byte a second: 14 are the head, the others buy about a millisecond each.
    assert_eq!(trickle(&limits, &message, 1, 1000), Some((60_045, rate)));
    // Half of what is asked for: at some time twice the minute is up.
    let (when, error) = trickle(&limits, &message, 512, 1000).unwrap();
    assert!(
        (119_000..122_000).contains(&when) && error == rate,
        "{when}"
    );
    // What is asked for, and slow starts that catch up, pass.
    assert_eq!(trickle(&limits, &message, 1024, 1000), None);
    assert_eq!(trickle(&limits, &message, 50_000, 55_000), None);
    // A message of fragments is one message, whatever comes between.
    let parts = [masked(TEXT, b"x"), masked(FIN | PING, b"").repeat(20)].concat();
    let (when, error) = trickle(&limits, &parts, 6, 10_000).unwrap();
    assert_eq!((when, error), (60_000, rate), "a ping does not postpone it");
    // Whole messages with hours between them are nothing incomplete.
    let whole = masked(FIN | TEXT, b"abc");
    assert_eq!(
        trickle(&limits, &whole.repeat(5), whole.len(), 3_600_000),
        None
    );
}

#[test]
fn c12_ping_flood_while_the_peer_reads() {
    let limits = Limits::default();
    assert_eq!((limits.pending_pongs, limits.control_flood), (16, 1000));
    // One pong a ping while no more than 16 are unsent; beyond, the newest replaces the last.
    for (pings, answered) in [(1, 1), (16, 16), (17, 17), (100, 17)] {
        let mut machine = server(&limits);
        let mut bytes: Vec<u8> = (0..pings)
            .flat_map(|n: u8| masked(FIN | PING, &[n]))
            .collect();
        assert_eq!(feed_in_place(&mut machine, &mut bytes), Ok(pings.into()));
        let mut pongs = frames(&drain(&mut machine));
        pongs.extend(frames(&drain(&mut machine)));
        assert_eq!(pongs.len(), answered);
        assert_eq!(pongs.last(), Some(&(FIN | PONG, vec![pings - 1])));
    }
    // More than 1,000 in a second without data.
    let flood = Error::ControlFlood { limit: 1000 };
    for opcode in [PING, PONG] {
        let mut machine = server(&limits);
        for n in 0..1000 {
            let mut bytes = masked(FIN | opcode, b"");
            assert_eq!(feed_in_place(&mut machine, &mut bytes), Ok(1), "{n}");
            drain(&mut machine);
        }
        let mut one_more = masked(FIN | opcode, b"");
        assert_eq!(feed_in_place(&mut machine, &mut one_more), Err(flood));
        let said = close_payload(1008, "too many control frames");
        assert_eq!(frames(&drain(&mut machine)), [(FIN | CLOSE, said)]);
    }
    // In any cut, and data between begins the count anew.
    let few = Limits {
        control_flood: 10,
        ..Limits::default()
    };
    let pongs = |n| masked(FIN | PONG, b"x").repeat(n);
    let attack = [pongs(10), masked(FIN | TEXT, b""), pongs(11)].concat();
    let outcome = oracle(&attack, |pieces| run(server(&few), pieces));
    assert_eq!(outcome.error, Some(Error::ControlFlood { limit: 10 }));
    assert_eq!(outcome.events.len(), 21);
}

#[test]
fn c13_ping_flood_while_the_peer_does_not_read() {
    let limits = Limits {
        control_flood: u32::MAX,
        ..Limits::default()
    };
    let mut machine = server(&limits);
    machine.text("waits already").unwrap();
    let before = queued(&machine);
    let mut attack = masked(FIN | PING, &[7; 125]).repeat(10_000);
    let (result, usage) = measure(|| feed_in_place(&mut machine, &mut attack));
    assert_eq!(result, Ok(10_000));
    let after = queued(&machine);
    assert!(
        after.starts_with(&before),
        "the queue is otherwise unchanged"
    );
    assert_eq!(frames(&after[before.len()..]).len(), 16);
    assert!(usage.peak <= 8 * 1024, "{}", usage.peak);
}

#[test]
fn c16_frames_behind_a_close_frame_are_ignored() {
    let mut machine = server(&Limits::default());
    let mut bytes = masked(FIN | CLOSE, &close_payload(1000, ""));
    assert_eq!(feed_in_place(&mut machine, &mut bytes), Ok(1));
    let mut late = [
        masked(FIN | TEXT, &[b'x'; 5000]),
        masked(FIN | PING, b"x").repeat(2000),
        plain(FIN | 3, b"a violation"),
        masked(TEXT, &[b'x'; 5000]),
    ]
    .concat();
    let (result, usage) = measure(|| feed_in_place(&mut machine, &mut late));
    assert_eq!((result, usage.peak), (Ok(0), 0));
    assert_eq!(
        frames(&drain(&mut machine)),
        [(FIN | CLOSE, close_payload(1000, ""))]
    );
    assert!(machine.is_finished() && machine.poll_timeout().is_none());
}

#[test]
fn c16_a_peer_that_never_answers_a_close_frame() {
    assert_eq!(Limits::default().close_wait, Duration::from_secs(30));
    for wait in [30_000, 500] {
        let limits = Limits {
            close_wait: Duration::from_millis(wait),
            ..Limits::default()
        };
        let mut machine = server(&limits);
        machine.close(at(1000), CloseCode::NORMAL, "").unwrap();
        drain(&mut machine);
        // Whatever it sends meanwhile.
        feed_in_place(&mut machine, &mut masked(FIN | TEXT, b"x")).unwrap();
        feed_in_place(&mut machine, &mut masked(TEXT, b"x")).unwrap();
        assert_eq!(machine.poll_timeout(), Some(at(1000 + wait)));
        assert_eq!(machine.handle_timeout(at(999 + wait)), Ok(None));
        assert!(!machine.is_finished());
        let timeout = Err(Error::Timeout(Timeout::Close));
        assert_eq!(machine.handle_timeout(at(1000 + wait)), timeout);
        assert!(machine.is_finished() && machine.poll_timeout().is_none());
    }
}
