//! Against the tokio runtime and against tungstenite, as client and as server.

use siox_tcp::{CloseCode, Error, Limits, Message, Options, WebSocket};
use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::Arc,
    thread,
    time::Duration,
};

/// Sizes around every form of the length, and beyond a read.
const SIZES: [usize; 7] = [0, 1, 125, 126, 65_535, 65_536, 900_000];

/// A server of ours that echoes until it is closed, and where it is.
fn echo_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        siox_tcp::serve(&listener, &Arc::new(Limits::default()), 10, |mut socket| {
            while let Ok(Some(message)) = socket.read() {
                socket.send(message).unwrap();
            }
        })
    });
    url
}

/// Sends every size and expects it back.
fn use_echo(mut socket: WebSocket) {
    for size in SIZES {
        let (text, bytes) = ("é".repeat(size / 2), vec![7; size]);
        socket.send(&*text).unwrap();
        assert_eq!(socket.read().unwrap(), Some(Message::from(&*text)));
        socket.send(&*bytes).unwrap();
        assert_eq!(socket.read().unwrap(), Some(Message::from(&*bytes)));
    }
    // Not every peer waits for the end of the stream.
    let _ = socket.close(CloseCode::NORMAL, "");
}

#[test]
fn our_client_and_our_server() {
    use_echo(siox_tcp::connect(&echo_server(), &Options::default()).unwrap());
}

#[test]
fn a_server_on_tokio() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bound = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
    let listener = bound.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    runtime.spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let limits = Arc::new(Limits::default());
        let socket = siox_tokio::websocket::accept(stream, limits).await.unwrap();
        let echo = socket.run(|connection, message| match message {
            Message::Text(text) => connection.text(&text),
            Message::Binary(bytes) => connection.binary(bytes.into_owned().into()),
        });
        echo.await.unwrap();
    });
    use_echo(siox_tcp::connect(&url, &Options::default()).unwrap());
}

#[test]
fn a_server_of_tungstenite() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut socket = tungstenite::accept(listener.accept().unwrap().0).unwrap();
        while let Ok(message) = socket.read() {
            if message.is_text() || message.is_binary() {
                socket.send(message).unwrap();
            }
        }
    });
    use_echo(siox_tcp::connect(&url, &Options::default()).unwrap());
}

#[test]
fn a_client_of_tungstenite() {
    let (mut socket, _) = tungstenite::connect(echo_server()).unwrap();
    for size in SIZES {
        let message = tungstenite::Message::binary(vec![9; size]);
        socket.send(message.clone()).unwrap();
        assert_eq!(socket.read().unwrap(), message);
    }
    socket.close(None).unwrap();
    while socket.read().is_ok() {}
}

#[test]
fn a_refusal_is_told_with_its_headers_and_body() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 2000]);
        let answer = "HTTP/1.1 503 No\r\nRetry-After: 9\r\nContent-Length: 3\r\n\r\nwhy";
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let Err(Error::Rejected(rejection)) = siox_tcp::connect(&url, &Options::default()) else {
        panic!("not refused");
    };
    assert_eq!((rejection.status, &rejection.body[..]), (503, &b"why"[..]));
    assert_eq!(rejection.header("retry-after"), Some(&b"9"[..]));
}

#[test]
fn deadlines_are_kept_while_reading() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let silent = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut request = vec![0; 2000];
        let len = stream.read(&mut request).unwrap();
        let (_, offer) = siox_websocket::handshake::server::Offer::parse(&request[..len]).unwrap();
        let answer = offer.accept().unwrap().response(&[]).unwrap();
        stream.write_all(&answer).unwrap();
        // Answers no ping, and waits until it is left.
        while stream.read(&mut request).is_ok_and(|n| n > 0) {}
    });
    let options = Options {
        limits: Arc::new(Limits {
            ping_interval: Some(Duration::from_millis(20)),
            pong_timeout: Some(Duration::from_millis(20)),
            close_wait: Duration::from_millis(20),
            ..Limits::default()
        }),
        ..Options::default()
    };
    let mut socket = siox_tcp::connect(&url, &options).unwrap();
    let dead = siox_websocket::Error::Timeout(siox_websocket::Timeout::Pong);
    assert!(matches!(socket.read(), Err(Error::WebSocket(e)) if e == dead));
    assert!(matches!(socket.read(), Ok(None)));
    silent.join().unwrap();
}
