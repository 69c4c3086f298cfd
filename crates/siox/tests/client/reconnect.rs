//! A server that goes and comes back.

use crate::{
    both::is_upgrade,
    rig::{Host, log, within},
};
use siox::{Client, DisconnectReason, Server, Transport, client::ConnectionEvent};
use std::time::Duration;

#[tokio::test]
async fn it_comes_back_by_itself_on_every_transport() {
    let mut host = Host::new(&{
        let io = Server::new();
        io.namespace("/");
        io
    })
    .await;
    for way in host.ways("/") {
        let (tell, mut told) = log();
        let client = way
            .on_disconnect(move |reason: DisconnectReason| tell(reason))
            .connect()
            .unwrap();
        within(client.ready()).await.unwrap();
        let first = client.id();
        let (event, mut events) = log();
        client.manager().on_event(move |e| {
            if !is_upgrade(e) {
                event(e.clone());
            }
        });
        host.kill().await;
        let reason = told.next().await;
        assert!(
            matches!(
                reason,
                DisconnectReason::TransportClose | DisconnectReason::TransportError
            ),
            "{reason}"
        );
        let io = Server::new();
        io.namespace("/");
        host.revive(&io).await;
        within(client.ready()).await.unwrap();
        assert_ne!(client.id(), first);
        assert!(matches!(events.next().await, ConnectionEvent::Close { .. }));
        assert_eq!(events.next().await, ConnectionEvent::ReconnectAttempt(1));
        loop {
            if let ConnectionEvent::Reconnect(attempt) = events.next().await {
                assert!(attempt >= 1);
                break;
            }
        }
    }
}

#[tokio::test]
async fn it_gives_up_when_it_was_told_to() {
    let mut host = Host::new(&Server::new()).await;
    host.kill().await;
    let (tell, mut told) = log();
    let client: Client = host
        .client("/")
        .reconnection_attempts(2)
        .auto_connect(false)
        .connect()
        .unwrap();
    client.manager().on_event(move |event| {
        tell(match event {
            ConnectionEvent::Error(_) => "error",
            ConnectionEvent::ReconnectAttempt(_) => "attempt",
            ConnectionEvent::ReconnectError(_) => "failed",
            ConnectionEvent::ReconnectFailed => "gave up",
            _ => "another",
        });
    });
    client.connect();
    assert!(within(client.ready()).await.is_err());
    assert_eq!(
        told.take(8).await,
        [
            "error", "attempt", "error", "failed", "attempt", "error", "failed", "gave up"
        ]
    );
    let client = host.client("/").reconnection(false).connect().unwrap();
    assert!(within(client.ready()).await.is_err());
    assert!(client.is_active(), "as in the reference");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = silent.local_addr().unwrap();
    for transport in [Transport::Polling, Transport::WebSocket] {
        let client = Client::builder(format!("http://{to}"))
            .force_new(true)
            .transports([transport])
            .timeout(Duration::from_millis(50))
            .reconnection(false)
            .connect()
            .unwrap();
        assert!(within(client.ready()).await.is_err());
    }
}

#[tokio::test]
async fn an_overloaded_server_is_left_alone_as_long_as_it_asks() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let _client = Client::builder(&url)
        .reconnection_delay(Duration::from_millis(1), Duration::from_millis(1))
        .connect()
        .unwrap();
    let (mut stream, _) = within(listener.accept()).await.unwrap();
    let mut request = [0; 4096];
    assert_ne!(within(stream.read(&mut request)).await.unwrap(), 0);
    let refused = std::time::Instant::now();
    let answer =
        b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    stream.write_all(answer).await.unwrap();
    drop(stream);
    // Whoever asks again early fails; a slow machine only asks later.
    drop(within(listener.accept()).await.unwrap());
    assert!(refused.elapsed() >= Duration::from_secs(1));
}
