//! How a session gets its driver: with a socket of one kind or another, or without any.

use super::{Driver, Opening, Socket};
use crate::{App, Conn, Host, admit::Upgrading, line::Line, timer::Timer};
use siox_engineio::Lane;
use std::{
    any::Any,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

impl<A: App> Driver<A> {
    /// A driver for a session that polls: it has no socket.
    pub(crate) fn timer(host: &Arc<Host<A>>, conn: Arc<Conn<A>>) -> Self {
        Self::new(host, conn, None)
    }
}

impl<A: App> Driver<A, Line> {
    /// A driver for the WebSocket `lane` on a TCP stream, to which others may write beside it.
    pub(crate) fn tcp(
        host: &Arc<Host<A>>,
        conn: Upgrading<A>,
        io: TcpStream,
        lane: Lane,
        begun: Begun,
    ) -> Self {
        let mut line = Line::new(io);
        let aside = line.aside(lane, host.meter().clone());
        let mut driver = Self::socket(host, conn, line, lane, begun);
        if let Some(socket) = &mut driver.socket {
            socket.flushes = false;
            socket.aside = aside;
        }
        driver
    }
}

/// What is left of the HTTP exchange that a WebSocket begins with.
#[derive(Debug, Default)]
pub(crate) struct Begun {
    /// Bytes that came with the request.
    pub(crate) early: Vec<u8>,
    /// What is still to be written, the answer to it last.
    pub(crate) answer: Vec<u8>,
    /// One that the same task has used: to arm it late costs less than another.
    pub(crate) timer: Timer,
}

/// The driver of a WebSocket on a stream of whatever kind.
pub(crate) enum Driving<A: App, Io> {
    Tcp(Driver<A, Line>),
    Other(Driver<A, Io>),
}

impl<A: App, Io: AsyncRead + AsyncWrite + Unpin + Send + 'static> Driving<A, Io> {
    pub(crate) fn new(
        host: &Arc<Host<A>>,
        conn: Upgrading<A>,
        io: Io,
        lane: Lane,
        begun: Begun,
    ) -> Option<Self> {
        let mut io = Some(io);
        let tcp = (&mut io as &mut dyn Any).downcast_mut::<Option<TcpStream>>();
        if let Some(tcp) = tcp.and_then(Option::take) {
            return Some(Self::Tcp(Driver::tcp(host, conn, tcp, lane, begun)));
        }
        io.map(|io| Self::Other(Driver::socket(host, conn, io, lane, begun)))
    }

    /// For another task than that of the connection.
    pub(crate) fn moved(mut self) -> Self {
        match &mut self {
            Self::Tcp(driver) => driver.timer = Timer::default(),
            Self::Other(driver) => driver.timer = Timer::default(),
        }
        self
    }
}

impl<A: App, Io: AsyncRead + AsyncWrite + Unpin + Send + 'static> Future for Driving<A, Io> {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.get_mut() {
            Self::Tcp(driver) => Pin::new(driver).poll(cx),
            Self::Other(driver) => Pin::new(driver).poll(cx),
        }
    }
}

impl<A: App, Io: AsyncRead + AsyncWrite + Unpin + Send + 'static> Driver<A, Io> {
    /// A driver for the WebSocket `lane`.
    pub(crate) fn socket(
        host: &Arc<Host<A>>,
        conn: Upgrading<A>,
        io: Io,
        lane: Lane,
        begun: Begun,
    ) -> Self {
        let socket = Socket {
            io,
            lane,
            opening: Opening::new(begun.early, begun.answer),
            aside: None,
            reading: true,
            unflushed: false,
            flushes: true,
        };
        let mut driver = Self::new(host, conn.came(), Some(socket));
        driver.timer = begun.timer;
        driver
    }
}

impl<A: App, Io> Driver<A, Io> {
    fn new(host: &Arc<Host<A>>, conn: Arc<Conn<A>>, socket: Option<Socket<Io>>) -> Self {
        let shift = conn.cell.take_over();
        Self {
            host: host.clone(),
            conn,
            shift,
            socket,
            timer: Timer::default(),
            leaving: false,
            held: false,
            _alive: host.alive(),
        }
    }
}
