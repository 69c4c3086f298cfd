//! Plain WebSocket on a stream: [`accept`] a connection, then [`run`](WebSocket::run) it.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use siox_websocket::Limits;
//! use siox_wire::Message;
//! use std::sync::Arc;
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let (stream, _) = listener.accept().await?;
//! let socket = siox_tokio::websocket::accept(stream, Arc::new(Limits::default())).await?;
//! socket
//!     .run(|connection, message| match message {
//!         Message::Text(text) => connection.text(&text),
//!         Message::Binary(bytes) => connection.binary(bytes.into_owned().into()),
//!     })
//!     .await?;
//! # Ok(())
//! # }
//! ```

use crate::{clock, driver::Timer, scratch};
use siox_websocket::{
    self as websocket, Connection, Event, Limits,
    handshake::{
        HeadReader, HeadTooLarge,
        server::{Offer, Refusal},
    },
};
use siox_wire::{Input, Message, SendError};
use std::{
    fmt,
    future::poll_fn,
    io::{self, IoSlice},
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::io::{AsyncRead, AsyncWrite};

/// The longest head of a handshake, in bytes.
const HEAD: usize = 16 * 1024;
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a socket that has said its last word is read on, so that a reset does not eat that word.
const LINGER: Duration = Duration::from_secs(1);
/// Slices of one vectored write.
const SLICES: usize = 64;

/// Why there is no WebSocket, or no longer one.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The stream broke.
    Io(io::Error),
    /// The request was refused, and the peer told so.
    Refused(Refusal),
    /// The request's head is too long; the peer was told 431.
    HeadTooLarge(HeadTooLarge),
    /// The handshake took more than 10 seconds.
    Timeout,
    /// The peer broke a rule or a limit; it was told by a close frame.
    WebSocket(websocket::Error),
    /// The handler could not send.
    Send(SendError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(e) => write!(f, "the stream broke: {e}"),
            Self::Refused(e) => write!(f, "the handshake was refused: {e}"),
            Self::HeadTooLarge(e) => write!(f, "the handshake was refused: {e}"),
            Self::Timeout => f.write_str("the handshake took too long"),
            Self::WebSocket(e) => write!(f, "{e}"),
            Self::Send(e) => write!(f, "{e}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

/// Reads the opening handshake from `io` and accepts it, whatever its path and origin.
///
/// # Errors
/// As [`Error`] says; the peer has been told why, where there was a peer to tell.
pub async fn accept<Io>(io: Io, limits: Arc<Limits>) -> Result<WebSocket<Io>, Error>
where
    Io: AsyncRead + AsyncWrite + Unpin,
{
    match tokio::time::timeout(HANDSHAKE, handshake(io, limits)).await {
        Ok(result) => result,
        Err(_) => Err(Error::Timeout),
    }
}

async fn handshake<Io>(mut io: Io, limits: Arc<Limits>) -> Result<WebSocket<Io>, Error>
where
    Io: AsyncRead + AsyncWrite + Unpin,
{
    let mut reader = HeadReader::new(HEAD);
    let (head, early) = loop {
        let read = poll_fn(|cx| scratch::read(&mut io, cx, |_, bytes| head(&mut reader, bytes)));
        match read.await? {
            Ok(Some(whole)) => break whole,
            Ok(None) => {}
            Err(HeadFault::Eof) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            Err(HeadFault::TooLarge(e)) => {
                refuse(&mut io, 431, &[], &e.to_string()).await?;
                return Err(Error::HeadTooLarge(e));
            }
        }
    };
    let refusal = match Offer::parse(&head).and_then(|(_, offer)| offer.accept()) {
        Ok(accept) => {
            // No header of ours is added, so there is none to be refused.
            let answer = accept.response(&[]).unwrap_or_default();
            write_all(&mut io, &answer).await?;
            return Ok(WebSocket::new(io, Connection::server(limits), early));
        }
        Err(refusal) => refusal,
    };
    refuse(
        &mut io,
        refusal.status(),
        refusal.headers(),
        &refusal.to_string(),
    )
    .await?;
    Err(Error::Refused(refusal))
}

enum HeadFault {
    Eof,
    TooLarge(HeadTooLarge),
}

/// A whole head, and what came behind it.
type WholeHead = (Vec<u8>, Vec<u8>);

/// Collects the head.
fn head(reader: &mut HeadReader, bytes: &mut [u8]) -> Result<Option<WholeHead>, HeadFault> {
    if bytes.is_empty() {
        return Err(HeadFault::Eof);
    }
    let mut input = Input::new(clock::now(), bytes);
    let head = reader
        .handle_input(&mut input)
        .map_err(HeadFault::TooLarge)?;
    Ok(head.map(|head| (head, input.take_all().to_vec())))
}

async fn refuse<Io: AsyncRead + AsyncWrite + Unpin>(
    io: &mut Io,
    status: u16,
    headers: &[(&str, &str)],
    text: &str,
) -> io::Result<()> {
    let mut answer = format!("HTTP/1.1 {status} Refused\r\nConnection: close\r\n");
    for (name, value) in headers {
        answer.push_str(&format!("{name}: {value}\r\n"));
    }
    answer.push_str(&format!("Content-Length: {}\r\n\r\n{text}", text.len()));
    write_all(io, answer.as_bytes()).await?;
    linger(io).await;
    Ok(())
}

async fn write_all<Io: AsyncWrite + Unpin>(io: &mut Io, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match poll_fn(|cx| Pin::new(&mut *io).poll_write(cx, bytes)).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            n => bytes = &bytes[n..],
        }
    }
    Ok(())
}

/// Closes our half, then reads the peer's rest away for a while, so that a reset does not eat what was
/// said last.
pub(crate) async fn linger<Io: AsyncRead + AsyncWrite + Unpin>(io: &mut Io) {
    let polite = async {
        poll_fn(|cx| Pin::new(&mut *io).poll_shutdown(cx)).await?;
        while poll_fn(|cx| scratch::read(io, cx, |_, bytes| !bytes.is_empty())).await? {}
        io::Result::Ok(())
    };
    // Whatever comes of it, the connection ends here.
    let _ = tokio::time::timeout(LINGER, polite).await;
}

/// A WebSocket on a stream.
pub struct WebSocket<Io> {
    io: Io,
    connection: Connection,
    /// Received, and not handled yet.
    rest: Vec<u8>,
    timer: Timer,
    eof: bool,
}

impl<Io> fmt::Debug for WebSocket<Io> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> WebSocket<Io> {
    /// A WebSocket whose handshake is done; `early` is what the peer sent behind it.
    #[must_use]
    pub fn new(io: Io, connection: Connection, early: Vec<u8>) -> Self {
        Self {
            io,
            connection,
            rest: early,
            timer: Timer::default(),
            eof: false,
        }
    }

    /// Calls `handler` for every message until the connection has ended. What the handler sends leaves
    /// together, after the read that brought the messages. While more than the high-water mark waits
    /// for the peer, no further message is handled and nothing is read.
    ///
    /// # Errors
    /// When the stream breaks, the peer breaks a rule, or the handler cannot send; after a closing
    /// handshake there is none.
    pub async fn run<H>(mut self, mut handler: H) -> Result<(), Error>
    where
        H: FnMut(&mut Connection, Message<'_>) -> Result<(), SendError>,
    {
        let mut end = Ok(());
        loop {
            match poll_fn(|cx| self.poll_turn(cx, &mut handler)).await {
                Ok(true) => break,
                Ok(false) => {}
                // The close frame that the peer is owed is queued; go on until it has left.
                Err(e @ (Error::WebSocket(_) | Error::Send(_))) if end.is_ok() => end = Err(e),
                Err(e @ Error::Io(_)) => return end.and(Err(e)),
                Err(_) => {}
            }
        }
        linger(&mut self.io).await;
        end
    }

    /// One turn: what is due, one read and its messages, one write. Whether the connection is over.
    fn poll_turn<H>(&mut self, cx: &mut Context<'_>, handler: &mut H) -> Poll<Result<bool, Error>>
    where
        H: FnMut(&mut Connection, Message<'_>) -> Result<(), SendError>,
    {
        let read = self.poll_read(cx, handler)?;
        let wrote = self.poll_write(cx)?;
        if self.connection.is_finished() {
            return Poll::Ready(Ok(true));
        }
        if read.is_ready() || wrote.is_ready() {
            return Poll::Ready(Ok(false));
        }
        ready!(self.timer.poll(self.connection.poll_timeout(), cx));
        Poll::Ready(match self.connection.handle_timeout(clock::now()) {
            Ok(_) => Ok(false),
            Err(e) => Err(Error::WebSocket(e)),
        })
    }

    fn poll_read<H>(&mut self, cx: &mut Context<'_>, handler: &mut H) -> Poll<Result<(), Error>>
    where
        H: FnMut(&mut Connection, Message<'_>) -> Result<(), SendError>,
    {
        if is_full(&self.connection) || (self.eof && self.rest.is_empty()) {
            return Poll::Pending;
        }
        if !self.rest.is_empty() {
            let mut bytes = mem::take(&mut self.rest);
            return Poll::Ready(feed(
                &mut self.connection,
                handler,
                &mut bytes,
                &mut self.rest,
            ));
        }
        let Self {
            io,
            connection,
            rest,
            eof,
            ..
        } = self;
        scratch::read(io, cx, |_, bytes| {
            if bytes.is_empty() {
                *eof = true;
                return connection
                    .handle_eof(clock::now())
                    .map(|_| ())
                    .map_err(Error::WebSocket);
            }
            feed(connection, handler, bytes, rest)
        })
        .map(|read| read?)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut used = 0;
        for (slice, chunk) in slices.iter_mut().zip(self.connection.poll_transmit()) {
            *slice = IoSlice::new(chunk);
            used += 1;
        }
        if used == 0 {
            return Poll::Pending;
        }
        match ready!(Pin::new(&mut self.io).poll_write_vectored(cx, &slices[..used]))? {
            0 => Poll::Ready(Err(io::Error::from(io::ErrorKind::WriteZero).into())),
            n => {
                self.connection.handle_written(n);
                Poll::Ready(Ok(()))
            }
        }
    }
}

fn is_full(connection: &Connection) -> bool {
    connection.queued() >= connection.limits().high_water
}

/// Handles the messages in `bytes` while the peer takes its answers; what is left then goes to `rest`.
fn feed<H>(
    connection: &mut Connection,
    handler: &mut H,
    bytes: &mut [u8],
    rest: &mut Vec<u8>,
) -> Result<(), Error>
where
    H: FnMut(&mut Connection, Message<'_>) -> Result<(), SendError>,
{
    let mut input = Input::new(clock::now(), bytes);
    loop {
        if is_full(connection) {
            rest.extend_from_slice(input.take_all());
            return Ok(());
        }
        match connection
            .handle_input(&mut input)
            .map_err(Error::WebSocket)?
        {
            Some(Event::Message(message)) => handler(connection, message).map_err(Error::Send)?,
            Some(_) => {}
            None => return Ok(()),
        }
    }
}
