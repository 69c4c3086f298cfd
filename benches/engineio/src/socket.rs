//! A raw socket of the generator: it asks with bytes made beforehand, and reads answers and frames with as little work
//! as can be.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    ops::Range,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// A connection, with what was read and not yet used.
pub(crate) struct Socket {
    stream: TcpStream,
    buffer: Vec<u8>,
    used: usize,
    /// Bytes that came so far.
    pub(crate) received: u64,
}

impl Socket {
    /// The loopback addresses take turns, since each has only so many ports.
    pub(crate) async fn connect(port: u16, number: usize) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        let last = 2 + (number % 50) as u8;
        socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0)))?;
        let stream = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(32 * 1024),
            used: 0,
            received: 0,
        })
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// The body of the next answer, which must have this status.
    pub(crate) async fn answer(&mut self, status: &str) -> io::Result<&[u8]> {
        let end = loop {
            let head = &self.buffer[self.used..];
            match head.windows(4).position(|four| four == b"\r\n\r\n") {
                Some(at) => break self.used + at + 4,
                None => self.read().await?,
            }
        };
        let head = String::from_utf8_lossy(&self.buffer[self.used..end]);
        if head.split(' ').nth(1) != Some(status) {
            return Err(io::Error::other(format!("answered {head}")));
        }
        let length = length(&head).unwrap_or(0);
        if head.to_ascii_lowercase().contains("transfer-encoding") {
            return Err(io::Error::other(format!("no length: {head}")));
        }
        self.used = end;
        let body = self.take(length).await?;
        Ok(&self.buffer[body])
    }

    /// The payload of the next frame of a server.
    pub(crate) async fn frame(&mut self) -> io::Result<&[u8]> {
        let head = self.take(2).await?;
        let length = match self.buffer[head][1] {
            126 => {
                let long = self.take(2).await?;
                let long = &self.buffer[long];
                usize::from(u16::from_be_bytes([long[0], long[1]]))
            }
            short => usize::from(short),
        };
        let payload = self.take(length).await?;
        Ok(&self.buffer[payload])
    }

    async fn take(&mut self, length: usize) -> io::Result<Range<usize>> {
        while self.buffer.len() - self.used < length {
            self.read().await?;
        }
        let start = self.used;
        self.used += length;
        Ok(start..self.used)
    }

    async fn read(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.used);
        self.used = 0;
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            n => {
                self.received += n as u64;
                Ok(())
            }
        }
    }
}

fn length(head: &str) -> Option<usize> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
    value.trim().parse().ok()
}
