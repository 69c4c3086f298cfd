//! The generator: raw sockets, bytes made beforehand, every byte that comes back compared.

use crate::case::{Batch, CONNECTIONS, Case};
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream, tcp::ReadHalf},
    task::{JoinSet, yield_now},
    time::sleep,
};

const ASK: &[u8] =
    b"GET /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// The answer to it, as the raw server gives it.
pub(crate) const ANSWER: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// Handshakes at once.
const SHAKING: usize = 16;

/// An open WebSocket to `port`. The loopback addresses take turns, since each has only so many ports.
pub(crate) async fn open(port: u16, number: usize) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    let last = 2 + (number % 50) as u8;
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0)))?;
    let mut stream = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await?;
    stream.set_nodelay(true)?;
    stream.write_all(ASK).await?;
    let (mut head, mut len) = ([0; 512], 0);
    while !head[..len].ends_with(b"\r\n\r\n") {
        match stream.read(&mut head[len..]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => len += n,
        }
    }
    let head = String::from_utf8_lossy(&head[..len]).to_ascii_lowercase();
    let is_accepted =
        head.starts_with("http/1.1 101") && head.contains("s3pplmbitxaq9kygzzhzrbk+xoo=");
    match is_accepted {
        true => Ok(stream),
        false => Err(io::Error::other(format!(
            "the handshake was answered {head}"
        ))),
    }
}

/// Opens `count` WebSockets.
pub(crate) async fn open_all(port: u16, count: usize) -> io::Result<Vec<TcpStream>> {
    let mut streams = Vec::with_capacity(count);
    while streams.len() < count {
        let mut some = JoinSet::new();
        for number in streams.len()..count.min(streams.len() + SHAKING) {
            some.spawn(open(port, number));
        }
        while let Some(stream) = some.join_next().await {
            streams.push(stream??);
        }
    }
    Ok(streams)
}

/// Sends a batch and takes its echo.
async fn turn(stream: &mut TcpStream, batch: &Batch, buffer: &mut Vec<u8>) -> io::Result<()> {
    let (mut from, mut to) = stream.split();
    // A read that fills its buffer says that there may be more, and is followed by one for nothing: with room to
    // spare, a turn is one read.
    buffer.resize(batch.answer.len() + 1, 0);
    let (sent, got) = tokio::join!(
        to.write_all(&batch.ask),
        read(&mut from, buffer, batch.answer.len())
    );
    sent?;
    match buffer[..got?] == batch.answer {
        true => Ok(()),
        false => Err(io::Error::other("what came back is not what was sent")),
    }
}

/// Reads `least` bytes or more into `buffer`: how many came.
async fn read(from: &mut ReadHalf<'_>, buffer: &mut [u8], least: usize) -> io::Result<usize> {
    let mut got = 0;
    while got < least {
        match from.read(&mut buffer[got..]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => got += n,
        }
    }
    Ok(got)
}

/// Asks the operating system for what has come again and again until it is stopped, and never sleeps: to wake the
/// generator would be the work of the server that sends to it, and the more so the slower that is.
async fn stay_awake(stop: &AtomicBool) {
    while !stop.load(Relaxed) {
        yield_now().await;
    }
}

/// Keeps a server busy with one case until it is dropped.
pub(crate) struct Load {
    messages: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    tasks: JoinSet<io::Result<()>>,
}

impl Load {
    pub(crate) async fn start(port: u16, case: Case, is_raw: bool) -> io::Result<Self> {
        Ok(Self::on(open_all(port, CONNECTIONS).await?, case, is_raw))
    }

    pub(crate) fn on(streams: Vec<TcpStream>, case: Case, is_raw: bool) -> Self {
        let batch = Arc::new(case.batch(is_raw));
        let mut load = Self {
            messages: Arc::default(),
            stop: Arc::default(),
            tasks: JoinSet::new(),
        };
        for mut stream in streams {
            let (batch, stop) = (batch.clone(), load.stop.clone());
            let messages = load.messages.clone();
            load.tasks.spawn(async move {
                let mut buffer = Vec::new();
                while !stop.load(Relaxed) {
                    turn(&mut stream, &batch, &mut buffer).await?;
                    messages.fetch_add(case.in_flight as u64, Relaxed);
                }
                Ok(())
            });
        }
        let stop = load.stop.clone();
        load.tasks.spawn(async move {
            stay_awake(&stop).await;
            Ok(())
        });
        load
    }

    /// Messages echoed so far.
    pub(crate) fn messages(&self) -> u64 {
        self.messages.load(Relaxed)
    }

    /// Ends it: all messages echoed, or the first failure of any connection.
    pub(crate) async fn stop(mut self) -> io::Result<u64> {
        self.stop.store(true, Relaxed);
        while let Some(task) = self.tasks.join_next().await {
            task??;
        }
        Ok(self.messages())
    }
}

/// One echo of 16 KiB on each stream, 64 at a time.
pub(crate) async fn echo_once(streams: &mut [TcpStream], is_raw: bool) -> io::Result<()> {
    let batch = Case::new(16 * 1024, 1).batch(is_raw);
    for some in streams.chunks_mut(CONNECTIONS) {
        let turns = some
            .iter_mut()
            .map(async |stream| turn(stream, &batch, &mut Vec::new()).await);
        futures_util::future::try_join_all(turns).await?;
    }
    Ok(())
}

/// Opens and closes `count` WebSockets.
pub(crate) async fn shake_hands(port: u16, count: usize) -> io::Result<()> {
    let mut tasks = JoinSet::new();
    for lane in 0..SHAKING {
        tasks.spawn(async move {
            for number in 0..count / SHAKING {
                drop(open(port, lane + number * SHAKING).await?);
            }
            io::Result::Ok(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    // What a close costs belongs to it.
    sleep(Duration::from_millis(30)).await;
    Ok(())
}
