//! Two threads with one connection.

use crate::common::{MUCH, bare_client, pair};
use siox_tcp::{CloseCode, Error, Limits, Message, SendError};
use std::{
    io::{Read, Write},
    task::Poll,
    thread,
    time::Duration,
};

const SOON: Duration = Duration::from_millis(20);

#[test]
fn a_send_leaves_while_the_other_half_waits() {
    let (server, mut client) = pair(Limits::default());
    let (sender, mut receiver) = server.split();
    let reading = thread::spawn(move || receiver.read().unwrap());
    // The receiver has nothing to read until this was answered.
    sender.send("question").unwrap();
    assert_eq!(client.read().unwrap(), Some(Message::from("question")));
    client.send("answer").unwrap();
    assert_eq!(reading.join().unwrap(), Some(Message::from("answer")));
}

#[test]
fn both_ends_send_much_before_they_are_read() {
    let (server, client) = pair(Limits {
        message: MUCH,
        ..Limits::default()
    });
    let ends = [server, client].map(|socket| {
        let (sender, mut receiver) = socket.split();
        let sending = thread::spawn(move || sender.send(&*vec![7; MUCH]).unwrap());
        let reading = thread::spawn(move || receiver.read().unwrap());
        (sending, reading)
    });
    for (sending, reading) in ends {
        sending.join().unwrap();
        assert_eq!(
            reading.join().unwrap(),
            Some(Message::from(&*vec![7; MUCH]))
        );
    }
}

#[test]
fn ends_that_queued_much_are_written_by_who_reads() {
    let (server, client) = pair(Limits {
        message: MUCH,
        ..Limits::default()
    });
    let ends = [server, client].map(|socket| {
        let (sender, mut receiver) = socket.split();
        sender.queue_bytes(vec![7; MUCH].into()).unwrap();
        (sender, thread::spawn(move || receiver.read().unwrap()))
    });
    // Neither end's sender writes: the receivers do, and must not wait for each other.
    for (sender, reading) in ends {
        let message = reading.join().unwrap();
        assert_eq!(message, Some(Message::from(&*vec![7; MUCH])));
        drop(sender);
    }
}

#[test]
fn many_senders_do_not_mix_their_frames() {
    const EACH: usize = 200;
    let (server, mut client) = pair(Limits::default());
    let (sender, _receiver) = server.split();
    let senders: Vec<_> = (0..4_u8)
        .map(|n| {
            let sender = sender.clone();
            thread::spawn(move || {
                for size in 0..EACH {
                    sender.send(&*vec![n; size * 30]).unwrap();
                }
            })
        })
        .collect();
    let mut next = [0; 4];
    for _ in 0..4 * EACH {
        let Some(Message::Binary(bytes)) = client.read().unwrap() else {
            panic!("not binary");
        };
        let Some(&n) = bytes.first() else { continue };
        let next = &mut next[usize::from(n)];
        assert!(bytes.iter().all(|&b| b == n));
        assert!(bytes.len() / 30 > *next, "in order");
        *next = bytes.len() / 30;
    }
    for sender in senders {
        sender.join().unwrap();
    }
    assert_eq!(next, [EACH - 1; 4]);
}

#[test]
fn the_receiver_answers_pings() {
    let (server, mut client) = bare_client(Limits::default());
    let (_sender, mut receiver) = server.split();
    let reading = thread::spawn(move || receiver.read().unwrap());
    client.write_all(b"\x89\x82\0\0\0\0hi").unwrap();
    let mut pong = [0; 4];
    client.read_exact(&mut pong).unwrap();
    assert_eq!(&pong, b"\x8a\x02hi");
    client.write_all(b"\x81\x80\0\0\0\0").unwrap();
    assert_eq!(reading.join().unwrap(), Some(Message::from("")));
}

#[test]
fn a_pong_goes_out_behind_a_send_that_was_stuck() {
    let (server, mut client) = bare_client(Limits::default());
    let (sender, mut receiver) = server.split();
    let also = sender.clone();
    let stuck = thread::spawn(move || sender.send(&*vec![7; MUCH]).unwrap());
    while also.queued() == 0 {
        thread::yield_now();
    }
    client
        .write_all(b"\x89\x82\0\0\0\0hi\x81\x80\0\0\0\0")
        .unwrap();
    // Reading goes on though the peer does not read.
    assert_eq!(receiver.read().unwrap(), Some(Message::from("")));
    let mut all = vec![0; 10 + MUCH + 4];
    client.read_exact(&mut all).unwrap();
    assert_eq!(&all[10 + MUCH..], b"\x8a\x02hi");
    stuck.join().unwrap();
}

#[test]
fn deadlines_of_halves() {
    let (server, mut client) = pair(Limits {
        message: MUCH,
        ..Limits::default()
    });
    let (sender, mut receiver) = server.split();
    assert!(matches!(receiver.try_read(), Ok(Poll::Pending)));
    assert!(matches!(receiver.read_by(SOON), Err(Error::Timeout)));
    let sent = sender.send_by(&*vec![7; MUCH], SOON);
    assert!(matches!(sent, Err(Error::Timeout)), "{sent:?}");
    let refused = sender.send_by("more", SOON);
    assert!(
        matches!(refused, Err(Error::Send(SendError::Full))),
        "{refused:?}"
    );
    let reading = thread::spawn(move || {
        assert_eq!(client.read().unwrap(), Some(Message::from(&*vec![7; MUCH])));
        client.send("thanks").unwrap();
        client
    });
    sender.flush_by(Duration::from_secs(60)).unwrap();
    let read = receiver.read_by(Duration::from_secs(60)).unwrap();
    assert_eq!(read, Some(Message::from("thanks")));
    drop(reading.join().unwrap());
}

#[test]
fn a_goodbye_of_one_half_ends_the_other() {
    let (server, mut client) = pair(Limits::default());
    let (sender, mut receiver) = server.split();
    let reading = thread::spawn(move || {
        let end = receiver.read();
        (end, receiver.goodbye())
    });
    sender.close(CloseCode::NORMAL, "done").unwrap();
    let closed = sender.send("late");
    assert!(matches!(closed, Err(Error::Send(SendError::Closed))));
    assert_eq!(client.read().unwrap(), None);
    assert_eq!(client.goodbye().unwrap().reason, "done");
    let (end, goodbye) = reading.join().unwrap();
    assert!(matches!(end, Ok(None)), "{end:?}");
    assert_eq!(goodbye.unwrap().code, CloseCode::NORMAL);
}

#[test]
fn a_goodbye_that_is_not_answered_is_given_up() {
    let (server, client) = bare_client(Limits {
        close_wait: SOON,
        ..Limits::default()
    });
    let (sender, mut receiver) = server.split();
    let reading = thread::spawn(move || receiver.read());
    sender.close(CloseCode::NORMAL, "").unwrap();
    let end = reading.join().unwrap();
    let silent = siox_websocket::Error::Timeout(siox_websocket::Timeout::Close);
    assert!(
        matches!(end, Err(Error::WebSocket(e)) if e == silent),
        "{end:?}"
    );
    drop(client);
}

#[test]
fn the_end_of_the_receiver_frees_a_stuck_sender() {
    let (server, client) = bare_client(Limits {
        close_wait: SOON,
        ..Limits::default()
    });
    let (sender, mut receiver) = server.split();
    let also = sender.clone();
    let stuck = thread::spawn(move || sender.send(&*vec![7; MUCH]));
    while also.queued() == 0 {
        thread::yield_now();
    }
    // Behind what the peer does not read, and so never there.
    let closed = also.close(CloseCode::NORMAL, "");
    assert!(closed.is_err());
    let end = receiver.read();
    let silent = siox_websocket::Error::Timeout(siox_websocket::Timeout::Close);
    assert!(
        matches!(end, Err(Error::WebSocket(e)) if e == silent),
        "{end:?}"
    );
    assert!(stuck.join().unwrap().is_err());
    drop(client);
}

#[test]
fn a_violation_ends_both() {
    let (server, mut client) = bare_client(Limits::default());
    let (sender, mut receiver) = server.split();
    client.write_all(b"\x81\x00").unwrap();
    let end = receiver.read();
    let unmasked = siox_websocket::Error::Protocol(siox_websocket::Violation::Unmasked);
    assert!(
        matches!(end, Err(Error::WebSocket(e)) if e == unmasked),
        "{end:?}"
    );
    assert!(matches!(receiver.read(), Ok(None)));
    assert!(matches!(
        sender.send("x"),
        Err(Error::Send(SendError::Closed))
    ));
    let mut close = [0; 4];
    client.read_exact(&mut close).unwrap();
    assert_eq!((close[0], &close[2..]), (0x88, &[3, 234][..]));
}
