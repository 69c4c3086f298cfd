//! A client that costs little: it knows frames and packets as bytes, and masks with zeros.

use super::source;
use std::{
    io::{Error, ErrorKind, Result},
    net::SocketAddr,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

const PATH: &str = "/socket.io/?EIO=4&transport=";
/// What it reads at a time; every message here is shorter.
const PIECE: usize = 1024;

pub(super) struct Client {
    pub(super) io: TcpStream,
    read: Vec<u8>,
    /// Where the next frame begins.
    at: usize,
}

impl Client {
    pub(super) async fn connect(n: usize, to: SocketAddr) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(source(n))?;
        Ok(Self {
            io: socket.connect(to).await?,
            read: Vec::new(),
            at: 0,
        })
    }

    async fn more(&mut self) -> Result<()> {
        self.read.drain(..self.at);
        self.at = 0;
        self.read.reserve_exact(PIECE);
        match self
            .io
            .read_buf(&mut (&mut self.read).limit_to(PIECE))
            .await?
        {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Sends a request; its head is awaited.
    async fn head(&mut self, request: String) -> Result<String> {
        self.io.write_all(request.as_bytes()).await?;
        loop {
            if let Some(end) = find(&self.read[self.at..], b"\r\n\r\n") {
                let head = &self.read[self.at..self.at + end];
                let head = String::from_utf8_lossy(head).into_owned();
                self.at += end + 4;
                return Ok(head);
            }
            self.more().await?;
        }
    }

    /// Opens a session by polling; its id.
    pub(super) async fn poll_open(&mut self) -> Result<String> {
        let request = format!("GET {PATH}polling HTTP/1.1\r\nHost: soak\r\n\r\n");
        let head = self.head(request).await?;
        let length = head
            .lines()
            .find_map(|l| {
                l.to_ascii_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            })
            .ok_or_else(|| unexpected(&head))?;
        while self.read.len() - self.at < length {
            self.more().await?;
        }
        let body = String::from_utf8_lossy(&self.read[self.at..self.at + length]).into_owned();
        self.at += length;
        let sid = body
            .split("\"sid\":\"")
            .nth(1)
            .and_then(|s| s.split('"').next());
        Ok(sid.ok_or_else(|| unexpected(&body))?.to_owned())
    }

    /// Becomes a WebSocket, of a session that polls if `sid` names one.
    pub(super) async fn upgrade(&mut self, sid: Option<&str>) -> Result<()> {
        let sid = sid.map(|sid| format!("&sid={sid}")).unwrap_or_default();
        let request = format!(
            "GET {PATH}websocket{sid} HTTP/1.1\r\nHost: soak\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let head = self.head(request).await?;
        match head.starts_with("HTTP/1.1 101") {
            true => Ok(()),
            false => Err(unexpected(&head)),
        }
    }

    /// Opens a session on a WebSocket.
    pub(super) async fn open(&mut self) -> Result<()> {
        self.upgrade(None).await?;
        self.expect("0{").await
    }

    /// Joins `/`.
    pub(super) async fn join(&mut self) -> Result<()> {
        self.send("40").await?;
        self.expect("40{").await
    }

    pub(super) async fn send(&mut self, text: &str) -> Result<()> {
        let length = u8::try_from(text.len()).ok().filter(|n| *n < 126);
        let length = length.ok_or_else(|| unexpected("too long"))?;
        let mut frame = vec![0x81, 0x80 | length, 0, 0, 0, 0];
        frame.extend_from_slice(text.as_bytes());
        self.io.write_all(&frame).await
    }

    pub(super) async fn expect(&mut self, prefix: &str) -> Result<()> {
        let text = self.next().await?;
        match text.starts_with(prefix) {
            true => Ok(()),
            false => Err(unexpected(&text)),
        }
    }

    /// The next message; a close is an error.
    pub(super) async fn next(&mut self) -> Result<String> {
        loop {
            if let [first, short, rest @ ..] = &self.read[self.at..] {
                let (header, length) = match (short, rest) {
                    (126, [a, b, ..]) => (4, Some(u16::from_be_bytes([*a, *b]).into())),
                    (0..126, _) => (2, Some(usize::from(*short))),
                    _ => (2, None),
                };
                let whole = length.filter(|n| self.read.len() - self.at >= header + n);
                if let Some(length) = whole {
                    let first = *first;
                    let text = &self.read[self.at + header..self.at + header + length];
                    let text = String::from_utf8_lossy(text).into_owned();
                    self.at += header + length;
                    return match first {
                        0x81 => Ok(text),
                        _ => Err(unexpected(&format!("frame {first:#x}"))),
                    };
                }
            }
            self.more().await?;
        }
    }

    /// Lets go of what is not needed while nothing comes.
    pub(super) fn rest(&mut self) {
        if self.at == self.read.len() {
            self.read = Vec::new();
            self.at = 0;
        }
    }

    /// Abandons it: some say goodbye at the level of TCP, some are reset.
    pub(super) fn abandon(self, reset: bool) {
        if reset {
            // Without it, it is the end of the stream.
            let _ = self.io.set_zero_linger();
        }
    }
}

trait LimitTo {
    fn limit_to(self, most: usize) -> bytes::buf::Limit<Self>
    where
        Self: Sized;
}

impl<B: bytes::BufMut> LimitTo for B {
    fn limit_to(self, most: usize) -> bytes::buf::Limit<Self> {
        self.limit(most)
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|w| w == what)
}

fn unexpected(what: &str) -> Error {
    Error::other(format!("the server says: {what}"))
}
