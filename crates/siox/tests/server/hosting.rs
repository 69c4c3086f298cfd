//! The two ways to reach a server: a listener of its own, and a layer inside axum.

use crate::{
    client::{Client, POLLING, WEBSOCKET, answering, serve},
    raw::{
        http::{Http, post},
        ws::Ws,
    },
};
use axum::{Router, routing::get};
use siox::{Ack, Data, Server, Socket, Transport};
use std::net::SocketAddr;
use tokio::net::TcpListener;

fn server() -> Server {
    let io = Server::new();
    let nsp = io.namespace("/");
    answering(&nsp);
    nsp.on("echo", |Data(text): Data<String>, ack: Ack| ack.send(&text))
        .on("who", |socket: Socket, ack: Ack| {
            let handshake = socket.handshake();
            ack.send(&(handshake.query(), handshake.header("x-name")))
        });
    io
}

async fn inside_axum(io: &Server) -> SocketAddr {
    let app = Router::new()
        .route("/page", get(async || "a page"))
        .layer(io.layer());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn a_polling_client_is_served(to: SocketAddr) {
    let (mut poll, mut send) = (Http::connect(to).await, Http::connect(to).await);
    let sid = poll.open("/socket.io/").await;
    let target = format!("{POLLING}&sid={sid}");
    assert_eq!(send.post(&target, "40").await.body, "ok");
    assert!(poll.get(&target).await.body.starts_with("40{"));
    for n in 0..5 {
        // The poll waits first; then its answer does.
        if n % 2 == 0 {
            poll.send(format!("GET {target} HTTP/1.1\r\nHost: here\r\n\r\n"))
                .await;
        }
        let event = format!("42{n}[\"echo\",\"á{n}\"]");
        assert_eq!(send.post(&target, &event).await.body, "ok");
        let answer = match n % 2 {
            0 => poll.answer().await,
            _ => poll.get(&target).await,
        };
        assert_eq!(answer.body, format!("43{n}[\"á{n}\"]"));
        assert_eq!(
            answer.header("content-type"),
            Some("text/plain; charset=UTF-8")
        );
    }
}

async fn an_upgrade_keeps_order(to: SocketAddr) {
    let (mut poll, mut send) = (Http::connect(to).await, Http::connect(to).await);
    let sid = poll.open("/socket.io/").await;
    let target = format!("{POLLING}&sid={sid}");
    assert_eq!(send.post(&target, "40").await.body, "ok");
    assert!(poll.get(&target).await.body.starts_with("40{"));
    poll.send(format!("GET {target} HTTP/1.1\r\nHost: here\r\n\r\n"))
        .await;
    // The probe comes in one segment with the upgrade request.
    let upgrade = format!("{WEBSOCKET}&sid={sid}");
    let mut ws = Ws::connect_with(to, &upgrade, &[], &["2probe"]).await;
    assert_eq!(ws.text().await, "3probe");
    assert_eq!(poll.answer().await.body, "6");
    assert_eq!(
        send.post(&target, "421[\"echo\",\"polled\"]").await.body,
        "ok"
    );
    ws.send_all(&["5", "422[\"echo\",\"sent\"]"]).await;
    assert_eq!(ws.text().await, "431[\"polled\"]");
    assert_eq!(ws.text().await, "432[\"sent\"]");
    // The way back is closed.
    assert_eq!(send.get(&target).await.status, 400);
}

async fn a_websocket_client_is_served(to: SocketAddr) {
    let query = format!("{WEBSOCKET}&token=a%20b");
    let mut ws = Ws::connect_with(to, &query, &[("X-Name", "me")], &["40"]).await;
    assert!(ws.text().await.starts_with("0{"));
    assert!(ws.text().await.starts_with("40{"));
    ws.send("421[\"who\"]").await;
    let who = "431[\"EIO=4&transport=websocket&token=a%20b\",\"me\"]";
    assert_eq!(ws.text().await, who);
}

async fn big_messages_pass(to: SocketAddr) {
    let text = "x".repeat(900_000);
    let mut client = Client::join(to).await;
    client.send(&format!("21[\"echo\",\"{text}\"]")).await;
    assert!(client.packet().await == format!("31[\"{text}\"]"));
    let mut http = Http::connect(to).await;
    let target = format!("{POLLING}&sid={}", http.open("/socket.io/").await);
    assert_eq!(http.post(&target, "40").await.body, "ok");
    assert!(http.get(&target).await.body.starts_with("40{"));
    let event = format!("421[\"echo\",\"{text}\"]");
    assert_eq!(http.post(&target, &event).await.body, "ok");
    assert!(http.get(&target).await.body == format!("431[\"{text}\"]"));
}

#[tokio::test]
async fn a_listener_of_its_own() {
    let io = server();
    let to = serve(&io).await;
    a_polling_client_is_served(to).await;
    an_upgrade_keeps_order(to).await;
    a_websocket_client_is_served(to).await;
    big_messages_pass(to).await;
}

#[tokio::test]
async fn inside_axum_beside_other_routes() {
    let io = server();
    let to = inside_axum(&io).await;
    let mut page = Http::connect(to).await;
    assert_eq!(page.get("/page").await.body, "a page");
    a_polling_client_is_served(to).await;
    an_upgrade_keeps_order(to).await;
    a_websocket_client_is_served(to).await;
    big_messages_pass(to).await;
    assert_eq!(page.get("/page").await.body, "a page");
    assert_eq!(page.get("/nowhere").await.status, 404);
    assert_eq!(page.get("/socket.iox/").await.status, 404);
}

#[tokio::test]
async fn other_paths_are_not_found() {
    let io = Server::builder().path("/chat/io").build().unwrap();
    let to = serve(&io).await;
    let mut http = Http::connect(to).await;
    for path in [
        "/",
        "/socket.io/",
        "/chat",
        "/chat/iox",
        "/chat/io/x",
        "/page?x",
    ] {
        let answer = http.get(path).await;
        assert_eq!((answer.status, &*answer.body), (404, "not found"), "{path}");
    }
    assert_eq!(http.post("/", "body").await.status, 404);
    for path in ["/chat/io", "/chat/io/"] {
        assert!(!http.open(path).await.is_empty());
    }
}

/// Polls, POSTs and what is not found, all sent before the first answer is read.
#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let io = server();
    for to in [serve(&io).await, inside_axum(&io).await] {
        let mut http = Http::connect(to).await;
        let target = format!("{POLLING}&sid={}", http.open("/socket.io/").await);
        let get = format!("GET {target} HTTP/1.1\r\nHost: here\r\n\r\n");
        let mut all = post(&target, "40") + &get;
        for n in 0..20 {
            all += &post(&target, &format!("42{n}[\"echo\",\"{n}\"]"));
            all += &get;
        }
        all += "GET /nowhere HTTP/1.1\r\nHost: here\r\n\r\n";
        http.send(all).await;
        assert_eq!(http.answer().await.body, "ok");
        assert!(http.answer().await.body.starts_with("40{"));
        for n in 0..20 {
            assert_eq!(http.answer().await.body, "ok");
            assert_eq!(http.answer().await.body, format!("43{n}[\"{n}\"]"));
        }
        assert_eq!(http.answer().await.status, 404);
    }
}

#[tokio::test]
async fn a_socket_tells_what_carries_it() {
    let io = Server::builder().allow_eio3(true).build().unwrap();
    io.namespace("/").on("carrier", |socket: Socket, ack: Ack| {
        let carrier = socket.transport().map(Transport::name);
        ack.send(&(carrier, format!("{:?}", socket.revision())))
    });
    let to = serve(&io).await;
    let mut http = Http::connect(to).await;
    let sid = http.open("/socket.io/").await;
    let target = format!("{POLLING}&sid={sid}");
    assert_eq!(http.post(&target, "40").await.body, "ok");
    assert!(http.get(&target).await.body.starts_with("40{"));
    assert_eq!(http.post(&target, "421[\"carrier\"]").await.body, "ok");
    let polled = http.get(&target).await;
    assert_eq!(polled.body, "431[\"polling\",\"V5\"]");
    let upgrade = format!("{WEBSOCKET}&sid={sid}");
    let mut ws = Ws::connect_with(to, &upgrade, &[], &["2probe"]).await;
    assert_eq!(ws.text().await, "3probe");
    ws.send_all(&["5", "422[\"carrier\"]"]).await;
    assert_eq!(ws.text().await, "432[\"websocket\",\"V5\"]");
    let mut old = Ws::connect(to, "/socket.io/?EIO=3&transport=websocket").await;
    assert!(old.text().await.starts_with("0{"));
    assert_eq!(old.text().await, "40");
    old.send("421[\"carrier\"]").await;
    assert_eq!(old.text().await, "431[\"websocket\",\"V4\"]");
}
