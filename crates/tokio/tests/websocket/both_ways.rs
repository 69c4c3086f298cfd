//! Messages larger than what sockets hold, both ways at once: nobody waits for ever.

use siox_tokio::websocket::{self, Limits, Options, WebSocket};
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};

/// More than sockets hold on their way.
const MUCH: usize = 16 << 20;

async fn pair() -> (WebSocket<TcpStream>, WebSocket<TcpStream>) {
    let limits = Arc::new(Limits {
        message: MUCH,
        ..Limits::default()
    });
    let options = Options {
        limits: limits.clone(),
        ..Options::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap());
    let (ours, theirs) = tokio::join!(ours, listener.accept());
    let (client, server) = tokio::join!(
        websocket::open(ours.unwrap(), "localhost", "/", &options),
        websocket::accept(theirs.unwrap().0, limits)
    );
    (client.unwrap(), server.unwrap())
}

fn much(byte: u8) -> Vec<u8> {
    vec![byte; MUCH]
}

fn is_much(message: &[u8], byte: u8) -> bool {
    message == much(byte)
}

#[tokio::test]
async fn halves_send_while_they_receive() {
    let (client, server) = pair().await;
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let (here, there) = (much(1), much(2));
    let (sent, answered, got, heard) = tokio::join!(
        from_client.send(&here[..]),
        from_server.send(&there[..]),
        to_server.next(),
        to_client.next(),
    );
    sent.unwrap();
    answered.unwrap();
    assert!(is_much(got.unwrap().unwrap().as_bytes(), 1));
    assert!(is_much(heard.unwrap().unwrap().as_bytes(), 2));
}

#[tokio::test]
async fn an_echo_by_next_and_send_goes_on_while_more_comes() {
    let (client, mut server) = pair().await;
    let echo = async {
        for _ in 0..3 {
            let message = server.next().await.unwrap().unwrap();
            server.send(message).await.unwrap();
        }
    };
    let (mut sender, mut receiver) = client.split();
    let send = async {
        for byte in 0..3 {
            sender.send(&much(byte)[..]).await.unwrap();
        }
    };
    let receive = async {
        for byte in 0..3 {
            let message = receiver.next().await.unwrap().unwrap();
            assert!(is_much(message.as_bytes(), byte));
        }
    };
    tokio::join!(echo, send, receive);
}

#[tokio::test]
async fn next_writes_what_is_queued_while_it_reads() {
    let (mut client, mut server) = pair().await;
    client.queue(&much(1)[..]).unwrap();
    server.queue(&much(2)[..]).unwrap();
    let here = async {
        let message = client.next().await.unwrap().unwrap();
        client.flush().await.unwrap();
        message
    };
    let there = async {
        let message = server.next().await.unwrap().unwrap();
        server.flush().await.unwrap();
        message
    };
    // Who has its message first still writes, while the other reads.
    let (heard, got) = tokio::join!(here, there);
    assert!(is_much(heard.as_bytes(), 2));
    assert!(is_much(got.as_bytes(), 1));
}
