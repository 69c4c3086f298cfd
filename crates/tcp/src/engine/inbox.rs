//! What has come of a session and nobody has asked for yet, and who waits for it.

use crate::{clock, deadline::Until};
use siox_engineio::{CloseReason, Event};
use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

/// How many messages of a client are kept for an application that does not ask for them.
pub const QUEUE: usize = 256;

#[derive(Debug)]
pub(super) struct Inbox {
    state: Mutex<State>,
    /// An event has come.
    came: Condvar,
    /// There is room, for events or for what is sent.
    room: Condvar,
    /// The most bytes that are kept.
    most: usize,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Event<'static>>,
    bytes: usize,
    closed: Option<CloseReason>,
    /// How often the client has taken something.
    drained: u64,
}

impl Inbox {
    pub(super) fn new(most: usize) -> Self {
        Self {
            state: Mutex::default(),
            came: Condvar::new(),
            room: Condvar::new(),
            most,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, event: Event<'static>) {
        let mut state = self.lock();
        match &event {
            Event::Message(message) => state.bytes += message.as_bytes().len(),
            Event::Heartbeat | Event::Upgrading | Event::Upgraded => {}
            Event::Closed(reason) => state.closed = Some(*reason),
        }
        state.events.push_back(event);
        self.came.notify_one();
        if state.closed.is_some() {
            self.came.notify_all();
            self.room.notify_all();
        }
    }

    /// The session has ended, and its last event is told elsewhere.
    pub(super) fn close(&self, reason: CloseReason) {
        self.lock().closed = Some(reason);
        self.room.notify_all();
    }

    /// The next event; `None` behind the last.
    pub(super) fn take(&self, until: Until) -> Poll<Option<Event<'static>>> {
        let mut state = self.lock();
        loop {
            if let Some(event) = state.events.pop_front() {
                if let Event::Message(message) = &event {
                    state.bytes -= message.as_bytes().len();
                }
                self.room.notify_all();
                return Poll::Ready(Some(event));
            }
            if state.closed.is_some() {
                return Poll::Ready(None);
            }
            if until.ends_idle() {
                return Poll::Pending;
            }
            state = wait(&self.came, state, until);
        }
    }

    /// Waits until there is room for another message, or no more will come.
    pub(super) fn wait_room(&self) {
        let mut state = self.lock();
        while state.closed.is_none() && (state.events.len() >= QUEUE || state.bytes >= self.most) {
            state = wait(&self.room, state, Until::Done);
        }
    }

    pub(super) fn closed(&self) -> Option<CloseReason> {
        self.lock().closed
    }

    pub(super) fn drained(&self) {
        let mut state = self.lock();
        state.drained = state.drained.wrapping_add(1);
        self.room.notify_all();
    }

    pub(super) fn how_drained(&self) -> u64 {
        self.lock().drained
    }

    /// Waits until the client has taken more than when it was `seen`, or is gone. Whether it has.
    pub(super) fn wait_drained(&self, seen: u64, until: Until) -> bool {
        let mut state = self.lock();
        while state.drained == seen && state.closed.is_none() {
            if until.ends_idle() {
                return false;
            }
            state = wait(&self.room, state, until);
        }
        true
    }
}

fn wait<'a>(
    changed: &Condvar,
    state: MutexGuard<'a, State>,
    until: Until,
) -> MutexGuard<'a, State> {
    match until.or(None) {
        None => changed.wait(state).unwrap_or_else(PoisonError::into_inner),
        Some(by) => {
            let waited = changed.wait_timeout(state, by.since(clock::now()));
            waited.unwrap_or_else(PoisonError::into_inner).0
        }
    }
}
