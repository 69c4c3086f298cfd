//! Ends of connections.

use siox_tcp::{Limits, Options, WebSocket};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

pub(crate) type Socket = WebSocket<TcpStream>;

pub(crate) fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    (listener, url)
}

/// A TCP connection: who accepted it, and who made it.
pub(crate) fn streams() -> (TcpStream, TcpStream) {
    let (listener, _) = listen();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (listener.accept().unwrap().0, client)
}

/// A server and its client, with these limits.
pub(crate) fn pair(limits: Limits) -> (Socket, Socket) {
    let (server, client) = streams();
    let limits = Arc::new(limits);
    let options = Options {
        limits: limits.clone(),
        ..Options::default()
    };
    let client = thread::spawn(move || siox_tcp::open(client, "a", "/", &options).unwrap());
    let server = siox_tcp::accept(server, limits).unwrap();
    (server, client.join().unwrap())
}

/// A server that has accepted, and the bare stream of its peer.
pub(crate) fn bare_client(limits: Limits) -> (Socket, TcpStream) {
    let (server, mut client) = streams();
    client.write_all(REQUEST.as_bytes()).unwrap();
    let server = siox_tcp::accept(server, Arc::new(limits)).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
    (server, client)
}

/// A handshake like any other.
pub(crate) const REQUEST: &str = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// More than sockets hold on their way.
pub(crate) const MUCH: usize = 24 << 20;
