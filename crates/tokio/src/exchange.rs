//! The requests of one HTTP connection and their answers: our own HTTP machine on one side, the host's
//! sessions on the other. No socket here.

use crate::{
    About, App, Host,
    admit::{Admitted, Asking, Lines, Parked, Upgrading},
    clock,
    plain::Peer,
};
use bytes::Bytes;
use siox_engineio::{self as engineio, ErrorCode, Lane};
use siox_http1::{Connection, Event, Head, Limits, Method, Response};
use siox_stack::front::{Admission, Answer, Reply};
use siox_wire::{Input, Instant};
use std::sync::Arc;

/// What a connection has come to.
pub(crate) enum Next<A: App> {
    /// Nothing more will come of it.
    Ended,
    /// A request waits for the app's word.
    Ask(Box<Asking<A>>),
    /// A GET waits for its session.
    Park(Parked<A>),
    /// The body of a POST is there.
    Body(Parked<A>, Vec<u8>),
    /// It is a WebSocket now; these bytes came behind the request.
    Upgrade(Upgrading<A>, Lane, Vec<u8>),
}

/// One HTTP connection without its socket.
pub(crate) struct Exchange<A: App> {
    pub(crate) host: Arc<Host<A>>,
    pub(crate) machine: Connection,
    peer: Peer,
    /// The POST whose body is being read.
    collecting: Option<Parked<A>>,
    /// The time of the turn.
    now: Instant,
}

impl<A: App> Exchange<A> {
    pub(crate) fn new(host: Arc<Host<A>>, peer: Peer, limits: Arc<Limits>) -> Self {
        let now = clock::now();
        Self {
            host,
            machine: Connection::server(now, limits),
            peer,
            collecting: None,
            now,
        }
    }

    /// A turn begins: all that follows without a wait happens now.
    pub(crate) fn begin(&mut self) {
        self.now = clock::now();
    }

    /// No more requests are taken.
    pub(crate) fn close(&mut self) {
        self.machine.close(self.now);
    }

    pub(crate) fn expire(&mut self) {
        if let Err(e) = self.machine.handle_timeout(self.now) {
            tracing::debug!(error = %e, "http");
            self.collecting = None;
        }
    }

    /// What one read brought: nothing means the end of the stream.
    pub(crate) fn received(&mut self, bytes: &mut [u8]) -> Option<Next<A>> {
        if !bytes.is_empty() {
            return self.feed(bytes);
        }
        if let Err(e) = self.machine.handle_eof(self.now) {
            tracing::debug!(error = %e, "http");
        }
        self.collecting = None;
        None
    }

    /// What a peer sends before its answer is held, up to a limit. Whether it still waits.
    pub(crate) fn hold(&mut self, bytes: &mut [u8]) -> bool {
        !bytes.is_empty()
            && self
                .machine
                .handle_input(&mut Input::new(clock::now(), bytes))
                .is_ok()
    }

    /// Works off requests until one has to wait.
    pub(crate) fn feed(&mut self, bytes: &mut [u8]) -> Option<Next<A>> {
        let now = self.now;
        self.expire();
        if let Some(parked) = self.collecting.as_ref().filter(|_| !bytes.is_empty()) {
            parked.progress(now);
        }
        let mut input = Input::new(now, bytes);
        loop {
            let next = match self.machine.handle_input(&mut input) {
                Ok(None) => return None,
                Ok(Some(Event::Request(head))) => self.request(&head, &mut input),
                Ok(Some(Event::Body(body))) => self
                    .collecting
                    .take()
                    .map(|parked| Next::Body(parked, body.into_vec())),
                Ok(Some(Event::TooLarge { .. })) => {
                    self.too_large();
                    None
                }
                Err(e) => {
                    tracing::debug!(error = %e, "http");
                    self.collecting = None;
                    return None;
                }
            };
            if next.is_some() {
                // What came behind is held until the answer; too much of it ends the connection.
                if let Err(e) = self.machine.handle_input(&mut input) {
                    tracing::debug!(error = %e, "http");
                }
                return next;
            }
        }
    }

    fn request(&mut self, head: &Head<'_>, input: &mut Input<'_>) -> Option<Next<A>> {
        if !self.host.matches(head.path()) {
            self.put(
                404,
                &[("Content-Type", "text/plain")],
                &[Bytes::from_static(b"not found")],
            );
            return None;
        }
        let about = About {
            method: method(head.method()),
            http11: head.http11(),
            peer: self.peer.address,
            tls: self.peer.tls,
            target: head.target(),
            query: head.query(),
            headers: head,
            trusted_proxies: self.host.front().options().trusted_proxies,
        };
        let admitted = self.host.admit(&about);
        self.act(admitted, input)
    }

    /// The app has given its word on a request that waited for it.
    pub(crate) fn decided(&mut self, asking: Asking<A>, word: Admission) -> Option<Next<A>> {
        self.begin();
        let admitted = self.host.decided(asking, word);
        self.act(admitted, &mut Input::new(self.now, &mut []))
    }

    fn act(&mut self, admitted: Admitted<A>, input: &mut Input<'_>) -> Option<Next<A>> {
        match admitted {
            Admitted::Answer(answer) => self.respond(answer),
            Admitted::Ask(asking) => return Some(Next::Ask(asking)),
            Admitted::Park(parked) => return Some(Next::Park(parked)),
            Admitted::Body(parked, limit) => self.collect(parked, limit),
            Admitted::Upgrade(conn, lane, headers) => {
                if let Some(early) = self.switch(&headers, input) {
                    return Some(Next::Upgrade(conn, lane, early));
                }
                // Only a request with a body cannot be upgraded (RFC 6455 §4.1 knows none).
                self.respond(Reply::default().finish(ErrorCode::BadRequest.response()));
            }
        }
        None
    }

    fn collect(&mut self, parked: Parked<A>, limit: usize) {
        self.collecting = Some(parked);
        if self.machine.collect(self.now, limit).is_err() {
            self.too_large();
        }
    }

    fn too_large(&mut self) {
        if let Some(parked) = self.collecting.take() {
            let answer = parked.too_large();
            self.respond(answer);
        }
    }

    /// Tells that the socket took `n` bytes.
    pub(crate) fn wrote(&mut self, n: usize) {
        self.host.meter().wrote(n);
        self.machine.handle_written(self.now, n);
    }

    /// The 101, and what the peer has sent behind its request.
    fn switch(&mut self, headers: &Lines, input: &mut Input<'_>) -> Option<Vec<u8>> {
        let headers: Vec<_> = headers.iter().map(|(n, v)| (&**n, &**v)).collect();
        let mut early = self.machine.upgrade(&headers).ok()?;
        early.extend_from_slice(input.take_all());
        Some(early)
    }

    /// What a wait has come to.
    pub(crate) fn answer(&mut self, answer: Answer) {
        self.begin();
        self.respond(answer);
    }

    fn respond(&mut self, mut answer: Answer) {
        let mut body = std::mem::take(&mut answer.body);
        let headers: Vec<_> = answer.headers().collect();
        self.put(answer.status, &headers, body.make_contiguous());
    }

    fn put(&mut self, status: u16, headers: &[(&str, &str)], body: &[Bytes]) {
        let response = Response {
            status,
            headers,
            body,
        };
        let now = self.now;
        if let Err(e) = self.machine.respond(now, &response) {
            // A response of ours that cannot be written; the client must not wait for it for ever.
            tracing::error!(error = %e, status, "http");
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
