//! One connection: dialled, read and written.

use super::shared::State;
use crate::{
    clock, scratch,
    websocket::{Error, MaybeTls, linger},
};
use siox_stack::Line;
use siox_wire::Input;
use std::{
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::io::AsyncWrite;

/// Slices of one vectored write.
const SLICES: usize = 64;

pub(super) type Dial = Pin<Box<dyn Future<Output = Result<MaybeTls, Error>> + Send>>;

pub(super) struct Conn {
    pub(super) line: Line,
    stage: Stage,
}

enum Stage {
    Dialling(Dial),
    Open(Box<Open>),
    /// It is to be forgotten.
    Gone,
}

struct Open {
    io: MaybeTls,
    /// What was read and is not worked off, since the application does not take it.
    rest: Vec<u8>,
    /// There may be something to be worked off, without anything to be read.
    unheard: bool,
    eof: bool,
    /// Written, but perhaps held back by TLS.
    unflushed: bool,
    /// It has been a WebSocket, whose last word should arrive.
    lingers: bool,
}

impl Conn {
    pub(super) fn new(line: Line, dial: Dial) -> Self {
        Self {
            line,
            stage: Stage::Dialling(dial),
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        matches!(self.stage, Stage::Gone)
    }

    /// Moves what can be moved; whether anything was.
    pub(super) fn turn(&mut self, state: &mut State, cx: &mut Context<'_>) -> bool {
        if state.machine.is_finished(self.line) {
            self.close(state);
            return true;
        }
        match &mut self.stage {
            Stage::Dialling(dial) => match dial.as_mut().poll(cx) {
                Poll::Ready(dialled) => {
                    self.dialled(state, dialled);
                    true
                }
                Poll::Pending => false,
            },
            Stage::Open(open) => match open.turn(self.line, state, cx) {
                Ok(moved) => moved,
                Err(error) => {
                    tracing::debug!(%error, "engine.io connection");
                    state.unreachable = Some(Arc::new(error.into()));
                    state.machine.handle_gone(clock::now(), self.line);
                    self.stage = Stage::Gone;
                    true
                }
            },
            Stage::Gone => false,
        }
    }

    fn dialled(&mut self, state: &mut State, dialled: Result<MaybeTls, Error>) {
        let mut random = [0; 48];
        let dialled = dialled.and_then(|io| match getrandom::fill(&mut random) {
            Ok(()) => Ok(io),
            Err(e) => Err(io::Error::other(e.to_string()).into()),
        });
        match dialled {
            Ok(io) => {
                let now = clock::now();
                state
                    .machine
                    .handle_connected(now, self.line, random.into());
                self.stage = Stage::Open(Box::new(Open {
                    io,
                    rest: Vec::new(),
                    unheard: false,
                    eof: false,
                    unflushed: false,
                    lingers: false,
                }));
            }
            Err(error) => {
                tracing::debug!(%error, "engine.io dial");
                state.unreachable = Some(Arc::new(error));
                state.machine.handle_gone(clock::now(), self.line);
                self.stage = Stage::Gone;
            }
        }
    }

    /// The machine is done with it.
    fn close(&mut self, state: &mut State) {
        state.machine.handle_gone(clock::now(), self.line);
        let stage = std::mem::replace(&mut self.stage, Stage::Gone);
        if let Stage::Open(mut open) = stage
            && open.lingers
            && !open.eof
        {
            tokio::spawn(async move { linger(&mut open.io).await });
        }
    }
}

impl Open {
    fn turn(&mut self, line: Line, state: &mut State, cx: &mut Context<'_>) -> io::Result<bool> {
        let wrote = self.write(line, state, cx)?;
        let read = self.read(line, state, cx)?;
        Ok(wrote || read)
    }

    fn write(&mut self, line: Line, state: &mut State, cx: &mut Context<'_>) -> io::Result<bool> {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut used = 0;
        for (slice, chunk) in slices.iter_mut().zip(state.machine.poll_transmit(line)) {
            *slice = IoSlice::new(chunk);
            used += 1;
        }
        if used == 0 {
            if self.unflushed && Pin::new(&mut self.io).poll_flush(cx)?.is_ready() {
                self.unflushed = false;
            }
            return Ok(false);
        }
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, &slices[..used])?;
        match written {
            Poll::Ready(0) => Err(io::ErrorKind::WriteZero.into()),
            Poll::Ready(n) => {
                self.unflushed = true;
                state.machine.handle_written(line, n);
                Ok(true)
            }
            Poll::Pending => Ok(false),
        }
    }

    fn read(&mut self, line: Line, state: &mut State, cx: &mut Context<'_>) -> io::Result<bool> {
        if state.holds_up(line) {
            return Ok(false);
        }
        if self.unheard {
            let mut rest = std::mem::take(&mut self.rest);
            self.feed(line, state, &mut rest);
            return Ok(true);
        }
        if self.eof {
            return Ok(false);
        }
        let mut bytes = match scratch::take(scratch::SIZE, &mut self.io, cx)? {
            Poll::Ready(bytes) => bytes,
            Poll::Pending => return Ok(false),
        };
        if bytes.is_empty() {
            self.eof = true;
            state.unreachable = None;
            state.machine.handle_eof(clock::now(), line);
        }
        self.feed(line, state, &mut bytes);
        scratch::put_back(bytes);
        Ok(true)
    }

    /// Works off what was read, until the application has too much to take.
    fn feed(&mut self, line: Line, state: &mut State, bytes: &mut [u8]) {
        let mut input = Input::new(clock::now(), bytes);
        self.unheard = true;
        while !state.holds_up(line) {
            match state.machine.handle_input(line, &mut input) {
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
        self.lingers |= state.machine.is_socket(line);
    }
}
