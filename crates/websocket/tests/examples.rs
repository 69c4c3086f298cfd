//! The example over raw bytes, with a client that is not ours.

#[path = "../examples/tcp_echo.rs"]
#[expect(dead_code, reason = "its `main` is not run")]
mod tcp_echo;

use std::{net::TcpListener, thread};
use tungstenite::{Error, Message, client::client, http::Request};

#[test]
fn tcp_echo() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        for _ in 0..2 {
            tcp_echo::serve(listener.accept().unwrap().0).unwrap();
        }
    });
    let connect = || std::net::TcpStream::connect(at).unwrap();
    let (mut socket, _) = client(format!("ws://{at}/"), connect()).unwrap();
    for size in [0, 125, 70_000] {
        let message = Message::text("x".repeat(size));
        socket.send(message.clone()).unwrap();
        assert_eq!(socket.read().unwrap(), message);
    }
    socket.close(None).unwrap();
    while socket.read().is_ok() {}
    drop(socket);

    let evil = Request::get(format!("ws://{at}/"))
        .header("Host", at.to_string())
        .header("Upgrade", "websocket")
        .header("Connection", "Upgrade")
        .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("Sec-WebSocket-Version", "13")
        .header("Origin", "https://evil.example")
        .body(())
        .unwrap();
    match client(evil, connect()) {
        Err(tungstenite::HandshakeError::Failure(Error::Http(answer))) => {
            assert_eq!(answer.status(), 403);
        }
        other => panic!("{other:?}"),
    }
    server.join().unwrap();
}
