//! A session that many tasks or threads may reach: a lock and two wakers, nothing else of std.
//! No thread, clock or socket; both runtimes use it.

extern crate std;

use crate::{Flow, Machine};
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
///
/// `W` is what others write with in the driver's place, where there is such a thing.
#[derive(Debug)]
pub struct Cell<M, W = ()> {
    inner: Mutex<Inner<M, W>>,
}

#[derive(Debug)]
struct Inner<M, W> {
    machine: M,
    writer: Option<W>,
    /// Who wakes the driver; none while it has been woken.
    driver: Option<Waker>,
    /// The driver is in its turn: it looks at everything once more before it ends.
    at_work: bool,
    poll: Option<Waker>,
    /// Who waits until no more than so much is queued.
    room: Vec<(usize, Waker)>,
    /// Which driver is the session's one driver; see [`Turn`].
    shift: u32,
    /// How it was when somebody began to gather what wakes there will be.
    gathered: Option<Before>,
}

/// What decides whether a step gave the driver something to do.
#[derive(Debug, Clone, Copy)]
struct Before {
    is_idle: bool,
    deadline: Option<Instant>,
}

/// While this lives, steps of the session wake nobody; whoever came to have work is woken when it is dropped.
/// See [`Cell::gather`].
#[derive(Debug)]
#[must_use = "it ends at once otherwise"]
pub struct Gathered<'c, M: Machine, W = ()> {
    cell: &'c Cell<M, W>,
    /// Not where somebody else gathers already.
    is_first: bool,
}

impl<M: Machine, W> Drop for Gathered<'_, M, W> {
    fn drop(&mut self) {
        if self.is_first {
            self.cell.settle();
        }
    }
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
        Self::writable(machine)
    }
}

impl<M: Machine, W> Cell<M, W> {
    /// As [`new`](Cell::new), for others to write with a `W` one day.
    pub fn writable(machine: M) -> Self {
        Self {
            inner: Mutex::new(Inner {
                machine,
                writer: None,
                driver: None,
                at_work: false,
                poll: None,
                room: Vec::new(),
                shift: 0,
                gathered: None,
            }),
        }
    }

    /// A poisoned lock means that a step panicked, which no input can bring about; the machine is
    /// used as it stands.
    fn lock(&self) -> MutexGuard<'_, Inner<M, W>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One step under the lock. Wakes, after unlocking, whoever came to have work: the driver only
    /// when its outbox went from empty to not or the deadline moved nearer, so that any number of
    /// emits between two of its turns wake it once.
    #[inline]
    pub fn with<R>(&self, step: impl FnOnce(&mut M) -> R) -> R {
        let mut inner = self.lock();
        if inner.has_nobody_to_wake() {
            return step(&mut inner.machine);
        }
        let (result, work) = inner.step(step);
        let (driver, poll, room) = inner.woken(work != Work::None);
        drop(inner);
        wake(driver, poll, room);
        result
    }

    /// For many steps in a row, as through the body of a POST, without a pause between: whoever has work by
    /// them is woken once, behind the last.
    pub fn gather(&self) -> Gathered<'_, M, W> {
        let mut inner = self.lock();
        let is_first = inner.gathered.is_none();
        if is_first {
            inner.gathered = Some(inner.before());
        }
        drop(inner);
        Gathered {
            cell: self,
            is_first,
        }
    }

    fn settle(&self) {
        let mut inner = self.lock();
        let Some(before) = inner.gathered.take() else {
            return;
        };
        let work = inner.work_since(before);
        let (driver, poll, room) = inner.woken(work != Work::None);
        drop(inner);
        wake(driver, poll, room);
    }

    /// As [`with`](Self::with), but for a driver that only has to write what is queued with this: it is
    /// not woken, and the caller is told to see that [`write_aside`](Self::write_aside) is called soon.
    /// `step` does nothing but send.
    #[inline]
    pub fn with_aside<R>(&self, step: impl FnOnce(&mut M) -> R) -> (R, bool) {
        let mut inner = self.lock();
        let before = inner.machine.flow();
        let is_plain = before != Flow::Unknown && inner.poll.is_none();
        let looked = (!is_plain).then(|| inner.before());
        let result = step(&mut inner.machine);
        if is_plain && matches!(before, Flow::Idle(_)) {
            let is_idle = inner.driver.is_some() && !inner.at_work;
            return (result, is_idle && inner.machine.wants_write());
        }
        if is_plain && inner.machine.flow() != Flow::Unknown {
            return (result, false);
        }
        // Not known before, or no more now: then more waits than may, and the driver ends it.
        (result, Self::settle_aside(inner, looked))
    }

    /// What is to be done behind a step, by how it was before; there is something if that is not known.
    #[inline(never)]
    fn settle_aside(mut inner: MutexGuard<'_, Inner<M, W>>, before: Option<Before>) -> bool {
        let work = before.map_or(Work::Time, |before| inner.work_since(before));
        let is_aside = work == Work::Write && inner.driver.is_some() && !inner.at_work;
        let (driver, poll, room) = inner.woken(work != Work::None && !is_aside);
        drop(inner);
        wake(driver, poll, room);
        is_aside
    }

    /// What others write with from now on; what it was before is returned.
    pub fn set_writer(&self, writer: W) -> Option<W> {
        self.lock().writer.replace(writer)
    }

    /// Takes away what others write with, if it is the one that is meant.
    pub fn take_writer(&self, is_meant: impl FnOnce(&W) -> bool) -> Option<W> {
        self.lock().writer.take_if(|writer| is_meant(writer))
    }

    /// Writes what is queued in place of the driver, unless that is at it or woken: `write` says whether
    /// the socket took all and nothing else is to be done. The driver is woken where it was not so, or
    /// there is nothing to write with.
    #[inline]
    pub fn write_aside(&self, write: impl FnOnce(&mut M, &W) -> bool) {
        let mut inner = self.lock();
        if inner.at_work || inner.driver.is_none() {
            return;
        }
        let Inner {
            machine, writer, ..
        } = &mut *inner;
        let done = writer.as_ref().is_some_and(|w| write(machine, w));
        if done && inner.room.is_empty() {
            return;
        }
        let (driver, poll, room) = inner.woken(!done);
        drop(inner);
        wake(driver, poll, room);
    }

    /// Wakes the driver, unless it is at work.
    pub fn wake_driver(&self) {
        let mut inner = self.lock();
        let (driver, poll, room) = inner.woken(true);
        drop(inner);
        wake(driver, poll, room);
    }

    /// A look under the lock, which changes nothing and so wakes nobody.
    pub fn look<R>(&self, look: impl FnOnce(&M) -> R) -> R {
        look(&self.lock().machine)
    }

    /// Makes the caller the session's driver and relieves the one before.
    pub fn take_over(&self) -> Shift {
        let mut inner = self.lock();
        inner.shift = inner.shift.wrapping_add(1);
        inner.at_work = false;
        let (shift, relieved) = (Shift(inner.shift), inner.driver.take());
        drop(inner);
        relieved.into_iter().for_each(Waker::wake);
        shift
    }

    /// The driver's turn begins: what is queued until [`turn`](Self::turn) needs no wake.
    pub fn begin(&self, shift: Shift) {
        let _ = self.begin_with(shift, |_| ());
    }

    /// As [`begin`](Self::begin), with a first step of the turn, which wakes nobody.
    #[inline]
    pub fn begin_with<R>(&self, shift: Shift, step: impl FnOnce(&mut M) -> R) -> Turn<R> {
        let mut inner = self.lock();
        if inner.shift != shift.0 {
            return Turn::Relieved;
        }
        inner.at_work = true;
        Turn::Done(step(&mut inner.machine))
    }

    /// A step of the driver's own turn: wakes nobody but a parked GET, and leaves the driver's waker
    /// behind for whoever gives it work next.
    pub fn turn<R>(
        &self,
        shift: Shift,
        cx: &Context<'_>,
        step: impl FnOnce(&mut M) -> R,
    ) -> Turn<R> {
        let mut inner = self.lock();
        if inner.shift != shift.0 {
            return Turn::Relieved;
        }
        let result = step(&mut inner.machine);
        inner.at_work = false;
        if !inner
            .driver
            .as_ref()
            .is_some_and(|w| w.will_wake(cx.waker()))
        {
            inner.driver = Some(cx.waker().clone());
        }
        if inner.gathered.is_some() {
            // The driver has seen all until here.
            inner.gathered = Some(inner.before());
        }
        let poll = inner.poll.take();
        let room = inner.roomy();
        drop(inner);
        wake(None, poll, room);
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

/// What a step gave the driver to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    None,
    /// Something is to be written.
    Write,
    /// A deadline moved nearer.
    Time,
}

impl<M: Machine, W> Inner<M, W> {
    #[inline]
    fn has_nobody_to_wake(&self) -> bool {
        let is_free = (self.at_work || self.driver.is_none()) && self.poll.is_none();
        (is_free && self.room.is_empty()) || self.gathered.is_some()
    }

    #[inline]
    fn before(&self) -> Before {
        Before {
            is_idle: !self.machine.wants_write(),
            deadline: self.machine.poll_timeout(),
        }
    }

    #[inline]
    fn work_since(&self, before: Before) -> Work {
        if nearer(before.deadline, self.machine.poll_timeout()) {
            Work::Time
        } else if before.is_idle && self.machine.wants_write() {
            Work::Write
        } else {
            Work::None
        }
    }

    #[inline]
    fn step<R>(&mut self, step: impl FnOnce(&mut M) -> R) -> (R, Work) {
        let before = self.before();
        let result = step(&mut self.machine);
        (result, self.work_since(before))
    }

    /// Whom to wake once the lock is released.
    #[inline]
    fn woken(&mut self, driver: bool) -> (Option<Waker>, Option<Waker>, Vec<Waker>) {
        let driver = match driver && !self.at_work {
            true => self.driver.take(),
            false => None,
        };
        (driver, self.poll.take(), self.roomy())
    }

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

#[inline]
fn wake(driver: Option<Waker>, poll: Option<Waker>, room: Vec<Waker>) {
    if let Some(driver) = driver {
        driver.wake();
    }
    if let Some(poll) = poll {
        poll.wake();
    }
    if !room.is_empty() {
        room.into_iter().for_each(Waker::wake);
    }
}

fn nearer(before: Option<Instant>, after: Option<Instant>) -> bool {
    match (before, after) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(before), Some(after)) => after < before,
    }
}
