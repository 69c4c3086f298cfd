//! The one driver of a session: its socket, when there is one, and its deadlines.

use crate::{
    App, Conn, Host,
    admit::Upgrading,
    clock,
    host::Alive,
    line::{Aside, Line},
    outlet, scratch,
};
use siox_engineio::Lane;
use siox_stack::{Machine, Shift, Turn};
use siox_wire::{Input, Instant};
use std::{
    any::Any,
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
/// Reads of one turn: the second finds, as a rule, that there is no more.
const READS: usize = 2;

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
    /// The answer to it, as far as it is still to be written: it leaves together with the first frames.
    answer: Vec<u8>,
    /// How others may write, once the answer is written.
    aside: Option<Aside>,
    reading: bool,
    /// Written since the last flush: TLS may hold some of it.
    unflushed: bool,
    /// Whether what is written has to be flushed: not a socket of the system's.
    flushes: bool,
}

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
        let line = Line::new(io);
        let aside = line.aside(host.meter().clone());
        let mut driver = Self::socket(host, conn, line, lane, begun);
        if let Some(socket) = &mut driver.socket {
            socket.flushes = false;
            match socket.answer.is_empty() {
                true => driver.conn.set_aside(lane, aside),
                false => socket.aside = Some(aside),
            }
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
}

/// Starts the driver of a WebSocket in a task of its own.
pub(crate) fn start<A: App, Io: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    host: &Arc<Host<A>>,
    conn: Upgrading<A>,
    io: Io,
    lane: Lane,
    begun: Begun,
) {
    let mut io = Some(io);
    let tcp = (&mut io as &mut dyn Any).downcast_mut::<Option<TcpStream>>();
    if let Some(tcp) = tcp.and_then(Option::take) {
        tokio::spawn(Driver::tcp(host, conn, tcp, lane, begun));
    } else if let Some(io) = io {
        tokio::spawn(Driver::socket(host, conn, io, lane, begun));
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
            early: begun.early,
            answer: begun.answer,
            aside: None,
            reading: true,
            unflushed: false,
            flushes: true,
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
    /// The socket took something, and something still waits.
    more: bool,
    finished: bool,
    broken: bool,
    closed: bool,
}

impl<A: App, Io: AsyncRead + AsyncWrite + Unpin + Send + 'static> Future for Driver<A, Io> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let me = &mut *self;
        for _ in 0..BUDGET {
            let now = clock::now();
            let has_socket = me.socket.is_some();
            let begun = me.conn.cell.begin_with(me.shift, |m| {
                if has_socket {
                    outlet::lend_machine(m);
                }
                m.poll_timeout().is_some_and(|at| at <= now)
            });
            match begun {
                Turn::Done(false) => {}
                Turn::Done(true) => me.expire(now, cx),
                Turn::Relieved => return Poll::Ready(()),
            }
            let read = me.read(now, cx);
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
            if !read && !after.more && me.timer.poll(after.deadline, cx).is_pending() {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<A: App, Io: AsyncRead + AsyncWrite + Unpin + Send + 'static> Driver<A, Io> {
    /// Lets the machine act on every deadline that has passed.
    #[cold]
    fn expire(&mut self, now: Instant, cx: &mut Context<'_>) {
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

    /// Reads, if the app wants more, and works off what came. Whether there may be more to read.
    fn read(&mut self, now: Instant, cx: &mut Context<'_>) -> bool {
        let Some(socket) = &mut self.socket else {
            return false;
        };
        for _ in 0..READS {
            if !socket.reading || !ready(&self.host, &self.conn, &mut self.held, cx) {
                return false;
            }
            let (host, conn, lane) = (&self.host, &self.conn, socket.lane);
            if !socket.early.is_empty() {
                feed(host, conn, lane, now, cx, &mut mem::take(&mut socket.early));
                continue;
            }
            let read = scratch::read(&mut socket.io, cx, |cx, bytes| {
                host.meter().read(bytes.len());
                if bytes.is_empty() {
                    conn.with(|m| m.handle_eof(now, lane));
                    return false;
                }
                feed(host, conn, lane, now, cx, bytes);
                true
            });
            match read {
                Poll::Pending => return false,
                Poll::Ready(Ok(more)) => socket.reading = more,
                Poll::Ready(Err(_)) => {
                    socket.reading = false;
                    conn.with(|m| m.handle_socket_gone(lane));
                }
            }
        }
        true
    }

    /// Writes what waits and leaves the waker behind: the last look of a turn.
    fn write(&mut self, cx: &mut Context<'_>) -> Turn<After> {
        let socket = &mut self.socket;
        let (meter, conn) = (self.host.meter(), &self.conn);
        let waker = cx.waker().clone();
        conn.cell.turn(self.shift, cx, |m| {
            let mut after = After {
                deadline: None,
                wrote: false,
                more: false,
                finished: false,
                broken: false,
                closed: false,
            };
            if let Some(socket) = socket {
                let cx = &mut Context::from_waker(&waker);
                let answer = socket.answer.len();
                let written = match answer {
                    0 => write(socket, m, cx),
                    _ => write_answer(socket, m, cx),
                };
                if answer > 0 {
                    meter.wrote(answer - socket.answer.len());
                    if let Some(aside) = socket.aside.take_if(|_| socket.answer.is_empty()) {
                        conn.set_aside(socket.lane, aside);
                    }
                }
                match written {
                    Poll::Ready(Ok(n)) => {
                        meter.waits(m.queued());
                        meter.wrote(n);
                        m.handle_written(socket.lane, n);
                        after.wrote = n > 0;
                        after.more = socket.unflushed || m.wants_write();
                    }
                    Poll::Ready(Err(_)) => after.broken = true,
                    Poll::Pending => {}
                }
                after.finished = m.is_finished(socket.lane) && socket.answer.is_empty();
                outlet::release_machine(m);
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
        // A peer whose end has been read sends nothing more that a close could answer with a reset.
        let has_ended = !socket.reading && !socket.flushes;
        if politely && !has_ended {
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
    now: Instant,
    cx: &mut Context<'_>,
    bytes: &mut [u8],
) {
    let mut input = Input::new(now, bytes);
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
    let io = Pin::new(&mut socket.io);
    let written = with_slices(machine, |slices| match slices {
        [one] => io.poll_write(cx, one),
        many => io.poll_write_vectored(cx, many),
    });
    match written {
        None => {
            if socket.unflushed {
                ready!(Pin::new(&mut socket.io).poll_flush(cx))?;
                socket.unflushed = false;
            }
            Poll::Pending
        }
        Some(written) => match ready!(written) {
            Ok(0) => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            other => {
                socket.unflushed = socket.flushes;
                Poll::Ready(other)
            }
        },
    }
}

/// The first writes: the answer to the upgrade, and frames behind it. How many bytes of frames there were.
#[cold]
fn write_answer<M: Machine, Io: AsyncWrite + Unpin>(
    socket: &mut Socket<Io>,
    machine: &M,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    loop {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let chunks = std::iter::once(&*socket.answer).chain(machine.poll_transmit());
        let mut used = 0;
        for (slice, chunk) in slices.iter_mut().zip(chunks) {
            *slice = IoSlice::new(chunk);
            used += 1;
        }
        let io = Pin::new(&mut socket.io);
        let n = ready!(io.poll_write_vectored(cx, &slices[..used]))?;
        if n == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        socket.unflushed = socket.flushes;
        let Some(frames) = n.checked_sub(socket.answer.len()) else {
            socket.answer.drain(..n);
            continue;
        };
        socket.answer = Vec::new();
        return Poll::Ready(Ok(frames));
    }
}

/// Calls `write` with the slices of the next write, if there are any.
#[inline]
fn with_slices<M: Machine, R>(machine: &M, write: impl FnOnce(&[IoSlice<'_>]) -> R) -> Option<R> {
    if let Some(only) = machine.only_transmit() {
        return Some(write(&[IoSlice::new(only)]));
    }
    machine.wants_write().then(|| write_many(machine, write))
}

#[inline(never)]
fn write_many<M: Machine, R>(machine: &M, write: impl FnOnce(&[IoSlice<'_>]) -> R) -> R {
    let mut slices = [IoSlice::new(&[]); SLICES];
    let mut used = 0;
    for (slice, chunk) in slices.iter_mut().zip(machine.poll_transmit()) {
        *slice = IoSlice::new(chunk);
        used += 1;
    }
    write(&slices[..used])
}

/// Writes once in the place of the driver of `lane`. Whether all is written and nothing else is to be done.
pub(crate) fn write_aside<M: Machine>(machine: &mut M, lane: Lane, io: &Aside) -> bool {
    if machine.is_closed() || machine.is_finished(lane) {
        return false;
    }
    match with_slices(machine, |slices| io.write(slices)) {
        Some(Ok(n)) if n > 0 => {
            io.meter().waits(machine.queued());
            io.meter().wrote(n);
            machine.handle_written(lane, n);
            !machine.wants_write()
        }
        Some(Ok(_) | Err(_)) => false,
        None => true,
    }
}

/// A deadline armed late: it is moved when it fires or when it must come sooner, never per message.
#[derive(Default)]
pub(crate) struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
    /// When it fires, once it was polled.
    armed: Option<Instant>,
}

impl Timer {
    /// Ready when `deadline` has come.
    pub(crate) fn poll(&mut self, deadline: Option<Instant>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(due) = deadline else {
            *self = Self::default();
            return Poll::Pending;
        };
        if let (Some(sleep), Some(armed)) = (&self.sleep, self.armed)
            && armed <= due
            && !sleep.is_elapsed()
        {
            // It wakes its task, which is the one that polled it before.
            return Poll::Pending;
        }
        let deadline = clock::at(due);
        self.armed = Some(due);
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
