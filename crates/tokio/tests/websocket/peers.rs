//! Against tungstenite, both ways, on TCP.

use siox_tokio::websocket::{self, CloseCode, Limits, Message, Options};
use std::{net::TcpListener, sync::Arc, thread};
use tungstenite::protocol::frame::coding::CloseCode as TheirCode;

/// Sizes around every form of the length, and beyond a read.
const SIZES: [usize; 8] = [0, 1, 125, 126, 65_535, 65_536, 100_000, 900_000];

#[tokio::test]
async fn their_server_echoes() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut socket = tungstenite::accept(listener.accept().unwrap().0).unwrap();
        loop {
            match socket.read().unwrap() {
                tungstenite::Message::Close(frame) => break frame.map(|frame| frame.code),
                message if message.is_text() || message.is_binary() => {
                    socket.send(message).unwrap();
                }
                _ => {}
            }
        }
    });
    let mut socket = websocket::connect(&url, &Options::default()).await.unwrap();
    for size in SIZES {
        let (text, bytes) = ("é".repeat(size / 2), vec![7; size]);
        // They read and write in turn, so that nothing here waits for the whole to be written.
        socket.queue(&*text).unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::from(&*text));
        socket.queue(&*bytes).unwrap();
        assert_eq!(
            socket.next().await.unwrap().unwrap(),
            Message::from(&*bytes)
        );
    }
    // They leave without waiting for the end of the stream.
    let _ = socket.close(CloseCode::GOING_AWAY, "").await;
    assert_eq!(server.join().unwrap(), Some(TheirCode::Away));
}

#[tokio::test]
async fn their_client_is_echoed() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let client = thread::spawn(move || {
        let (mut socket, _) = tungstenite::connect(url).unwrap();
        for size in SIZES {
            let message = tungstenite::Message::binary(vec![9; size]);
            socket.send(message.clone()).unwrap();
            assert_eq!(socket.read().unwrap(), message);
        }
        socket.close(None).unwrap();
        while socket.read().is_ok() {}
    });
    let (stream, _) = listener.accept().await.unwrap();
    let mut socket = websocket::accept(stream, Arc::new(Limits::default()))
        .await
        .unwrap();
    let mut count = 0;
    while let Some(message) = socket.next().await {
        socket.send(message.unwrap()).await.unwrap();
        count += 1;
    }
    assert_eq!(count, SIZES.len());
    client.join().unwrap();
}
