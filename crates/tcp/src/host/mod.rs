//! Sessions on blocking threads: the table of one server's sessions and the way of a request to its
//! session. What a thread does for it is in `plain` (HTTP), `carrier` (WebSocket) and `timers`.

mod app;
mod carrier;
mod crew;
mod exchange;
mod pending;
mod plain;
mod post;
mod serve;
mod signal;
mod timers;
mod turns;

pub use app::{App, Conn};
pub use siox_stack::front::{self, About, Headers};

use crate::clock;
use crew::{Crew, Phase};
use pending::{Admitted, Parked, Reserved, Upgrading};
use siox_engineio::{CloseReason, Decision, ErrorCode, Handshake, Refusal, Sid, Transport};
use siox_stack::{
    Agreed, Config, Machine, NoPlace, Sids,
    front::{Front, InvalidOption, Judged, Options, Refused, Reply, Verdict},
};
use siox_websocket::handshake::server::Accept;
use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use timers::Timers;

/// How long the threads of sessions that were cut off may take to end.
const CUT_OFF: Duration = Duration::from_secs(2);

/// The sessions of one app at one path.
pub struct Host<A: App> {
    app: Arc<A>,
    config: Config,
    front: Front,
    sids: Mutex<Sids<Arc<Conn<A>>>>,
    crew: Arc<Crew>,
    timers: Arc<Timers<A>>,
    /// Where it listens.
    listening: Mutex<Vec<SocketAddr>>,
}

impl<A: App> Host<A> {
    /// A host of `app`.
    ///
    /// # Errors
    /// What is wrong with an option: then nothing could be served.
    pub fn new(app: Arc<A>, config: Config, options: Options) -> Result<Arc<Self>, InvalidOption> {
        let front = Front::new(&config, options)?;
        Ok(Arc::new(Self {
            app,
            config,
            sids: Mutex::new(Sids::capped(front.options().caps)),
            front,
            crew: Arc::default(),
            timers: Arc::default(),
            listening: Mutex::default(),
        }))
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

    /// Whether a listener is being served.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        !self.addresses().is_empty()
    }

    /// Refuses new connections and sessions, ends all there are as "server shutting down", and waits
    /// until their clients have taken what was queued for them, `deadline` at most; then cuts those off
    /// that have not. Whether no thread of this host is left, two seconds after that at the latest.
    pub fn close(&self, deadline: Duration) -> bool {
        self.crew.begin_closing();
        serve::wake(&self.addresses());
        self.for_all(|m| m.close(clock::now(), CloseReason::ServerShuttingDown));
        if self.crew.wait_idle(deadline) {
            return true;
        }
        self.crew.cut_off();
        self.for_all(Machine::abort);
        self.crew.wait_idle(CUT_OFF)
    }

    fn for_all(&self, step: impl Fn(&mut A::Machine)) {
        let all: Vec<_> = self.table().iter().map(|(_, conn)| conn.clone()).collect();
        for conn in all {
            conn.with(&step);
            self.app.drained(&conn);
        }
    }

    fn is_closing(&self) -> bool {
        self.crew.phase() >= Phase::Closing
    }

    fn table(&self) -> MutexGuard<'_, Sids<Arc<Conn<A>>>> {
        self.sids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing more will come of this session.
    fn forget(&self, sid: &Sid) {
        self.table().remove(sid);
    }

    fn addresses(&self) -> MutexGuard<'_, Vec<SocketAddr>> {
        let listening = self.listening.lock();
        listening.unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds or opens the session that the request means, and asks it.
    fn admit(self: &Arc<Self>, about: &About<'_>) -> Admitted<A> {
        let Judged {
            request,
            verdict,
            mut reply,
        } = self.front.judge(about);
        match verdict {
            Verdict::Answer(answer) => Admitted::Answer(answer),
            Verdict::Refuse(refused) => self.refuse(about, reply, &refused),
            Verdict::Open(handshake, accept) => self.open(about, reply, &handshake, accept),
            Verdict::Session(sid, accept) => {
                let found = self.table().get(&sid).cloned();
                let Some(conn) = found else {
                    return self.refuse(about, reply, &ErrorCode::UnknownSid.into());
                };
                self.app.headers(&conn, about, &mut reply.fields);
                let decision = conn.with(|m| m.handle_request(clock::now(), &request));
                self.decided(about, conn, decision, reply, accept)
            }
        }
    }

    fn decided(
        self: &Arc<Self>,
        about: &About<'_>,
        conn: Arc<Conn<A>>,
        decision: Decision,
        reply: Reply,
        accept: Option<(Accept<'static>, Agreed)>,
    ) -> Admitted<A> {
        match (decision, accept) {
            (Decision::Answer(response), _) => {
                if let Some(refusal) = response.refusal {
                    self.app.connection_error(about, &refusal.into());
                }
                // It may have taken what was queued.
                self.app.drained(&conn);
                Admitted::Answer(reply.finish(response))
            }
            (Decision::Park(lane), _) => Admitted::Park(Parked::new(conn, lane, reply)),
            (Decision::Body { lane, limit }, _) => {
                Admitted::Body(Parked::new(conn, lane, reply), limit)
            }
            (Decision::Upgrade(lane), Some((accept, agreed))) => {
                conn.with(|m| m.agree(&self.config, lane, agreed));
                let headers = reply.switch(&accept);
                Admitted::Upgrade(Upgrading::new(self, conn, lane), headers)
            }
            (Decision::Upgrade(lane), None) => {
                // No session upgrades without a handshake; if one did, its socket never came.
                drop(Upgrading::new(self, conn, lane));
                self.refuse(about, reply, &ErrorCode::BadRequest.into())
            }
        }
    }

    fn refuse(&self, about: &About<'_>, reply: Reply, refused: &Refused) -> Admitted<A> {
        self.app.connection_error(about, refused);
        Admitted::Answer(reply.refuse(refused))
    }

    fn open(
        self: &Arc<Self>,
        about: &About<'_>,
        reply: Reply,
        handshake: &Handshake,
        accept: Option<(Accept<'static>, Agreed)>,
    ) -> Admitted<A> {
        if self.is_closing() {
            return Admitted::Unavailable;
        }
        let Some(sid) = random_sid() else {
            return Admitted::Unavailable;
        };
        let mut place = match Reserved::new(self, sid, about.address()) {
            Ok(place) => place,
            Err(none) => return self.refuse(about, reply, &Refusal::from(none).into()),
        };
        match self.app.admit(about).decide() {
            Ok(None) => {}
            Ok(Some(wanted)) if place.rename(wanted) => {}
            Ok(Some(_)) => {
                return self.refuse(about, reply, &Refusal::from(NoPlace::Taken).into());
            }
            Err(refused) => return self.refuse(about, reply, &refused),
        }
        match (handshake.transport, accept) {
            (Transport::Polling, _) => self.open_polling(about, reply, &place, handshake),
            (Transport::WebSocket, Some(accepted)) => {
                self.open_socket(about, reply, &place, handshake, accepted)
            }
            (Transport::WebSocket, None) => {
                self.refuse(about, reply, &ErrorCode::BadRequest.into())
            }
        }
    }

    fn open_polling(
        self: &Arc<Self>,
        about: &About<'_>,
        mut reply: Reply,
        place: &Reserved<A>,
        handshake: &Handshake,
    ) -> Admitted<A> {
        let (now, sid) = (clock::now(), place.sid());
        let data = self.app.open(about);
        let (machine, response) = A::Machine::polling_for(now, &self.config, sid, handshake);
        let conn = Arc::new(Conn::new(machine, sid, data));
        self.enter(about, &conn, &mut reply);
        self.timers.enter(self, &conn);
        self.opened(&conn);
        Admitted::Answer(reply.finish(response))
    }

    fn open_socket(
        self: &Arc<Self>,
        about: &About<'_>,
        mut reply: Reply,
        place: &Reserved<A>,
        handshake: &Handshake,
        (accept, agreed): (Accept<'static>, Agreed),
    ) -> Admitted<A> {
        let (now, sid) = (clock::now(), place.sid());
        let data = self.app.open(about);
        let (mut machine, lane) = A::Machine::socket_for(now, &self.config, sid, handshake);
        machine.agree(&self.config, lane, agreed);
        let conn = Arc::new(Conn::new(machine, sid, data));
        self.enter(about, &conn, &mut reply);
        let upgrading = Upgrading::new(self, conn.clone(), lane);
        self.opened(&conn);
        Admitted::Upgrade(upgrading, reply.switch(&accept))
    }

    /// The session is one from here on; who drives it comes next, before the app may break down over it.
    fn enter(&self, about: &About<'_>, conn: &Arc<Conn<A>>, reply: &mut Reply) {
        self.front.introduce(&conn.sid, reply);
        self.app.initial_headers(conn, about, &mut reply.fields);
        self.app.headers(conn, about, &mut reply.fields);
        // Its id was reserved.
        let _ = self.table().insert(conn.sid, conn.clone());
    }

    fn opened(&self, conn: &Arc<Conn<A>>) {
        self.app.opened(conn);
        if self.is_closing() {
            // It came too late to be among those that `close` has ended.
            conn.close(CloseReason::ServerShuttingDown);
        }
    }

    /// An event on its way to the app, by whoever has the session's turn. A session that ends with it is
    /// forgotten first.
    fn deliver(self: &Arc<Self>, conn: &Arc<Conn<A>>, event: <A::Machine as Machine>::Event<'_>) {
        if A::Machine::is_last(&event) {
            self.table().remove(&conn.sid);
        }
        self.app.handle_event(conn, event);
    }
}

/// 120 bits that nobody can predict.
fn random_sid() -> Option<Sid> {
    let mut random = [0; 15];
    getrandom::fill(&mut random).ok()?;
    Some(Sid::from_random(&random))
}

impl<A: App> Drop for Host<A> {
    fn drop(&mut self) {
        self.timers.end();
    }
}

impl<A: App> fmt::Debug for Host<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("path", &self.front.options().path)
            .finish_non_exhaustive()
    }
}
