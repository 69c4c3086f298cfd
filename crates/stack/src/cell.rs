//! A session that many tasks or threads may reach: a lock and two wakers, nothing else of std.
//! No thread, clock or socket; both runtimes use it.

extern crate std;

use crate::Machine;
use alloc::{collections::VecDeque, vec::Vec};
use bytes::Bytes;
use core::{
    mem,
    task::{Context, Poll, Waker},
};
use siox_engineio::{Lane, Response};
use siox_wire::Instant;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A machine under a lock, with the wakers of who writes its socket and who holds its parked GET.
///
/// A handler must never run under the lock: an event borrows the input buffer, not the machine, so
/// [`with`](Self::with) can return it. Lock order: rooms before a session; never two sessions.
#[derive(Debug)]
pub struct Cell<M> {
    inner: Mutex<Inner<M>>,
}

#[derive(Debug)]
struct Inner<M> {
    machine: M,
    driver: Option<Waker>,
    poll: Option<Waker>,
    /// Who waits until no more than so much is queued.
    room: Vec<(usize, Waker)>,
    /// Which driver is the session's one driver; see [`Turn`].
    shift: u32,
}

/// The number of a driver. The one that took over last is the session's driver; an earlier one stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift(u32);

/// What a driver's turn found.
#[derive(Debug)]
pub enum Turn<R> {
    /// It is still the driver; this is what the step returned.
    Done(R),
    /// Another driver has taken over.
    Relieved,
}

impl<M: Machine> Cell<M> {
    /// A session nobody drives yet.
    pub fn new(machine: M) -> Self {
        Self {
            inner: Mutex::new(Inner {
                machine,
                driver: None,
                poll: None,
                room: Vec::new(),
                shift: 0,
            }),
        }
    }

    /// A poisoned lock means that a step panicked, which no input can bring about; the machine is
    /// used as it stands.
    fn lock(&self) -> MutexGuard<'_, Inner<M>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One step under the lock. Wakes, after unlocking, whoever came to have work: the driver only
    /// when its outbox went from empty to not or the deadline moved nearer, so that any number of
    /// emits between two of its turns wake it once.
    pub fn with<R>(&self, step: impl FnOnce(&mut M) -> R) -> R {
        let mut inner = self.lock();
        let idle = inner.machine.poll_transmit().next().is_none();
        let before = inner.machine.poll_timeout();
        let result = step(&mut inner.machine);
        let work = (idle && inner.machine.poll_transmit().next().is_some())
            || nearer(before, inner.machine.poll_timeout());
        let driver = if work { inner.driver.take() } else { None };
        let poll = inner.poll.take();
        let room = inner.roomy();
        drop(inner);
        let wakers = driver.into_iter().chain(poll).chain(room);
        wakers.for_each(Waker::wake);
        result
    }

    /// A look under the lock, which changes nothing and so wakes nobody.
    pub fn look<R>(&self, look: impl FnOnce(&M) -> R) -> R {
        look(&self.lock().machine)
    }

    /// Makes the caller the session's driver and relieves the one before.
    pub fn take_over(&self) -> Shift {
        let mut inner = self.lock();
        inner.shift = inner.shift.wrapping_add(1);
        let (shift, relieved) = (Shift(inner.shift), inner.driver.take());
        drop(inner);
        relieved.into_iter().for_each(Waker::wake);
        shift
    }

    /// The driver's turn begins: what is queued until [`turn`](Self::turn) needs no wake.
    pub fn begin(&self, shift: Shift) {
        let mut inner = self.lock();
        if inner.shift == shift.0 {
            inner.driver = None;
        }
    }

    /// A step of the driver's own turn: wakes nobody but a parked GET, and leaves the driver's waker
    /// behind for whoever gives it work next.
    pub fn turn<R>(
        &self,
        shift: Shift,
        cx: &mut Context<'_>,
        step: impl FnOnce(&mut M) -> R,
    ) -> Turn<R> {
        let mut inner = self.lock();
        if inner.shift != shift.0 {
            return Turn::Relieved;
        }
        let result = step(&mut inner.machine);
        if !inner
            .driver
            .as_ref()
            .is_some_and(|w| w.will_wake(cx.waker()))
        {
            inner.driver = Some(cx.waker().clone());
        }
        let poll = inner.poll.take();
        let room = inner.roomy();
        drop(inner);
        poll.into_iter().chain(room).for_each(Waker::wake);
        Turn::Done(result)
    }

    /// For a driver whose writes block: the bytes are taken out, so no lock is held while writing.
    pub fn poll_take(&self, shift: Shift, cx: &mut Context<'_>) -> Poll<Turn<VecDeque<Bytes>>> {
        match self.turn(shift, cx, Machine::take_transmit) {
            Turn::Done(out) if out.is_empty() => Poll::Pending,
            turn => Poll::Ready(turn),
        }
    }

    /// The answer to the GET parked as `lane`; pending while there is none.
    pub fn poll_response(&self, cx: &mut Context<'_>, lane: Lane) -> Poll<Response> {
        let mut inner = self.lock();
        match inner.machine.poll_response() {
            Some((answered, response)) if answered == lane => {
                let room = inner.roomy();
                drop(inner);
                room.into_iter().for_each(Waker::wake);
                Poll::Ready(response)
            }
            Some(_) | None => {
                inner.poll = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Ready when no more than `below` bytes wait for the peer, or the session has ended. Any number of
    /// tasks may wait.
    pub fn poll_room(&self, cx: &mut Context<'_>, below: usize) -> Poll<()> {
        let mut inner = self.lock();
        if inner.has_room(below) {
            return Poll::Ready(());
        }
        if !inner.room.iter().any(|(_, w)| w.will_wake(cx.waker())) {
            inner.room.push((below, cx.waker().clone()));
        }
        Poll::Pending
    }
}

impl<M: Machine> Inner<M> {
    fn has_room(&self, below: usize) -> bool {
        self.machine.is_closed() || self.machine.queued() <= below
    }

    /// Those who waited for what there is room for now.
    fn roomy(&mut self) -> Vec<Waker> {
        if self.room.is_empty() {
            return Vec::new();
        }
        let waiting = mem::take(&mut self.room);
        let (ready, waiting): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|(below, _)| self.has_room(*below));
        self.room = waiting;
        ready.into_iter().map(|(_, waker)| waker).collect()
    }
}

fn nearer(before: Option<Instant>, after: Option<Instant>) -> bool {
    match (before, after) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(before), Some(after)) => after < before,
    }
}
