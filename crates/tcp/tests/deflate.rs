//! permessage-deflate over sockets: negotiated, with and without context takeover, and what an idle
//! connection holds of it.
#![cfg(feature = "deflate")]

use bytes::Bytes;
use siox_tcp::{
    AcceptOptions, Chunk, Error, HandshakeError, MaybeTls, Message, Options, Origins, Part, Shared,
    WebSocket, deflate::Config,
};
use siox_testkit::alloc::{CountingAllocator, measure};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn config(takeover: bool) -> Config {
    Config {
        threshold: 0,
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        ..Config::default()
    }
}

fn accepting(deflate: Option<Config>) -> AcceptOptions {
    AcceptOptions {
        origins: Origins::Any,
        deflate,
        ..AcceptOptions::default()
    }
}

/// A client and a server, both to be used by this thread.
fn pair(config: &Config) -> (WebSocket<MaybeTls>, WebSocket) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let options = accepting(Some(config.clone()));
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        siox_tcp::accept_with(stream, &options).unwrap()
    });
    let options = Options {
        deflate: Some(config.clone()),
        ..Options::default()
    };
    let client = siox_tcp::connect(&url, &options).unwrap();
    (client, server.join().unwrap())
}

#[test]
fn messages_come_as_they_went() {
    for takeover in [false, true] {
        let (mut client, mut server) = pair(&config(takeover));
        for round in 0..20 {
            client.set_compress(round % 3 != 0);
            server.set_compress(round % 2 != 0);
            let text = format!("{round}: {}", "to and fro. ".repeat(1 << (round % 12)));
            client.send(&*text).unwrap();
            let message = server.read().unwrap().unwrap();
            assert_eq!(message, Message::from(&*text));
            server.send(message).unwrap();
            assert_eq!(client.read().unwrap(), Some(Message::from(&*text)));
        }
        let news = Bytes::from("news ".repeat(1000));
        let group = Shared::new(vec![Part::Binary(news.clone())]);
        for _ in 0..2 {
            server.queue_shared(&group).unwrap();
            server.flush().unwrap();
            assert_eq!(client.read().unwrap(), Some(Message::from(&news[..])));
        }
    }
}

/// What 20 connections hold after an echo of 16 KiB beyond what they held before it, in bytes.
fn held_after_an_echo(config: &Config) -> isize {
    let text = "to and fro. ".repeat(16 * 1024 / 12);
    let mut pairs: Vec<_> = (0..20).map(|_| pair(config)).collect();
    let mut echo = |(client, server): &mut (WebSocket<MaybeTls>, WebSocket)| {
        client.send(&*text).unwrap();
        let message = server.read().unwrap().unwrap();
        server.send(message).unwrap();
        assert!(client.read().unwrap().is_some());
    };
    // The process's own buffers and codec.
    echo(&mut pairs[0]);
    let ((), used) = measure(|| pairs[1..].iter_mut().for_each(&mut echo));
    used.kept
}

/// Other tests may hold the pool's codecs meanwhile, so that a few more are made; 38 ends are many.
#[test]
fn an_idle_connection_holds_a_codec_for_takeover_only() {
    let alone = held_after_an_echo(&config(false));
    assert!(alone < 2_500_000, "{alone}");
    let takeover = held_after_an_echo(&config(true));
    assert!(takeover > 6_000_000, "{takeover}");
}

#[test]
fn a_server_answers_a_bare_offer_without_parameters() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let request = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let options = accepting(Some(config(true)));
    let _server = siox_tcp::accept_with(listener.accept().unwrap().0, &options).unwrap();
    let mut head = vec![0; 2000];
    let len = stream.read(&mut head).unwrap();
    let head = String::from_utf8_lossy(&head[..len]);
    assert!(
        head.ends_with("\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
        "{head}"
    );
}

#[test]
fn a_client_refuses_what_it_did_not_ask_for() {
    let table = [
        ("permessage-deflate", Some(config(true)), true),
        ("permessage-deflate", Some(config(false)), false),
        (
            "permessage-deflate; server_max_window_bits",
            Some(config(true)),
            false,
        ),
        (
            "permessage-deflate; client_max_window_bits=16",
            Some(config(true)),
            false,
        ),
        ("permessage-deflate", None, false),
    ];
    for (answer, deflate, fine) in table {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("ws://{}/", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = vec![0; 2000];
            let len = stream.read(&mut head).unwrap();
            let (_, offer) = siox_websocket::handshake::server::Offer::parse(&head[..len]).unwrap();
            let accept = offer.accept().unwrap();
            let answer = accept.response(&[("Sec-WebSocket-Extensions", answer)]);
            stream.write_all(&answer.unwrap()).unwrap();
            stream
        });
        let options = Options {
            deflate,
            ..Options::default()
        };
        match siox_tcp::connect(&url, &options) {
            Ok(_) => assert!(fine, "{answer}"),
            Err(Error::Handshake(HandshakeError::Deflate(_) | HandshakeError::Extension)) => {
                assert!(!fine, "{answer}");
            }
            Err(e) => panic!("{answer}: {e}"),
        }
        server.join().unwrap();
    }
}

/// All of a message, from the chunks that `read` brings; how many there were.
fn whole(
    mut read: impl FnMut() -> Result<Option<Chunk<'static>>, Error>,
) -> (Message<'static>, usize) {
    let mut whole = read().unwrap().unwrap();
    assert!(whole.first);
    let mut chunks = 1;
    while !whole.last {
        whole.push(&read().unwrap().unwrap());
        chunks += 1;
    }
    (whole.data, chunks)
}

#[test]
fn a_compressed_message_in_fragments_and_in_chunks() {
    let part = "{\"käse\":[1,2,3,4,5,6,7,8,9]},".repeat(3000);
    let text = [part.repeat(10).as_str(), "!"].concat();
    let expected = Message::from(&*text);
    for takeover in [false, true] {
        let (mut client, mut server) = pair(&config(takeover));
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..2 {
                    client.begin_text().unwrap();
                    for _ in 0..10 {
                        client.write(part.as_bytes()).unwrap();
                    }
                    client.finish(b"!").unwrap();
                    client.send(&*part).unwrap();
                }
            });
            for _ in 0..2 {
                let (message, chunks) = whole(|| server.read_chunk());
                assert!(message == expected && chunks > 5);
                assert!(server.read().unwrap() == Some(Message::from(&*part)));
            }
        });
    }
}

#[test]
fn compressed_messages_of_halves_in_fragments_and_in_chunks() {
    let part = "{\"käse\":[1,2,3,4,5,6,7,8,9]},".repeat(3000);
    let text = [part.repeat(10).as_str(), "!"].concat();
    let expected = Message::from(&*text);
    for takeover in [false, true] {
        let (client, server) = pair(&config(takeover));
        let (to_server, mut from_server) = client.split();
        let (to_client, mut from_client) = server.split();
        thread::scope(|scope| {
            let part = part.as_bytes();
            let write = |begin: Result<(), _>, write: &dyn Fn(&[u8]) -> Result<(), Error>| {
                begin.unwrap();
                (0..10).for_each(|_| write(part).unwrap());
            };
            scope.spawn(move || {
                for compress in [true, false, true] {
                    to_server.set_compress(compress);
                    write(to_server.begin_text(), &|bytes| to_server.write(bytes));
                    to_server.finish(b"!").unwrap();
                }
            });
            scope.spawn(move || {
                for compress in [false, true, true] {
                    to_client.set_compress(compress);
                    write(to_client.begin_text(), &|bytes| to_client.write(bytes));
                    to_client.finish(b"!").unwrap();
                }
            });
            let expected = &expected;
            scope.spawn(move || {
                for _ in 0..3 {
                    assert!(whole(|| from_server.read_chunk()).0 == *expected);
                }
            });
            for _ in 0..3 {
                assert!(whole(|| from_client.read_chunk()).0 == *expected);
            }
        });
    }
}
