//! The builder's settings, as far as they show on the wire; others have tests of their own.

use crate::{
    rig::{Host, within},
    wiretap::Wiretap,
};
use siox::{Client, ClientBuilder, Server, Socket, Transport};
use std::{future::Future, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        assert!(within(stream.read_buf(&mut head)).await.unwrap() > 0);
    }
    String::from_utf8(head).unwrap()
}

/// Does with a builder as a test wants it, and with the server that it then reaches.
async fn meet<F: Future<Output = ()>>(
    change: impl FnOnce(ClientBuilder) -> ClientBuilder,
    serve: impl FnOnce(TcpListener) -> F,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let builder = Client::builder(format!("http://{}", listener.local_addr().unwrap()));
    let builder = builder.force_new(true).reconnection(false);
    let client = change(builder).connect().unwrap();
    serve(listener).await;
    drop(client);
}

type Change = fn(ClientBuilder) -> ClientBuilder;

#[tokio::test]
async fn a_first_request_shows_what_was_asked_for() {
    let cases: [(Change, &[&str], &[&str]); 8] = [
        (
            |b| b,
            &["GET /socket.io/?EIO=4&transport=polling&t="],
            &["b64", "accept-encoding"],
        ),
        (|b| b.path("/here"), &["GET /here/?"], &["socket.io"]),
        (|b| b.query("a b", "c&d"), &["a%20b=c%26d"], &[]),
        (|b| b.extra_header("X-Own", "7"), &["X-Own: 7\r\n"], &[]),
        (|b| b.eio3(), &["EIO=3&transport=polling"], &["EIO=4"]),
        (
            |b| b.transports([Transport::WebSocket]),
            &["EIO=4&transport=websocket", "Sec-WebSocket-Key: "],
            &["polling", "&t=", "Sec-WebSocket-Protocol"],
        ),
        (
            |b| {
                b.engine(|o| {
                    o.timestamp_param = "now".into();
                    o.trailing_slash = false;
                })
            },
            &["GET /socket.io?", "&now="],
            &["&t="],
        ),
        (
            |b| {
                b.transports([Transport::WebSocket])
                    .engine(|o| o.protocols.push("mine".into()))
            },
            &["Sec-WebSocket-Protocol: mine\r\n"],
            &[],
        ),
    ];
    for (change, has, has_not) in cases {
        meet(change, async |listener| {
            let (mut stream, _) = within(listener.accept()).await.unwrap();
            let head = head(&mut stream).await;
            for part in has {
                assert!(head.contains(part), "no {part} in {head}");
            }
            for part in has_not {
                assert!(!head.contains(part), "{part} in {head}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn what_can_never_be_sent_is_not_tried_again() {
    let host = Host::new(&Server::new()).await;
    let client = host.client("/").extra_header("X", "a\r\nb");
    let error = within(client.connect().unwrap().ready()).await.unwrap_err();
    assert_eq!(error.message(), "a header that cannot be sent");
}

#[tokio::test]
async fn a_refusal_says_what_the_server_said() {
    let host = Host::new(&Server::new()).await;
    let client = host.client("/").eio3().reconnection(false);
    let error = within(client.connect().unwrap().ready()).await.unwrap_err();
    let message = error.message();
    assert!(
        message.ends_with("400 (Unsupported protocol version)"),
        "{message}"
    );
}

#[tokio::test]
async fn cookies_come_back_where_that_is_wanted() {
    const OPEN: &str = r#"0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;
    for wanted in [true, false] {
        meet(
            |b| b.with_credentials(wanted),
            async |listener| {
                let (mut stream, _) = within(listener.accept()).await.unwrap();
                head(&mut stream).await;
                let length = OPEN.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nSet-Cookie: seen=yes\r\nContent-Length: {length}\r\n\
                     Connection: close\r\n\r\n{OPEN}"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
                drop(stream);
                let (mut stream, _) = within(listener.accept()).await.unwrap();
                let next = head(&mut stream).await.to_lowercase();
                assert_eq!(next.contains("\r\ncookie: seen=yes\r\n"), wanted, "{next}");
            },
        )
        .await;
    }
}

#[tokio::test]
async fn the_next_transport_is_tried_where_that_is_wanted() {
    let io = Server::new();
    io.namespace("/");
    let host = Host::new(&io).await;
    for all in [true, false] {
        let tap = Wiretap::new(host.to, Some("transport=polling"));
        let client = Client::builder(format!("http://{}", tap.to))
            .force_new(true)
            .reconnection(false)
            .try_all_transports(all)
            .connect()
            .unwrap();
        assert_eq!(within(client.ready()).await.is_ok(), all);
        assert_eq!(tap.heads().len(), if all { 2 } else { 1 });
    }
}

#[tokio::test]
async fn a_transport_that_worked_is_remembered_where_that_is_wanted() {
    let server = || {
        let io = Server::new();
        io.namespace("/")
            .on("how", |socket: Socket, ack: siox::Ack| {
                ack.send(socket.handshake().query())
            });
        io
    };
    let mut host = Host::new(&server()).await;
    for wanted in [true, false] {
        let client = host.client("/").remember_upgrade(wanted).connect().unwrap();
        let how = async || {
            let how = client.emit_with_ack::<String>("how", &(), None);
            within(how).await.unwrap()
        };
        assert!(how().await.contains("transport=polling"));
        let manager = client.manager();
        within(async {
            while manager.transport() != Some(Transport::WebSocket) {
                tokio::task::yield_now().await;
            }
        })
        .await;
        host.kill().await;
        host.revive(&server()).await;
        assert_eq!(how().await.contains("transport=websocket"), wanted);
    }
}

#[tokio::test]
async fn a_request_may_not_take_for_ever() {
    meet(
        |b| b.request_timeout(Duration::from_millis(50)),
        async |listener| {
            let (mut stream, _) = within(listener.accept()).await.unwrap();
            head(&mut stream).await;
            // Not answered, it is broken off.
            assert_eq!(within(stream.read(&mut [0; 16])).await.unwrap_or(0), 0);
        },
    )
    .await;
}
