//! Who closes what, and when (RFC 6455 §7.1.1).

use crate::common::{bare_client, pair, streams};
use siox_tcp::{CloseCode, Error, Limits, Options};
use std::{
    io::{Read, Write},
    thread,
    time::Duration,
};

#[test]
fn the_server_closes_first() {
    let (mut server, mut client) = bare_client(Limits::default());
    client.write_all(b"\x88\x82\0\0\0\0\x03\xe8").unwrap();
    let reading = thread::spawn(move || server.read());
    let mut all = Vec::new();
    // Its half ends though ours does not.
    client.read_to_end(&mut all).unwrap();
    assert_eq!(all, b"\x88\x02\x03\xe8");
    drop(client);
    assert!(matches!(reading.join().unwrap(), Ok(None)));
}

#[test]
fn the_client_waits_for_the_server() {
    let (mut stream, client) = streams();
    let client = thread::spawn(move || {
        let mut client = siox_tcp::open(client, "a", "/", &Options::default())?;
        client.close(CloseCode::NORMAL, "")
    });
    let mut request = vec![0; 2000];
    let len = stream.read(&mut request).unwrap();
    let (_, offer) = siox_websocket::handshake::server::Offer::parse(&request[..len]).unwrap();
    let answer = offer.accept().unwrap().response(&[]).unwrap();
    stream.write_all(&answer).unwrap();
    let mut close = [0; 8];
    stream.read_exact(&mut close).unwrap();
    stream.write_all(b"\x88\x02\x03\xe8").unwrap();
    // The stream does not end before we end it.
    stream
        .set_read_timeout(Some(Duration::from_millis(20)))
        .unwrap();
    assert!(stream.read(&mut [0]).is_err());
    drop(stream);
    client.join().unwrap().unwrap();
}

#[test]
fn messages_that_cross_the_goodbye_are_delivered_or_dropped_by_choice() {
    let (mut server, mut client) = pair(Limits::default());
    client.queue("crossing").unwrap();
    client.flush().unwrap();
    let closing = thread::spawn(move || client.close(CloseCode::GOING_AWAY, "bye"));
    // `close` drops what comes.
    server.close(CloseCode::NORMAL, "").unwrap();
    assert_eq!(server.goodbye().unwrap().code, CloseCode::GOING_AWAY);
    closing.join().unwrap().unwrap();
}

#[test]
fn a_stream_that_just_ends_is_told() {
    let (mut server, client) = bare_client(Limits::default());
    drop(client);
    let eof = siox_websocket::Error::UnexpectedEof;
    let end = server.read();
    assert!(
        matches!(end, Err(Error::WebSocket(e)) if e == eof),
        "{end:?}"
    );
    assert!(matches!(server.read(), Ok(None)));
}

#[test]
fn the_last_word_arrives_though_the_peer_goes_on() {
    let (mut server, mut client) = bare_client(Limits {
        message: 10,
        ..Limits::default()
    });
    let reading = thread::spawn(move || server.read());
    // Refused by its head; the rest of it would draw a reset if it were not read.
    client.write_all(b"\x82\xfe\x10\x00\0\0\0\0").unwrap();
    client.write_all(&[0; 0x1000]).unwrap();
    let mut close = [0; 4];
    client.read_exact(&mut close).unwrap();
    assert_eq!((close[0], &close[2..]), (0x88, &[3, 241][..]));
    drop(client);
    let end = reading.join().unwrap();
    let big = siox_websocket::Error::TooBig { limit: 10 };
    assert!(
        matches!(end, Err(Error::WebSocket(e)) if e == big),
        "{end:?}"
    );
}
