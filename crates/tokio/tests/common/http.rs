//! An HTTP client that sends what it is told and reads answers one by one.

use super::within;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// An answer with its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    /// As text, as far as it is.
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// The value of a header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1);
        lines.find_map(|line| {
            let (n, value) = line.split_once(':')?;
            n.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

/// One connection, kept alive.
#[derive(Debug)]
pub(crate) struct Http {
    pub(crate) io: TcpStream,
    held: Vec<u8>,
}

impl Http {
    pub(crate) async fn connect(to: SocketAddr) -> Self {
        let io = TcpStream::connect(to).await.unwrap();
        io.set_nodelay(true).unwrap();
        Self {
            io,
            held: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        within(self.io.write_all(bytes.as_ref())).await.unwrap();
    }

    pub(crate) async fn get(&mut self, target: &str) -> Answer {
        self.send(format!("GET {target} HTTP/1.1\r\nHost: here\r\n\r\n"))
            .await;
        self.answer().await
    }

    pub(crate) async fn post(&mut self, target: &str, body: &str) -> Answer {
        self.send(post(target, body)).await;
        self.answer().await
    }

    /// Opens a polling session; its id.
    pub(crate) async fn open(&mut self, path: &str) -> String {
        let answer = self.get(&format!("{path}?EIO=4&transport=polling")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        sid(&answer.body)
    }

    /// The next answer.
    pub(crate) async fn answer(&mut self) -> Answer {
        match self.try_answer().await {
            Some(answer) => answer,
            None => panic!("the connection ended: {:?}", self.held.escape_ascii()),
        }
    }

    /// The next answer; none when the connection ends first.
    pub(crate) async fn try_answer(&mut self) -> Option<Answer> {
        loop {
            if let Some(answer) = self.take() {
                return Some(answer);
            }
            let mut some = [0; 4096];
            match within(self.io.read(&mut some)).await {
                Ok(0) | Err(_) => return None,
                Ok(n) => self.held.extend_from_slice(&some[..n]),
            }
        }
    }

    fn take(&mut self) -> Option<Answer> {
        let end = self.held.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
        let head = str::from_utf8(&self.held[..end]).unwrap().to_owned();
        let status = head[9..12].parse().unwrap();
        let mut answer = Answer {
            status,
            head,
            body: String::new(),
            bytes: Vec::new(),
        };
        let len = match answer.header("content-length") {
            Some(len) => len.parse().unwrap(),
            None if matches!(status, 101 | 204 | 304) => 0,
            None => panic!("an answer without its length: {answer:?}"),
        };
        let body = self.held.get(end..end + len)?;
        answer.body = String::from_utf8_lossy(body).into_owned();
        answer.bytes = body.to_vec();
        self.held.drain(..end + len);
        Some(answer)
    }

    /// Takes the connection apart: the stream, and what was read of it already.
    pub(crate) fn into_parts(self) -> (TcpStream, Vec<u8>) {
        (self.io, self.held)
    }

    /// Whether the peer ends the connection without another byte.
    pub(crate) async fn is_over(&mut self) -> bool {
        self.held.is_empty() && matches!(within(self.io.read(&mut [0; 1])).await, Ok(0) | Err(_))
    }
}

/// A POST of text.
pub(crate) fn post(target: &str, body: &str) -> String {
    let len = body.len();
    format!(
        "POST {target} HTTP/1.1\r\nHost: here\r\nContent-Type: text/plain\r\nContent-Length: {len}\r\n\r\n{body}"
    )
}

/// The session's id in an open packet.
pub(crate) fn sid(open: &str) -> String {
    let (_, rest) = open.split_once("\"sid\":\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}
