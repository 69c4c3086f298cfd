//! The way of a request to its session: judged by the front, asked of the app, decided by the session.

use crate::{
    Admit, App, Conn, Host, clock,
    driver::Driver,
    host::{Reserved, random},
};
use siox_engineio::{
    self as engineio, Context, Decision, ErrorCode, Handshake, Lane, Method, Refusal, Request, Sid,
    Transport,
};
use siox_stack::{
    Agreed, Machine,
    front::{About, Admission, Answer, Judged, Kept, Refused, Reply, Verdict},
};
use siox_websocket::handshake::server::Accept;
use siox_wire::Instant;
use std::{
    borrow::Cow,
    future::Future,
    mem,
    ops::Deref,
    pin::Pin,
    sync::Arc,
    task::{Context as Task, Poll, ready},
};
use tokio::runtime::Handle;

/// Header lines of an answer.
pub(crate) type Lines = Vec<(Cow<'static, str>, Cow<'static, str>)>;

/// What to do with a request.
pub(crate) enum Admitted<A: App> {
    Answer(Answer),
    /// The app has to think about it.
    Ask(Box<Asking>),
    Park(Parked<A>),
    Body(Parked<A>, usize),
    Upgrade(Upgrading<A>, Lane, Lines),
}

/// A request that would open a session and waits for the app's word.
pub(crate) struct Asking {
    /// The word.
    pub(crate) word: Pin<Box<dyn Future<Output = Admission> + Send>>,
    opening: Opening,
    request: Kept,
}

/// What is needed to open a session.
struct Opening {
    handshake: Handshake,
    accept: Option<(Accept<'static>, Agreed)>,
    reply: Reply,
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
    reply: Reply,
    answered: bool,
}

impl<A: App> Parked<A> {
    /// The session has given its answer.
    pub(crate) fn answer(mut self, response: engineio::Response) -> Answer {
        self.answered = true;
        mem::take(&mut self.reply).finish(response)
    }

    /// The answer to a GET, once the session gives it.
    pub(crate) fn poll(&self, host: &Host<A>, cx: &mut Task<'_>) -> Poll<engineio::Response> {
        let response = ready!(self.conn.cell.poll_response(cx, self.lane));
        host.app().drained(&self.conn);
        Poll::Ready(response)
    }

    /// Part of the body has come.
    pub(crate) fn progress(&self, now: Instant) {
        self.conn.with(|m| m.handle_progress(now, self.lane));
    }

    /// The body passed the limit.
    pub(crate) fn too_large(self) -> Answer {
        let response = self.conn.with(|m| m.body_too_large(self.lane));
        self.answer(response)
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
    /// Finds or opens the session that a request means, and asks it.
    pub(crate) fn admit(self: &Arc<Self>, about: &About<'_>) -> Admitted<A> {
        let Judged {
            request,
            verdict,
            reply,
        } = self.front().judge(about);
        match verdict {
            Verdict::Answer(answer) => Admitted::Answer(answer),
            Verdict::Refuse(refused) => self.refuse(about, &refused, reply),
            Verdict::Session(sid, accept) => match self.find(&sid) {
                Some(conn) => self.ask(conn, &request, about, accept, reply),
                None => self.refuse(about, &ErrorCode::UnknownSid.into(), reply),
            },
            Verdict::Open(..) if self.is_closing() => unavailable(),
            Verdict::Open(handshake, accept) => {
                let opening = Opening {
                    handshake,
                    accept,
                    reply,
                };
                match self.app().admit(about) {
                    Admit::Now(word) => self.decide(opening, about, word),
                    Admit::Later(word) => Admitted::Ask(Box::new(Asking {
                        word,
                        opening,
                        request: about.keep(),
                    })),
                }
            }
        }
    }

    /// The app has given its word.
    pub(crate) fn decided(self: &Arc<Self>, asking: Asking, word: Admission) -> Admitted<A> {
        if self.is_closing() {
            return unavailable();
        }
        self.decide(asking.opening, &asking.request.about(), word)
    }

    fn decide(
        self: &Arc<Self>,
        opening: Opening,
        about: &About<'_>,
        word: Admission,
    ) -> Admitted<A> {
        let sid = match word.decide() {
            Ok(Some(sid)) => sid,
            Ok(None) => match random() {
                Some(bytes) => Sid::from_random(&bytes),
                None => return unavailable(),
            },
            Err(refused) => return self.refuse(about, &refused, opening.reply),
        };
        match self.reserve(sid) {
            Some(place) => self.open(opening, about, place),
            None => {
                let taken = Refusal::bad_request(Context::IdGeneration);
                self.refuse(about, &taken.into(), opening.reply)
            }
        }
    }

    fn refuse(&self, about: &About<'_>, refused: &Refused, reply: Reply) -> Admitted<A> {
        if refused.refusal.context == Context::InvalidOrigin {
            tracing::warn!("a page of another origin was refused; the option `cors` admits it");
        }
        self.app().connection_error(about, refused);
        Admitted::Answer(reply.refuse(refused))
    }

    fn ask(
        self: &Arc<Self>,
        conn: Arc<Conn<A>>,
        request: &Request<'_>,
        about: &About<'_>,
        accept: Option<(Accept<'static>, Agreed)>,
        mut reply: Reply,
    ) -> Admitted<A> {
        self.app().headers(&conn, about, &mut reply.fields);
        let parked = |conn, lane, reply| Parked {
            conn,
            lane,
            reply,
            answered: false,
        };
        let decision = conn.with(|m| {
            self.meter().waits(m.queued());
            let decision = m.handle_request(clock::now(), request);
            if let (Decision::Upgrade(lane), Some((_, agreed))) = (&decision, &accept) {
                m.agree(self.config(), *lane, *agreed);
            }
            decision
        });
        match decision {
            Decision::Answer(response) => {
                if request.method == Method::Get {
                    self.app().drained(&conn);
                }
                if let Some(refusal) = response.refusal {
                    self.app().connection_error(about, &refusal.into());
                }
                Admitted::Answer(reply.finish(response))
            }
            Decision::Park(lane) => Admitted::Park(parked(conn, lane, reply)),
            Decision::Body { lane, limit } => Admitted::Body(parked(conn, lane, reply), limit),
            Decision::Upgrade(lane) => self.switch(conn, lane, accept, reply),
        }
    }

    fn open(
        self: &Arc<Self>,
        opening: Opening,
        about: &About<'_>,
        place: Reserved<A>,
    ) -> Admitted<A> {
        let Opening {
            handshake,
            accept,
            mut reply,
        } = opening;
        let (now, sid) = (clock::now(), place.sid);
        self.meter().opened(handshake.transport);
        let data = self.app().open(about);
        let first = match handshake.transport {
            Transport::Polling => {
                let (machine, response) =
                    A::Machine::polling_for(now, self.config(), sid, &handshake);
                (machine, Err(response))
            }
            Transport::WebSocket => {
                let (mut machine, lane) =
                    A::Machine::socket_for(now, self.config(), sid, &handshake);
                if let Some((_, agreed)) = &accept {
                    machine.agree(self.config(), lane, *agreed);
                }
                (machine, Ok(lane))
            }
        };
        let (machine, first) = first;
        let conn = Arc::new(Conn::new(machine, sid, data));
        self.front().introduce(&sid, &mut reply);
        self.app().initial_headers(&conn, about, &mut reply.fields);
        self.app().headers(&conn, about, &mut reply.fields);
        place.enter(&conn);
        self.app().opened(&conn);
        match first {
            Ok(lane) => self.switch(conn, lane, accept, reply),
            Err(response) => {
                tokio::spawn(Driver::timer(self, conn));
                Admitted::Answer(reply.finish(response))
            }
        }
    }

    fn switch(
        self: &Arc<Self>,
        conn: Arc<Conn<A>>,
        lane: Lane,
        accept: Option<(Accept<'static>, Agreed)>,
        reply: Reply,
    ) -> Admitted<A> {
        let upgrading = Upgrading::new(self, conn, lane);
        match accept {
            Some((accept, _)) => Admitted::Upgrade(upgrading, lane, reply.switch(&accept)),
            // The front leads nothing on to a WebSocket that is no handshake of one.
            None => Admitted::Answer(reply.finish(ErrorCode::BadRequest.response())),
        }
    }
}

/// The server is going down, or has no randomness to give.
fn unavailable<A: App>() -> Admitted<A> {
    Admitted::Answer(Answer::empty(503))
}
