//! What comes over a connection of the server: requests and their bodies, frames.

use super::{Host, Hosted, Site};
use crate::{
    Kind, check,
    conn::{Conn, Serving},
    net::Net,
};
use siox_engineio::{
    Decision, ErrorCode, Handshake, Lane, Method, Payload, Request, Sid, Transport,
};
use siox_http1::{self as http1, Event, Head};
use siox_stack::{
    Agreed, Machine,
    front::{About, Answer, Judged, Refused, Reply, Verdict},
};
use siox_websocket::handshake::server::Accept;
use siox_wire::{Input, Instant};

type Accepted = Option<(Accept<'static>, Agreed)>;

impl<S: Site> Host<S> {
    pub(super) fn bytes(&mut self, net: &mut Net<'_>, conn: &mut Conn, bytes: &mut [u8]) {
        match conn.serving {
            Serving::Http | Serving::Body { .. } | Serving::Parked { .. } => {
                self.http(net, conn, bytes);
            }
            Serving::Socket { session, lane } => self.frames(net, conn, session, lane, bytes),
            Serving::Done => {}
        }
    }

    /// Works off requests, until one has to wait.
    pub(super) fn http(&mut self, net: &mut Net<'_>, conn: &mut Conn, bytes: &mut [u8]) {
        let came = !bytes.is_empty();
        let mut input = Input::new(self.time(net.now), bytes);
        while net.failure.is_none() {
            match conn.http.handle_input(&mut input) {
                Ok(None) => break,
                Ok(Some(Event::Request(head))) => self.request(net, conn, &head),
                Ok(Some(Event::Body(body))) => self.body(net, conn, body.into_vec()),
                Ok(Some(Event::TooLarge { .. })) => {
                    return net.fail("server: a body of an honest client is too large");
                }
                // Who was late is no longer listened to; whether it might be is judged at the end.
                Err(http1::Error::HeadTimeout | http1::Error::BodyTimeout) => return,
                Err(_) if conn.kind == Kind::Stray => return,
                Err(error) => return net.fail(format!("server: {error} from an honest client")),
            }
            if matches!(conn.serving, Serving::Socket { .. }) {
                let early = input.take_all();
                return self.bytes(net, conn, early);
            }
        }
        check::kept(net, conn);
        if let Serving::Body { session, lane } = conn.serving
            && came
        {
            let now = self.time(net.now);
            let hosted = &mut self.sessions[session];
            hosted.heard = now;
            hosted.engine.handle_progress(now, lane);
        }
    }

    fn request(&mut self, net: &mut Net<'_>, conn: &mut Conn, head: &Head<'_>) {
        if let Some(status) = conn.refused.take() {
            net.note(format_args!("proxy: refuses {}", conn.id));
            return self.respond(net, conn, Answer::empty(status));
        }
        if !self.front.matches(head.path()) {
            return net.fail("client: another path");
        }
        let about = About {
            method: match head.method() {
                http1::Method::Get => Method::Get,
                http1::Method::Post => Method::Post,
                _ => Method::Other,
            },
            http11: head.http11(),
            peer: None,
            tls: false,
            target: head.target(),
            query: head.query(),
            headers: head,
            trusted_proxies: 0,
        };
        let Judged {
            request,
            verdict,
            reply,
        } = self.front.judge(&about);
        match verdict {
            Verdict::Answer(answer) => self.respond(net, conn, answer),
            Verdict::Refuse(refused) => self.refuse(net, conn, reply, &refused),
            Verdict::Open(handshake, accept) => self.open(net, conn, reply, &handshake, accept),
            Verdict::Session(sid, accept) => match self.sids.get(&sid).copied() {
                Some(session) => {
                    conn.reply = Some(reply);
                    self.decide(net, conn, session, &request, accept);
                }
                None => self.refuse(net, conn, reply, &ErrorCode::UnknownSid.into()),
            },
        }
    }

    fn refuse(&mut self, net: &mut Net<'_>, conn: &mut Conn, reply: Reply, refused: &Refused) {
        net.note(format_args!("server: refuses {}", conn.id));
        self.respond(net, conn, reply.refuse(refused));
    }

    pub(super) fn respond(&mut self, net: &mut Net<'_>, conn: &mut Conn, answer: Answer) {
        net.note(format_args!(
            "server: answers {}: {}",
            conn.id, answer.status
        ));
        let done = conn.respond(self.time(net.now), answer);
        net.check(done.is_ok(), || format!("server: no answer: {done:?}"));
    }

    fn open(
        &mut self,
        net: &mut Net<'_>,
        conn: &mut Conn,
        reply: Reply,
        handshake: &Handshake,
        accept: Accepted,
    ) {
        let mut random = [0; 15];
        net.rng.fill(&mut random);
        let sid = Sid::from_random(&random);
        let session = self.sessions.len();
        let now = self.time(net.now);
        let taken = self.sids.insert(sid, session);
        net.check(taken.is_ok(), || "server: two sessions of one id".into());
        net.note(format_args!("server: session {session}"));
        let engine = match handshake.transport {
            Transport::Polling => {
                let (engine, response) = S::Machine::polling_for(now, &self.config, sid, handshake);
                self.respond(net, conn, reply.finish(response));
                engine
            }
            Transport::WebSocket => {
                let (engine, lane) = S::Machine::socket_for(now, &self.config, sid, handshake);
                conn.reply = Some(reply);
                self.switch(net, conn, session, lane, accept);
                engine
            }
        };
        self.sessions.push(Hosted::new(engine, sid, now));
        self.site.opened(net, now);
    }

    fn decide(
        &mut self,
        net: &mut Net<'_>,
        conn: &mut Conn,
        session: usize,
        request: &Request<'_>,
        accept: Accepted,
    ) {
        let now = self.time(net.now);
        match self.sessions[session].engine.handle_request(now, request) {
            Decision::Answer(response) => {
                let reply = conn.reply.take().unwrap_or_default();
                self.respond(net, conn, reply.finish(response));
            }
            Decision::Park(lane) => conn.serving = Serving::Parked { session, lane },
            Decision::Body { lane, limit } => {
                conn.serving = Serving::Body { session, lane };
                let wanted = conn.http.collect(now, limit);
                net.check(wanted.is_ok(), || {
                    format!("server: {wanted:?} for an honest client")
                });
            }
            Decision::Upgrade(lane) => self.switch(net, conn, session, lane, accept),
        }
    }

    fn switch(
        &mut self,
        net: &mut Net<'_>,
        conn: &mut Conn,
        session: usize,
        lane: Lane,
        accept: Accepted,
    ) {
        net.note(format_args!("server: 101 for {}", conn.id));
        let (Some((accept, _)), Some(reply)) = (accept, conn.reply.take()) else {
            return net.fail("server: an upgrade without a handshake");
        };
        let headers = reply.switch(&accept);
        let headers: Vec<_> = headers.iter().map(|(n, v)| (&**n, &**v)).collect();
        match conn.http.upgrade(&headers) {
            Ok(early) if early.is_empty() => conn.serving = Serving::Socket { session, lane },
            refused => net.fail(format!("server: {refused:?} for an upgrade")),
        }
    }

    fn body(&mut self, net: &mut Net<'_>, conn: &mut Conn, mut body: Vec<u8>) {
        let Serving::Body { session, lane } = conn.serving else {
            return net.fail("server: a body that nobody wants");
        };
        let now = self.time(net.now);
        self.sessions[session].heard = now;
        let mut payload = Payload::new(&mut body);
        let result = loop {
            let engine = &mut self.sessions[session].engine;
            match engine.handle_body(now, lane, &mut payload) {
                Ok(Some(event)) => self.hear(net, now, session, event),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
            if net.failure.is_some() {
                return;
            }
        };
        check::server_error(net, conn, result);
        let response = self.sessions[session].engine.finish_post(lane, result);
        let reply = conn.reply.take().unwrap_or_default();
        self.respond(net, conn, reply.finish(response));
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
        if S::engine(&self.sessions[session].engine).session().lane() == Some(lane) {
            self.heard_on_socket(session, now);
        }
        let mut input = Input::new(now, bytes);
        let result = loop {
            let engine = &mut self.sessions[session].engine;
            match engine.handle_input(lane, &mut input) {
                Ok(Some(event)) => self.hear(net, now, session, event),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
            if net.failure.is_some() {
                return;
            }
        };
        self.heard_on_socket(session, now);
        net.check(result.is_err() || input.is_empty(), || {
            "server: not all was eaten".into()
        });
        check::server_error(net, conn, result);
    }

    fn heard_on_socket(&mut self, session: usize, now: Instant) {
        let hosted = &mut self.sessions[session];
        if S::engine(&hosted.engine).session().transport() == Some(Transport::WebSocket) {
            hosted.heard = now;
        }
    }
}
