//! permessage-deflate over sockets on tokio: what is negotiated, what an idle connection holds, and what
//! is on the wire.
#![cfg(feature = "deflate")]

mod idle;
mod negotiation;
mod streaming;
mod wire;

use siox_testkit::alloc::CountingAllocator;
use siox_tokio::websocket::{
    self, AcceptOptions, Error, Limits, Options, Origins, WebSocket, deflate::Config,
};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// What a server in these tests agrees to.
fn accepting(deflate: Option<Config>) -> AcceptOptions {
    AcceptOptions {
        origins: Origins::Any,
        deflate,
        ..AcceptOptions::default()
    }
}

/// As little as can be demanded, and everything compressed.
fn open() -> Config {
    Config {
        threshold: 0,
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        ..Config::default()
    }
}

/// Without context takeover, and everything compressed.
fn alone() -> Config {
    Config {
        threshold: 0,
        ..Config::default()
    }
}

async fn pair(config: &Config) -> (WebSocket<DuplexStream>, WebSocket<DuplexStream>) {
    let options = Options {
        deflate: Some(config.clone()),
        limits: Arc::new(Limits::default()),
        ..Options::default()
    };
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let accepting = accepting(Some(config.clone()));
    let (client, server) = tokio::join!(
        websocket::open(ours, "localhost", "/", &options),
        websocket::accept_with(theirs, &accepting)
    );
    (client.unwrap(), server.unwrap())
}

/// A client by hand, which offers `extensions`: the server's `Sec-WebSocket-Extensions`, the stream
/// behind the handshake, and the server.
async fn by_hand(
    extensions: &str,
    config: Config,
) -> (Option<String>, DuplexStream, WebSocket<DuplexStream>) {
    let (mut ours, theirs) = tokio::io::duplex(1 << 20);
    let request = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Extensions: {extensions}\r\n\r\n"
    );
    ours.write_all(request.as_bytes()).await.unwrap();
    let accepting = accepting(Some(config));
    let server = websocket::accept_with(theirs, &accepting).await.unwrap();
    let head = read_head(&mut ours).await;
    let answer = head
        .lines()
        .find_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "));
    (answer.map(str::to_owned), ours, server)
}

async fn read_head(stream: &mut DuplexStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// One frame of a server, shorter than 64 KiB: its first byte and its payload.
async fn read_frame(stream: &mut DuplexStream) -> (u8, Vec<u8>) {
    let first = stream.read_u8().await.unwrap();
    let len = match stream.read_u8().await.unwrap() {
        126 => usize::from(stream.read_u16().await.unwrap()),
        len => usize::from(len),
    };
    let mut payload = vec![0; len];
    stream.read_exact(&mut payload).await.unwrap();
    (first, payload)
}

/// What a client makes of a server's `answer`, a value of `Sec-WebSocket-Extensions`.
async fn client_with_answer(answer: &str, offered: Option<Config>) -> Result<(), Error> {
    let (ours, mut theirs) = tokio::io::duplex(10_000);
    let options = Options {
        deflate: offered,
        ..Options::default()
    };
    let server = async {
        let head = read_head(&mut theirs).await;
        let (_, offer) = siox_websocket::handshake::server::Offer::parse(head.as_bytes()).unwrap();
        let accept = offer.accept().unwrap();
        let answer = accept.response(&[("Sec-WebSocket-Extensions", answer)]);
        theirs.write_all(&answer.unwrap()).await.unwrap();
    };
    let (opened, ()) = tokio::join!(websocket::open(ours, "localhost", "/", &options), server);
    opened.map(|_| ())
}
