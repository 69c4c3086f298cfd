//! The requests of one HTTP connection and their answers: our own HTTP machine on one side, the host's
//! sessions on the other. No socket here.

use super::{
    About, App, Host,
    pending::{Admitted, Lines, Parked, Upgrading},
};
use crate::clock;
use bytes::Bytes;
use siox_engineio::{self as engineio, ErrorCode};
use siox_http1::{Connection, Event, Head, Limits, Method, Response};
use siox_stack::front::{Answer, Reply};
use siox_wire::Input;
use std::{net::SocketAddr, sync::Arc};

/// What a connection has come to.
pub(super) enum Next<A: App> {
    /// A GET waits for its session.
    Park(Parked<A>),
    /// The body of a POST is there.
    Body(Parked<A>, Vec<u8>),
    /// It is a WebSocket now; these bytes came behind the request.
    Upgrade(Upgrading<A>, Vec<u8>),
}

/// One HTTP connection without its socket.
pub(super) struct Exchange<A: App> {
    host: Arc<Host<A>>,
    pub(super) machine: Connection,
    peer: Option<SocketAddr>,
    /// The POST whose body is being read.
    collecting: Option<Parked<A>>,
}

impl<A: App> Exchange<A> {
    pub(super) fn new(host: Arc<Host<A>>, peer: Option<SocketAddr>, limits: Arc<Limits>) -> Self {
        Self {
            host,
            machine: Connection::server(clock::now(), limits),
            peer,
            collecting: None,
        }
    }

    /// Whether nothing of a request is there.
    pub(super) fn is_idle(&self) -> bool {
        self.collecting.is_none() && self.machine.heap() == 0
    }

    pub(super) fn expire(&mut self) {
        // Its peer is told why, if there is anything to tell.
        if self.machine.handle_timeout(clock::now()).is_err() {
            self.collecting = None;
        }
    }

    /// The stream has ended.
    pub(super) fn eof(&mut self) {
        // A request that was cut off is answered, or not, by the machine.
        let _ = self.machine.handle_eof(clock::now());
        self.collecting = None;
    }

    /// What a peer sends before its answer is held, up to a limit. Whether it still waits.
    pub(super) fn hold(&mut self, bytes: &mut [u8]) -> bool {
        let mut input = Input::new(clock::now(), bytes);
        !input.is_empty() && self.machine.handle_input(&mut input).is_ok()
    }

    /// Works off requests until one has to wait.
    pub(super) fn feed(&mut self, bytes: &mut [u8]) -> Option<Next<A>> {
        let mut input = Input::new(clock::now(), bytes);
        loop {
            let next = match self.machine.handle_input(&mut input) {
                Ok(None) => {
                    self.progress();
                    return None;
                }
                Ok(Some(Event::Request(head))) => self.request(&head, &mut input),
                Ok(Some(Event::Body(body))) => self
                    .collecting
                    .take()
                    .map(|parked| Next::Body(parked, body.into_vec())),
                Ok(Some(Event::TooLarge { .. })) => {
                    self.too_large();
                    None
                }
                Err(_) => {
                    self.collecting = None;
                    return None;
                }
            };
            if next.is_some() {
                // What came behind is held until the answer; too much of it ends the connection.
                let _ = self.machine.handle_input(&mut input);
                return next;
            }
        }
    }

    /// Part of a body came: who sends one so slowly is not dead.
    fn progress(&self) {
        if let Some(parked) = &self.collecting {
            parked.progress();
        }
    }

    fn request(&mut self, head: &Head<'_>, input: &mut Input<'_>) -> Option<Next<A>> {
        if !self.host.front.matches(head.path()) {
            let (headers, body) = ([("Content-Type", "text/plain")], ["not found".into()]);
            self.put(404, &headers, &body);
            return None;
        }
        if head.has_body() && head.header("upgrade").is_some() {
            // An upgrade has no body; its bytes would be taken for frames (RFC 6455 §4.1).
            return self.refuse();
        }
        let about = About {
            method: method(head.method()),
            http11: head.http11(),
            peer: self.peer,
            tls: false,
            target: head.target(),
            query: head.query(),
            headers: head,
            trusted_proxies: self.host.front.options().trusted_proxies,
        };
        match self.host.admit(&about) {
            Admitted::Answer(answer) => self.respond(answer),
            Admitted::Unavailable => self.put(503, &[], &[]),
            Admitted::Park(parked) => return Some(Next::Park(parked)),
            Admitted::Body(parked, limit) => self.collect(parked, limit),
            Admitted::Upgrade(upgrading, headers) => {
                if let Some(early) = self.switch(&headers, input) {
                    return Some(Next::Upgrade(upgrading, early));
                }
                return self.refuse();
            }
        }
        None
    }

    fn refuse(&mut self) -> Option<Next<A>> {
        self.respond(Reply::default().refuse(&ErrorCode::BadRequest.into()));
        None
    }

    fn collect(&mut self, parked: Parked<A>, limit: usize) {
        self.collecting = Some(parked);
        if self.machine.collect(clock::now(), limit).is_err() {
            self.too_large();
        }
    }

    fn too_large(&mut self) {
        if let Some(parked) = self.collecting.take() {
            self.respond(parked.too_large());
        }
    }

    /// The 101, and what the peer has sent behind its request.
    fn switch(&mut self, headers: &Lines, input: &mut Input<'_>) -> Option<Vec<u8>> {
        let headers: Vec<_> = headers.iter().map(|(n, v)| (&**n, &**v)).collect();
        let mut early = self.machine.upgrade(&headers).ok()?;
        early.extend_from_slice(input.take_all());
        Some(early)
    }

    pub(super) fn respond(&mut self, mut answer: Answer) {
        let body = answer.body.make_contiguous().to_vec();
        let headers: Vec<_> = answer.headers().collect();
        self.put(answer.status, &headers, &body);
    }

    fn put(&mut self, status: u16, headers: &[(&str, &str)], body: &[Bytes]) {
        let response = Response {
            status,
            headers,
            body,
        };
        let now = clock::now();
        if self.machine.respond(now, &response).is_err() {
            // A response of ours that cannot be written; the client must not wait for it for ever.
            self.machine.close(now);
            let _ = self.machine.respond(now, &Response::new(500));
        }
    }
}

fn method(method: Method) -> engineio::Method {
    match method {
        Method::Get => engineio::Method::Get,
        Method::Post => engineio::Method::Post,
        Method::Options => engineio::Method::Options,
        Method::Head => engineio::Method::Head,
        Method::Put | Method::Delete | Method::Patch | Method::Other => engineio::Method::Other,
    }
}
