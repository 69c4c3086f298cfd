//! A raw socket of the generator: bytes made beforehand go out, answers and frames are read with as little work as can
//! be.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    ops::Range,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// What is asked of the system at a time while answers and frames are read one by one.
const CHUNK: usize = 2048;

/// A connection, with what was read and not yet used.
pub(crate) struct Link {
    stream: TcpStream,
    buffer: Vec<u8>,
    used: usize,
}

/// What is sent in one write, and what must come back for it, byte for byte.
#[derive(Debug, Default, Clone)]
pub(crate) struct Batch {
    pub(crate) ask: Vec<u8>,
    pub(crate) answer: Vec<u8>,
}

impl Link {
    /// The loopback addresses take turns, since each has only so many ports.
    pub(crate) async fn connect(port: u16, number: usize) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        let last = 2 + (number % 50) as u8;
        socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0)))?;
        let stream = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
            used: 0,
        })
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Sends a batch and takes its answer. Nothing may be left of what came before.
    pub(crate) async fn turn(&mut self, batch: &Batch, scratch: &mut Vec<u8>) -> io::Result<()> {
        scratch.resize(batch.answer.len(), 0);
        let (mut from, mut to) = self.stream.split();
        let (sent, got) = tokio::join!(to.write_all(&batch.ask), from.read_exact(scratch));
        sent?;
        got?;
        check(scratch, &batch.answer)
    }

    /// Takes exactly this.
    pub(crate) async fn expect(&mut self, due: &[u8], scratch: &mut Vec<u8>) -> io::Result<()> {
        scratch.resize(due.len(), 0);
        self.stream.read_exact(scratch).await?;
        check(scratch, due)
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
            127 => return Err(io::Error::other("a frame beyond 64 KiB")),
            short => usize::from(short),
        };
        let payload = self.take(length).await?;
        Ok(&self.buffer[payload])
    }

    /// Reads what is there already.
    pub(crate) fn read_ready(&mut self) -> io::Result<()> {
        self.buffer.reserve(CHUNK);
        match self.stream.try_read_buf(&mut self.buffer) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(e) => Err(e),
        }
    }

    /// Whether something was read that was not used.
    pub(crate) fn has_rest(&self) -> bool {
        self.used < self.buffer.len()
    }

    /// Gives back the memory for what was read and used.
    pub(crate) fn settle(&mut self) {
        if !self.has_rest() {
            self.buffer = Vec::new();
            self.used = 0;
        }
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
        self.buffer.reserve(CHUNK);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

fn length(head: &str) -> Option<usize> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
    value.trim().parse().ok()
}

/// Whether that came which should.
pub(crate) fn check(came: &[u8], due: &[u8]) -> io::Result<()> {
    if came == due {
        return Ok(());
    }
    let at = came.iter().zip(due).position(|(came, due)| came != due);
    let shown = |bytes: &[u8]| {
        let from = at.unwrap_or(0).saturating_sub(40).min(bytes.len());
        let to = (from + 120).min(bytes.len());
        String::from_utf8_lossy(&bytes[from..to]).into_owned()
    };
    Err(io::Error::other(format!(
        "{:?} came, and {:?} should have",
        shown(came),
        shown(due)
    )))
}
