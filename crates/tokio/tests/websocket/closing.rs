//! How connections end.

use crate::pair;
use siox_tokio::websocket::{CloseCode, Error, Limits, SendError, WebSocket};
use siox_websocket::{self as machine, Violation};
use std::{sync::Arc, time::Duration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn both_ends_agree() {
    let (mut client, mut server) = pair(1000, Limits::default()).await;
    let (closed, got) = tokio::join!(client.close(CloseCode::GOING_AWAY, "bye"), server.next());
    closed.unwrap();
    assert!(got.is_none() && server.next().await.is_none());
    let said = server.goodbye().unwrap();
    assert_eq!((said.code, &*said.reason), (CloseCode::GOING_AWAY, "bye"));
    assert_eq!(client.queue("late"), Err(SendError::Closed));
    assert!(matches!(
        server.send("late").await,
        Err(Error::Send(SendError::Closed))
    ));
    client.close(CloseCode::NORMAL, "").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_answer_is_left() {
    let limits = Limits {
        close_wait: Duration::from_secs(3),
        ..Limits::default()
    };
    let (mut client, _server) = pair(1000, limits).await;
    let closed = client.close(CloseCode::NORMAL, "").await;
    let timeout = machine::Error::Timeout(machine::Timeout::Close);
    assert!(
        matches!(closed, Err(Error::WebSocket(e)) if e == timeout),
        "{closed:?}"
    );
    assert!(client.next().await.is_none());
}

#[tokio::test]
async fn a_violation_is_told_once_and_to_the_peer() {
    let (ours, mut theirs) = tokio::io::duplex(1000);
    let connection = machine::Connection::server(Arc::new(Limits::default()));
    let mut server = WebSocket::new(ours, connection, Vec::new());
    theirs.write_all(b"\x81\x02hi").await.unwrap();
    let peer = async {
        let mut said = Vec::new();
        theirs.read_to_end(&mut said).await.unwrap();
        drop(theirs);
        said
    };
    let (got, said) = tokio::join!(server.next(), peer);
    let unmasked = machine::Error::Protocol(Violation::Unmasked);
    assert!(matches!(got, Some(Err(Error::WebSocket(e))) if e == unmasked));
    assert_eq!(&said[..4], b"\x88\x12\x03\xea");
    assert!(server.next().await.is_none());
}

#[tokio::test]
async fn a_stream_that_ends_is_an_error() {
    let (mut client, server) = pair(1000, Limits::default()).await;
    drop(server);
    let got = client.next().await;
    let eof = machine::Error::UnexpectedEof;
    assert!(matches!(got, Some(Err(Error::WebSocket(e))) if e == eof));
    assert!(client.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn silence_is_noticed_by_either_end() {
    let limits = Limits {
        ping_interval: Some(Duration::from_secs(10)),
        pong_timeout: Some(Duration::from_secs(5)),
        close_wait: Duration::from_secs(1),
        ..Limits::default()
    };
    let (mut client, _server) = pair(1000, limits).await;
    let got = client.next().await;
    let dead = machine::Error::Timeout(machine::Timeout::Pong);
    assert!(matches!(got, Some(Err(Error::WebSocket(e))) if e == dead));
}
