//! The sessions of one app, and the way of a request to its session.

use crate::{About, App, Conn, clock, driver::Driver};
use siox_engineio::{
    CloseReason, Decision, ErrorCode, Handshake, Lane, Request, Response, Sid, Transport,
};
use siox_stack::{Agreed, Config, Machine, Route, Sids};
use siox_websocket::handshake::{
    OriginPolicy,
    server::{Accept, Offer, Refusal},
};
use std::{
    collections::BTreeMap,
    fmt,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Context,
    time::Duration,
};
use tokio::{runtime::Handle, sync::watch};

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
    path: Box<str>,
    sids: Mutex<Sids<Arc<Conn<A>>>>,
    /// Sessions that have ended, while their sockets still say goodbye.
    leaving: Mutex<BTreeMap<Sid, Arc<Conn<A>>>>,
    phase: watch::Sender<Phase>,
    /// Counts the tasks: each holds a receiver.
    tasks: watch::Sender<()>,
}

/// Held by every task of a host while it lives.
pub(crate) struct Alive(
    #[expect(dead_code, reason = "its drop is what counts")] watch::Receiver<()>,
);

/// What to do with a request.
pub(crate) enum Admitted<A: App> {
    Answer(Response),
    /// It is no proper WebSocket handshake.
    Refuse(Refusal),
    /// The server is going down.
    Unavailable,
    Park(Parked<A>),
    Body(Parked<A>, usize),
    Upgrade(Upgrading<A>, Lane, Accept<'static>),
}

/// A session whose WebSocket is still to come. Dropped before it has come, the session is told that it
/// is gone, and is driven to its end.
pub(crate) struct Upgrading<A: App> {
    host: Arc<Host<A>>,
    conn: Arc<Conn<A>>,
    lane: Lane,
    came: bool,
}

impl<A: App> Upgrading<A> {
    fn new(host: &Arc<Host<A>>, conn: Arc<Conn<A>>, lane: Lane) -> Self {
        Self {
            host: host.clone(),
            conn,
            lane,
            came: false,
        }
    }

    /// The WebSocket is there, and with it whoever drives the session.
    pub(crate) fn came(mut self) -> Arc<Conn<A>> {
        self.came = true;
        self.conn.clone()
    }
}

impl<A: App> Deref for Upgrading<A> {
    type Target = Conn<A>;

    fn deref(&self) -> &Conn<A> {
        &self.conn
    }
}

impl<A: App> Drop for Upgrading<A> {
    fn drop(&mut self) {
        if self.came {
            return;
        }
        self.conn.with(|m| m.handle_socket_gone(self.lane));
        // Without a runtime this is the end of everything.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(Driver::timer(&self.host, self.conn.clone()));
        }
    }
}

/// A request of a session that waits for its body or its answer. Dropped before it was answered, it is
/// reported as abandoned.
pub(crate) struct Parked<A: App> {
    pub(crate) conn: Arc<Conn<A>>,
    pub(crate) lane: Lane,
    answered: bool,
}

impl<A: App> Parked<A> {
    fn new(conn: Arc<Conn<A>>, lane: Lane) -> Self {
        Self {
            conn,
            lane,
            answered: false,
        }
    }

    pub(crate) fn answered(&mut self) {
        self.answered = true;
    }
}

impl<A: App> Drop for Parked<A> {
    fn drop(&mut self) {
        if !self.answered {
            self.conn.with(|m| m.handle_abandoned(self.lane));
        }
    }
}

impl<A: App> Host<A> {
    /// A host of `app` for requests to `path`, with or without its trailing slash.
    #[must_use]
    pub fn new(app: Arc<A>, config: Config, path: &str) -> Arc<Self> {
        Arc::new(Self {
            app,
            config,
            path: path.trim_end_matches('/').into(),
            sids: Mutex::default(),
            leaving: Mutex::default(),
            phase: watch::Sender::new(Phase::Serving),
            tasks: watch::Sender::new(()),
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

    /// Whether a request to `path` is for this host.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        path.strip_prefix(&*self.path)
            .is_some_and(|rest| matches!(rest, "" | "/"))
    }

    /// Refuses new sessions, ends all there are as "server shutting down", and waits until their clients
    /// have taken what was queued for them, `deadline` at most; then cuts those off that have not.
    /// Whether no task of this host is left, two seconds after that at the latest.
    pub async fn close(&self, deadline: Duration) -> bool {
        self.phase.send_replace(Phase::Closing);
        self.for_all(|m| m.close(clock::now(), CloseReason::ServerShuttingDown));
        if tokio::time::timeout(deadline, self.tasks.closed())
            .await
            .is_ok()
        {
            return true;
        }
        self.phase.send_replace(Phase::CutOff);
        self.for_all(Machine::abort);
        for conn in std::mem::take(&mut *self.leaving()).values() {
            conn.cell.take_over();
        }
        tokio::time::timeout(CUT_OFF, self.tasks.closed())
            .await
            .is_ok()
    }

    fn for_all(&self, step: impl Fn(&mut A::Machine)) {
        let all: Vec<_> = self.table().iter().map(|(_, conn)| conn.clone()).collect();
        for conn in all {
            conn.with(&step);
        }
    }

    /// Ends when the host is closing.
    pub(crate) async fn closing(&self) {
        self.reached(Phase::Closing).await;
    }

    /// Ends when whoever has not drained is cut off.
    pub(crate) async fn cut_off(&self) {
        self.reached(Phase::CutOff).await;
    }

    async fn reached(&self, phase: Phase) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.phase.subscribe().wait_for(|now| *now >= phase).await;
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

    /// Finds or opens the session that `request` means, and asks it. Nothing is opened or changed for a
    /// request from a foreign page, or for a WebSocket handshake that must fail.
    pub(crate) fn admit(
        self: &Arc<Self>,
        request: &Request<'_>,
        offer: &Offer<'_>,
        about: &About<'_>,
    ) -> Admitted<A> {
        let found = match self.table().route(self.config.engine(), request) {
            Route::Refuse(response) => return Admitted::Answer(response),
            Route::Session(conn) => Ok(conn.clone()),
            Route::Open(handshake) => Err(handshake),
        };
        if offer.check_origin(OriginPolicy::Same, false).is_err() {
            tracing::warn!("a page of another origin was refused");
            return Admitted::Answer(ErrorCode::Forbidden.response());
        }
        let accept = match request
            .websocket
            .then(|| self.config.accept(offer))
            .transpose()
        {
            Ok(accept) => accept,
            Err(refusal) => return Admitted::Refuse(refusal),
        };
        match found {
            Ok(conn) => self.ask(conn, request, accept),
            Err(_) if self.is_closing() => Admitted::Unavailable,
            Err(handshake) => self.open(handshake, accept, about),
        }
    }

    fn ask(
        self: &Arc<Self>,
        conn: Arc<Conn<A>>,
        request: &Request<'_>,
        accept: Option<(Accept<'static>, Agreed)>,
    ) -> Admitted<A> {
        let decision = conn.with(|m| {
            let decision = m.handle_request(clock::now(), request);
            if let (Decision::Upgrade(lane), Some((_, agreed))) = (&decision, &accept) {
                m.agree(&self.config, *lane, *agreed);
            }
            decision
        });
        match decision {
            Decision::Answer(response) => Admitted::Answer(response),
            Decision::Park(lane) => Admitted::Park(Parked::new(conn, lane)),
            Decision::Body { lane, limit } => Admitted::Body(Parked::new(conn, lane), limit),
            Decision::Upgrade(lane) => match accept {
                Some((accept, _)) => {
                    Admitted::Upgrade(Upgrading::new(self, conn, lane), lane, accept)
                }
                None => Admitted::Refuse(Refusal::Upgrade),
            },
        }
    }

    fn open(
        self: &Arc<Self>,
        handshake: Handshake,
        accept: Option<(Accept<'static>, Agreed)>,
        about: &About<'_>,
    ) -> Admitted<A> {
        let Some(sid) = random().map(|bytes| Sid::from_random(&bytes)) else {
            return Admitted::Unavailable;
        };
        let now = clock::now();
        let data = self.app.open(about);
        match (handshake.transport, accept) {
            (Transport::Polling, _) => {
                let (machine, response) =
                    A::Machine::polling_for(now, &self.config, sid, &handshake);
                let conn = Arc::new(Conn::new(machine, sid, data));
                self.enter(&conn);
                tokio::spawn(Driver::timer(self, conn));
                Admitted::Answer(response)
            }
            (Transport::WebSocket, Some((accept, agreed))) => {
                let (mut machine, lane) =
                    A::Machine::socket_for(now, &self.config, sid, &handshake);
                machine.agree(&self.config, lane, agreed);
                let conn = Arc::new(Conn::new(machine, sid, data));
                self.enter(&conn);
                Admitted::Upgrade(Upgrading::new(self, conn, lane), lane, accept)
            }
            (Transport::WebSocket, None) => Admitted::Refuse(Refusal::Upgrade),
        }
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

    fn enter(&self, conn: &Arc<Conn<A>>) {
        // An id of 120 random bits that is taken already would be a fault of the random source; the
        // session then lives on its socket alone and no request can reach the other one through it.
        let _ = self.table().insert(conn.sid, conn.clone());
        if self.is_closing() {
            // It came too late to be among those that `close` has ended.
            conn.close(CloseReason::ServerShuttingDown);
        }
    }

    /// An event on its way to the app. A session that ends with it is forgotten first.
    pub(crate) fn deliver(
        self: &Arc<Self>,
        conn: &Arc<Conn<A>>,
        cx: &mut Context<'_>,
        event: <A::Machine as Machine>::Event<'_>,
    ) {
        if A::Machine::is_last(&event) {
            self.table().remove(&conn.sid);
        }
        self.app.handle_event(conn, cx, event);
    }
}

/// 120 bits that nobody can predict.
fn random() -> Option<[u8; 15]> {
    let mut random = [0; 15];
    getrandom::fill(&mut random).ok()?;
    Some(random)
}

/// An id of 20 characters that nobody can guess; none when the system has no randomness to give.
#[must_use]
pub fn random_id() -> Option<String> {
    random().map(|bytes| Sid::from_random(&bytes).as_str().to_owned())
}

impl<A: App> fmt::Debug for Host<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
