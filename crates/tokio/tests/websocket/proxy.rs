//! Through proxies over real sockets: HTTP `CONNECT` and SOCKS5, each a few lines of test server that
//! judge what they read.

use siox_tokio::websocket::{self, Error, Message, Options, proxy};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

/// A WebSocket server that echoes, on an address of its own.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let socket = websocket::accept(stream, Arc::default()).await?;
                socket
                    .run(|connection, message| match message {
                        Message::Text(text) => connection.text(&text),
                        Message::Binary(bytes) => connection.binary(bytes.into_owned().into()),
                    })
                    .await
            });
        }
    });
    address
}

/// A proxy that does one dialogue, and leads to `server` if that ends well.
async fn proxy<F>(
    server: SocketAddr,
    dialogue: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> SocketAddr
where
    F: Future<Output = Option<TcpStream>> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        if let Some(mut client) = dialogue(stream).await {
            let mut server = TcpStream::connect(server).await.unwrap();
            let _ = copy_bidirectional(&mut client, &mut server).await;
        }
    });
    address
}

async fn expect(stream: &mut TcpStream, expected: &[u8]) {
    let mut read = vec![0; expected.len()];
    stream.read_exact(&mut read).await.unwrap();
    assert_eq!(
        String::from_utf8_lossy(&read),
        String::from_utf8_lossy(expected)
    );
}

fn through(scheme: &str, user: &str, address: SocketAddr) -> Options {
    Options {
        proxy: Some(format!("{scheme}://{user}{address}").parse().unwrap()),
        ..Options::default()
    }
}

async fn use_echo(url: &str, options: &Options) {
    let mut socket = websocket::connect(url, options).await.unwrap();
    assert!(!socket.get_ref().is_tls());
    socket.send("through").await.unwrap();
    assert_eq!(
        socket.next().await.unwrap().unwrap(),
        Message::from("through")
    );
}

#[tokio::test]
async fn http_connect() {
    let address = proxy(echo().await, async |mut stream: TcpStream| {
        // The name is the proxy's to resolve.
        expect(
            &mut stream,
            b"CONNECT nowhere.invalid:81 HTTP/1.1\r\nHost: nowhere.invalid:81\r\n\
              Proxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n",
        )
        .await;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        Some(stream)
    });
    let options = through("http", "me:secret@", address.await);
    use_echo("ws://nowhere.invalid:81/", &options).await;
}

#[tokio::test]
async fn socks5() {
    let address = proxy(echo().await, async |mut stream: TcpStream| {
        expect(&mut stream, b"\x05\x02\x00\x02").await;
        stream.write_all(b"\x05\x02").await.unwrap();
        expect(&mut stream, b"\x01\x02me\x06secret").await;
        stream.write_all(b"\x01\x00").await.unwrap();
        expect(&mut stream, b"\x05\x01\x00\x03\x0fnowhere.invalid\x00\x51").await;
        stream
            .write_all(b"\x05\x00\x00\x01\0\0\0\0\0\0")
            .await
            .unwrap();
        Some(stream)
    });
    let options = through("socks5", "me:secret@", address.await);
    use_echo("ws://nowhere.invalid:81/", &options).await;
}

/// What comes of a proxy that reads something, writes `answer` and closes.
async fn answered(scheme: &str, answer: &'static [u8]) -> Error {
    let nowhere = "127.0.0.1:1".parse().unwrap();
    let address = proxy(nowhere, async |mut stream: TcpStream| {
        let _ = stream.read(&mut [0; 3]).await;
        stream.write_all(answer).await.unwrap();
        stream.shutdown().await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
        None
    });
    let options = through(scheme, "", address.await);
    let opened = websocket::connect("ws://h/", &options).await;
    opened.unwrap_err()
}

#[tokio::test]
async fn refusals_are_typed() {
    let refused = answered(
        "http",
        b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\n",
    )
    .await;
    let Error::Proxy(proxy::Error::Refused(refusal)) = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(refusal.status, 407);
    assert_eq!(refusal.header("Proxy-Authenticate"), Some(&b"Basic"[..]));
    for (scheme, answer, expected) in [
        ("http", &b"HTTP/1.1 200"[..], proxy::Error::Closed),
        ("socks5", b"", proxy::Error::Closed),
        ("socks5", b"\x05\xff", proxy::Error::NoMethod),
        (
            "socks5",
            b"\x05\x00\x05\x05\0\x01",
            proxy::Error::Reply(proxy::Reply::ConnectionRefused),
        ),
        (
            "socks5",
            b"HTTP/1.1 400 X\r\n\r\n",
            proxy::Error::Version(b'H'),
        ),
    ] {
        let error = answered(scheme, answer).await;
        assert!(
            matches!(&error, Error::Proxy(e) if *e == expected),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn bytes_behind_the_proxys_answer_are_the_servers() {
    // Here they are a server that answers before it is asked.
    let early =
        b"\x05\x00\x05\x00\x00\x01\0\0\0\0\0\0HTTP/1.1 418 Teapot\r\nContent-Length: 3\r\n\r\nhey";
    let error = answered("socks5", early).await;
    let Error::Rejected(rejection) = &error else {
        panic!("{error:?}");
    };
    assert_eq!((rejection.status, &rejection.body[..]), (418, &b"hey"[..]));
}

#[tokio::test]
async fn a_silent_proxy_runs_into_the_deadline() {
    let nowhere = "127.0.0.1:1".parse().unwrap();
    let address = proxy(nowhere, async |mut stream: TcpStream| {
        let _ = stream.read_to_end(&mut Vec::new()).await;
        None
    });
    let options = Options {
        handshake: Duration::from_millis(50),
        ..through("socks5", "", address.await)
    };
    let opened = websocket::connect("ws://h/", &options).await;
    assert!(matches!(opened, Err(Error::Timeout)), "{opened:?}");
}
