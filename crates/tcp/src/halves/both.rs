//! What the halves share: the machine under a lock that nobody holds while waiting, and the turn to
//! write.

use crate::{
    Error, SendError, Transport, clock,
    deadline::Until,
    machine::Machine,
    turn::SLICES,
    wait::{Wait, is_timeout},
};
use bytes::{Buf, Bytes};
use siox_wire::Instant;
use std::{
    collections::VecDeque,
    io::{self, IoSlice, Write},
    net::Shutdown,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long a call that is not to wait does wait, which is as short as a socket's timeout can be: whether
/// a socket blocks at all is the same for both halves, and so not to be changed by one.
pub(super) const AT_ONCE: Duration = Duration::from_millis(1);

/// How long a half waits before it looks what the other one has done: nothing else tells it that a
/// closing handshake has begun.
pub(super) const LOOK: Duration = Duration::from_secs(1);

pub(super) struct Both<S> {
    pub(super) io: S,
    state: Mutex<State>,
    /// Nobody writes any more, or the connection is over.
    idle: Condvar,
}

pub(super) struct State {
    pub(super) machine: Machine,
    /// Nothing while a half writes.
    writing: Option<Writing>,
}

/// The turn to write: what was taken of the queue, and not written.
#[derive(Default)]
struct Writing {
    pieces: VecDeque<Bytes>,
    wait: Wait,
    /// Nothing was written since the last flush.
    flushed: bool,
}

impl State {
    /// Whether something is to be written, and nobody does.
    pub(super) fn is_left_alone(&self) -> bool {
        self.writing.is_some() && self.machine.connection.queued() > 0
    }

    /// The first failure is remembered for the receiver, and told to who found it.
    fn fail(&mut self, error: Error) -> Error {
        if self.machine.over {
            return SendError::Closed.into();
        }
        let told = error.again();
        self.machine.fail(error);
        told
    }
}

impl<S> Both<S> {
    pub(super) fn new(io: S, machine: Machine) -> Self {
        Self {
            io,
            state: Mutex::new(State {
                machine,
                writing: Some(Writing {
                    wait: Wait::unknown(),
                    ..Writing::default()
                }),
            }),
            idle: Condvar::new(),
        }
    }

    /// A panic under the lock leaves the machine whole, so that its poison means nothing.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it for both halves.
    pub(super) fn end(&self) {
        self.lock().machine.over = true;
        self.idle.notify_all();
    }

    /// Waits until nobody else writes, and takes the turn. Without one there is nothing to write, or
    /// (`false`) `until` said so before.
    fn take_turn(&self, until: Until) -> Result<Result<Writing, bool>, Error> {
        let mut state = self.lock();
        loop {
            if state.machine.over {
                let queued = state.machine.connection.queued();
                return match queued > 0 || state.machine.abandoned {
                    true => Err(SendError::Closed.into()),
                    false => Ok(Err(true)),
                };
            }
            if let Some(writing) = state.writing.take() {
                return Ok(Ok(writing));
            }
            if until.ends_idle() {
                return Ok(Err(false));
            }
            state = self.wait_idle(state, until);
        }
    }

    fn wait_idle<'a>(&self, state: MutexGuard<'a, State>, until: Until) -> MutexGuard<'a, State> {
        let Some(by) = until.or(None) else {
            let waited = self.idle.wait(state);
            return waited.unwrap_or_else(PoisonError::into_inner);
        };
        let waited = self.idle.wait_timeout(state, by.since(clock::now()));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl<S> Both<S>
where
    for<'a> &'a S: Transport,
{
    /// Queues when there is room, then writes all that is queued.
    pub(super) fn put(
        &self,
        until: Until,
        queue: impl FnOnce(&mut Machine) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        loop {
            let mut state = self.lock();
            if !state.machine.is_full() {
                queue(&mut state.machine)?;
                break;
            }
            drop(state);
            if !self.write_all(until)? {
                return Err(SendError::Full.into());
            }
        }
        match self.write_all(until)? {
            true => Ok(()),
            false => Err(Error::Timeout),
        }
    }

    /// Writes until nothing is queued, or waits until another half has; `false` if `until` said so
    /// before.
    pub(super) fn write_all(&self, until: Until) -> Result<bool, Error> {
        let writing = match self.take_turn(until)? {
            Ok(writing) => writing,
            Err(done) => return Ok(done),
        };
        let mut writing = Some(writing);
        let written = self.write_queue(until, &mut writing);
        let mut state = self.lock();
        let written = written.map_err(|e| state.fail(e));
        if writing.is_some() {
            state.writing = writing;
        }
        let (broken, abandoned) = (state.machine.over, state.machine.abandoned);
        drop(state);
        self.idle.notify_all();
        if broken {
            // The other half may wait for the peer.
            let _ = (&self.io).shutdown(Shutdown::Both);
        }
        match abandoned {
            true => written.and(Err(SendError::Closed.into())),
            false => written,
        }
    }

    /// Writes on; the turn is given back when nothing is left to write.
    fn write_queue(&self, until: Until, turn: &mut Option<Writing>) -> Result<bool, Error> {
        loop {
            let deadline = self.take_pieces(turn)?;
            let Some(writing) = turn else {
                return Ok(true);
            };
            match self.write_once(until, deadline, writing) {
                Ok(0) => writing.flushed = true,
                Ok(n) => {
                    advance(&mut writing.pieces, n);
                    self.lock().machine.connection.handle_written(n);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if is_timeout(&e) && until.ends_idle() => return Ok(false),
                Err(e) if is_timeout(&e) => {}
                Err(e) => return Err(e.into()),
            }
            if until.ends_busy() {
                return Ok(false);
            }
        }
    }

    /// Takes what was queued meanwhile, and says by when the connection has something due. When nothing
    /// was and all is written, the turn is given back under the same lock, so that who queues something
    /// next finds it free.
    fn take_pieces(&self, turn: &mut Option<Writing>) -> Result<Option<Instant>, Error> {
        let mut state = self.lock();
        state.machine.expire()?;
        let Some(writing) = turn else {
            return Ok(None);
        };
        let connection = &mut state.machine.connection;
        if connection.queued() == 0 {
            writing.pieces.clear(); // of a queue that was given up
        } else {
            writing.pieces.extend(connection.take_transmit());
        }
        if !writing.pieces.is_empty() {
            writing.flushed = false;
        } else if writing.flushed {
            state.writing = turn.take();
        }
        Ok(state.machine.deadline())
    }

    /// Writes once, or flushes where nothing is to be written: that is none.
    fn write_once(
        &self,
        until: Until,
        deadline: Option<Instant>,
        writing: &mut Writing,
    ) -> io::Result<usize> {
        let most = match until {
            Until::Now => AT_ONCE,
            Until::Done | Until::Time(_) => LOOK,
        };
        let by = until.or(deadline);
        writing.wait.write(&&self.io, by, Some(most))?;
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut used = 0;
        for (slice, piece) in slices.iter_mut().zip(&writing.pieces) {
            *slice = IoSlice::new(piece);
            used += 1;
        }
        if used == 0 {
            return (&self.io).flush().map(|()| 0);
        }
        match (&self.io).write_vectored(&slices[..used])? {
            0 => Err(io::ErrorKind::WriteZero.into()),
            n => Ok(n),
        }
    }
}

/// Drops the first `n` bytes.
fn advance(pieces: &mut VecDeque<Bytes>, mut n: usize) {
    while let Some(first) = pieces.front_mut() {
        let step = n.min(first.len());
        first.advance(step);
        n -= step;
        if !first.is_empty() {
            break;
        }
        pieces.pop_front();
    }
}
