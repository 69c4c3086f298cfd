//! One connection: a thread that opens it and reads, and one that writes.

use super::shared::{Shared, State};
use crate::{
    Error, MaybeTls, Transport, clock,
    connect::reach,
    proxy::Proxy,
    scratch,
    wait::{Wait, is_timeout},
};
#[cfg(feature = "tls")]
use rustls::ClientConfig;
use siox_stack::Line;
use siox_websocket::handshake::client::Url;
use siox_wire::{Input, Instant};
use std::{
    io::{self, Write},
    net::Shutdown,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// The most that is written at once.
const PORTION: usize = 64 * 1024;

/// How the server is reached.
pub(super) struct Reach {
    pub(super) url: Url,
    pub(super) proxy: Option<Proxy>,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<Arc<ClientConfig>>,
}

impl Reach {
    /// The stream to the server, and what was read from it already.
    fn stream(&self, by: Instant) -> Result<(MaybeTls, Vec<u8>), Error> {
        #[cfg(feature = "tls")]
        let reached = reach(&self.url, self.proxy.as_ref(), self.tls.clone(), by)?;
        #[cfg(not(feature = "tls"))]
        let reached = reach(&self.url, self.proxy.as_ref(), by)?;
        if reached.0.is_tls() {
            shake_hands(&reached.0, by)?;
        }
        Ok(reached)
    }
}

/// Makes the handshake of TLS, which is one thread's work.
fn shake_hands(mut io: &MaybeTls, by: Instant) -> Result<(), Error> {
    while by > clock::now() {
        Wait::unknown().both(&io, Some(by))?;
        match io.write(&[]) {
            Ok(_) => return Ok(()),
            Err(e) if is_timeout(&e) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Err(Error::Timeout)
}

pub(super) struct Conn {
    pub(super) line: Line,
    io: OnceLock<MaybeTls>,
    /// Nothing more is read.
    deaf: AtomicBool,
}

impl Conn {
    pub(super) fn new(line: Line) -> Self {
        Self {
            line,
            io: OnceLock::new(),
            deaf: AtomicBool::new(false),
        }
    }

    pub(super) fn is_deaf(&self) -> bool {
        self.deaf.load(Ordering::Acquire)
    }

    /// Ends what the threads wait for.
    pub(super) fn shut(&self) {
        if let Some(mut io) = self.io.get() {
            let _ = Transport::shutdown(&mut io, Shutdown::Both);
        }
    }
}

/// The whole life of a connection.
pub(super) fn run(shared: &Arc<Shared>, conn: &Arc<Conn>, reach: &Reach, by: Instant) {
    open(shared, conn, reach, by);
    conn.deaf.store(true, Ordering::Release);
    shared.step(|_| {});
}

fn open(shared: &Arc<Shared>, conn: &Arc<Conn>, reach: &Reach, by: Instant) {
    let mut random = [0; 48];
    let reached = reach.stream(by).and_then(|reached| {
        let filled = getrandom::fill(&mut random).map_err(|e| io::Error::other(e.to_string()));
        filled?;
        Ok(reached)
    });
    let (io, early) = match reached {
        Ok(reached) => reached,
        Err(error) => {
            return shared.step(|state| {
                state.unreachable = Some(Arc::new(error));
                state.machine.handle_gone(clock::now(), conn.line);
            });
        }
    };
    let io = conn.io.get_or_init(|| io);
    let _ = prepare(io);
    let wanted = shared.step(|state| {
        let wanted = !state.machine.is_finished(conn.line);
        let now = clock::now();
        state
            .machine
            .handle_connected(now, conn.line, random.into());
        wanted
    });
    if !wanted {
        return conn.shut();
    }
    let writer = {
        let (shared, conn) = (shared.clone(), conn.clone());
        let thread = thread::Builder::new().name("engine.io writer".into());
        thread.spawn(move || write(&shared, &conn))
    };
    match writer {
        Ok(_) => read(shared, conn, io, early),
        Err(e) => gone(shared, conn, e),
    }
}

/// Waits are without end; who wants them ended shuts the socket down.
fn prepare(io: &MaybeTls) -> io::Result<()> {
    Transport::set_nodelay(&io)?;
    Transport::set_read_timeout(&io, None)?;
    Transport::set_write_timeout(&io, None)
}

fn gone(shared: &Shared, conn: &Conn, error: io::Error) {
    shared.step(|state| {
        if !state.machine.is_finished(conn.line) {
            state.unreachable = Some(Arc::new(error.into()));
        }
        state.machine.handle_gone(clock::now(), conn.line);
    });
    conn.shut();
}

fn read(shared: &Shared, conn: &Conn, io: &MaybeTls, early: Vec<u8>) {
    let mut reader = Reader {
        shared,
        line: conn.line,
        unheard: !early.is_empty(),
        rest: early,
    };
    loop {
        reader.work_off();
        let came = scratch::read(io, |bytes| {
            if bytes.is_empty() {
                shared.step(|state| {
                    state.unreachable = None;
                    state.machine.handle_eof(clock::now(), conn.line);
                });
            }
            shared.step(|state| reader.feed(state, bytes));
            !bytes.is_empty()
        });
        match came {
            Ok(true) => {}
            Ok(false) => return reader.work_off(),
            Err(e) if is_timeout(&e) => {}
            Err(e) => return gone(shared, conn, e),
        }
    }
}

struct Reader<'a> {
    shared: &'a Shared,
    line: Line,
    /// What was read and is not worked off, since the application does not take it.
    rest: Vec<u8>,
    /// There may be something to be worked off, without anything to be read.
    unheard: bool,
}

impl Reader<'_> {
    /// Works off what is left; waits until the application takes what has come.
    fn work_off(&mut self) {
        let mut state = self.shared.lock();
        loop {
            if state.machine.is_finished(self.line) {
                self.unheard = false;
                return;
            }
            if state.holds_up(self.line) {
                state = self.shared.wait(state, None);
            } else if self.unheard {
                let mut rest = std::mem::take(&mut self.rest);
                self.feed(&mut state, &mut rest);
                drop(state);
                self.shared.step(|_| {});
                state = self.shared.lock();
            } else {
                return;
            }
        }
    }

    /// Works off what was read, until the application has too much to take.
    fn feed(&mut self, state: &mut State, bytes: &mut [u8]) {
        let mut input = Input::new(clock::now(), bytes);
        self.unheard = true;
        while !state.holds_up(self.line) {
            match state.machine.handle_input(self.line, &mut input) {
                Some(event) => {
                    let event = event.into_owned();
                    state.push(event);
                }
                None => {
                    self.unheard = false;
                    break;
                }
            }
        }
        if self.unheard {
            self.rest = input.take_all().to_vec();
        }
    }
}

/// Writes what there is, until the machine is done with the connection.
fn write(shared: &Shared, conn: &Conn) {
    let Some(mut io) = conn.io.get() else {
        return;
    };
    let mut portion = Vec::new();
    while take_portion(shared, conn.line, &mut portion) {
        if let Err(e) = write_all(io, &portion) {
            return gone(shared, conn, e);
        }
        // There is room for more, and perhaps no more to be said.
        shared.step(|_| {});
    }
    let _ = Transport::shutdown(&mut io, Shutdown::Write);
}

/// Takes what is to be written next; `false` when the connection is finished. What is taken counts as
/// written: its answer may come before the call that writes it has returned.
fn take_portion(shared: &Shared, line: Line, portion: &mut Vec<u8>) -> bool {
    portion.clear();
    let mut state = shared.lock();
    loop {
        for chunk in state.machine.poll_transmit(line) {
            let room = PORTION.saturating_sub(portion.len());
            portion.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if portion.len() >= PORTION {
                break;
            }
        }
        if !portion.is_empty() {
            state.machine.handle_written(line, portion.len());
            return true;
        }
        if state.machine.is_finished(line) {
            return false;
        }
        if portion.capacity() > PORTION / 8 {
            *portion = Vec::new();
        }
        state = shared.wait(state, None);
    }
}

/// Writes and flushes, however long that takes.
fn write_all(mut io: &MaybeTls, mut bytes: &[u8]) -> io::Result<()> {
    loop {
        let done = match bytes.is_empty() {
            true => io.flush().map(|()| None),
            false => io.write(bytes).map(Some),
        };
        match done {
            Ok(None) => return Ok(()),
            Ok(Some(0)) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(Some(n)) => bytes = &bytes[n..],
            Err(e) if is_timeout(&e) => {}
            Err(e) => return Err(e),
        }
    }
}
