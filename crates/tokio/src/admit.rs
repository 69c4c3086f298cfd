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
    Agreed, Machine, NoPlace,
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
    Ask(Box<Asking<A>>),
    Park(Parked<A>),
    Body(Parked<A>, usize),
    Upgrade(Upgrading<A>, Lane, Lines),
}

/// A request that would open a session and waits for the app's word.
pub(crate) struct Asking<A: App> {
    /// The word.
    pub(crate) word: Pin<Box<dyn Future<Output = Admission> + Send>>,
    opening: Opening<A>,
    request: Kept,
}

/// What is needed to open a session, and its place.
struct Opening<A: App> {
    place: Reserved<A>,
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
                None => match self.parted(&sid, &request) {
                    Some(last_words) => Admitted::Answer(reply.finish(last_words)),
                    None => self.refuse(about, &ErrorCode::UnknownSid.into(), reply),
                },
            },
            Verdict::Open(..) if self.is_closing() => unavailable(),
            Verdict::Open(handshake, accept) => {
                let Some(bytes) = random() else {
                    return unavailable();
                };
                let place = match self.reserve(Sid::from_random(&bytes), about.address()) {
                    Ok(place) => place,
                    Err(none) => return self.refuse(about, &Refusal::from(none).into(), reply),
                };
                let opening = Opening {
                    place,
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

    /// The answer to a poll whose session has ended with the host.
    fn parted(&self, sid: &Sid, request: &Request<'_>) -> Option<engineio::Response> {
        let is_poll = request.method == Method::Get && !request.websocket;
        is_poll.then(|| self.take_last_words(sid)).flatten()
    }

    /// The app has given its word.
    pub(crate) fn decided(self: &Arc<Self>, asking: Asking<A>, word: Admission) -> Admitted<A> {
        if self.is_closing() {
            return unavailable();
        }
        self.decide(asking.opening, &asking.request.about(), word)
    }

    fn decide(
        self: &Arc<Self>,
        mut opening: Opening<A>,
        about: &About<'_>,
        word: Admission,
    ) -> Admitted<A> {
        match word.decide() {
            Ok(None) => self.open(opening, about),
            Ok(Some(sid)) if opening.place.rename(sid) => self.open(opening, about),
            Ok(Some(_)) => {
                let taken = Refusal::from(NoPlace::Taken);
                self.refuse(about, &taken.into(), opening.reply)
            }
            Err(refused) => self.refuse(about, &refused, opening.reply),
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
            Decision::Upgrade(lane) => {
                let upgrading = Upgrading::new(self, conn, lane);
                Self::switch(upgrading, lane, accept, reply)
            }
        }
    }

    fn open(self: &Arc<Self>, opening: Opening<A>, about: &About<'_>) -> Admitted<A> {
        let Opening {
            place,
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
        // It has a driver before the app may break down over it.
        match first {
            Ok(lane) => {
                let upgrading = Upgrading::new(self, conn.clone(), lane);
                self.app().opened(&conn);
                Self::switch(upgrading, lane, accept, reply)
            }
            Err(response) => {
                tokio::spawn(Driver::timer(self, conn.clone()));
                self.app().opened(&conn);
                Admitted::Answer(reply.finish(response))
            }
        }
    }

    fn switch(
        upgrading: Upgrading<A>,
        lane: Lane,
        accept: Option<(Accept<'static>, Agreed)>,
        reply: Reply,
    ) -> Admitted<A> {
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
