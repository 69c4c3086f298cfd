//! The examples of servers, with a client that is not ours.

#[path = "../examples/ws_axum.rs"]
#[expect(dead_code, reason = "its `main` is not run")]
mod ws_axum;
#[path = "../examples/ws_hyper.rs"]
#[expect(dead_code, reason = "its `main` is not run")]
mod ws_hyper;

use std::{future::Future, io, net::SocketAddr};
use tokio::net::TcpListener;
use tungstenite::{
    Error, Message,
    client::{ClientRequestBuilder, connect},
    http::Uri,
};

/// A request for `path` with a header.
fn request(at: SocketAddr, path: &str, header: (&str, &str)) -> ClientRequestBuilder {
    let uri: Uri = format!("ws://{at}{path}").parse().unwrap();
    ClientRequestBuilder::new(uri).with_header(header.0, header.1)
}

/// Starts the server and uses it by threads that block.
async fn with<F>(
    serve: impl FnOnce(TcpListener) -> F,
    client: impl FnOnce(SocketAddr) + Send + 'static,
) where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let server = tokio::spawn(serve(listener));
    tokio::task::spawn_blocking(move || client(at))
        .await
        .unwrap();
    server.abort();
}

fn echoes(request: ClientRequestBuilder) {
    let (mut socket, _) = connect(request).unwrap();
    for size in [0, 125, 70_000] {
        let message = Message::text("x".repeat(size));
        socket.send(message.clone()).unwrap();
        assert_eq!(socket.read().unwrap(), message);
    }
    socket.close(None).unwrap();
    while socket.read().is_ok() {}
}

fn refused(request: ClientRequestBuilder) -> (u16, Vec<u8>) {
    match connect(request) {
        Err(Error::Http(answer)) => {
            let status = answer.status().as_u16();
            (status, answer.into_body().unwrap_or_default())
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn axum() {
    with(ws_axum::serve, |at| {
        echoes(request(at, "/echo", ("Sec-WebSocket-Protocol", "echo")));
        echoes(request(at, "/echo", ("Origin", "https://app.example")).with_sub_protocol("echo"));
        let evil = refused(request(at, "/echo", ("Origin", "https://evil.example")));
        assert_eq!(evil, (403, b"the origin is not allowed".to_vec()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hyper() {
    with(ws_hyper::serve, |at| {
        echoes(request(at, "/", ("X", "y")));
        let evil = refused(request(at, "/", ("Origin", "null")));
        assert_eq!(evil.0, 403);
    })
    .await;
}
