//! The sessions of one app, from the first to the last. How a request finds its session is in `admit`.

use crate::{App, Conn, Traffic, clock, tidy::Tide, traffic::Meter};
use siox_engineio::{CloseReason, Response, Sid, Transport};
use siox_stack::{
    Config, Front, Machine, NoPlace, Sids,
    front::{InvalidOption, Options},
};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    fmt, mem,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Context,
    time::Duration,
};
use tokio::sync::watch;

/// How long the tasks of sessions that were cut off may take to end.
const CUT_OFF: Duration = Duration::from_secs(2);

/// How far a host has come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    /// Clients may take what is queued for them.
    Closing,
    /// They have had their time.
    CutOff,
}

/// The sessions of one app at one path.
pub struct Host<A: App> {
    app: Arc<A>,
    config: Config,
    front: Front,
    sids: Mutex<Sids<Arc<Conn<A>>>>,
    /// Sessions that have ended, while their sockets still say goodbye.
    leaving: Mutex<BTreeMap<Sid, Arc<Conn<A>>>>,
    /// What polls are answered whose sessions ended with the host, without having waited for them.
    last_words: Mutex<BTreeMap<Sid, Response>>,
    phase: watch::Sender<Phase>,
    /// Counts the tasks: each holds a receiver.
    tasks: watch::Sender<()>,
    meter: Arc<Meter>,
    tide: Tide,
}

/// Held by every task of a host while it lives.
pub(crate) struct Alive(
    #[expect(dead_code, reason = "its drop is what counts")] watch::Receiver<()>,
);

impl<A: App> Host<A> {
    /// A host of `app` for requests to `path`, with or without its trailing slash.
    #[must_use]
    pub fn new(app: Arc<A>, config: Config, path: &str) -> Arc<Self> {
        let front = Front::at(&config, path);
        Self::behind(front, app, config)
    }

    /// A host of `app` with these options.
    ///
    /// # Errors
    /// What is wrong with an option.
    pub fn with_options(
        app: Arc<A>,
        config: Config,
        options: Options,
    ) -> Result<Arc<Self>, InvalidOption> {
        let front = Front::new(&config, options)?;
        Ok(Self::behind(front, app, config))
    }

    fn behind(front: Front, app: Arc<A>, config: Config) -> Arc<Self> {
        Arc::new(Self {
            app,
            config,
            sids: Mutex::new(Sids::capped(front.options().caps)),
            front,
            leaving: Mutex::default(),
            last_words: Mutex::default(),
            phase: watch::Sender::new(Phase::Serving),
            tasks: watch::Sender::new(()),
            meter: Arc::default(),
            tide: Tide::default(),
        })
    }

    /// The app.
    #[must_use]
    pub fn app(&self) -> &Arc<A> {
        &self.app
    }

    /// The settings of its sessions.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How many sessions there are.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.table().len()
    }

    /// What has gone through it, and what is there now. Each session is looked at for it, one after the
    /// other: a tenth of a microsecond for each, about.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        let mut traffic = self.meter.so_far();
        for conn in self.all() {
            let (transport, queued) = conn.cell.look(|m| (m.transport(), m.queued()));
            traffic.queued = traffic.queued.saturating_add(queued);
            match transport {
                Some(Transport::WebSocket) => traffic.websocket += 1,
                Some(Transport::Polling) | None => traffic.polling += 1,
            }
        }
        traffic
    }

    /// Counts what goes through it.
    pub(crate) fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    fn all(&self) -> Vec<Arc<Conn<A>>> {
        self.table().iter().map(|(_, conn)| conn.clone()).collect()
    }

    /// Whether a request to `path` is for this host.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.front.matches(path)
    }

    /// What judges its requests.
    pub(crate) fn front(&self) -> &Front {
        &self.front
    }

    /// Refuses new sessions, ends all there are as "server shutting down", and waits until their clients
    /// have taken what was queued for them, `deadline` at most (a client that polls is not waited for where
    /// nothing is queued, and told by its next poll while the server around this still answers); then cuts those off that have not.
    /// Whether no task of this host is left, two seconds after that at the latest.
    pub async fn close(&self, deadline: Duration) -> bool {
        self.phase.send_replace(Phase::Closing);
        for conn in self.all() {
            self.part(&conn);
        }
        if tokio::time::timeout(deadline, self.tasks.closed())
            .await
            .is_ok()
        {
            return true;
        }
        self.phase.send_replace(Phase::CutOff);
        self.for_all(Machine::abort);
        for conn in mem::take(&mut *self.leaving()).values() {
            conn.cell.take_over();
        }
        tokio::time::timeout(CUT_OFF, self.tasks.closed())
            .await
            .is_ok()
    }

    fn part(&self, conn: &Conn<A>) {
        let parted = conn.with(|m| m.part(clock::now(), CloseReason::ServerShuttingDown));
        if let Some(last_words) = parted {
            self.last_words().insert(conn.sid, last_words);
        }
    }

    /// What a poll is answered whose session has ended with the host; said once.
    pub(crate) fn take_last_words(&self, sid: &Sid) -> Option<Response> {
        self.last_words().remove(sid)
    }

    fn last_words(&self) -> MutexGuard<'_, BTreeMap<Sid, Response>> {
        self.last_words
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn for_all(&self, step: impl Fn(&mut A::Machine)) {
        for conn in self.all() {
            conn.with(&step);
        }
    }

    /// Ends when the host is closing.
    pub(crate) async fn closing(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self
            .phase
            .subscribe()
            .wait_for(|now| *now >= Phase::Closing)
            .await;
    }

    /// Calls `closing` when the host is closing, and ends when whoever has not drained is cut off.
    pub(crate) async fn ending(&self, closing: impl FnOnce()) {
        let mut phase = self.phase.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = phase.wait_for(|now| *now >= Phase::Closing).await;
        closing();
        let _ = phase.wait_for(|now| *now >= Phase::CutOff).await;
    }

    pub(crate) fn is_closing(&self) -> bool {
        *self.phase.borrow() >= Phase::Closing
    }

    pub(crate) fn alive(&self) -> Alive {
        Alive(self.tasks.subscribe())
    }

    fn table(&self) -> MutexGuard<'_, Sids<Arc<Conn<A>>>> {
        self.sids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leaving(&self) -> MutexGuard<'_, BTreeMap<Sid, Arc<Conn<A>>>> {
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session has ended, and its socket says goodbye.
    pub(crate) fn leaves(&self, conn: &Arc<Conn<A>>) {
        self.leaving().insert(conn.sid, conn.clone());
    }

    /// The goodbye is said.
    pub(crate) fn left(&self, conn: &Conn<A>) {
        self.leaving().remove(&conn.sid);
    }

    /// Keeps an id for a session of a client at `address` that is being opened.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        sid: Sid,
        address: Option<IpAddr>,
    ) -> Result<Reserved<A>, NoPlace> {
        self.table().reserve(sid, address)?;
        Ok(Reserved {
            host: self.clone(),
            sid,
            has_come: false,
        })
    }

    /// The session's driver has broken down: nothing more will come of it.
    pub(crate) fn forget(&self, conn: &Conn<A>) {
        self.table().remove(&conn.sid);
    }

    pub(crate) fn find(&self, sid: &Sid) -> Option<Arc<Conn<A>>> {
        self.table().get(sid).cloned()
    }

    /// The session is one no longer.
    #[cold]
    fn ended(&self, conn: &Conn<A>) {
        let mut table = self.table();
        table.remove(&conn.sid);
        let left = table.len();
        drop(table);
        self.tide.falls(left);
    }

    /// An event on its way to the app. A session that ends with it is forgotten first.
    #[inline]
    pub(crate) fn deliver(
        self: &Arc<Self>,
        conn: &Arc<Conn<A>>,
        cx: &mut Context<'_>,
        event: <A::Machine as Machine>::Event<'_>,
    ) {
        if A::Machine::is_last(&event) {
            self.ended(conn);
        }
        self.app.handle_event(conn, cx, event);
    }
}

/// An id kept for a session; given back when none comes.
pub(crate) struct Reserved<A: App> {
    host: Arc<Host<A>>,
    pub(crate) sid: Sid,
    has_come: bool,
}

impl<A: App> Reserved<A> {
    /// Moves to another id. Whether that was free.
    pub(crate) fn rename(&mut self, sid: Sid) -> bool {
        let free = self.host.table().rename(&self.sid, sid);
        if free {
            self.sid = sid;
        }
        free
    }

    /// The session has come.
    pub(crate) fn enter(mut self, conn: &Arc<Conn<A>>) {
        self.has_come = true;
        // The id was kept for it, so that nobody else can have it.
        let mut table = self.host.table();
        let _ = table.insert(self.sid, conn.clone());
        let sessions = table.len();
        drop(table);
        self.host.tide.rises(sessions);
        if self.host.is_closing() {
            // It came too late to be among those that `close` has ended.
            self.host.part(conn);
        }
    }
}

impl<A: App> Drop for Reserved<A> {
    fn drop(&mut self) {
        if !self.has_come {
            self.host.table().release(&self.sid);
        }
    }
}

/// Randomness of the system for the ids to come, so that not each costs a call of it.
struct Random {
    bytes: [u8; LOT * ID],
    /// Of ids, from the front.
    left: usize,
}

/// Bytes of an id.
const ID: usize = 15;
/// Ids for which the system is asked at once.
const LOT: usize = 64;

thread_local! {
    static RANDOM: RefCell<Random> = const {
        RefCell::new(Random {
            bytes: [0; LOT * ID],
            left: 0,
        })
    };
}

impl Random {
    fn take(&mut self) -> Option<[u8; ID]> {
        if self.left == 0 {
            getrandom::fill(&mut self.bytes).ok()?;
            self.left = LOT;
        }
        self.left -= 1;
        let (all, _) = self.bytes.as_chunks_mut();
        // What has been given out is told to nobody else.
        all.get_mut(self.left).map(mem::take)
    }
}

/// 120 bits that nobody can predict.
pub(crate) fn random() -> Option<[u8; ID]> {
    RANDOM.with_borrow_mut(Random::take)
}

/// An id of 20 characters that nobody can guess; none when the system has no randomness to give.
#[must_use]
pub fn random_id() -> Option<String> {
    random().map(|bytes| Sid::from_random(&bytes).as_str().to_owned())
}

impl<A: App> fmt::Debug for Host<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("path", &self.front.options().path)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_id_is_given_twice_and_none_is_kept() {
        let ids: BTreeSet<_> = (0..3 * LOT + 1).map(|_| random().unwrap()).collect();
        assert_eq!(ids.len(), 3 * LOT + 1);
        RANDOM.with_borrow(|random| {
            assert_eq!(random.left, LOT - 1);
            assert_eq!(random.bytes[random.left * ID..], [0; ID]);
            assert!(random.bytes[..ID].iter().any(|byte| *byte != 0));
        });
    }
}
