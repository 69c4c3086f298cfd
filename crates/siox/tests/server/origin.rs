//! Pages of the same host are let in, those of others are not, on either transport.

use crate::{
    client::{POLLING, WEBSOCKET, serve},
    raw::{http::Http, ws::Ws},
};
use siox::Server;
use std::net::SocketAddr;
use tokio::net::TcpStream;

const SAME: [Option<&str>; 3] = [None, Some("http://here"), Some("https://here")];
const FOREIGN: [&str; 6] = [
    "null",
    "http://there",
    "http://here:81",
    "http://here.evil",
    "http://evil.here",
    "here",
];

async fn polling(to: SocketAddr, origin: Option<&str>) -> (u16, String) {
    let header = origin.map_or(String::new(), |o| format!("Origin: {o}\r\n"));
    let mut http = Http::connect(to).await;
    http.send(format!(
        "GET {POLLING} HTTP/1.1\r\nHost: here\r\n{header}\r\n"
    ))
    .await;
    let answer = http.answer().await;
    (answer.status, answer.body)
}

async fn websocket(to: SocketAddr, origin: Option<&str>) -> Result<Ws, String> {
    let io = TcpStream::connect(to).await.unwrap();
    let headers: Vec<_> = origin.map(|o| ("Origin", o)).into_iter().collect();
    Ws::handshake(io, WEBSOCKET, &headers, &[]).await
}

async fn check(io: &Server, to: SocketAddr) {
    for origin in SAME {
        let (status, body) = polling(to, origin).await;
        assert_eq!(status, 200, "{origin:?}: {body}");
        let mut ws = websocket(to, origin).await.unwrap();
        assert!(ws.text().await.starts_with("0{"), "{origin:?}");
    }
    let before = io.clients();
    for origin in FOREIGN {
        let (status, body) = polling(to, Some(origin)).await;
        assert_eq!(status, 403, "{origin}");
        assert_eq!(body, "{\"code\":4,\"message\":\"Forbidden\"}", "{origin}");
        let refused = websocket(to, Some(origin)).await.unwrap_err();
        assert_eq!(refused, "status 403 in place of 101", "{origin}");
    }
    assert!(io.clients() <= before, "a refused request opened a session");
}

#[tokio::test]
async fn only_pages_of_the_same_host_are_let_in() {
    let io = Server::new();
    check(&io, serve(&io).await).await;
    let io = Server::new();
    let app = axum::Router::new().layer(io.layer());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    check(&io, to).await;
}

/// A foreign page that knows a session's id has no way into it either.
#[tokio::test]
async fn nor_into_a_session_that_is_there() {
    let io = Server::new();
    let to = serve(&io).await;
    let mut http = Http::connect(to).await;
    let sid = http.open("/socket.io/").await;
    let target = format!("{POLLING}&sid={sid}");
    http.send(format!(
        "POST {target} HTTP/1.1\r\nHost: here\r\nOrigin: http://there\r\nContent-Length: 2\r\n\r\n40"
    ))
    .await;
    assert_eq!(http.answer().await.status, 403);
    let stream = TcpStream::connect(to).await.unwrap();
    let upgrade = format!("{WEBSOCKET}&sid={sid}");
    let headers = [("Origin", "http://there")];
    let refused = Ws::handshake(stream, &upgrade, &headers, &[]).await;
    assert_eq!(refused.unwrap_err(), "status 403 in place of 101");
    assert_eq!(io.clients(), 1);
}
