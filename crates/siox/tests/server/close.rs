//! `close`: every client is told, nothing is left, `serve` returns.

use crate::{
    client::{Client, POLLING, WEBSOCKET},
    raw::{
        http::Http,
        within,
        ws::{Said, Ws},
    },
};
use siox::Server;
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn clients_are_told_and_nothing_is_left() {
    let io = Server::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    let server = io.clone();
    let serving = tokio::spawn(async move { server.serve(listener).await });

    // On a WebSocket, with a poll held, idle, silent.
    let mut socket = Client::join(to).await;
    let mut held = Http::connect(to).await;
    let target = format!("{POLLING}&sid={}", held.open("/socket.io/").await);
    held.send(format!("GET {target} HTTP/1.1\r\nHost: here\r\n\r\n"))
        .await;
    let mut idle = Http::connect(to).await;
    assert_eq!(idle.get("/").await.status, 404);
    let mut silent = Http::connect(to).await;
    assert_eq!(io.clients(), 2);

    let server = io.clone();
    let closing = tokio::spawn(async move { server.close().await });
    assert!(matches!(socket.next().await, Said::Close(_)));
    assert_eq!(held.answer().await.body, "1");
    assert!(idle.is_over().await && silent.is_over().await);
    within(serving).await.unwrap().unwrap();
    drop(socket);
    assert!(within(closing).await.unwrap(), "a task is left");
    assert_eq!(io.clients(), 0);
    assert!(TcpStream::connect(to).await.is_err());
}

#[tokio::test]
async fn who_is_between_two_polls_gets_what_is_queued() {
    let io = Server::new();
    let app = axum::Router::new().layer(io.layer());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let mut http = Http::connect(to).await;
    let target = format!("{POLLING}&sid={}", http.open("/socket.io/").await);
    assert_eq!(http.post(&target, "40").await.body, "ok");
    let server = io.clone();
    let closing = tokio::spawn(async move { server.close().await });
    // Its end is not told before it has fetched its last words.
    tokio::task::yield_now().await;
    let last = http.get(&target).await.body;
    assert!(last.starts_with("40{") && last.ends_with("\x1e1"), "{last}");
    assert!(within(closing).await.unwrap(), "a task is left");
}

#[tokio::test]
async fn nobody_is_let_in_any_more() {
    let io = Server::new();
    let app = axum::Router::new().layer(io.layer());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    assert!(within(io.close()).await);
    let mut http = Http::connect(to).await;
    assert_eq!(http.get(POLLING).await.status, 503);
    let stream = TcpStream::connect(to).await.unwrap();
    let refused = Ws::handshake(stream, WEBSOCKET, &[], &[])
        .await
        .unwrap_err();
    assert_eq!(refused, "status 503 in place of 101");
    assert_eq!(io.clients(), 0);
    // And closing again is no trouble.
    assert!(within(io.close()).await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    within(io.serve(listener)).await.unwrap();
}
