//! The server: its front, the table of sessions, the sessions, and what a runtime does for them.

mod serve;

use crate::{
    check,
    conn::{Conn, Owner, Serving},
    net::Net,
    pipe::Arrival,
    scenario::Scenario,
};
use siox_engineio::{CloseReason, Lane, Sid};
use siox_http1::Limits;
use siox_stack::{Config, Engine, Front, Machine, Sids};
use siox_wire::Instant;
use std::{sync::Arc, time::Duration};

/// The application of a server, with all its sessions.
pub(crate) trait Site {
    type Machine: Machine;

    /// What a session stands on.
    fn engine(machine: &Self::Machine) -> &Engine;

    /// A session has opened; its number is how many there were.
    fn opened(&mut self, net: &mut Net<'_>, now: Instant);

    /// Something happened in a session.
    fn hear(
        &mut self,
        net: &mut Net<'_>,
        now: Instant,
        at: usize,
        sessions: &mut [Hosted<Self::Machine>],
        event: <Self::Machine as Machine>::Event<'_>,
    );

    /// When it wants to speak.
    fn next(&self) -> Option<Instant>;

    /// What it wants to say now.
    fn speak(&mut self, net: &mut Net<'_>, now: Instant, sessions: &mut [Hosted<Self::Machine>]);
}

/// A session of the server.
#[derive(Debug)]
pub(crate) struct Hosted<M> {
    pub(crate) engine: M,
    /// Its end is told.
    pub(crate) ended: bool,
    pub(crate) sid: Sid,
    /// When it was opened, and when the last byte for it came, on the server's clock.
    pub(crate) opened: Instant,
    pub(crate) heard: Instant,
    /// Since when a socket probes for it.
    pub(crate) probed: Option<Instant>,
    /// How many bytes it may still write, once its end is told.
    pub(crate) may_write: Option<usize>,
}

pub(crate) struct Host<S: Site> {
    pub(crate) site: S,
    config: Config,
    front: Front,
    pub(crate) limits: Arc<Limits>,
    sids: Sids<usize>,
    pub(crate) sessions: Vec<Hosted<S::Machine>>,
    pub(crate) skew: Duration,
    pub(crate) asleep: Option<Instant>,
}

impl<S: Site> Host<S> {
    pub(crate) fn new(plan: &Scenario, site: S) -> Self {
        let engine = siox_engineio::Config {
            ping_interval: plan.interval,
            ping_timeout: plan.timeout,
            upgrade_timeout: plan.upgrade[0],
            max_payload: plan.max_payload,
            allow_eio3: true,
            high_water: plan.high_water,
            hard_cap: plan.hard_cap,
            ..siox_engineio::Config::default()
        };
        let config = Config::new(engine, Default::default()).with_unchecked_events();
        Self {
            front: Front::at(&config, "/engine.io/"),
            site,
            config,
            limits: Arc::default(),
            sids: Sids::default(),
            sessions: Vec::new(),
            skew: Duration::ZERO,
            asleep: None,
        }
    }

    pub(crate) fn time(&self, now: Instant) -> Instant {
        now.after(self.skew)
    }

    /// Whether nothing is left of any session.
    pub(crate) fn is_quiet(&self) -> bool {
        let rests = |h: &Hosted<S::Machine>| h.ended && h.engine.poll_timeout().is_none();
        self.sids.is_empty() && self.sessions.iter().all(rests)
    }

    /// What waits for clients.
    pub(crate) fn queued(&self) -> usize {
        self.sessions.iter().map(|h| h.engine.queued()).sum()
    }

    /// When it next has something to do of its own.
    pub(crate) fn next_due(&self, now: Instant, conns: &[Conn]) -> Option<Instant> {
        let own = self.sessions.iter();
        let own = own.map(|hosted| hosted.engine.poll_timeout());
        let own = own.chain([self.site.next()]);
        let http = conns.iter().filter(|conn| conn.is_http());
        let http = http.filter_map(|conn| conn.http.poll_timeout());
        let due = own.flatten().chain(http).min()?;
        let ahead = due.since(self.time(now));
        Some(now.after(ahead).max(self.asleep.unwrap_or(now)))
    }

    /// All that has come over a connection.
    pub(crate) fn arrivals(&mut self, net: &mut Net<'_>, conn: &mut Conn, buf: &mut Vec<u8>) {
        while net.failure.is_none()
            && let Some(arrival) = conn.up.receive(net.now, &net.plan.line, &mut net.rng, buf)
        {
            net.digest([1, u64::from(conn.id), buf.len() as u64]);
            match arrival {
                Arrival::Bytes => self.bytes(net, conn, buf),
                Arrival::Eof => self.ended(net, conn, false),
                Arrival::Reset => self.ended(net, conn, true),
            }
        }
    }

    /// The client sends no more, or its connection is gone.
    fn ended(&mut self, net: &mut Net<'_>, conn: &mut Conn, reset: bool) {
        let now = self.time(net.now);
        net.note(format_args!("server: end of {} (reset: {reset})", conn.id));
        match conn.serving {
            Serving::Socket { session, lane } => {
                let engine = &mut self.sessions[session].engine;
                if reset {
                    engine.handle_socket_gone(lane);
                    conn.drop_server(net.now, &net.plan.line);
                } else {
                    engine.handle_eof(now, lane);
                }
            }
            Serving::Parked { session, lane } | Serving::Body { session, lane } => {
                self.sessions[session].engine.handle_abandoned(lane);
                conn.drop_server(net.now, &net.plan.line);
            }
            Serving::Http if reset => conn.drop_server(net.now, &net.plan.line),
            Serving::Http => {
                // A request that was cut off needs no answer.
                let _ = conn.http.handle_eof(now);
            }
            Serving::Done => {}
        }
    }

    /// What the application wants to say now.
    pub(crate) fn speak(&mut self, net: &mut Net<'_>) {
        let now = self.time(net.now);
        self.site.speak(net, now, &mut self.sessions);
    }

    /// Tells the application of something.
    fn hear(
        &mut self,
        net: &mut Net<'_>,
        now: Instant,
        at: usize,
        event: <S::Machine as Machine>::Event<'_>,
    ) {
        let hosted = &mut self.sessions[at];
        net.check(!hosted.ended, || "server: an event behind the end".into());
        hosted.ended |= S::Machine::is_last(&event);
        self.site.hear(net, now, at, &mut self.sessions, event);
    }

    pub(crate) fn close(&mut self, net: &mut Net<'_>, session: usize) {
        net.note(format_args!("server: closes"));
        let now = self.time(net.now);
        self.sessions[session]
            .engine
            .close(now, CloseReason::ForcedClose);
    }

    /// What a runtime does after every step: time, answers, bytes, and what can be let go.
    pub(crate) fn settle(&mut self, net: &mut Net<'_>, conns: &mut [Conn]) {
        for conn in conns.iter_mut().filter(|conn| conn.is_http()) {
            self.expire_http(net, conn);
        }
        for session in 0..self.sessions.len() {
            self.expire(net, session);
            self.answer(net, session, conns);
        }
        let moved = self.flush_all(net, conns) || self.sessions.len() > 1;
        for session in 0..self.sessions.len() {
            if moved {
                // A socket that went away may have ended its session; another session may have said
                // something for this one.
                self.expire(net, session);
                self.answer(net, session, conns);
            }
            self.retire(net, session, conns);
            check::hosted::<S>(net, self.time(net.now), &mut self.sessions[session]);
        }
    }

    /// Lets what is due expire, until nothing is.
    fn expire(&mut self, net: &mut Net<'_>, session: usize) {
        let now = self.time(net.now);
        for _ in 0..100 {
            let engine = &mut self.sessions[session].engine;
            if engine.poll_timeout().is_none_or(|at| at > now) {
                return;
            }
            match engine.handle_timeout(now) {
                Ok(Some(event)) => self.hear(net, now, session, event),
                Ok(None) => {}
                Err(error) => net.note(format_args!("server: {error}")),
            }
        }
        net.fail("server: something stays due");
    }

    fn expire_http(&mut self, net: &mut Net<'_>, conn: &mut Conn) {
        if let Err(error) = conn.http.handle_timeout(self.time(net.now)) {
            net.note(format_args!("server: {}: {error}", conn.id));
            if let Serving::Body { session, lane } = conn.serving {
                self.sessions[session].engine.handle_abandoned(lane);
            }
            conn.serving = Serving::Http;
        }
    }

    /// Answers to parked polls.
    fn answer(&mut self, net: &mut Net<'_>, session: usize, conns: &mut [Conn]) {
        while let Some((lane, response)) = self.sessions[session].engine.poll_response() {
            let of = Serving::Parked { session, lane };
            match conns.iter_mut().find(|conn| conn.serving == of) {
                Some(conn) => {
                    let reply = conn.reply.take().unwrap_or_default();
                    self.respond(net, conn, reply.finish(response));
                    // What came behind the request has waited for this.
                    self.http(net, conn, &mut []);
                }
                None => net.fail(format!("server: answers {lane:?}, which is not parked")),
            }
        }
    }

    /// Writes what can be written; whether there was anything, or a WebSocket is gone.
    pub(crate) fn flush_all(&mut self, net: &mut Net<'_>, conns: &mut [Conn]) -> bool {
        conns
            .iter_mut()
            .fold(false, |moved, conn| self.flush(net, conn) | moved)
    }

    /// Bytes of a connection, those of a WebSocket as many as there is room for; its end, when there are
    /// no more.
    fn flush(&mut self, net: &mut Net<'_>, conn: &mut Conn) -> bool {
        let mut taken = 0;
        if conn.http.queued() > 0 {
            for slice in conn.http.poll_transmit() {
                conn.down.send(net.now, slice, &net.plan.line, &mut net.rng);
                taken += slice.len();
            }
            conn.http.handle_written(self.time(net.now), taken);
        }
        if let Serving::Socket { session, lane } = conn.serving {
            return self.flush_socket(net, conn, session, lane) || taken > 0;
        }
        let served = conn.owner == Owner::Proxy && conn.serving == Serving::Http && taken > 0;
        if conn.is_http() && (conn.http.is_finished() || served) {
            conn.drop_server(net.now, &net.plan.line);
        } else if conn.http.is_closing() {
            conn.down.close(net.now, &net.plan.line);
        }
        taken > 0
    }

    fn flush_socket(
        &mut self,
        net: &mut Net<'_>,
        conn: &mut Conn,
        session: usize,
        lane: Lane,
    ) -> bool {
        let hosted = &mut self.sessions[session];
        let mut taken = 0;
        if hosted.engine.wants_write() {
            let mut room = conn.down.room(&net.plan.line);
            for slice in hosted.engine.poll_transmit() {
                let part = &slice[..slice.len().min(room)];
                conn.down.send(net.now, part, &net.plan.line, &mut net.rng);
                room -= part.len();
                taken += part.len();
            }
        }
        if taken > 0 {
            hosted.engine.handle_written(lane, taken);
            check::written(net, hosted, taken);
        }
        let gone = hosted.engine.is_finished(lane);
        if gone {
            net.note(format_args!("server: done with {}", conn.id));
            hosted.engine.handle_socket_gone(lane);
            conn.drop_server(net.now, &net.plan.line);
        }
        gone || taken > 0
    }

    /// A session whose end is told leaves the table; its poll has been answered.
    fn retire(&mut self, net: &mut Net<'_>, session: usize, conns: &[Conn]) {
        let hosted = &mut self.sessions[session];
        if !hosted.ended || hosted.may_write.is_some() {
            return;
        }
        self.sids.remove(&hosted.sid);
        hosted.may_write = Some(hosted.engine.queued() + 16);
        let parked = conns.iter().find(
            |conn| matches!(conn.serving, Serving::Parked { session: of, .. } if of == session),
        );
        if let Some(conn) = parked {
            net.fail(format!("server: {} is parked behind the end", conn.id));
        }
    }
}

impl<M> Hosted<M> {
    pub(crate) fn new(engine: M, sid: Sid, now: Instant) -> Self {
        Self {
            engine,
            ended: false,
            sid,
            opened: now,
            heard: now,
            probed: None,
            may_write: None,
        }
    }
}
