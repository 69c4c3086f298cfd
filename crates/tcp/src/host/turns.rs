//! Whose turn it is to tell the app of a session: one thread at a time, so that no event overtakes
//! another. Deadlines wait for nobody: what they bring while a thread is at it, that thread tells too.

use super::{App, Conn, Host};
use crate::clock;
use siox_stack::Machine;
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
    thread,
};

/// An event that is kept.
type Late<M> = <M as Machine>::Event<'static>;

/// What a session has for it.
pub(super) struct Turns<M: Machine> {
    telling: Mutex<()>,
    /// What deadlines have brought and nobody has told yet.
    late: Mutex<VecDeque<Late<M>>>,
}

impl<M: Machine> Default for Turns<M> {
    fn default() -> Self {
        Self {
            telling: Mutex::default(),
            late: Mutex::default(),
        }
    }
}

impl<M: Machine> Turns<M> {
    fn late(&self) -> MutexGuard<'_, VecDeque<Late<M>>> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_telling(&self) -> Option<MutexGuard<'_, ()>> {
        match self.telling.try_lock() {
            Ok(turn) => Some(turn),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl<M: Machine> fmt::Debug for Turns<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turns").finish_non_exhaustive()
    }
}

/// The turn to step and to tell.
pub(super) struct Turn<'a, A: App> {
    host: &'a Arc<Host<A>>,
    conn: &'a Arc<Conn<A>>,
    telling: Option<MutexGuard<'a, ()>>,
}

impl<'a, A: App> Turn<'a, A> {
    /// Waits for it, and tells what is late.
    pub(super) fn take(host: &'a Arc<Host<A>>, conn: &'a Arc<Conn<A>>) -> Self {
        let telling = conn.turns.telling.lock();
        let turn = Self {
            host,
            conn,
            telling: Some(telling.unwrap_or_else(PoisonError::into_inner)),
        };
        turn.tell_late();
        turn
    }

    fn tell_late(&self) {
        loop {
            let late = self.conn.turns.late().pop_front();
            match late {
                Some(event) => self.host.deliver(self.conn, event),
                None => return,
            }
        }
    }

    /// Tells an event of a step of this turn.
    pub(super) fn tell(&self, event: <A::Machine as Machine>::Event<'_>) {
        if A::Machine::is_last(&event) {
            self.tell_late();
        }
        self.host.deliver(self.conn, event);
    }
}

impl<A: App> Drop for Turn<'_, A> {
    fn drop(&mut self) {
        // What came since the last look is told by whoever sees it after the end of this turn.
        drop(self.telling.take());
        // An app that has panicked is told no more by this thread.
        if !thread::panicking() {
            tell_late(self.host, self.conn);
        }
    }
}

/// Tells what deadlines have brought, unless another thread is at it and will.
fn tell_late<A: App>(host: &Arc<Host<A>>, conn: &Arc<Conn<A>>) {
    while !conn.turns.late().is_empty() {
        let Some(telling) = conn.turns.try_telling() else {
            return;
        };
        while let Some(event) = { conn.turns.late().pop_front() } {
            host.deliver(conn, event);
        }
        drop(telling);
    }
}

/// Lets the machine act on every deadline that has passed.
pub(super) fn expire<A: App>(host: &Arc<Host<A>>, conn: &Arc<Conn<A>>) {
    let now = clock::now();
    let mut happened = false;
    loop {
        let step = conn.with(|m| {
            let due = m.poll_timeout().is_some_and(|at| at <= now);
            due.then(|| m.handle_timeout(now))
        });
        happened |= step.is_some();
        match step {
            Some(Ok(Some(event))) => conn.turns.late().push_back(event),
            // A failed socket says so again; what it is owed is queued.
            Some(Err(_) | Ok(None)) | None => break,
        }
    }
    tell_late(host, conn);
    if happened {
        // Who waits to send may have waited for this.
        host.app.drained(conn);
    }
}
