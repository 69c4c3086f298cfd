//! A server by hand: one connection after the other, byte for byte.

use crate::common::within;
use siox_engineio::ClientConfig;
use siox_http1::{Connection, Event, Limits, Method};
use siox_websocket::handshake::server::Offer;
use siox_wire::{Input, Instant};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

pub(crate) const OPEN: &str =
    r#"0{"sid":"x","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000}"#;

pub(crate) struct Server {
    listener: TcpListener,
    idle: Vec<Peer>,
}

/// A connection with a client.
pub(crate) struct Peer {
    pub(crate) io: TcpStream,
}

/// A request: its first line, and its body.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) body: Vec<u8>,
    /// The answer that agrees to a WebSocket.
    pub(crate) agreement: Option<Vec<u8>>,
}

impl Server {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            listener,
            idle: Vec::new(),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address())
    }

    /// The next request, on whichever connection it comes.
    pub(crate) async fn next(&mut self) -> (Peer, Asked) {
        within(async {
            loop {
                let came = self.idle.iter_mut().map(|peer| peer.io.readable());
                let came: Vec<_> = came.map(Box::pin).collect();
                let at = tokio::select! {
                    accepted = self.listener.accept() => {
                        let (io, _) = accepted.unwrap();
                        self.idle.push(Peer { io });
                        continue;
                    }
                    at = first(came) => at,
                };
                let mut peer = self.idle.swap_remove(at);
                if let Some(asked) = peer.read().await {
                    return (peer, asked);
                }
            }
        })
        .await
    }

    /// The next request, which is of this method.
    pub(crate) async fn expect(&mut self, wanted: &str) -> (Peer, Asked) {
        let (peer, asked) = self.next().await;
        let is = format!("{:?} {}", asked.method, asked.target);
        assert!(is.contains(wanted), "{is}, not {wanted}");
        (peer, asked)
    }

    /// Waits for another request on that connection too.
    pub(crate) fn keep(&mut self, peer: Peer) {
        self.idle.push(peer);
    }

    /// Answers, and waits for another request there.
    pub(crate) async fn answer(&mut self, mut peer: Peer, body: &str) {
        peer.answer(body).await;
        self.keep(peer);
    }
}

/// Which of these is done first.
async fn first<F: Future + Unpin>(mut of: Vec<F>) -> usize {
    std::future::poll_fn(move |cx| {
        for (at, one) in of.iter_mut().enumerate() {
            if std::pin::Pin::new(one).poll(cx).is_ready() {
                return std::task::Poll::Ready(at);
            }
        }
        std::task::Poll::Pending
    })
    .await
}

impl Peer {
    /// A whole request; `None` at the end of the stream.
    pub(crate) async fn read(&mut self) -> Option<Asked> {
        let limits = Limits {
            pipelined: 1 << 20,
            ..Limits::default()
        };
        let mut http = Connection::server(Instant::EPOCH, Arc::new(limits));
        let mut asked = None;
        loop {
            let mut bytes = vec![0; 64 * 1024];
            let n = self.io.read(&mut bytes).await.unwrap_or(0);
            if n == 0 {
                return None;
            }
            let mut input = Input::new(Instant::EPOCH, &mut bytes[..n]);
            while let Some(event) = http.handle_input(&mut input).unwrap() {
                match event {
                    Event::Request(head) => {
                        let offer = Offer::from_parts(true, head.http11(), head.headers());
                        let accept = offer.accept().ok();
                        let whole = Asked {
                            method: head.method(),
                            target: format!("{}?{}", head.path(), head.query()),
                            body: Vec::new(),
                            agreement: accept.map(|accept| {
                                let headers = accept.headers();
                                let lines = headers.map(|(n, v)| format!("{n}: {v}\r\n"));
                                let lines: String = lines.collect();
                                format!("HTTP/1.1 101 Yes\r\n{lines}\r\n").into_bytes()
                            }),
                        };
                        if !head.has_body() {
                            return Some(whole);
                        }
                        asked = Some(whole);
                        http.collect(Instant::EPOCH, 1 << 20).unwrap();
                    }
                    Event::Body(body) => {
                        let mut asked = asked.take().unwrap();
                        asked.body = body.into_vec();
                        return Some(asked);
                    }
                    Event::TooLarge { .. } => panic!("too large"),
                }
            }
        }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        // A client that has gone is not the test's matter.
        let _ = self.io.write_all(bytes).await;
    }

    pub(crate) async fn answer(&mut self, body: &str) {
        let len = body.len();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n{body}");
        self.write(answer.as_bytes()).await;
    }

    /// Waits until the client has closed the connection.
    pub(crate) async fn gone(mut self) {
        let mut bytes = [0; 1024];
        while within(self.io.read(&mut bytes)).await.unwrap_or(0) > 0 {}
    }

    /// A text frame.
    pub(crate) async fn frame(&mut self, text: &str) {
        let len = u8::try_from(text.len()).unwrap();
        assert!(len < 126);
        self.write(&[&[0x81, len], text.as_bytes()].concat()).await;
    }

    /// Waits until the client has worked off all that was sent: it answers a ping.
    pub(crate) async fn is_heard(&mut self) {
        self.write(&[0x89, 0]).await;
        assert_eq!(self.heard().await, "");
    }

    /// The text of the client's next frame, which must be a short one.
    pub(crate) async fn heard(&mut self) -> String {
        let mut head = [0; 6];
        within(self.io.read_exact(&mut head)).await.unwrap();
        let mut text = vec![0; usize::from(head[1] & 0x7f)];
        within(self.io.read_exact(&mut text)).await.unwrap();
        for (at, byte) in text.iter_mut().enumerate() {
            *byte ^= head[2 + at % 4];
        }
        String::from_utf8(text).unwrap()
    }
}

/// Times that end a test's waiting soon.
pub(crate) fn impatient() -> ClientConfig {
    ClientConfig {
        open_timeout: Duration::from_millis(300),
        upgrade_timeout: Duration::from_millis(300),
        ..ClientConfig::default()
    }
}
