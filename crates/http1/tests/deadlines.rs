//! Deadlines, in virtual time: who is too slow, what it is told, and when it is over.
mod common;

use common::{NOW, at, server};
use siox_http1::{Connection, Error, Event, Limits, Response};
use siox_wire::{Input, Instant};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// Gives bytes at a time; says whether a request came.
fn feed(c: &mut Connection, now: Instant, bytes: &[u8]) -> Result<bool, Error> {
    let mut bytes = bytes.to_vec();
    let event = c.handle_input(&mut Input::new(now, &mut bytes))?;
    Ok(matches!(event, Some(Event::Request(_))))
}

fn written(c: &mut Connection, now: Instant) -> String {
    let wire = c.poll_transmit().collect::<Vec<_>>().concat();
    c.handle_written(now, wire.len());
    String::from_utf8(wire).unwrap()
}

/// A connection that has answered one request at `now`.
fn answered(now: Instant) -> Connection {
    let mut c = server(Limits::default());
    assert_eq!(feed(&mut c, now, GET), Ok(true));
    assert_eq!(c.poll_timeout(), None, "the caller's time");
    c.respond(now, &Response::new(200)).unwrap();
    c
}

#[test]
fn a_silent_connection_is_closed_without_a_word() {
    let mut c = server(Limits::default());
    assert_eq!(c.poll_timeout(), Some(at(10_000)));
    assert_eq!(c.handle_timeout(at(9_999)), Ok(()));
    assert!(!c.is_finished());
    assert_eq!(c.handle_timeout(at(10_000)), Ok(()));
    assert!(c.is_finished());
    assert_eq!((c.queued(), c.poll_timeout()), (0, None));
}

#[test]
fn a_head_that_does_not_end_gets_408() {
    let mut c = server(Limits::default());
    for (i, byte) in GET[..20].iter().enumerate() {
        let now = at(400 * i as u64);
        assert_eq!(feed(&mut c, now, &[*byte]), Ok(false));
        assert_eq!(c.poll_timeout(), Some(at(10_000)), "bytes do not buy time");
    }
    assert_eq!(c.handle_timeout(at(10_000)), Err(Error::HeadTimeout));
    assert!(
        written(&mut c, at(10_000))
            .starts_with("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n")
    );
    assert_eq!(
        feed(&mut c, at(10_500), GET),
        Err(Error::HeadTimeout),
        "sticky"
    );
    assert!(!c.is_finished());
    assert_eq!(c.poll_timeout(), Some(at(11_000)));
    assert_eq!(c.handle_timeout(at(11_000)), Ok(()));
    assert!(c.is_finished());
}

#[test]
fn a_later_head_has_its_time_from_its_first_byte() {
    let mut c = answered(at(5));
    written(&mut c, at(7));
    assert_eq!(c.poll_timeout(), Some(at(60_007)));
    assert_eq!(feed(&mut c, at(50_000), b"G"), Ok(false));
    assert_eq!(c.poll_timeout(), Some(at(60_000)));
    assert_eq!(feed(&mut c, at(59_000), b"E"), Ok(false));
    assert_eq!(c.handle_timeout(at(60_000)), Err(Error::HeadTimeout));
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let mut c = answered(NOW);
    written(&mut c, NOW);
    assert_eq!(c.handle_timeout(at(60_000)), Ok(()));
    assert!(c.is_finished());
    assert_eq!(c.queued(), 0);
}

#[test]
fn a_body_that_does_not_end_gets_408() {
    for head in [
        "Content-Length: 9\r\n\r\nabc",
        "Transfer-Encoding: chunked\r\n\r\n9\r\nabc",
    ] {
        let mut c = server(Limits::default());
        let head = format!("POST / HTTP/1.1\r\nHost: h\r\n{head}");
        let (head, body) = head.split_at(head.find("\r\n\r\n").unwrap() + 4);
        assert_eq!(feed(&mut c, NOW, head.as_bytes()), Ok(true));
        c.collect(at(3), 100).unwrap();
        for ms in [4, 30_000] {
            assert_eq!(
                feed(&mut c, at(ms), if ms == 4 { body.as_bytes() } else { b"d" }),
                Ok(false)
            );
            assert_eq!(c.poll_timeout(), Some(at(60_003)));
        }
        assert_eq!(c.handle_timeout(at(60_003)), Err(Error::BodyTimeout));
        assert!(written(&mut c, at(60_003)).starts_with("HTTP/1.1 408 "));
        assert_eq!(c.heap(), 0);
    }
}

#[test]
fn a_skipped_body_has_a_deadline_and_no_second_answer() {
    let mut c = server(Limits::default());
    let head = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n";
    assert_eq!(feed(&mut c, NOW, head), Ok(true));
    c.respond(NOW, &Response::new(400)).unwrap();
    written(&mut c, NOW);
    assert_eq!(c.handle_timeout(at(60_000)), Err(Error::BodyTimeout));
    assert_eq!(c.queued(), 0);
}

#[test]
fn who_does_not_read_its_answer_is_given_up() {
    let mut c = answered(NOW);
    assert!(c.queued() > 1);
    c.handle_written(at(59_000), 1);
    assert_eq!(c.handle_timeout(at(60_000)), Ok(()), "a byte was taken");
    assert_eq!(c.poll_timeout(), Some(at(119_000)));
    assert_eq!(c.handle_timeout(at(119_000)), Err(Error::Stalled));
    assert!(c.is_finished());
    assert_eq!(c.heap(), 0);
}

#[test]
fn a_last_answer_gets_time_to_be_read_and_then_a_second_of_drain() {
    let mut c = server(Limits::default());
    let head = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    assert_eq!(feed(&mut c, NOW, head), Ok(true));
    c.respond(NOW, &Response::new(200)).unwrap();
    assert!(c.is_closing());
    assert_eq!(c.poll_timeout(), Some(at(60_000)));
    c.handle_written(at(20_000), 1);
    assert_eq!(c.poll_timeout(), Some(at(80_000)));
    written(&mut c, at(30_000));
    assert!(!c.is_finished(), "the peer may still send");
    assert_eq!(c.poll_timeout(), Some(at(31_000)));
    assert_eq!(c.handle_timeout(at(31_000)), Ok(()));
    assert!(c.is_finished());
}

#[test]
fn the_drain_ends_at_its_bytes_its_time_or_the_end() {
    let fail = || {
        let mut c = server(Limits::default());
        assert!(feed(&mut c, NOW, b"\0").is_err());
        assert!(written(&mut c, NOW).starts_with("HTTP/1.1 400 "));
        assert!(c.is_closing() && !c.is_finished());
        assert_eq!(c.poll_timeout(), Some(at(1000)));
        c
    };
    let mut bytes = fail();
    assert!(feed(&mut bytes, at(1), &[0; 60_000]).is_err());
    assert!(!bytes.is_finished());
    // The byte at fault counts too.
    assert!(feed(&mut bytes, at(2), &[0; 5_534]).is_err());
    assert!(!bytes.is_finished());
    assert!(feed(&mut bytes, at(2), &[0]).is_err());
    assert!(bytes.is_finished());
    let mut time = fail();
    assert_eq!(time.handle_timeout(at(1000)), Ok(()));
    assert!(time.is_finished());
    let mut end = fail();
    assert_eq!(end.handle_eof(at(10)), Ok(()));
    assert!(end.is_finished());
}

#[test]
fn an_error_answer_that_nobody_reads_costs_a_second() {
    let mut c = server(Limits::default());
    assert!(feed(&mut c, NOW, b"\0").is_err());
    assert!(feed(&mut c, NOW, &[0; 100_000]).is_err());
    assert!(!c.is_finished(), "the answer is unwritten");
    assert_eq!(c.handle_timeout(at(1000)), Ok(()));
    assert!(c.is_finished());
    assert_eq!(c.heap(), 0);
}

#[test]
fn closing_lets_what_is_owed_be_the_last() {
    let mut idle = answered(NOW);
    idle.close(at(1));
    assert!(idle.is_closing());
    written(&mut idle, at(2));
    assert_eq!(idle.poll_timeout(), Some(at(1002)));

    let mut busy = server(Limits::default());
    assert_eq!(feed(&mut busy, NOW, GET), Ok(true));
    busy.close(NOW);
    assert!(!busy.is_closing());
    busy.respond(NOW, &Response::new(200)).unwrap();
    assert!(busy.is_closing());
    assert!(written(&mut busy, NOW).contains("\r\nConnection: close\r\n"));

    let mut half = server(Limits::default());
    assert_eq!(feed(&mut half, NOW, &GET[..9]), Ok(false));
    half.close(NOW);
    assert_eq!(feed(&mut half, NOW, &GET[9..]), Ok(true));
    half.respond(NOW, &Response::new(200)).unwrap();
    assert!(written(&mut half, NOW).contains("\r\nConnection: close\r\n"));
}
