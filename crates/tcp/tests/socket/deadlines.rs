//! A deadline that passes ends the wait and nothing else: what was begun goes on later.

use crate::common::{MUCH, bare_client, pair};
use siox_tcp::{CloseCode, Error, Limits, Message, SendError};
use std::{
    io::{Read, Write},
    task::Poll,
    thread,
    time::{Duration, Instant},
};

const SOON: Duration = Duration::from_millis(20);
const PASSED: Duration = Duration::ZERO;

/// A frame as a client sends it, masked with zeros.
fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).unwrap();
    assert!(len < 126);
    let mut frame = vec![opcode, 0x80 | len, 0, 0, 0, 0];
    frame.extend_from_slice(payload);
    frame
}

#[test]
fn a_message_cut_by_deadlines_is_whole() {
    let (mut server, mut client) = bare_client(Limits::default());
    assert!(matches!(server.read_by(SOON), Err(Error::Timeout)));
    let frame = masked(0x81, b"in pieces");
    for cut in 0..frame.len() {
        client.write_all(&frame[cut..=cut]).unwrap();
        if cut + 1 < frame.len() {
            let by = Instant::now() + Duration::from_millis(2);
            assert!(matches!(server.read_by(by), Err(Error::Timeout)));
            assert!(matches!(server.try_read(), Ok(Poll::Pending)));
        }
    }
    let whole = Some(Message::from("in pieces"));
    assert_eq!(server.read_by(Duration::from_secs(60)).unwrap(), whole);
}

#[test]
fn an_attempt_takes_what_is_there() {
    let (mut server, mut client) = bare_client(Limits::default());
    assert!(matches!(server.try_read(), Ok(Poll::Pending)));
    let mut frames = masked(0x89, b"ping");
    frames.extend(masked(0x81, b"one"));
    frames.extend(masked(0x81, b"two"));
    client.write_all(&frames).unwrap();
    assert_eq!(server.read().unwrap(), Some(Message::from("one")));
    let Poll::Ready(Some(two)) = server.try_read().unwrap() else {
        panic!("it was read with the first");
    };
    assert_eq!(two, Message::from("two"));
    assert!(matches!(server.try_read(), Ok(Poll::Pending)));
    let mut pong = [0; 6];
    client.read_exact(&mut pong).unwrap();
    assert_eq!(&pong, b"\x8a\x04ping");
    // Blocking again: the transport was left as it was.
    let late = thread::spawn(move || client.write_all(&masked(0x81, b"three")));
    assert_eq!(server.read().unwrap(), Some(Message::from("three")));
    late.join().unwrap().unwrap();
}

#[test]
fn a_send_to_a_peer_that_does_not_read_ends() {
    let (mut server, mut client) = pair(Limits {
        message: MUCH,
        ..Limits::default()
    });
    let much = vec![7; MUCH];
    let sent = server.send_by(&*much, SOON);
    assert!(matches!(sent, Err(Error::Timeout)), "{sent:?}");
    assert!(server.queued() > 0);
    // There is no room for another one, and it is not queued.
    let refused = server.send_by("more", SOON);
    assert!(
        matches!(refused, Err(Error::Send(SendError::Full))),
        "{refused:?}"
    );
    assert!(matches!(server.flush_by(PASSED), Err(Error::Timeout)));
    assert!(matches!(server.read_by(SOON), Err(Error::Timeout)));
    // What was cut off goes on where it was.
    let reader = thread::spawn(move || {
        assert_eq!(client.read().unwrap(), Some(Message::from(&*much)));
        assert_eq!(client.read().unwrap(), Some(Message::from("behind")));
        client
    });
    server.flush_by(Duration::from_secs(60)).unwrap();
    server.send_by("behind", Duration::from_secs(60)).unwrap();
    let mut client = reader.join().unwrap();
    assert!(matches!(client.try_read(), Ok(Poll::Pending)));
}

#[test]
fn a_deadline_reaches_into_the_end() {
    let (mut server, mut client) = bare_client(Limits::default());
    client.write_all(&masked(0x88, &[3, 232])).unwrap();
    // The peer leaves its half open, so that the server lingers.
    while matches!(server.read_by(SOON), Err(Error::Timeout)) && !server.is_closed() {}
    assert!(server.is_closed());
    let refused = server.send("late");
    assert!(matches!(refused, Err(Error::Send(SendError::Closed))));
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, [0x88, 2, 3, 232]);
    drop(client);
    assert!(matches!(server.read(), Ok(None)));
    assert_eq!(server.goodbye().unwrap().code, CloseCode::NORMAL);
}

#[test]
fn a_peer_that_neither_reads_nor_answers_is_given_up() {
    let (mut server, client) = bare_client(Limits {
        ping_interval: Some(SOON),
        pong_timeout: Some(SOON),
        close_wait: SOON,
        ..Limits::default()
    });
    let dead = siox_websocket::Error::Timeout(siox_websocket::Timeout::Pong);
    let sent = server.send(&*vec![7; MUCH]);
    assert!(
        matches!(sent, Err(Error::WebSocket(e)) if e == dead),
        "{sent:?}"
    );
    let read = server.read();
    assert!(
        matches!(read, Err(Error::WebSocket(e)) if e == dead),
        "{read:?}"
    );
    assert!(matches!(server.read(), Ok(None)));
    drop(client);
}
