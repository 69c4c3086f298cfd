//! How a thread that waits for a session is woken: a waker that is a condition variable.

use crate::clock;
use siox_wire::Instant;
use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::Wake,
};

/// Raised by any thread, lowered by the one that waits.
#[derive(Debug, Default)]
pub(super) struct Signal {
    raised: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn raise(&self) {
        *self.lock() = true;
        self.changed.notify_one();
    }

    /// Waits until it is raised, and lowers it; no longer than `by`. Whether it was raised.
    pub(super) fn wait(&self, by: Option<Instant>) -> bool {
        let mut raised = self.lock();
        while !*raised {
            raised = match by.map(|by| by.since(clock::now())) {
                None => self
                    .changed
                    .wait(raised)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => return false,
                Some(left) => {
                    let waited = self.changed.wait_timeout(raised, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        *raised = false;
        true
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.raise();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.raise();
    }
}
