//! A WebSocket client on the sans-IO machine.

use super::within;
use siox_websocket::{Close, Connection, Event, Limits, handshake::client::Request};
use siox_wire::{Input, Instant, Message};
use std::{collections::VecDeque, net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What a peer has said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Text(String),
    Binary(Vec<u8>),
    /// Its close frame, with the code if there is one.
    Close(Option<u16>),
    /// Nothing more will come.
    End,
}

/// A client's end.
#[derive(Debug)]
pub(crate) struct Ws {
    pub(crate) io: TcpStream,
    pub(crate) machine: Connection,
    heard: VecDeque<Said>,
    ended: bool,
}

impl Ws {
    /// Connects and is let in.
    pub(crate) async fn connect(to: SocketAddr, target: &str) -> Self {
        Self::connect_with(to, target, &[], &[]).await
    }

    /// Connects; the messages `early` are in one segment with the request.
    pub(crate) async fn connect_with(
        to: SocketAddr,
        target: &str,
        headers: &[(&str, &str)],
        early: &[&str],
    ) -> Self {
        let io = TcpStream::connect(to).await.unwrap();
        io.set_nodelay(true).unwrap();
        Self::handshake(io, target, headers, early).await.unwrap()
    }

    /// Asks for a WebSocket on `io`; else the status that refused it.
    pub(crate) async fn handshake(
        mut io: TcpStream,
        target: &str,
        headers: &[(&str, &str)],
        early: &[&str],
    ) -> Result<Self, String> {
        let mut machine = client();
        let request = Request {
            headers,
            ..Request::new("here", target)
        };
        let (mut bytes, mut answer) = request.build([7; 16]).unwrap();
        for text in early {
            machine.text(text).unwrap();
        }
        take(&mut machine, &mut bytes);
        within(io.write_all(&bytes)).await.unwrap();
        let mut some = vec![0; 64 * 1024];
        loop {
            let n = within(io.read(&mut some)).await.unwrap();
            assert_ne!(n, 0, "no answer to the handshake");
            let mut input = Input::new(Instant::EPOCH, &mut some[..n]);
            match answer.handle_input(&mut input) {
                Ok(None) => {}
                Err(e) => return Err(e.to_string()),
                Ok(Some(_)) => {
                    let mut rest = input.take_all().to_vec();
                    let mut ws = Self::new(io, machine);
                    ws.hear(&mut rest);
                    return Ok(ws);
                }
            }
        }
    }

    /// A client whose handshake is done.
    pub(crate) fn new(io: TcpStream, machine: Connection) -> Self {
        Self {
            io,
            machine,
            heard: VecDeque::new(),
            ended: false,
        }
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.machine.text(text).unwrap();
        self.flush().await;
    }

    /// Sends messages in one segment.
    pub(crate) async fn send_all<T: AsRef<str>>(&mut self, texts: &[T]) {
        for text in texts {
            self.machine.text(text.as_ref()).unwrap();
        }
        self.flush().await;
    }

    pub(crate) async fn send_binary(&mut self, payload: &[u8]) {
        self.machine.binary(payload.to_vec().into()).unwrap();
        self.flush().await;
    }

    /// Sends bytes as they are.
    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        within(self.io.write_all(bytes)).await.unwrap();
    }

    async fn flush(&mut self) {
        let mut bytes = Vec::new();
        take(&mut self.machine, &mut bytes);
        // A peer that has gone shows when it is read from.
        let _ = within(self.io.write_all(&bytes)).await;
    }

    /// The next thing the peer says.
    pub(crate) async fn next(&mut self) -> Said {
        loop {
            if let Some(said) = self.heard.pop_front() {
                return said;
            }
            if self.ended {
                return Said::End;
            }
            let mut some = vec![0; 64 * 1024];
            match within(self.io.read(&mut some)).await {
                Ok(0) | Err(_) => self.ended = true,
                Ok(n) => {
                    self.hear(&mut some[..n]);
                    self.flush().await;
                }
            }
        }
    }

    /// The next text.
    #[track_caller]
    pub(crate) fn text(&mut self) -> impl Future<Output = String> {
        let caller = std::panic::Location::caller();
        async move {
            match self.next().await {
                Said::Text(text) => text,
                other => panic!("{caller}: no text but {other:?}"),
            }
        }
    }

    /// Everything until the end.
    pub(crate) async fn rest(&mut self) -> Vec<Said> {
        let mut all = Vec::new();
        loop {
            match self.next().await {
                Said::End => return all,
                said => all.push(said),
            }
        }
    }

    /// Takes bytes that were received elsewhere.
    pub(crate) fn hear(&mut self, bytes: &mut [u8]) {
        let mut input = Input::new(Instant::EPOCH, bytes);
        while let Some(event) = self.machine.handle_input(&mut input).unwrap() {
            match event {
                Event::Message(Message::Text(t)) => self.heard.push_back(Said::Text(t.into())),
                Event::Message(Message::Binary(b)) => self.heard.push_back(Said::Binary(b.into())),
                Event::Close(close) => self.heard.push_back(Said::Close(close.as_ref().map(code))),
                Event::Chunk(_) | Event::Ping(_) | Event::Pong(_) => {}
            }
        }
    }
}

fn code(close: &Close<'_>) -> u16 {
    close.code.get()
}

/// A client's machine that takes whatever a test lets the server send.
fn client() -> Connection {
    let limits = Limits {
        message: 64 << 20,
        high_water: 64 << 20,
        hard_cap: 64 << 20,
        ..Limits::default()
    };
    Connection::client(Arc::new(limits), [9; 32])
}

fn take(machine: &mut Connection, to: &mut Vec<u8>) {
    let before = to.len();
    for chunk in machine.poll_transmit() {
        to.extend_from_slice(chunk);
    }
    let n = to.len() - before;
    machine.handle_written(n);
}
