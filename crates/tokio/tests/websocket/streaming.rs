//! Messages in chunks and in fragments, through a stream that holds little.

use crate::{pair, poll_once};
use siox_tokio::websocket::{Chunk, CloseCode, Error, Limits, Message, SendError, WebSocket};
use std::{task::Poll, time::Duration};
use tokio::{io::DuplexStream, time::advance};

/// All of a message, from chunks as they come; how many there were.
async fn whole(socket: &mut WebSocket<DuplexStream>) -> (Message<'static>, usize) {
    let mut whole: Option<Chunk<'static>> = None;
    for n in 1.. {
        let chunk = socket.next_chunk().await.unwrap().unwrap();
        assert_eq!(chunk.first, whole.is_none());
        match &mut whole {
            None => whole = Some(chunk),
            Some(whole) => whole.push(&chunk),
        }
        match whole.take() {
            Some(whole) if whole.last => return (whole.data, n),
            more => whole = more,
        }
    }
    unreachable!()
}

#[tokio::test]
async fn a_message_larger_than_the_limit_of_whole_ones() {
    let limits = Limits {
        message: 1000,
        high_water: 4000,
        ..Limits::default()
    };
    let (mut client, mut server) = pair(512, limits).await;
    let text = "Grüße, κόσμε! ".repeat(5000);
    let (_, (got, chunks)) = tokio::join!(
        async {
            client.begin_text().unwrap();
            for chunk in text.as_bytes().chunks(777) {
                client.write(chunk).await.unwrap();
            }
            client.finish(b"").await.unwrap();
        },
        whole(&mut server)
    );
    assert_eq!(got, Message::from(&*text));
    assert!(chunks > 100);
    // And back, with whole messages before and behind.
    server.queue("before").unwrap();
    let (_, got, messages) = tokio::join!(
        async {
            server.begin_binary().unwrap();
            server.write(&[1; 700]).await.unwrap();
            assert_eq!(server.queue("between"), Err(SendError::Unfinished));
            server.ping(b"between").unwrap();
            server.finish(&[2; 300]).await.unwrap();
            server.send("behind").await.unwrap();
        },
        async {
            let before = client.next().await.unwrap().unwrap();
            let (middle, _) = whole(&mut client).await;
            (before, middle)
        },
        async {}
    );
    let ((), (before, middle)) = (messages, got);
    assert_eq!(before, Message::from("before"));
    assert_eq!(
        middle,
        Message::from(&[[1; 700].as_slice(), &[2; 300]].concat()[..])
    );
    assert_eq!(
        client.next().await.unwrap().unwrap(),
        Message::from("behind")
    );
}

#[tokio::test]
async fn dropped_reads_lose_no_chunk() {
    let (mut client, mut server) = pair(16, Limits::default()).await;
    let text = "κόσμε ".repeat(50);
    client.begin_text().unwrap();
    client.queue_write(text.as_bytes()).unwrap();
    client.queue_finish(b"").unwrap();
    let (mut got, mut turns) = (String::new(), 0);
    loop {
        turns += 1;
        assert!(turns < 1000);
        // Each future is polled once, and dropped.
        let _ = poll_once(client.flush());
        if let Poll::Ready(chunk) = poll_once(server.next_chunk()) {
            let chunk = chunk.unwrap().unwrap();
            let Message::Text(text) = chunk.data else {
                panic!("{chunk:?}")
            };
            got.push_str(&text);
            if chunk.last {
                break;
            }
        }
    }
    assert!(got == text && turns > 20);
}

/// Whatever of a message was asked for whole and whatever in chunks: nothing is lost.
#[tokio::test]
async fn whole_reads_and_chunks_may_be_mixed() {
    for asked_first in [0, 1, 2] {
        let (mut client, mut server) = pair(16, Limits::default()).await;
        let text = "a message in fragments, much longer than what the stream holds";
        client.begin_text().unwrap();
        for chunk in text.as_bytes().chunks(10) {
            client.queue_write(chunk).unwrap();
        }
        client.queue_finish(b"").unwrap();
        client.queue("next").unwrap();
        let mut got = String::new();
        for turn in 0.. {
            assert!(turn < 1000);
            let _ = poll_once(client.flush());
            let message = match turn % 3 == asked_first {
                true => poll_once(server.next()),
                false => {
                    poll_once(server.next_chunk()).map(|chunk| chunk.map(|c| c.map(|c| c.data)))
                }
            };
            if let Poll::Ready(message) = message {
                let Message::Text(text) = message.unwrap().unwrap() else {
                    panic!("no text")
                };
                got.push_str(&text);
                if got.ends_with("next") {
                    break;
                }
            }
        }
        assert_eq!(got, format!("{text}next"));
    }
}

#[tokio::test]
async fn the_rest_of_a_message_is_bounded_as_a_message() {
    let limits = Limits {
        message: 100,
        ..Limits::default()
    };
    let (mut client, mut server) = pair(4096, limits).await;
    client.begin_binary().unwrap();
    client.write(&[1; 10]).await.unwrap();
    let chunk = server.next_chunk().await.unwrap().unwrap();
    assert!(chunk.first && !chunk.last);
    for _ in 0..3 {
        client.write(&[2; 50]).await.unwrap();
    }
    let (error, end) = tokio::join!(server.next(), client.next());
    let too_big = siox_websocket::Error::TooBig { limit: 100 };
    assert!(matches!(error, Some(Err(Error::WebSocket(e))) if e == too_big));
    assert!(end.is_none());
    assert_eq!(
        client.goodbye().map(|close| close.code),
        Some(CloseCode::TOO_BIG)
    );
}

#[tokio::test]
async fn a_message_may_be_closed_on() {
    let (mut client, mut server) = pair(4096, Limits::default()).await;
    client.begin_binary().unwrap();
    client.write(&[1; 10]).await.unwrap();
    let (closed, got) = tokio::join!(client.close(CloseCode::GOING_AWAY, ""), async {
        let chunk = server.next_chunk().await.unwrap().unwrap();
        assert!(!chunk.last);
        server.next_chunk().await
    });
    closed.unwrap();
    assert!(got.is_none());
    assert_eq!(
        server.goodbye().map(|close| close.code),
        Some(CloseCode::GOING_AWAY)
    );
    assert!(matches!(
        client.write(b"late").await,
        Err(Error::Send(SendError::Closed))
    ));
    assert_eq!(client.begin_text(), Err(SendError::Closed));
}

#[tokio::test]
async fn halves_stream_both_ways_at_once() {
    const COUNT: usize = 200;
    let limits = Limits {
        high_water: 500,
        ..Limits::default()
    };
    let (client, server) = pair(64, limits).await;
    let mut tasks = Vec::new();
    for socket in [client, server] {
        let (mut sender, mut receiver) = socket.split();
        tasks.push(tokio::spawn(async move {
            sender.begin_binary().unwrap();
            for n in 0..COUNT {
                sender.write(&vec![n as u8; n]).await.unwrap();
            }
            sender.finish(b"end").await.unwrap();
        }));
        tasks.push(tokio::spawn(async move {
            let mut bytes = Vec::new();
            loop {
                let chunk = receiver.next_chunk().await.unwrap().unwrap();
                bytes.extend_from_slice(chunk.data.as_bytes());
                if chunk.last {
                    break;
                }
            }
            let mut expected: Vec<u8> = (0..COUNT).flat_map(|n| vec![n as u8; n]).collect();
            expected.extend(b"end");
            assert!(bytes == expected);
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

/// A peer that goes on writing is not read while nobody asks.
#[tokio::test]
async fn a_reader_that_does_not_ask_makes_the_writer_wait() {
    let limits = Limits {
        high_water: 4096,
        ..Limits::default()
    };
    let (mut client, mut server) = pair(1024, limits).await;
    client.begin_binary().unwrap();
    let mut written = 0;
    while poll_once(client.write(&[7; 1000])).is_ready() {
        written += 1;
        assert!(written < 100);
    }
    let chunk = server.next_chunk().await.unwrap().unwrap();
    assert!(chunk.first && !chunk.data.as_bytes().is_empty());
    client.flush().await.unwrap();
    client.write(&[7; 10]).await.unwrap();
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn a_compressed_message_in_chunks() {
    use siox_tokio::websocket::{self, AcceptOptions, Options, deflate::Config};

    for takeover in [false, true] {
        let config = Config {
            server_no_context_takeover: !takeover,
            client_no_context_takeover: !takeover,
            ..Config::default()
        };
        let accept = AcceptOptions {
            deflate: Some(config.clone()),
            ..AcceptOptions::default()
        };
        let options = Options {
            deflate: Some(config),
            ..Options::default()
        };
        let (ours, theirs) = tokio::io::duplex(4096);
        let (client, server) = tokio::join!(
            websocket::open(ours, "localhost", "/", &options),
            websocket::accept_with(theirs, &accept)
        );
        let (mut client, mut server) = (client.unwrap(), server.unwrap());
        let part = "{\"käse\":[1,2,3,4,5,6,7,8,9]},".repeat(3000);
        for _ in 0..2 {
            let (_, (got, chunks)) = tokio::join!(
                async {
                    client.begin_text().unwrap();
                    for _ in 0..10 {
                        client.write(part.as_bytes()).await.unwrap();
                    }
                    client.finish(b"!").await.unwrap();
                },
                whole(&mut server)
            );
            assert!(got.as_bytes() == [part.repeat(10).as_bytes(), b"!"].concat());
            assert!(chunks > 20);
            client.send(&*part).await.unwrap();
            let message = server.next().await.unwrap().unwrap();
            assert!(message == Message::from(&*part));
        }
    }
}

/// Several messages that one read brought: each comes as it is asked for.
#[tokio::test]
async fn what_one_read_brought_is_read_either_way() {
    for chunks in 0..16u32 {
        let (mut client, mut server) = pair(4096, Limits::default()).await;
        for text in ["a", "b", "c", "d"] {
            client.queue(text).unwrap();
        }
        client.flush().await.unwrap();
        for (i, text) in ["a", "b", "c", "d"].into_iter().enumerate() {
            let data = match chunks >> i & 1 {
                0 => server.next().await.unwrap().unwrap(),
                _ => {
                    let chunk = server.next_chunk().await.unwrap().unwrap();
                    assert!(chunk.first && chunk.last);
                    chunk.data
                }
            };
            assert_eq!(data, Message::from(text));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn time_in_which_no_chunk_was_asked_for_is_not_the_peers() {
    let limits = Limits {
        message_idle: Some(Duration::from_secs(60)),
        ..Limits::default()
    };
    let (mut client, mut server) = pair(64, limits).await;
    client.begin_binary().unwrap();
    for byte in 0..4 {
        client.write(&[byte; 8]).await.unwrap();
        let chunk = server.next_chunk().await.unwrap().unwrap();
        assert_eq!(chunk.data.as_bytes(), [byte; 8]);
        // The application is busy.
        advance(Duration::from_secs(300)).await;
    }
    // Now it waits, and nothing comes.
    let end = server.next_chunk().await.unwrap();
    let expected = siox_websocket::Error::Timeout(siox_websocket::Timeout::MessageIdle);
    assert!(
        matches!(end, Err(Error::WebSocket(e)) if e == expected),
        "{end:?}"
    );
}
