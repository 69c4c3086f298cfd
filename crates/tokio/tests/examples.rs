//! The examples: servers with a client that is not ours, and the client with the server over TLS.

#[path = "../examples/engine_axum.rs"]
#[expect(dead_code, reason = "its `main` is not run")]
mod engine_axum;
#[path = "../examples/engine_hyper.rs"]
#[expect(dead_code, reason = "its `main` is not run")]
mod engine_hyper;
#[path = "../examples/engine_server.rs"]
#[expect(dead_code, reason = "its `main` is not run")]
mod engine_server;
#[path = "../examples/ws_axum.rs"]
#[expect(dead_code, reason = "its `main` is not run")]
mod ws_axum;
#[cfg(feature = "tls")]
#[path = "../examples/ws_client.rs"]
#[expect(dead_code, reason = "its `main` is not run")]
mod ws_client;
#[path = "../examples/ws_hyper.rs"]
#[expect(dead_code, reason = "its `main` is not run")]
mod ws_hyper;
#[cfg(feature = "tls")]
#[path = "../examples/ws_tls.rs"]
#[expect(dead_code, reason = "its `main` is not run")]
mod ws_tls;

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

#[cfg(feature = "tls")]
mod tls {
    use crate::{ws_client, ws_tls};
    use std::{
        io::{self, Read, Write},
        net::{self, Shutdown, TcpStream},
        path::PathBuf,
        sync::mpsc,
        thread,
    };
    use tokio::net::TcpListener;

    /// The server of the example; its URL, and the file with its root.
    async fn serve(name: &str, as_pem: bool) -> (String, PathBuf) {
        let (certificate, config) = ws_tls::localhost().unwrap();
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        match as_pem {
            true => std::fs::write(&root, pem(&certificate)).unwrap(),
            false => std::fs::write(&root, &certificate).unwrap(),
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(ws_tls::serve(listener, config));
        (format!("wss://localhost:{port}/"), root)
    }

    fn pem(der: &[u8]) -> String {
        const DIGITS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
        for line in der.chunks(48) {
            for triple in line.chunks(3) {
                let bits = (0..3).fold(0, |bits, i| {
                    bits << 8 | u32::from(triple.get(i).copied().unwrap_or(0))
                });
                for i in 0..4 {
                    text.push(match i <= triple.len() {
                        true => char::from(DIGITS[(bits >> (18 - 6 * i) & 63) as usize]),
                        false => '=',
                    });
                }
            }
            text.push('\n');
        }
        text + "-----END CERTIFICATE-----\n"
    }

    /// A `CONNECT` proxy for one tunnel: its URL, and where it was asked to lead.
    fn proxy() -> (String, mpsc::Receiver<String>) {
        let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                client.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap();
            let to = head.split(' ').nth(1).unwrap().to_owned();
            let server = TcpStream::connect(&*to).unwrap();
            tell.send(to).unwrap();
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            let ways = [
                (client.try_clone().unwrap(), server.try_clone().unwrap()),
                (server, client),
            ];
            for (mut from, mut to) in ways {
                thread::spawn(move || {
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        });
        (url, told)
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[tokio::test]
    async fn a_private_root() {
        for (name, as_pem) in [("root.der", false), ("root.pem", true)] {
            let (url, root) = serve(name, as_pem).await;
            let root = root.to_str().unwrap();
            let answers = ws_client::talk(words(&["--root", root, &url, "a", "b"])).await;
            assert_eq!(answers.unwrap(), ["a", "b"]);
            // Who does not know it does not trust it.
            assert!(ws_client::talk(words(&[&url, "a"])).await.is_err());
        }
    }

    #[tokio::test]
    async fn a_proxy() {
        let (url, root) = serve("proxied.der", false).await;
        let (proxy, asked) = proxy();
        let arguments = [
            "--proxy",
            &proxy,
            "--root",
            root.to_str().unwrap(),
            &url,
            "hello",
        ];
        let answers = ws_client::talk(words(&arguments)).await.unwrap();
        assert_eq!(answers, ["hello"]);
        assert!(url.contains(&asked.recv().unwrap()));
    }

    #[tokio::test]
    async fn what_is_missing_is_named() {
        for (line, missing) in [
            (&[][..], "which URL?"),
            (&["--root"], "--root of what?"),
            (&["--proxy"], "--proxy of what?"),
        ] {
            let refused = ws_client::talk(words(line)).await.unwrap_err();
            assert_eq!(refused.to_string(), missing);
        }
    }
}

/// An Engine.IO client by hand: the open packet, then echoes.
fn engine_echoes(request: ClientRequestBuilder) {
    let (mut socket, _) = connect(request).unwrap();
    assert!(socket.read().unwrap().to_text().unwrap().starts_with("0{"));
    for size in [0, 125, 70_000] {
        let text = Message::text(format!("4{}", "x".repeat(size)));
        socket.send(text.clone()).unwrap();
        assert_eq!(socket.read().unwrap(), text);
        let binary = Message::binary(vec![7; size]);
        socket.send(binary.clone()).unwrap();
        assert_eq!(socket.read().unwrap(), binary);
    }
    socket.close(None).unwrap();
    while socket.read().is_ok() {}
}

const ENGINE: &str = "/engine.io/?EIO=4&transport=websocket";

#[tokio::test(flavor = "multi_thread")]
async fn engine_inside_axum_and_hyper() {
    let client = |at| {
        engine_echoes(request(at, ENGINE, ("X", "y")));
        let evil = refused(request(at, ENGINE, ("Origin", "https://evil.example")));
        assert_eq!(evil.0, 403);
    };
    with(engine_axum::serve, client).await;
    with(engine_hyper::serve, client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn engine_with_a_ticket() {
    with(engine_server::serve, |at| {
        let target = format!("{ENGINE}&ticket=7");
        engine_echoes(request(at, &target, ("Origin", "https://app.example")));
        let (status, body) = refused(request(at, ENGINE, ("X", "y")));
        let body = String::from_utf8(body).unwrap();
        assert_eq!(
            (status, &*body),
            (403, r#"{"code":4,"message":"a ticket is needed"}"#)
        );
    })
    .await;
}
