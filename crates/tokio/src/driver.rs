//! The one driver of a session: its socket, when there is one, and its deadlines.

use crate::{App, Conn, Host, admit::Upgrading, clock, host::Alive, scratch};
use siox_engineio::Lane;
use siox_stack::{Machine, Shift, Turn};
use siox_wire::{Input, Instant};
use std::{
    future::Future,
    io::{self, IoSlice},
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Sleep, sleep_until},
};

/// Reads and writes of one poll before other tasks get their turn.
const BUDGET: usize = 32;
/// Slices of one vectored write.
const SLICES: usize = 64;

/// Drives a session over `Io`, or, without a socket, its deadlines alone.
pub(crate) struct Driver<A: App, Io = TcpStream> {
    host: Arc<Host<A>>,
    conn: Arc<Conn<A>>,
    shift: Shift,
    socket: Option<Socket<Io>>,
    timer: Timer,
    /// The host knows that the session has ended and its socket has not.
    leaving: bool,
    /// The app wants nothing more to be read just now.
    held: bool,
    _alive: Alive,
}

impl<A: App, Io> Drop for Driver<A, Io> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.host.forget(&self.conn);
        }
        if self.leaving {
            self.host.left(&self.conn);
        }
    }
}

struct Socket<Io> {
    io: Io,
    lane: Lane,
    /// Bytes that came with the upgrade request.
    early: Vec<u8>,
    reading: bool,
    /// Written since the last flush: TLS may hold some of it.
    unflushed: bool,
}

impl<A: App> Driver<A> {
    /// A driver for a session that polls: it has no socket.
    pub(crate) fn timer(host: &Arc<Host<A>>, conn: Arc<Conn<A>>) -> Self {
        Self::new(host, conn, None)
    }
}

impl<A: App, Io: AsyncRead + AsyncWrite + Unpin + Send + 'static> Driver<A, Io> {
    /// A driver for the WebSocket `lane`, whose peer has sent `early` with its request.
    pub(crate) fn socket(
        host: &Arc<Host<A>>,
        conn: Upgrading<A>,
        io: Io,
        lane: Lane,
        early: Vec<u8>,
    ) -> Self {
        let socket = Socket {
            io,
            lane,
            early,
            reading: true,
            unflushed: false,
        };
        Self::new(host, conn.came(), Some(socket))
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

/// What the last step under the lock of a turn left.
struct After {
    deadline: Option<Instant>,
    wrote: bool,
    finished: bool,
    broken: bool,
    closed: bool,
}

impl<A: App, Io: AsyncRead + AsyncWrite + Unpin + Send + 'static> Future for Driver<A, Io> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let me = &mut *self;
        for _ in 0..BUDGET {
            me.conn.cell.begin(me.shift);
            me.expire(cx);
            let read = me.read(cx);
            let Turn::Done(after) = me.write(cx) else {
                return Poll::Ready(());
            };
            if after.wrote {
                me.host.app().drained(&me.conn);
            }
            if after.finished || after.broken {
                me.hang_up(after.finished);
                continue;
            }
            if after.closed && me.socket.is_none() && after.deadline.is_none() {
                return Poll::Ready(());
            }
            if after.closed && me.socket.is_some() && !me.leaving {
                me.leaving = true;
                me.host.leaves(&me.conn);
            }
            if !read && !after.wrote && me.timer.poll(after.deadline, cx).is_pending() {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<A: App, Io: AsyncRead + AsyncWrite + Unpin + Send + 'static> Driver<A, Io> {
    /// Lets the machine act on every deadline that has passed.
    fn expire(&mut self, cx: &mut Context<'_>) {
        let now = clock::now();
        loop {
            let step = self.conn.with(|m| {
                let due = m.poll_timeout().is_some_and(|at| at <= now);
                due.then(|| m.handle_timeout(now))
            });
            match step {
                Some(Ok(Some(event))) => self.host.deliver(&self.conn, cx, event),
                Some(Err(e)) => {
                    tracing::debug!(error = %e, "session");
                    return;
                }
                Some(Ok(None)) | None => return,
            }
        }
    }

    /// Reads once, if the app wants more, and works off what came. Whether anything did.
    fn read(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(socket) = &mut self.socket else {
            return false;
        };
        if !socket.reading || !ready(&self.host, &self.conn, &mut self.held, cx) {
            return false;
        }
        let (host, conn, lane) = (&self.host, &self.conn, socket.lane);
        if !socket.early.is_empty() {
            feed(host, conn, lane, cx, &mut mem::take(&mut socket.early));
            return true;
        }
        let read = scratch::read(&mut socket.io, cx, |cx, bytes| {
            host.meter().read(bytes.len());
            if bytes.is_empty() {
                conn.with(|m| m.handle_eof(clock::now(), lane));
                return false;
            }
            feed(host, conn, lane, cx, bytes);
            true
        });
        match read {
            Poll::Pending => false,
            Poll::Ready(Ok(more)) => {
                socket.reading = more;
                true
            }
            Poll::Ready(Err(_)) => {
                socket.reading = false;
                conn.with(|m| m.handle_socket_gone(lane));
                true
            }
        }
    }

    /// Writes what waits and leaves the waker behind: the last look of a turn.
    fn write(&mut self, cx: &mut Context<'_>) -> Turn<After> {
        let socket = &mut self.socket;
        let meter = self.host.meter();
        let waker = cx.waker().clone();
        self.conn.cell.turn(self.shift, cx, |m| {
            let mut after = After {
                deadline: None,
                wrote: false,
                finished: false,
                broken: false,
                closed: false,
            };
            if let Some(socket) = socket {
                let cx = &mut Context::from_waker(&waker);
                match write(socket, m, cx) {
                    Poll::Ready(Ok(n)) => {
                        meter.waits(m.queued());
                        meter.wrote(n);
                        m.handle_written(socket.lane, n);
                        after.wrote = n > 0;
                    }
                    Poll::Ready(Err(_)) => after.broken = true,
                    Poll::Pending => {}
                }
                after.finished = m.is_finished(socket.lane);
            }
            after.deadline = m.poll_timeout();
            after.closed = m.is_closed();
            after
        })
    }

    /// The socket has said its last word, or cannot.
    fn hang_up(&mut self, politely: bool) {
        let Some(socket) = self.socket.take() else {
            return;
        };
        self.conn.with(|m| m.handle_socket_gone(socket.lane));
        if politely {
            tokio::spawn(linger(socket.io, self.host.alive()));
        }
    }
}

async fn linger<Io: AsyncRead + AsyncWrite + Unpin>(mut io: Io, _alive: Alive) {
    crate::websocket::linger(&mut io).await;
}

/// Whether the app wants more of what the client sends; the session is told when that has changed.
pub(crate) fn ready<A: App>(
    host: &Host<A>,
    conn: &Conn<A>,
    held: &mut bool,
    cx: &mut Context<'_>,
) -> bool {
    let ready = host.app().poll_ready(conn, cx).is_ready();
    if ready == *held {
        *held = !ready;
        match ready {
            true => conn.with(|m| m.resume(clock::now())),
            false => conn.with(|m| m.hold(clock::now())),
        }
    }
    ready
}

/// Works off bytes of a WebSocket.
fn feed<A: App>(
    host: &Arc<Host<A>>,
    conn: &Arc<Conn<A>>,
    lane: Lane,
    cx: &mut Context<'_>,
    bytes: &mut [u8],
) {
    let mut input = Input::new(clock::now(), bytes);
    loop {
        match conn.with(|m| m.handle_input(lane, &mut input)) {
            Ok(Some(event)) => host.deliver(conn, cx, event),
            Ok(None) => return,
            Err(e) => {
                tracing::debug!(error = %e, "socket");
                return;
            }
        }
    }
}

/// One vectored write straight from the machine: the socket never blocks, so the lock may be held.
fn write<M: Machine, Io: AsyncWrite + Unpin>(
    socket: &mut Socket<Io>,
    machine: &M,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let mut slices = [IoSlice::new(&[]); SLICES];
    let mut used = 0;
    for (slice, chunk) in slices.iter_mut().zip(machine.poll_transmit()) {
        *slice = IoSlice::new(chunk);
        used += 1;
    }
    match &slices[..used] {
        [] => {
            if socket.unflushed {
                ready!(Pin::new(&mut socket.io).poll_flush(cx))?;
                socket.unflushed = false;
            }
            Poll::Pending
        }
        some => match ready!(Pin::new(&mut socket.io).poll_write_vectored(cx, some)) {
            Ok(0) => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            other => {
                socket.unflushed = true;
                Poll::Ready(other)
            }
        },
    }
}

/// A deadline armed late: it is moved when it fires or when it must come sooner, never per message.
#[derive(Default)]
pub(crate) struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    /// Ready when `deadline` has come.
    pub(crate) fn poll(&mut self, deadline: Option<Instant>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = deadline else {
            self.sleep = None;
            return Poll::Pending;
        };
        let deadline = clock::at(deadline);
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        while sleep.as_mut().poll(cx).is_ready() {
            if sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}
