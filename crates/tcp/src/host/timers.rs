//! The deadlines of sessions that poll: one thread for all of them.

use super::{
    App, Conn, Host,
    crew::{Phase, Worker},
    turns::expire,
};
use crate::clock;
use siox_stack::{Machine, Shift, Turn};
use siox_wire::Instant;
use std::{
    collections::BTreeMap,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Wake, Waker},
    thread,
};

pub(super) struct Timers<A: App> {
    state: Mutex<State<A>>,
    changed: Condvar,
}

struct State<A: App> {
    /// In the order of their deadlines.
    armed: BTreeMap<(Instant, u64), Entry<A>>,
    /// When each of them is due.
    due: BTreeMap<u64, Option<Instant>>,
    /// Those that have something new.
    looks: Vec<u64>,
    /// Those that wait for no time.
    resting: BTreeMap<u64, Entry<A>>,
    next: u64,
    started: bool,
    ended: bool,
}

/// A session without a socket.
struct Entry<A: App> {
    key: u64,
    conn: Arc<Conn<A>>,
    shift: Shift,
    waker: Waker,
    _worker: Worker,
}

/// Wakes the thread for one session.
struct Look<A: App> {
    timers: Weak<Timers<A>>,
    key: u64,
}

impl<A: App> Wake for Look<A> {
    fn wake(self: Arc<Self>) {
        if let Some(timers) = self.timers.upgrade() {
            timers.lock().looks.push(self.key);
            timers.changed.notify_one();
        }
    }
}

impl<A: App> Default for Timers<A> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                armed: BTreeMap::new(),
                due: BTreeMap::new(),
                looks: Vec::new(),
                resting: BTreeMap::new(),
                next: 0,
                started: false,
                ended: false,
            }),
            changed: Condvar::new(),
        }
    }
}

impl<A: App> Timers<A> {
    fn lock(&self) -> MutexGuard<'_, State<A>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over the deadlines of a session that has no socket.
    pub(super) fn enter(self: &Arc<Self>, host: &Arc<Host<A>>, conn: &Arc<Conn<A>>) {
        let shift = conn.cell.take_over();
        let worker = host.crew.worker();
        let mut state = self.lock();
        let key = state.next;
        state.next += 1;
        let look = Look {
            timers: Arc::downgrade(self),
            key,
        };
        let entry = Entry {
            key,
            conn: conn.clone(),
            shift,
            waker: Waker::from(Arc::new(look)),
            _worker: worker,
        };
        state.put(entry, Some(Instant::EPOCH));
        let start = !mem::replace(&mut state.started, true);
        drop(state);
        self.changed.notify_one();
        if start {
            let (timers, host) = (self.clone(), Arc::downgrade(host));
            let thread = thread::Builder::new().name("timers".to_owned());
            if thread.spawn(move || timers.run(&host)).is_err() {
                // The next session tries again; until then no deadline is kept.
                self.lock().started = false;
            }
        }
    }

    /// The host is no more.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_one();
    }

    fn run(&self, host: &Weak<Host<A>>) {
        while let Some(entries) = self.wait() {
            let Some(host) = host.upgrade() else { return };
            for entry in entries {
                let sid = entry.conn.sid;
                // An app that breaks down over one session does not take the deadlines of the others along.
                match catch_unwind(AssertUnwindSafe(|| tick(&host, entry))) {
                    Ok(Some((entry, due))) => self.lock().put(entry, due),
                    Ok(None) => {}
                    Err(_) => host.forget(&sid),
                }
            }
        }
    }

    /// Waits for sessions that are due or have something new, and takes them out.
    fn wait(&self) -> Option<Vec<Entry<A>>> {
        let mut state = self.lock();
        loop {
            if state.ended {
                return None;
            }
            let now = clock::now();
            let ready = state.ready(now);
            if !ready.is_empty() {
                return Some(ready);
            }
            let first = state.armed.first_key_value().map(|((at, _), _)| *at);
            state = match first {
                None => self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(at) => {
                    let waited = self.changed.wait_timeout(state, at.since(now));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

impl<A: App> State<A> {
    fn put(&mut self, entry: Entry<A>, due: Option<Instant>) {
        self.due.insert(entry.key, due);
        match due {
            Some(at) => self.armed.insert((at, entry.key), entry),
            None => self.resting.insert(entry.key, entry),
        };
    }

    fn ready(&mut self, now: Instant) -> Vec<Entry<A>> {
        let mut ready = Vec::new();
        for key in mem::take(&mut self.looks) {
            match self.due.remove(&key) {
                Some(Some(at)) => ready.extend(self.armed.remove(&(at, key))),
                Some(None) => ready.extend(self.resting.remove(&key)),
                // It is no more, or others drive it.
                None => {}
            }
        }
        while let Some(first) = self.armed.first_entry() {
            if first.key().0 > now {
                break;
            }
            let entry = first.remove();
            self.due.remove(&entry.key);
            ready.push(entry);
        }
        ready
    }
}

/// Lets a session act on what is due; gives it back with its next deadline, unless it is over or has a
/// socket now.
fn tick<A: App>(host: &Arc<Host<A>>, entry: Entry<A>) -> Option<(Entry<A>, Option<Instant>)> {
    let conn = &entry.conn;
    conn.cell.begin(entry.shift);
    expire(host, conn);
    let cx = Context::from_waker(&entry.waker);
    let step = conn
        .cell
        .turn(entry.shift, &cx, |m| (m.poll_timeout(), m.is_closed()));
    match step {
        Turn::Relieved => None,
        Turn::Done((None, true)) => None,
        Turn::Done(_) if host.crew.phase() == Phase::CutOff => None,
        Turn::Done((due, _)) => Some((entry, due)),
    }
}
