//! What the handles and the threads share: the machine under a lock that nobody holds while waiting, and
//! what was received.

use super::Cause;
use crate::{Error, clock, deadline::Until};
use siox_engineio::ClientEvent;
use siox_stack::{EngineClient, Inbox, Line, Outbound};
use siox_wire::{Instant, SendError};
use std::{
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

pub(super) struct Shared {
    state: Mutex<State>,
    /// Something happened that is the threads' business: keeper, writers, and readers that wait.
    threads: Condvar,
    /// Something happened that is the application's business.
    application: Condvar,
}

pub(super) struct State {
    pub(super) machine: EngineClient,
    inbox: Inbox,
    /// The threads are gone.
    over: bool,
    /// Why the connection that was lost last was lost, or not made; a plain end needs no reason.
    pub(super) unreachable: Option<Arc<Error>>,
}

impl State {
    /// Something for the application.
    pub(super) fn push(&mut self, event: ClientEvent<'static>) {
        self.inbox.put(event);
    }

    /// Whether the connection is left unread until the application has taken some of what has come.
    pub(super) fn holds_up(&self, line: Line) -> bool {
        self.inbox.is_full() && self.machine.may_bring(line)
    }
}

impl Shared {
    pub(super) fn new(machine: EngineClient, most: usize) -> Self {
        Self {
            state: Mutex::new(State {
                machine,
                inbox: Inbox::new(most),
                over: false,
                unreachable: None,
            }),
            threads: Condvar::new(),
            application: Condvar::new(),
        }
    }

    /// A panic under the lock leaves the machine whole, so that its poison means nothing.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn look<R>(&self, look: impl FnOnce(&EngineClient) -> R) -> R {
        look(&self.lock().machine)
    }

    /// A step of the machine, whose consequences are the threads'.
    pub(super) fn with<R>(&self, step: impl FnOnce(&mut EngineClient) -> R) -> R {
        let made = step(&mut self.lock().machine);
        self.threads.notify_all();
        made
    }

    /// A step of a thread, whose consequences are the other threads' and the application's.
    pub(super) fn step<R>(&self, step: impl FnOnce(&mut State) -> R) -> R {
        let made = step(&mut self.lock());
        self.tell();
        made
    }

    /// A thread waits for the others.
    pub(super) fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        by: Option<Instant>,
    ) -> MutexGuard<'a, State> {
        wait(&self.threads, state, by)
    }

    /// A step was taken.
    pub(super) fn tell(&self) {
        self.threads.notify_all();
        self.application.notify_all();
    }

    /// What comes next. Pending when `until` says so.
    pub(super) fn take(&self, until: Until) -> Poll<Option<ClientEvent<'static>>> {
        let mut state = self.lock();
        loop {
            if let Some((event, made_room)) = state.inbox.take() {
                if made_room {
                    self.threads.notify_all();
                }
                return Poll::Ready(Some(event));
            }
            if state.over || state.machine.session().is_finished() {
                return Poll::Ready(None);
            }
            if until.ends_idle() {
                return Poll::Pending;
            }
            state = wait(&self.application, state, until.or(None));
        }
    }

    /// Waits until the threads are gone, and with them all connections.
    pub(super) fn wait_over(&self) {
        let mut state = self.lock();
        while !state.over {
            state = wait(&self.application, state, None);
        }
    }

    pub(super) fn send(&self, message: &Outbound<'_>, until: Until) -> Result<(), SendError> {
        let mut state = self.lock();
        let sent = loop {
            match state.machine.offer(message) {
                Err(SendError::Full) if !until.ends_idle() => {
                    state = wait(&self.application, state, until.or(None));
                }
                done => break done,
            }
        };
        drop(state);
        self.threads.notify_all();
        sent
    }

    /// Waits until nothing waits to be sent.
    pub(super) fn flush(&self, until: Until) -> Result<(), SendError> {
        let mut state = self.lock();
        loop {
            match (state.machine.queued(), state.machine.is_closed()) {
                (_, true) => return Err(SendError::Closed),
                (0, false) => return Ok(()),
                (_, false) if until.ends_idle() => return Err(SendError::Full),
                (_, false) => state = wait(&self.application, state, until.or(None)),
            }
        }
    }

    pub(super) fn cause(&self) -> Option<Cause> {
        let state = self.lock();
        Cause::of(state.machine.failure(), state.unreachable.as_ref())
    }

    /// The application is gone: the session ends.
    pub(super) fn abandon(&self) {
        self.step(|state| {
            state.inbox.abandon();
            state.machine.close(clock::now());
        });
    }

    /// The threads are gone.
    pub(super) fn end(&self) {
        self.step(|state| {
            state.over = true;
            state.machine.close(clock::now());
        });
    }
}

fn wait<'a>(
    on: &Condvar,
    state: MutexGuard<'a, State>,
    by: Option<Instant>,
) -> MutexGuard<'a, State> {
    match by {
        None => on.wait(state).unwrap_or_else(PoisonError::into_inner),
        Some(by) => {
            let waited = on.wait_timeout(state, by.since(clock::now()));
            waited.unwrap_or_else(PoisonError::into_inner).0
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Shared")
            .field("transport", &state.machine.session().transport())
            .field("inbox", &state.inbox.len())
            .finish_non_exhaustive()
    }
}
