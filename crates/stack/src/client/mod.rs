//! Engine.IO's client on both its transports as one machine: which bytes go on which connection, and what
//! comes of those that arrive.
//!
//! The session is Engine.IO's business (`siox_engineio::Client`), what an answer or a frame is that of
//! HTTP and WebSocket; here requests become bytes on connections, and connections are used again. State
//! is in `conn`; `begin` makes requests, `input` reads what answers them, `time` does what is due.

mod begin;
mod conn;
mod cookies;
mod failure;
#[cfg(feature = "compression")]
mod gzip;
mod inbox;
mod input;
mod options;
mod random;
mod time;

pub use failure::{Cause, Failure};
pub use inbox::Inbox;
pub use options::{ClientOptions, Timestamps, parse_url};
pub use random::Random;

use crate::Outbound;
use alloc::{boxed::Box, collections::VecDeque, sync::Arc, vec::Vec};
use bytes::Bytes;
use conn::{Conn, Stage, Work};
use cookies::Cookies;
use core::time::Duration;
use siox_engineio::{Client, Messages, Transport};
use siox_websocket::{
    Connection,
    handshake::{InvalidHeader, client::Url},
};
use siox_wire::{Admit, Instant, Message, Outbox, SendError, Sink};

/// Names one connection to the server. No two of a client have the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(u32);

/// One Engine.IO session of a client, whatever carries it.
///
/// The runtime opens connections, moves bytes and tells the time. After every step it calls
/// [`handle_timeout`](Self::handle_timeout) until there is no event, opens what
/// [`poll_connect`](Self::poll_connect) asks for, writes what each line has to
/// [transmit](Self::poll_transmit), closes each line that [is finished](Self::is_finished), and waits
/// for the next bytes or [`poll_timeout`](Self::poll_timeout).
///
/// ```
/// use siox_engineio::ClientEvent;
/// use siox_stack::{ClientOptions, EngineClient, parse_url};
/// use siox_wire::{Input, Instant};
/// use std::{sync::Arc, time::Duration};
///
/// let now = Instant::from_millis(0);
/// let url = parse_url("http://a.example/")?;
/// let unix = Duration::from_secs(1_700_000_000);
/// let mut client = EngineClient::new(now, unix, &url, Arc::new(ClientOptions::default()))?;
///
/// // 1. It asks for a connection; the runtime tells when there is one.
/// let line = client.poll_connect(now).unwrap();
/// client.handle_connected(now, line, [7; 48].into()); // of the system's generator
/// let request: Vec<u8> = client.poll_transmit(line).flatten().copied().collect();
/// assert!(request.starts_with(b"GET /engine.io/?EIO=4&transport=polling&t="));
/// client.handle_written(line, request.len());
///
/// // 2. What arrived goes in; call until `None`.
/// let open = r#"0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;
/// let mut bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{open}", open.len()).into_bytes();
/// let mut input = Input::new(now, &mut bytes);
/// assert_eq!(client.handle_input(line, &mut input), Some(ClientEvent::Opened));
/// assert_eq!(client.handle_input(line, &mut input), None);
///
/// // 3. Messages can be sent; the connection is used again, for the poll.
/// client.text("hello")?;
/// assert_eq!(client.handle_timeout(now), None);
/// let post = client.poll_connect(now).unwrap();
/// assert!(client.poll_transmit(line).next().unwrap().starts_with(b"GET "));
/// client.handle_connected(now, post, [8; 48].into());
/// assert!(client.poll_transmit(post).next().unwrap().starts_with(b"POST "));
///
/// // 4. Come back at the next deadline.
/// assert!(client.poll_timeout().is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct EngineClient {
    engine: Client,
    options: Arc<ClientOptions>,
    host: Box<str>,
    secure: bool,
    /// Path and the query's beginning, the same for all requests.
    target: Box<str>,
    /// When it began, and the time since 1970 then.
    began: (Instant, Duration),
    cookies: Cookies,
    conns: Vec<Conn>,
    /// How many lines there were, and how many requests carried the time.
    lines: u32,
    stamps: u32,
    failure: Option<Failure>,
}

impl EngineClient {
    /// A session with the server of `url`, beginning now. `unix` is the time since 1970, by which cookies
    /// expire.
    ///
    /// # Errors
    /// [`InvalidHeader`] when a header of the options, a subprotocol, or a name in the query cannot be
    /// sent.
    pub fn new(
        now: Instant,
        unix: Duration,
        url: &Url,
        options: Arc<ClientOptions>,
    ) -> Result<Self, InvalidHeader> {
        let client = Self {
            engine: Client::new(now, Arc::new(options.engine.clone())),
            host: url.host().into(),
            secure: url.is_secure(),
            target: options.target(url).into(),
            options,
            began: (now, unix),
            cookies: Cookies::default(),
            conns: Vec::new(),
            lines: 0,
            stamps: 0,
            failure: None,
        };
        client.check()?;
        Ok(client)
    }

    /// Sends a text message.
    ///
    /// # Errors
    /// [`SendError::Closed`] or [`SendError::Full`]; nothing was queued.
    pub fn text(&mut self, text: &str) -> Result<(), SendError> {
        let mut out = self.sink();
        out.admit(Admit::Normal)?;
        out.put_text(&[text.as_bytes()]);
        Ok(())
    }

    /// Sends a binary message.
    ///
    /// # Errors
    /// [`SendError::Closed`] or [`SendError::Full`]; nothing was queued.
    pub fn binary(&mut self, payload: Bytes) -> Result<(), SendError> {
        let mut out = self.sink();
        out.admit(Admit::Normal)?;
        out.put_binary(b"", payload);
        Ok(())
    }

    /// Sends a message.
    ///
    /// # Errors
    /// [`SendError::Closed`] or [`SendError::Full`]; nothing was queued.
    pub fn send(&mut self, message: Message<'_>) -> Result<(), SendError> {
        self.offer(&message.into())
    }

    /// Sends a message that can be offered again, and need not be one to be compressed.
    ///
    /// # Errors
    /// [`SendError::Closed`] or [`SendError::Full`]; nothing was queued.
    pub fn offer(&mut self, message: &Outbound<'_>) -> Result<(), SendError> {
        message.put(&mut self.sink())
    }

    /// Where the layer above puts its messages just now.
    pub fn sink(&mut self) -> Messages<'_, Connection> {
        let lane = self.engine.lane();
        let mut sockets = self.conns.iter_mut().filter_map(|c| c.work.connection());
        let socket = sockets.find(|(own, _)| Some(*own) == lane);
        self.engine.sink(socket.map(|(_, connection)| connection))
    }

    /// Ends the session. What is queued is still sent, and only then the session is over and tells so.
    pub fn close(&mut self, now: Instant) {
        self.engine.close(now);
        self.settle(now);
    }

    /// What waits for the server, in whichever queue holds it: bytes, and 32 for each piece.
    #[must_use]
    pub fn queued(&self) -> usize {
        let waits = self.conns.iter().map(|conn| match &conn.work {
            Work::Frames { connection, .. } => connection.queued(),
            work => work.out().map_or(0, Outbox::held),
        });
        waits.fold(self.engine.queued(), usize::saturating_add)
    }

    /// The Engine.IO session, to be asked for its state.
    #[must_use]
    pub fn session(&self) -> &Client {
        &self.engine
    }

    /// What went wrong last below the session: a connection, HTTP, a WebSocket. It says more than the
    /// error of the event that told of it.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// The slices of the next vectored write on a connection, in order.
    pub fn poll_transmit(&self, line: Line) -> impl Iterator<Item = &[u8]> {
        let open = self.conn(line).filter(|conn| conn.stage == Stage::Open);
        let out = open.and_then(|conn| conn.work.out());
        let frames = open.and_then(|conn| match &conn.work {
            Work::Frames { connection, .. } => Some(connection.poll_transmit()),
            _ => None,
        });
        let request = out.into_iter().flat_map(Outbox::chunks);
        request.chain(frames.into_iter().flatten())
    }

    /// Hands out what is queued for a connection, for a writer that must not hold a lock; it counts until
    /// [`handle_written`](Self::handle_written).
    pub fn take_transmit(&mut self, line: Line) -> VecDeque<Bytes> {
        let open = self.conn_mut(line).filter(|conn| conn.stage == Stage::Open);
        match open.map(|conn| &mut conn.work) {
            Some(Work::Frames { connection, .. }) => connection.take_transmit(),
            Some(work) => work.out_mut().map(Outbox::take).unwrap_or_default(),
            None => VecDeque::new(),
        }
    }

    /// The connection took `n` bytes.
    pub fn handle_written(&mut self, line: Line, n: usize) {
        match self.conn_mut(line).map(|conn| &mut conn.work) {
            Some(Work::Frames { connection, .. }) => connection.handle_written(n),
            Some(work) => {
                if let Some(out) = work.out_mut() {
                    out.advance(n);
                }
            }
            None => {}
        }
    }

    /// Whether the connection is to be closed, or not to be opened any more; then
    /// [`handle_gone`](Self::handle_gone).
    #[must_use]
    pub fn is_finished(&self, line: Line) -> bool {
        match self.conn(line).map(|conn| &conn.work) {
            Some(Work::Done) | None => true,
            Some(Work::Frames { connection, .. }) => connection.is_finished(),
            Some(
                Work::Request(_)
                | Work::Body(_)
                | Work::Idle(_)
                | Work::Socket { .. }
                | Work::Handshake(_),
            ) => false,
        }
    }

    /// Whether the connection is a WebSocket, whose last word should arrive before it is closed.
    #[must_use]
    pub fn is_socket(&self, line: Line) -> bool {
        matches!(
            self.conn(line).map(|conn| &conn.work),
            Some(Work::Frames { .. })
        )
    }

    /// Whether what comes on the connection just now may hold messages: who has no room for those leaves it
    /// unread. The answer to a POST holds none, and what is queued waits for it.
    #[must_use]
    pub fn may_bring(&self, line: Line) -> bool {
        self.conn(line).is_some_and(|conn| match &conn.work {
            Work::Request(request) => request.is_get,
            Work::Body(_) | Work::Handshake(_) | Work::Frames { .. } => true,
            Work::Idle(_) | Work::Socket { .. } | Work::Done => false,
        })
    }

    /// Whether it takes no more messages. Its end may still be to be told.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let lane = self.engine.lane();
        let carried = self.engine.transport() == Some(Transport::WebSocket);
        let socket_closed = self.conns.iter().any(|conn| match &conn.work {
            Work::Frames {
                lane: own,
                connection,
            } => Some(*own) == lane && connection.is_closed(),
            _ => false,
        });
        self.engine.is_closed() || (carried && socket_closed)
    }

    /// Whether all is said: its end is told, and every connection is gone.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.engine.is_finished() && self.conns.is_empty()
    }

    fn conn(&self, line: Line) -> Option<&Conn> {
        self.conns.iter().find(|conn| conn.line == line)
    }

    fn conn_mut(&mut self, line: Line) -> Option<&mut Conn> {
        self.conns.iter_mut().find(|conn| conn.line == line)
    }

    /// The time since 1970.
    fn unix(&self, now: Instant) -> Duration {
        let (began, unix) = self.began;
        unix.saturating_add(now.since(began))
    }
}
