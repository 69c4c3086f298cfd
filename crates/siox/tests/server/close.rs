//! `close`: every client is told, nothing is left, `serve` returns.

use crate::{
    client::{Client, POLLING, WEBSOCKET, log, serve},
    raw::{
        http::Http,
        within,
        ws::{Said, Ws},
    },
};
use siox::{DisconnectReason, Server, Socket};
use std::{sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Handle,
};

/// Longer than any test is waited for.
const LONG: Duration = Duration::from_secs(10_000);

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

#[tokio::test]
async fn who_is_between_two_polls_is_not_waited_for_where_nothing_is_queued() {
    let io = Server::new();
    let (tell, mut told) = log::<DisconnectReason>();
    io.namespace("/")
        .on_disconnect(move |reason: DisconnectReason| tell(reason));
    let app = axum::Router::new().layer(io.layer());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let mut http = Http::connect(to).await;
    let target = format!("{POLLING}&sid={}", http.open("/socket.io/").await);
    assert_eq!(http.post(&target, "40").await.body, "ok");
    assert!(http.get(&target).await.body.starts_with("40{"));
    assert!(within(io.close_within(LONG)).await, "a task is left");
    assert_eq!(told.next().await, DisconnectReason::ServerShuttingDown);
    assert_eq!(io.clients(), 0);
    // It is told nevertheless, once.
    assert_eq!(http.post(&target, "3").await.status, 400);
    assert_eq!(http.get(&target).await.body, "1");
    assert_eq!(http.get(&target).await.status, 400);
}

#[tokio::test]
async fn handlers_may_come_to_their_end() {
    let io = Server::new();
    let (tell, mut told) = log::<&str>();
    let begun = tell.clone();
    io.namespace("/").on("work", move |socket: Socket| {
        begun("begun");
        let tell = tell.clone();
        async move {
            while socket.is_connected() {
                tokio::task::yield_now().await;
            }
            tell("ended");
        }
    });
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    client.send("2[\"work\"]").await;
    assert_eq!(told.next().await, "begun");
    let server = io.clone();
    let closing = tokio::spawn(async move { server.close_within(LONG).await });
    client.ws.rest().await;
    assert!(within(closing).await.unwrap(), "a task is left");
    assert_eq!(told.so_far(), ["ended"]);
}

/// Whatever clients do, and whatever their handlers wait for.
#[tokio::test]
async fn no_task_and_no_memory_is_left() {
    let before = Handle::current().metrics().num_alive_tasks();
    let kept = Arc::new(());
    let io = Server::builder().state(kept.clone()).build().unwrap();
    let nsp = io.namespace("/");
    nsp.on("never", async |_: Socket| {
        std::future::pending::<()>().await;
    });
    nsp.on("asked", async |socket: Socket| {
        drop(socket.emit_with_ack::<()>("asked", &(), None).await);
    });
    let shut = io.namespace("/shut");
    shut.middleware(async |_: Socket| std::future::pending::<()>().await);
    io.dynamic_if(async |_, _| std::future::pending().await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    let server = io.clone();
    let serving = tokio::spawn(async move { server.serve(listener).await });

    let mut socket = Client::join(to).await;
    let packets = ["2[\"never\"]", "2[\"asked\"]", "0/shut,", "0/dynamic,"];
    socket.send_all(packets.map(str::to_owned)).await;
    assert!(socket.packet().await.ends_with("[\"asked\"]"));
    let mut held = Http::connect(to).await;
    let target = format!("{POLLING}&sid={}", held.open("/socket.io/").await);
    held.send(format!("GET {target} HTTP/1.1\r\nHost: here\r\n\r\n"))
        .await;
    let mut between = Http::connect(to).await;
    between.open("/socket.io/").await;
    let opened = Client::open(to).await;
    let silent = Http::connect(to).await;
    let tasks = Handle::current().metrics().num_alive_tasks();
    assert!(tasks >= before + 9, "{tasks} tasks");

    let server = io.clone();
    let closing =
        tokio::spawn(async move { server.close_within(Duration::from_millis(300)).await });
    socket.ws.rest().await;
    drop((socket, held, between, opened, silent));
    assert!(within(closing).await.unwrap(), "a task is left");
    within(serving).await.unwrap().unwrap();
    let m = io.metrics();
    assert_eq!((m.sessions(), m.sockets, m.rooms), (0, 0, 0));
    assert_eq!(Handle::current().metrics().num_alive_tasks(), before);
    drop((io, nsp, shut));
    assert_eq!(Arc::strong_count(&kept), 1, "something holds the server");
}
