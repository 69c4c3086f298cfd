//! The one driver of a session: its socket, when there is one, and its deadlines.

mod begin;
mod write;

pub(crate) use begin::{Begun, Driving};
pub(crate) use write::write_aside;

use crate::{App, Conn, Host, clock, host::Alive, line::Aside, outlet, scratch, timer::Timer};
use siox_engineio::Lane;
use siox_stack::{Machine, Shift, Turn};
use siox_wire::{Input, Instant};
use std::{
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

/// Reads and writes of one poll before other tasks get their turn.
const BUDGET: usize = 32;
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
        if let Some(socket) = &self.socket {
            self.conn.withdraw(socket.lane);
        }
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
    /// None once it is over.
    opening: Option<Box<Opening>>,
    /// What others may write with, once the answer to the upgrade is written.
    aside: Option<Aside>,
    reading: bool,
    /// Written since the last flush: TLS may hold some of it.
    unflushed: bool,
    /// Whether what is written has to be flushed: not a socket of the system's.
    flushes: bool,
}

impl<Io> Socket<Io> {
    /// Whether the answer to the upgrade is written.
    #[inline]
    fn is_open(&self) -> bool {
        let opening = self.opening.as_ref();
        opening.is_none_or(|opening| opening.answer.is_empty())
    }

    /// What came with the upgrade request, once.
    #[inline]
    fn take_early(&mut self) -> Option<Vec<u8>> {
        let opening = self.opening.as_mut()?;
        let early = mem::take(&mut opening.early);
        self.opening.take_if(|opening| opening.is_over());
        (!early.is_empty()).then_some(early)
    }
}

/// What is left of the exchange that a WebSocket begins with.
struct Opening {
    /// Bytes that came with the upgrade request.
    early: Vec<u8>,
    /// The answer to it, as far as it is still to be written: it leaves together with the first frames.
    answer: Vec<u8>,
}

impl Opening {
    fn new(early: Vec<u8>, answer: Vec<u8>) -> Option<Box<Self>> {
        let opening = Self { early, answer };
        (!opening.is_over()).then(|| Box::new(opening))
    }

    fn is_over(&self) -> bool {
        self.early.is_empty() && self.answer.is_empty()
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
            me.share();
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
            if let Some(mut early) = socket.take_early() {
                feed(host, conn, lane, now, cx, &mut early);
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
        let cx = &*cx;
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
                let cx = &mut Context::from_waker(cx.waker());
                let written = match &socket.opening {
                    None => write::write(socket, m, cx),
                    Some(_) => write::write_answer(socket, m, meter, cx),
                };
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
                after.finished = m.is_finished(socket.lane) && socket.is_open();
                outlet::release_machine(m);
            }
            after.deadline = m.poll_timeout();
            after.closed = m.is_closed();
            after
        })
    }

    /// Lets others write too, once the answer to the upgrade is written.
    #[inline]
    fn share(&mut self) {
        if let Some(socket) = &mut self.socket
            && socket.is_open()
            && let Some(aside) = socket.aside.take()
        {
            drop(self.conn.cell.set_writer(aside));
        }
    }

    /// The socket has said its last word, or cannot.
    fn hang_up(&mut self, politely: bool) {
        let Some(socket) = self.socket.take() else {
            return;
        };
        self.conn.with(|m| m.handle_socket_gone(socket.lane));
        self.conn.withdraw(socket.lane);
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
