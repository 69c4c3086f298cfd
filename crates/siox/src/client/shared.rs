//! What the handles of a connection and those who drive it share: the machine, under a lock that nobody
//! holds while a handler runs.

use super::{
    carrier::Carrier,
    core::{Inner as Socket, Status},
    kind::Which,
    manager::Watchers,
    options::Options,
    state::{News, State},
    target::Target,
};
use crate::{ConnectError, watched::Watched};
use siox_stack::Manager as Machine;
use siox_wire::Instant;
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// Events that may wait for the handlers before the server is not read.
const WAITING: usize = 256;

pub struct Shared {
    state: Mutex<State>,
    /// There is something for who drives the connection.
    pub(super) nudge: Watched<bool>,
    /// There is something to tell the application.
    pub(super) news: Watched<bool>,
    /// The application has taken something: the server may perhaps be read again.
    pub(super) relief: Watched<u64>,
    /// Something has left: there may be room. How often.
    pub(super) room: Watched<u64>,
    /// Sessions that are not over: opened, open, or sending their last.
    pub(super) sessions: Watched<usize>,
    pub(super) watchers: Watchers,
    pub(super) options: Options,
    pub(super) target: Target,
    pub(super) carrier: Arc<dyn Carrier>,
    pub(super) which: Which,
    handle: Mutex<Weak<Handle>>,
}

impl Shared {
    /// A connection, held by the one handle that is returned.
    pub(super) fn held(
        machine: Machine,
        options: Options,
        target: Target,
        (which, carrier): (Which, Arc<dyn Carrier>),
    ) -> Arc<Handle> {
        let shared = Arc::new(Self {
            state: Mutex::new(State::new(machine)),
            nudge: Watched::default(),
            news: Watched::default(),
            relief: Watched::default(),
            room: Watched::default(),
            sessions: Watched::default(),
            watchers: Watchers::default(),
            options,
            target,
            carrier,
            which,
            handle: Mutex::default(),
        });
        let handle = Arc::new(Handle(shared.clone()));
        *shared.own_handle() = Arc::downgrade(&handle);
        handle
    }

    fn own_handle(&self) -> MutexGuard<'_, Weak<Handle>> {
        self.handle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What keeps the connection, as long as an application keeps any of it.
    pub(super) fn handle(&self) -> Option<Arc<Handle>> {
        self.own_handle().upgrade()
    }

    /// Whether no application keeps any of it. (Nothing is upgraded here: the handle that was the last
    /// one for a moment would close the connection, under whatever lock is held.)
    pub(super) fn is_abandoned(&self) -> bool {
        self.own_handle().strong_count() == 0
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A step of the machine; what it wants to send leaves before this returns.
    pub(super) fn with<R>(&self, step: impl FnOnce(&mut State, Instant) -> R) -> R {
        let mut state = self.lock();
        let made = step(&mut state, self.carrier.now());
        state.pump();
        self.let_go(state);
        made
    }

    /// Gives the lock up, and wakes those whom the step concerns.
    pub(super) fn let_go(&self, mut state: MutexGuard<'_, State>) {
        state.sort();
        let (nudge, news) = (state.concerns_driver(), !state.news.is_empty());
        let made_room = std::mem::take(&mut state.made_room);
        drop(state);
        if nudge {
            self.nudge();
        }
        if news {
            self.news.change(|news| *news = true);
        }
        if made_room {
            self.made_room();
        }
    }

    pub(super) fn nudge(&self) {
        self.nudge.change(|nudge| *nudge = true);
    }

    pub(super) fn relieve(&self) {
        self.relief
            .change(|relief| *relief = relief.wrapping_add(1));
    }

    pub(super) fn made_room(&self) {
        self.room.change(|room| *room = room.wrapping_add(1));
    }

    /// What there is to tell next. Acknowledgements are told where they come: nobody waits for them in
    /// line.
    pub(super) fn next_news(&self) -> Option<News> {
        let mut state = self.lock();
        let was_full = state.news.len() >= WAITING;
        let event = state.news.pop_front();
        drop(state);
        if was_full {
            self.relieve();
        }
        event
    }

    /// Whether nobody is left to want anything, and nothing is under way.
    pub(super) fn is_over(&self) -> bool {
        let state = self.lock();
        let done = state.machine.is_closed() && state.machine.is_quiet() && state.news.is_empty();
        done && self.is_abandoned()
    }

    /// Nobody drives it any more.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.over = true;
        let outlet = state.outlet.take();
        let waiters = std::mem::take(&mut state.waiters);
        let sockets = std::mem::take(&mut state.sockets);
        drop(state);
        drop((outlet, waiters));
        for socket in sockets {
            let gone = ConnectError::new("what the client ran on is gone");
            socket.status.change(|s| *s = Status::Failed(gone));
            socket.streams.end();
        }
        self.made_room();
        self.relieve();
        self.nudge();
        self.news.change(|news| *news = true);
    }

    /// Whether events have to wait, since an application does not take them.
    pub(super) fn is_stalled(&self) -> bool {
        let state = self.lock();
        state.news.len() >= WAITING || state.sockets.iter().any(|s: &Arc<Socket>| s.is_stalled())
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("origin", &self.target.origin)
            .finish_non_exhaustive()
    }
}

/// Held by all handles of an application; with the last one the connection ends.
#[derive(Debug)]
pub(crate) struct Handle(pub(super) Arc<Shared>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.with(|state, now| state.machine.close(now));
        self.0.nudge();
    }
}

/// A session, until it is over.
pub(super) struct Counted(Arc<Shared>);

impl Counted {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        shared.sessions.change(|sessions| *sessions += 1);
        Self(shared.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.sessions.change(|sessions| *sessions -= 1);
    }
}
