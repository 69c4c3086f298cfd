//! How long a request may take, on a clock that jumps ahead whenever nothing is left to do: streams in
//! memory, no socket.

use crate::client::POLLING;
use siox::{Builder, Peer, Server};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    time::Instant,
};

/// A connection to a server of `builder` which takes `room` bytes before it is read.
fn connect(builder: Builder, room: usize) -> (Server, DuplexStream) {
    let io = builder.build().unwrap();
    let (ours, theirs) = duplex(room);
    let server = io.clone();
    tokio::spawn(async move { server.serve_connection(theirs, Peer::default()).await });
    (io, ours)
}

/// What comes until the end, and after how many seconds that is.
async fn rest(io: &mut DuplexStream) -> (String, u64) {
    let begun = Instant::now();
    let mut all = Vec::new();
    io.read_to_end(&mut all).await.unwrap();
    let all = String::from_utf8(all).unwrap();
    (all, begun.elapsed().as_secs())
}

/// One answer, with the body that follows it in one piece.
async fn answer(io: &mut DuplexStream) -> String {
    let mut some = vec![0; 64 * 1024];
    let n = io.read(&mut some).await.unwrap();
    some.truncate(n);
    String::from_utf8(some).unwrap()
}

/// Opens a session; the target of its requests.
async fn open(io: &mut DuplexStream) -> String {
    let request = format!("GET {POLLING} HTTP/1.1\r\nHost: here\r\n\r\n");
    io.write_all(request.as_bytes()).await.unwrap();
    let sid = crate::raw::http::sid(&answer(io).await);
    format!("{POLLING}&sid={sid}")
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_end() {
    let short = || Server::builder().head_deadline(Duration::from_secs(3));
    for (builder, seconds) in [(Server::builder(), 10), (short(), 3)] {
        let (_io, mut client) = connect(builder, 1024);
        client.write_all(b"GET /sock").await.unwrap();
        let (answer, after) = rest(&mut client).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert_eq!(after, seconds);
    }
    let (_io, mut client) = connect(short(), 1024);
    assert_eq!(rest(&mut client).await, (String::new(), 3));
}

/// A byte a second is not what it takes.
#[tokio::test(start_paused = true)]
async fn a_head_that_trickles() {
    let (_io, client) = connect(Server::builder(), 1024);
    let (mut read, mut write) = tokio::io::split(client);
    let begun = Instant::now();
    tokio::spawn(async move {
        for byte in std::iter::repeat(b'x') {
            if write.write_all(&[byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let mut first = [0; 12];
    read.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 408");
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_end() {
    let short = Server::builder().body_deadline(Duration::from_secs(5));
    for (builder, seconds) in [(Server::builder(), 60), (short, 5)] {
        let (_io, mut client) = connect(builder, 64 * 1024);
        let target = open(&mut client).await;
        let request = format!("POST {target} HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n4");
        client.write_all(request.as_bytes()).await.unwrap();
        let (answer, after) = rest(&mut client).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert_eq!(after, seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_lies_idle() {
    let short = Server::builder().keep_alive(Duration::from_secs(7));
    for (builder, seconds) in [(Server::builder(), 60), (short, 7)] {
        let (_io, mut client) = connect(builder, 64 * 1024);
        let request = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n";
        client.write_all(request).await.unwrap();
        assert!(answer(&mut client).await.starts_with("HTTP/1.1 404 "));
        assert_eq!(rest(&mut client).await, (String::new(), seconds));
    }
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_waits_is_not_idle() {
    let builder = Server::builder().keep_alive(Duration::from_secs(1));
    let (_io, mut client) = connect(builder, 64 * 1024);
    let target = open(&mut client).await;
    let begun = Instant::now();
    let request = format!("GET {target} HTTP/1.1\r\nHost: here\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    let ping = answer(&mut client).await;
    assert!(ping.ends_with("\r\n\r\n2"), "{ping}");
    assert_eq!(begun.elapsed().as_secs(), 25);
}

/// Answers that nobody takes: the connection does not stay for them.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_taken() {
    let builder = Server::builder().keep_alive(Duration::from_secs(7));
    let (io, mut client) = connect(builder, 16);
    let request = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n";
    client.write_all(request).await.unwrap();
    tokio::time::sleep(Duration::from_secs(8)).await;
    let (taken, _) = rest(&mut client).await;
    assert_eq!(taken.len(), 16);
    assert!(io.close().await);
}
