//! Futures that are dropped before their end.

use crate::{pair, poll_once};
use siox_tokio::websocket::{Limits, Message};
use std::task::Poll;

#[tokio::test]
async fn a_message_in_pieces_survives_dropped_reads() {
    let (mut client, mut server) = pair(16, Limits::default()).await;
    let text = "a message much longer than what the stream holds".repeat(4);
    client.queue(&*text).unwrap();
    let mut turns = 0;
    let got = loop {
        turns += 1;
        assert!(turns < 1000);
        // Each future is polled once, and dropped.
        let _ = poll_once(client.flush());
        if let Poll::Ready(got) = poll_once(server.next()) {
            break got;
        }
    };
    assert!(turns > 5);
    assert_eq!(got.unwrap().unwrap(), Message::from(&*text));
}

#[tokio::test]
async fn a_dropped_send_has_queued_its_message_whole() {
    let (mut client, mut server) = pair(16, Limits::default()).await;
    let text = "x".repeat(100);
    assert!(poll_once(client.send(&*text)).is_pending());
    let (flushed, got) = tokio::join!(client.flush(), server.next());
    flushed.unwrap();
    assert_eq!(got.unwrap().unwrap(), Message::from(&*text));
}

#[tokio::test]
async fn a_dropped_send_that_found_no_room_has_queued_nothing() {
    let limits = Limits {
        high_water: 50,
        ..Limits::default()
    };
    let (mut client, mut server) = pair(16, limits).await;
    client.queue(&*"x".repeat(100)).unwrap();
    assert!(poll_once(client.send("lost")).is_pending());
    let (sent, got) = tokio::join!(
        async {
            client.send("kept").await.unwrap();
        },
        async { [server.next().await, server.next().await] }
    );
    let [first, second] = got.map(|message| message.unwrap().unwrap());
    assert_eq!(((), first.as_bytes().len()), (sent, 100));
    assert_eq!(second, Message::from("kept"));
}
