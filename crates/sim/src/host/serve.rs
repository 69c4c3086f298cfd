//! What comes over a connection of the server: heads, bodies, frames.

use super::{Host, Hosted};
use crate::{
    Kind, check,
    conn::{Conn, HEAD, Serving},
    net::Net,
};
use siox_engineio::{Decision, Handshake, Lane, Method, Payload, Request, Sid, Transport};
use siox_stack::{Engine, Machine, Route};
use siox_wire::Input;

impl Host {
    pub(super) fn bytes(&mut self, net: &mut Net<'_>, conn: &mut Conn, bytes: &mut [u8]) {
        let mut rest = bytes;
        if let Serving::Head(left) = conn.serving {
            let n = left.min(rest.len());
            rest = &mut rest[n..];
            conn.serving = Serving::Head(left - n);
            if left > n {
                return;
            }
            self.request(net, conn);
        }
        if rest.is_empty() {
            return;
        }
        match conn.serving {
            Serving::Body {
                session,
                lane,
                left,
            } => {
                let n = left.min(rest.len());
                conn.request_body.extend_from_slice(&rest[..n]);
                let left = left - n;
                conn.serving = Serving::Body {
                    session,
                    lane,
                    left,
                };
                let now = self.time(net.now);
                let hosted = &mut self.sessions[session];
                hosted.heard = now;
                if left == 0 {
                    self.body(net, conn, session, lane);
                } else {
                    hosted.engine.handle_progress(now, lane);
                }
            }
            Serving::Socket { session, lane } => self.frames(net, conn, session, lane, rest),
            Serving::Head(_) | Serving::Parked { .. } | Serving::Done => {}
        }
    }

    /// The head of a request is there.
    fn request(&mut self, net: &mut Net<'_>, conn: &mut Conn) {
        if let Some(status) = conn.refused {
            net.note(format_args!("proxy: refuses {:?}", conn.lane));
            return conn.refuse(net.now, status, &net.plan.line, &mut net.rng);
        }
        let query = std::mem::take(&mut conn.target);
        let request = Request {
            method: if conn.kind == Kind::Post {
                Method::Post
            } else {
                Method::Get
            },
            query: &query,
            websocket: matches!(conn.kind, Kind::Socket | Kind::Stray),
            content_type: Some(conn.content_type.as_bytes()),
        };
        let route = self.sids.route(self.config.engine(), &request);
        match route {
            Route::Refuse(response) => {
                net.note(format_args!("server: refuses {:?}", conn.lane));
                conn.respond(net.now, &response, &net.plan.line, &mut net.rng);
            }
            Route::Open(handshake) => self.open(net, conn, handshake),
            Route::Session(session) => {
                let session = *session;
                self.decide(net, conn, session, &request);
            }
        }
        conn.target = query;
    }

    fn open(&mut self, net: &mut Net<'_>, conn: &mut Conn, handshake: Handshake) {
        let mut random = [0; 15];
        net.rng.fill(&mut random);
        let sid = Sid::from_random(&random);
        let session = self.sessions.len();
        let now = self.time(net.now);
        let taken = self.sids.insert(sid, session);
        net.check(taken.is_ok(), || "server: two sessions of one id".into());
        let engine = match handshake.transport {
            Transport::Polling => {
                let (engine, response) = Engine::polling_for(now, &self.config, sid, &handshake);
                conn.respond(net.now, &response, &net.plan.line, &mut net.rng);
                engine
            }
            Transport::WebSocket => {
                let (engine, lane) = Engine::socket_for(now, &self.config, sid, &handshake);
                conn.down
                    .send(net.now, &[0; HEAD], &net.plan.line, &mut net.rng);
                conn.answer = Some((101, "", 0));
                conn.serving = Serving::Socket { session, lane };
                engine
            }
        };
        net.note(format_args!("server: session {session}"));
        self.sessions.push(Hosted::new(engine, sid, net.plan, now));
    }

    fn decide(
        &mut self,
        net: &mut Net<'_>,
        conn: &mut Conn,
        session: usize,
        request: &Request<'_>,
    ) {
        let now = self.time(net.now);
        let line = &net.plan.line;
        match self.sessions[session].engine.handle_request(now, request) {
            Decision::Answer(response) => {
                conn.respond(net.now, &response, line, &mut net.rng);
                net.note(format_args!(
                    "server: answers {:?} {:?} at once: {}",
                    conn.kind, conn.lane, response.status
                ));
            }
            Decision::Park(lane) => conn.serving = Serving::Parked { session, lane },
            Decision::Body { lane, limit } if conn.length > limit => {
                let response = self.sessions[session].engine.body_too_large(lane);
                conn.respond(net.now, &response, line, &mut net.rng);
                net.fail("server: a body of an honest client is too large");
            }
            Decision::Body { lane, .. } => {
                conn.serving = Serving::Body {
                    session,
                    lane,
                    left: conn.length,
                };
            }
            Decision::Upgrade(lane) => {
                net.note(format_args!(
                    "server: 101 for {:?} {:?}",
                    conn.kind, conn.lane
                ));
                conn.down.send(net.now, &[0; HEAD], line, &mut net.rng);
                conn.answer = Some((101, "", 0));
                conn.serving = Serving::Socket { session, lane };
            }
        }
    }

    fn body(&mut self, net: &mut Net<'_>, conn: &mut Conn, session: usize, lane: Lane) {
        let now = self.time(net.now);
        let hosted = &mut self.sessions[session];
        let mut body = std::mem::take(&mut conn.request_body);
        let mut payload = Payload::new(&mut body);
        let result = loop {
            match hosted.engine.handle_body(now, lane, &mut payload) {
                Ok(Some(event)) => hosted.hear(net, now, event),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
            if net.failure.is_some() {
                return;
            }
        };
        check::server_error(net, conn, result);
        let response = hosted.engine.finish_post(lane, result);
        conn.respond(net.now, &response, &net.plan.line, &mut net.rng);
    }

    fn frames(
        &mut self,
        net: &mut Net<'_>,
        conn: &Conn,
        session: usize,
        lane: Lane,
        bytes: &mut [u8],
    ) {
        let now = self.time(net.now);
        let hosted = &mut self.sessions[session];
        if hosted.engine.session().lane() == Some(lane)
            && hosted.engine.session().transport() == Some(Transport::WebSocket)
        {
            hosted.heard = now;
        }
        let mut input = Input::new(now, bytes);
        let result = loop {
            match hosted.engine.handle_input(lane, &mut input) {
                Ok(Some(event)) => hosted.hear(net, now, event),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
            if net.failure.is_some() {
                return;
            }
        };
        if hosted.engine.session().transport() == Some(Transport::WebSocket) {
            hosted.heard = now;
        }
        net.check(result.is_err() || input.is_empty(), || {
            "server: not all was eaten".into()
        });
        check::server_error(net, conn, result);
    }
}
