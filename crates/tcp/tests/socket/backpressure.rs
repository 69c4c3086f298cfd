//! Who does not read is not read from, and nothing is queued for it without bound.

use crate::common::{MUCH, bare_client, pair};
use siox_tcp::{Limits, Message, SendError};
use std::{
    io::{Read, Write},
    thread,
    time::Duration,
};

#[test]
fn a_queue_has_an_end() {
    let (mut server, mut client) = pair(Limits {
        high_water: 1000,
        ..Limits::default()
    });
    let mut queued = 0;
    while server.queue(&*"x".repeat(100)).is_ok() {
        queued += 1;
    }
    assert_eq!(queued, 10);
    assert_eq!(server.queue("x"), Err(SendError::Full));
    // A send makes room first.
    server.send("last").unwrap();
    for _ in 0..queued {
        assert_eq!(
            client.read().unwrap(),
            Some(Message::from(&*"x".repeat(100)))
        );
    }
    assert_eq!(client.read().unwrap(), Some(Message::from("last")));
}

#[test]
fn an_echo_stops_reading_from_who_does_not_read() {
    let (server, mut client) = bare_client(Limits {
        high_water: 1 << 16,
        ..Limits::default()
    });
    let echo = thread::spawn(move || {
        server.run(|connection, message| match message {
            Message::Text(text) => connection.text(&text),
            Message::Binary(bytes) => connection.binary(bytes.into_owned().into()),
        })
    });
    let mut frame = b"\x82\xfe\xff\xff\0\0\0\0".to_vec();
    frame.resize(8 + 0xffff, 1);
    // Until the sockets are full in both directions.
    client
        .set_write_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    let (mut sent, mut at) = (0, 0);
    while sent < MUCH {
        match client.write(&frame[at..]) {
            Ok(n) => {
                sent += n;
                at = (at + n) % frame.len();
            }
            Err(_) => break,
        }
    }
    assert!(sent < MUCH, "everything was read");
    // Nothing is lost by it.
    let mut rest = client.try_clone().unwrap();
    rest.set_write_timeout(None).unwrap();
    let tail = frame[at..].to_vec();
    let whole = (sent + tail.len()) / frame.len();
    let finishing = thread::spawn(move || {
        rest.write_all(&tail).unwrap();
        rest.write_all(b"\x88\x80\0\0\0\0").unwrap();
    });
    let mut all = Vec::new();
    client.read_to_end(&mut all).unwrap();
    finishing.join().unwrap();
    let sent = if at == 0 { whole - 1 } else { whole };
    assert!(all.len() >= sent * (4 + 0xffff) + 2);
    assert!(all.ends_with(b"\x88\x00"));
    drop(client);
    echo.join().unwrap().unwrap();
}
