//! A session on its WebSocket: one thread reads, another writes and keeps the session's deadlines.

use super::{
    App, Conn, Host,
    crew::{Aboard, Stream},
    pending::Upgrading,
    signal::Signal,
    turns::{Turn, expire},
};
use crate::{
    clock, scratch,
    turn::{LINGER, SLICES},
    wait::{Wait, is_timeout},
};
use bytes::{Buf, Bytes};
use siox_engineio::Lane;
use siox_stack::{Machine, Shift, Turn as Step};
use siox_wire::{Input, Instant};
use std::{
    collections::VecDeque,
    io::{self, IoSlice, Write},
    net::Shutdown,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Waker},
    thread,
};

/// Carries a session until its WebSocket ends: this thread reads it, `early` first, and a second one
/// writes.
pub(super) fn carry<A: App>(
    host: &Arc<Host<A>>,
    upgrading: Upgrading<A>,
    aboard: &Aboard,
    early: Vec<u8>,
) {
    let over = Arc::new(Over::default());
    let (stream, signal) = (aboard.stream.clone(), over.signal.clone());
    // The session stays an upgrading one until its writer has come: without it, it is told so.
    let (came, has_come) = std::sync::mpsc::sync_channel(1);
    let writer = {
        let (host, over, worker) = (host.clone(), over.clone(), host.crew.worker());
        move || {
            let (conn, lane) = upgrading.came();
            let shift = conn.cell.take_over();
            // The reader waits for it.
            let _ = came.send((conn.clone(), lane));
            let writer = Writer {
                host,
                conn,
                lane,
                shift,
                stream,
                over,
                wait: Wait::unknown(),
            };
            writer.run();
            drop(worker);
        }
    };
    let thread = thread::Builder::new().name("engine-out".to_owned());
    if thread.spawn(writer).is_err() {
        return;
    }
    if let Ok((conn, lane)) = has_come.recv() {
        read(host, &conn, lane, &aboard.stream, early);
    }
    over.heard.store(true, Ordering::SeqCst);
    signal.raise();
}

/// What the two threads tell each other.
#[derive(Default)]
struct Over {
    /// The writer is woken by it.
    signal: Arc<Signal>,
    /// All is read that ever will be.
    heard: AtomicBool,
}

/// Reads until the stream ends.
fn read<A: App>(
    host: &Arc<Host<A>>,
    conn: &Arc<Conn<A>>,
    lane: Lane,
    stream: &Stream,
    mut early: Vec<u8>,
) {
    if !early.is_empty() {
        feed(host, conn, lane, &mut early);
    }
    drop(early);
    // It waits as long as it takes: whoever ends the session ends the stream.
    if stream.io.set_read_timeout(None).is_err() {
        return conn.with(|m| m.handle_socket_gone(lane));
    }
    loop {
        host.app.wait_ready(conn);
        let read = scratch::read(&stream.io, |bytes| {
            if bytes.is_empty() {
                conn.with(|m| m.handle_eof(clock::now(), lane));
                return false;
            }
            feed(host, conn, lane, bytes);
            true
        });
        match read {
            Ok(true) => {}
            Err(e) if is_timeout(&e) => {}
            Ok(false) => return,
            Err(_) => return conn.with(|m| m.handle_socket_gone(lane)),
        }
    }
}

/// Works off bytes of a WebSocket.
fn feed<A: App>(host: &Arc<Host<A>>, conn: &Arc<Conn<A>>, lane: Lane, bytes: &mut [u8]) {
    let turn = Turn::take(host, conn);
    let mut input = Input::new(clock::now(), bytes);
    loop {
        match conn.with(|m| m.handle_input(lane, &mut input)) {
            Ok(Some(event)) => turn.tell(event),
            // What the peer is owed for an error is queued.
            Ok(None) | Err(_) => return,
        }
    }
}

struct Writer<A: App> {
    host: Arc<Host<A>>,
    conn: Arc<Conn<A>>,
    lane: Lane,
    shift: Shift,
    stream: Arc<Stream>,
    over: Arc<Over>,
    wait: Wait,
}

/// What the last step of a turn left.
struct After {
    out: VecDeque<Bytes>,
    deadline: Option<Instant>,
    finished: bool,
}

/// How the WebSocket ended.
enum End {
    /// It has said its last word.
    Finished,
    Broken,
    /// Others drive the session.
    Relieved,
}

impl<A: App> Writer<A> {
    fn run(mut self) {
        let politely = match self.drive() {
            End::Finished => true,
            End::Broken => false,
            End::Relieved => {
                let _ = self.stream.io.shutdown(Shutdown::Both);
                return;
            }
        };
        self.conn.with(|m| m.handle_socket_gone(self.lane));
        // What the session has still to do or to tell needs no socket.
        self.host.timers.enter(&self.host, &self.conn);
        if politely && self.stream.io.shutdown(Shutdown::Write).is_ok() {
            self.linger();
        }
        let _ = self.stream.io.shutdown(Shutdown::Both);
    }

    fn drive(&mut self) -> End {
        let waker = Waker::from(self.over.signal.clone());
        loop {
            self.conn.cell.begin(self.shift);
            let mut after = match self.turn(&waker) {
                Step::Relieved => return End::Relieved,
                Step::Done(after) => after,
            };
            if !after.out.is_empty() {
                if self.write_all(&mut after.out, &waker).is_err() {
                    return End::Broken;
                }
            } else if after.finished {
                return End::Finished;
            } else if after.deadline.is_some_and(|at| at <= clock::now()) {
                expire(&self.host, &self.conn);
            } else {
                self.over.signal.wait(after.deadline);
            }
        }
    }

    fn turn(&self, waker: &Waker) -> Step<After> {
        let cx = Context::from_waker(waker);
        self.conn.cell.turn(self.shift, &cx, |m| After {
            out: m.take_transmit(),
            deadline: m.poll_timeout(),
            finished: m.is_finished(self.lane),
        })
    }

    /// Writes `out`; what the peer does not take in time is the session's business, which has its
    /// deadlines meanwhile.
    fn write_all(&mut self, out: &mut VecDeque<Bytes>, waker: &Waker) -> io::Result<()> {
        while !out.is_empty() {
            let deadline = self.conn.with(|m| m.poll_timeout());
            self.wait.write(&&self.stream.io, deadline, None)?;
            let mut slices = [IoSlice::new(&[]); SLICES];
            let mut used = 0;
            for (slice, chunk) in slices.iter_mut().zip(out.iter()) {
                *slice = IoSlice::new(chunk);
                used += 1;
            }
            match (&self.stream.io).write_vectored(&slices[..used]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => {
                    advance(out, n);
                    self.conn.with(|m| m.handle_written(self.lane, n));
                    self.host.app.drained(&self.conn);
                }
                Err(e) if is_timeout(&e) => {
                    expire(&self.host, &self.conn);
                    let Step::Done(after) = self.turn(waker) else {
                        return Err(io::ErrorKind::TimedOut.into());
                    };
                    out.extend(after.out);
                    if after.finished {
                        // The machine waits no longer for a peer that does not read.
                        out.clear();
                    }
                }
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Lets the reader read the peer's rest away for a while, so that a reset does not eat what was said
    /// last.
    fn linger(&self) {
        let by = clock::now().after(LINGER);
        while !self.over.heard.load(Ordering::SeqCst) && clock::now() < by {
            self.over.signal.wait(Some(by));
        }
    }
}

/// Drops `n` bytes from the front.
fn advance(out: &mut VecDeque<Bytes>, mut n: usize) {
    while let Some(first) = out.front_mut() {
        if first.len() > n {
            return first.advance(n);
        }
        n -= first.len();
        out.pop_front();
    }
}
