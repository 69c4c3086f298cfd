//! Messages in chunks and in fragments.

use crate::common::{MUCH, bare_client, pair};
use siox_tcp::{Chunk, CloseCode, Error, Limits, Message, SendError};
use std::{io::Write, thread, time::Duration};

const SOON: Duration = Duration::from_millis(20);

/// Frames of a client, with a mask of zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let head = [first, 0x80 | u8::try_from(payload.len()).unwrap()];
    [&head, &[0; 4][..], payload].concat()
}

fn narrow() -> Limits {
    Limits {
        message: 1000,
        high_water: 100_000,
        ..Limits::default()
    }
}

#[test]
fn an_upload_larger_than_anything_that_is_held() {
    let (mut server, mut client) = pair(narrow());
    let writer = thread::spawn(move || {
        client.begin_binary().unwrap();
        let chunk = vec![7; 50_000];
        for _ in 0..MUCH / chunk.len() {
            client.write(&chunk).unwrap();
            assert!(client.queued() == 0);
        }
        assert!(matches!(
            client.send("between"),
            Err(Error::Send(SendError::Unfinished))
        ));
        client.finish(b"end").unwrap();
        let answer = client.read().unwrap();
        client.close(CloseCode::NORMAL, "").unwrap();
        answer
    });
    let (mut received, mut firsts) = (0, 0);
    while let Some(chunk) = server.read_chunk().unwrap() {
        received += chunk.data.as_bytes().len();
        firsts += usize::from(chunk.first);
        if chunk.last {
            assert!(chunk.data.as_bytes().ends_with(b"end"));
            server.send("got it").unwrap();
        }
    }
    assert_eq!((received, firsts), (MUCH / 50_000 * 50_000 + 3, 1));
    assert_eq!(writer.join().unwrap(), Some(Message::from("got it")));
}

#[test]
fn a_deadline_between_two_chunks_loses_nothing() {
    let (mut server, mut client) = bare_client(Limits::default());
    let text = |text: &str, first, last| {
        Some(Chunk {
            data: Message::Text(text.to_owned().into()),
            first,
            last,
        })
    };
    let bytes = [frame(0x01, b"a\xc3"), frame(0x80, "©b".as_bytes())].concat();
    client.write_all(&bytes[..8]).unwrap();
    assert_eq!(
        server.read_chunk_by(SOON * 50).unwrap(),
        text("a", true, false)
    );
    for _ in 0..2 {
        assert!(matches!(server.read_chunk_by(SOON), Err(Error::Timeout)));
    }
    drop(bytes);
    // The rest of the character, and of the message.
    client.write_all(&frame(0x00, b"\xa9")).unwrap();
    assert_eq!(server.read_chunk().unwrap(), text("é", false, false));
    client.write_all(&frame(0x80, b"b")).unwrap();
    assert_eq!(server.read_chunk().unwrap(), text("b", false, true));
    client.write_all(&frame(0x81, b"whole")).unwrap();
    assert_eq!(server.read().unwrap(), Some(Message::from("whole")));
}

#[test]
fn what_is_left_of_a_message_may_be_read_whole() {
    let (mut server, mut client) = bare_client(Limits::default());
    client.write_all(&frame(0x02, b"ab")).unwrap();
    assert_eq!(server.read_chunk().unwrap().unwrap().data.as_bytes(), b"ab");
    client.write_all(&frame(0x00, b"cd")).unwrap();
    assert!(matches!(server.read_by(SOON * 5), Err(Error::Timeout)));
    client.write_all(&frame(0x00, b"ef")).unwrap();
    assert!(matches!(server.read_by(SOON * 5), Err(Error::Timeout)));
    // What was put together is not lost to who asks for chunks again.
    let chunk = server.read_chunk().unwrap().unwrap();
    assert_eq!(
        (chunk.data.as_bytes(), chunk.first, chunk.last),
        (&b"cdef"[..], false, false)
    );
    let rest = [frame(0x00, b"gh"), frame(0x80, b"ij"), frame(0x82, b"next")].concat();
    client.write_all(&rest).unwrap();
    assert_eq!(server.read().unwrap().unwrap().as_bytes(), b"ghij");
    assert_eq!(server.read().unwrap().unwrap().as_bytes(), b"next");
}

#[test]
fn what_is_left_is_bounded_as_a_message() {
    let (mut server, mut client) = bare_client(narrow());
    client.write_all(&frame(0x02, b"ab")).unwrap();
    server.read_chunk().unwrap();
    client
        .write_all(&frame(0x00, &[1; 100]).repeat(11))
        .unwrap();
    client.write_all(&frame(0x88, b"")).unwrap();
    let too_big = siox_websocket::Error::TooBig { limit: 1000 };
    let error = server.read().unwrap_err();
    assert!(
        matches!(error, Error::WebSocket(e) if e == too_big),
        "{error}"
    );
}

#[test]
fn who_stops_within_a_message_is_not_waited_for() {
    let (mut server, mut client) = bare_client(Limits {
        message_idle: Some(Duration::from_millis(20)),
        ..Limits::default()
    });
    client.write_all(&frame(0x01, b"ab")).unwrap();
    server.read_chunk().unwrap();
    let expected = siox_websocket::Error::Timeout(siox_websocket::Timeout::MessageIdle);
    let end = server.read_chunk();
    assert!(
        matches!(end, Err(Error::WebSocket(e)) if e == expected),
        "{end:?}"
    );
}

#[test]
fn halves_go_on_with_a_message_in_chunks() {
    let (mut server, mut client) = bare_client(Limits::default());
    client.write_all(&frame(0x01, b"ab")).unwrap();
    server.read_chunk().unwrap();
    let (_sender, mut receiver) = server.split();
    client
        .write_all(&[frame(0x80, b"cd"), frame(0x81, b"ef")].concat())
        .unwrap();
    assert_eq!(receiver.read().unwrap(), Some(Message::from("cd")));
    assert_eq!(receiver.read().unwrap(), Some(Message::from("ef")));
}

#[test]
fn a_writer_is_not_held_up_beyond_its_deadline() {
    let (_server, mut client) = pair(narrow());
    client.begin_binary().unwrap();
    let chunk = vec![7; 100_000];
    let mut timeouts = 0;
    let full = loop {
        match client.write_by(&chunk, SOON) {
            Ok(()) => {}
            Err(Error::Timeout) => timeouts += 1,
            Err(error) => break error,
        }
    };
    assert!(
        matches!(full, Error::Send(SendError::Full)) && timeouts > 0,
        "{full}"
    );
}

#[test]
fn a_message_may_be_closed_on() {
    let (mut server, mut client) = pair(Limits::default());
    let closing = thread::spawn(move || {
        client.begin_text().unwrap();
        client.write(b"half").unwrap();
        client.close(CloseCode::GOING_AWAY, "").unwrap();
        assert!(matches!(
            client.write(b"x"),
            Err(Error::Send(SendError::Closed))
        ));
        assert_eq!(client.begin_text(), Err(SendError::Closed));
    });
    let chunk = server.read_chunk().unwrap().unwrap();
    assert!(chunk.first && !chunk.last);
    assert!(server.read_chunk().unwrap().is_none());
    let goodbye = server.goodbye().map(|close| close.code);
    assert_eq!(goodbye, Some(CloseCode::GOING_AWAY));
    closing.join().unwrap();
}

#[test]
fn halves_stream_both_ways_at_once() {
    let (server, client) = pair(narrow());
    let ends = [server, client].map(|socket| {
        let (sender, mut receiver) = socket.split();
        let writing = thread::spawn(move || {
            sender.begin_binary().unwrap();
            let other = sender.clone();
            assert_eq!(other.queue("between"), Err(SendError::Unfinished));
            for n in 0..MUCH / 50_000 {
                sender.write(&vec![n as u8; 50_000]).unwrap();
            }
            sender.finish(b"end").unwrap();
            other.send("behind").unwrap();
        });
        let reading = thread::spawn(move || {
            let mut received = 0;
            loop {
                let chunk = receiver.read_chunk().unwrap().unwrap();
                assert_eq!(chunk.first, received == 0);
                let bytes = chunk.data.as_bytes();
                for (i, &byte) in bytes.iter().enumerate() {
                    let n = (received + i) / 50_000;
                    assert!(n >= MUCH / 50_000 || byte == n as u8);
                }
                received += bytes.len();
                if chunk.last {
                    assert!(bytes.ends_with(b"end"));
                    break;
                }
            }
            assert_eq!(received, MUCH / 50_000 * 50_000 + 3);
            assert_eq!(receiver.read().unwrap(), Some(Message::from("behind")));
        });
        (writing, reading)
    });
    for (writing, reading) in ends {
        writing.join().unwrap();
        reading.join().unwrap();
    }
}

#[test]
fn a_half_may_ask_for_chunks_and_for_whole_messages() {
    let (server, mut client) = bare_client(Limits::default());
    let (sender, mut receiver) = server.split();
    assert_eq!(sender.queue_write(b"x"), Err(SendError::NotBegun));
    client.write_all(&frame(0x02, b"ab")).unwrap();
    let chunk = receiver.read_chunk().unwrap().unwrap();
    assert_eq!(chunk.data.as_bytes(), b"ab");
    client.write_all(&frame(0x00, b"cd")).unwrap();
    assert!(matches!(receiver.read_by(SOON * 5), Err(Error::Timeout)));
    // What was put together meanwhile is the next chunk.
    let chunk = receiver.read_chunk_by(SOON * 50).unwrap().unwrap();
    assert_eq!(chunk.data.as_bytes(), b"cd");
    assert!(matches!(receiver.read_chunk_by(SOON), Err(Error::Timeout)));
    let rest = [frame(0x00, b"ef"), frame(0x80, b"gh"), frame(0x82, b"next")].concat();
    client.write_all(&rest).unwrap();
    assert_eq!(receiver.read().unwrap().unwrap().as_bytes(), b"efgh");
    let chunk = receiver.read_chunk().unwrap().unwrap();
    assert_eq!(chunk, Chunk::from(Message::from(&b"next"[..])));
}

#[test]
fn a_half_that_writes_is_not_held_up_beyond_its_deadline() {
    let (_server, client) = pair(narrow());
    let (sender, _receiver) = client.split();
    sender.begin_binary().unwrap();
    let chunk = vec![7; 100_000];
    let mut timeouts = 0;
    let full = loop {
        match sender.write_by(&chunk, SOON) {
            Ok(()) => {}
            Err(Error::Timeout) => timeouts += 1,
            Err(error) => break error,
        }
    };
    assert!(
        matches!(full, Error::Send(SendError::Full)) && timeouts > 0,
        "{full}"
    );
}
