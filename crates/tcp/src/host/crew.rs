//! Who is at work for a host: its threads are counted, its streams known, so that it can come to an end.

use std::{
    collections::BTreeMap,
    net::{Shutdown, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// How far a host has come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Phase {
    #[default]
    Serving,
    /// Clients may take what is queued for them.
    Closing,
    /// They have had their time.
    CutOff,
}

#[derive(Debug, Default)]
pub(super) struct Crew {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    at_work: usize,
    streams: BTreeMap<u64, Arc<Stream>>,
    next: u64,
}

/// The stream of one connection.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) io: TcpStream,
    /// Between two requests: nobody is harmed if no further one is read.
    idle: AtomicBool,
}

impl Stream {
    pub(super) fn set_idle(&self, idle: bool) {
        self.idle.store(idle, Ordering::SeqCst);
    }
}

/// Somebody at work, until it is dropped.
#[derive(Debug)]
pub(super) struct Worker {
    crew: Arc<Crew>,
}

/// A stream at work, until it is dropped.
#[derive(Debug)]
pub(super) struct Aboard {
    pub(super) stream: Arc<Stream>,
    key: u64,
    worker: Worker,
}

impl Crew {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn phase(&self) -> Phase {
        self.lock().phase
    }

    pub(super) fn worker(self: &Arc<Self>) -> Worker {
        self.lock().at_work += 1;
        Worker { crew: self.clone() }
    }

    /// A connection's stream comes aboard; none does any more once the host closes.
    pub(super) fn board(self: &Arc<Self>, io: TcpStream) -> Option<Aboard> {
        let stream = Arc::new(Stream {
            io,
            idle: AtomicBool::new(false),
        });
        let mut state = self.lock();
        if state.phase > Phase::Serving {
            return None;
        }
        let key = state.next;
        state.next += 1;
        state.at_work += 1;
        state.streams.insert(key, stream.clone());
        drop(state);
        let worker = Worker { crew: self.clone() };
        Some(Aboard {
            stream,
            key,
            worker,
        })
    }

    /// Streams between two requests read no further one.
    pub(super) fn begin_closing(&self) {
        let mut state = self.lock();
        state.phase = state.phase.max(Phase::Closing);
        for stream in state.streams.values() {
            if stream.idle.load(Ordering::SeqCst) {
                // One that is gone needs no goodbye.
                let _ = stream.io.shutdown(Shutdown::Read);
            }
        }
    }

    /// Every stream ends.
    pub(super) fn cut_off(&self) {
        let mut state = self.lock();
        state.phase = Phase::CutOff;
        for stream in state.streams.values() {
            let _ = stream.io.shutdown(Shutdown::Both);
        }
    }

    /// Whether nobody is at work, within this time.
    pub(super) fn wait_idle(&self, within: Duration) -> bool {
        let by = Instant::now() + within;
        let mut state = self.lock();
        while state.at_work > 0 {
            let left = by.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.crew.lock().at_work -= 1;
        self.crew.changed.notify_all();
    }
}

impl Drop for Aboard {
    fn drop(&mut self) {
        self.worker.crew.lock().streams.remove(&self.key);
    }
}
