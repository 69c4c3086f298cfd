//! Halves in tasks of their own, and `futures`' traits.

use crate::pair;
use futures_core::Stream;
use futures_sink::Sink;
use siox_tokio::websocket::{CloseCode, Error, Limits, Message};
use std::{future::poll_fn, pin::Pin};

#[tokio::test]
async fn both_directions_at_once_through_a_narrow_stream() {
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
            for n in 0..COUNT {
                sender
                    .send(&*format!("{n} {}", "x".repeat(n)))
                    .await
                    .unwrap();
            }
            COUNT
        }));
        tasks.push(tokio::spawn(async move {
            for n in 0..COUNT {
                let message = receiver.next().await.unwrap().unwrap();
                assert_eq!(message, Message::from(&*format!("{n} {}", "x".repeat(n))));
            }
            COUNT
        }));
    }
    for task in tasks {
        assert_eq!(task.await.unwrap(), COUNT);
    }
}

#[tokio::test]
async fn what_one_half_queues_the_other_writes() {
    let (client, mut server) = pair(1000, Limits::default()).await;
    let (mut sender, mut receiver) = client.split();
    let reading =
        tokio::spawn(async move { (receiver.next().await.is_none(), receiver.goodbye()) });
    tokio::task::yield_now().await;
    sender.queue("queued only").unwrap();
    let got = server.next().await.unwrap().unwrap();
    assert_eq!(got, Message::from("queued only"));
    let (closed, rest) = tokio::join!(sender.close(CloseCode::NORMAL, "x"), server.next());
    closed.unwrap();
    assert!(rest.is_none());
    let (ended, said) = reading.await.unwrap();
    assert!(ended);
    assert_eq!(said.unwrap().code, CloseCode::NORMAL);
    assert!(matches!(sender.send("late").await, Err(Error::Send(_))));
}

#[tokio::test]
async fn a_stream_and_a_sink() {
    let (mut client, mut server) = pair(1000, Limits::default()).await;
    for text in ["one", "two"] {
        poll_fn(|cx| Sink::poll_ready(Pin::new(&mut client), cx))
            .await
            .unwrap();
        Sink::start_send(Pin::new(&mut client), Message::from(text)).unwrap();
    }
    poll_fn(|cx| Sink::<Message<'_>>::poll_close(Pin::new(&mut client), cx))
        .await
        .unwrap();
    let mut got = Vec::new();
    while let Some(message) = poll_fn(|cx| Pin::new(&mut server).poll_next(cx)).await {
        got.push(message.unwrap());
    }
    assert_eq!(got, [Message::from("one"), Message::from("two")]);
    assert!(
        poll_fn(|cx| Pin::new(&mut client).poll_next(cx))
            .await
            .is_none()
    );
}
