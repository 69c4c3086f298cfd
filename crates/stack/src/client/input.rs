//! What arrives on a connection: answers to requests, and a WebSocket's frames.

use super::{
    EngineClient, Failure, Line,
    conn::{Coding, Reading, Request, Shaking, Work},
    time::goodbye,
};
use alloc::{boxed::Box, vec::Vec};
use core::mem;
use siox_engineio::{ClientError, ClientEvent, CloseReason, Lane, Payload, Transport};
use siox_http1::{Answered, ResponseHead};
use siox_websocket::{
    self as websocket, Connection,
    handshake::client::{Agreed, AnswerError, Rejection},
};
use siox_wire::{Admit, Input, Instant, Sink};

/// What one step came to.
enum Next<'b> {
    Event(ClientEvent<'b>),
    /// There may be more in the input.
    Again,
    Wait,
}

impl EngineClient {
    /// Bytes of a connection. Call until `None`, and only then tell of its end; an empty input asks for
    /// what is left of those before. What went wrong is told by
    /// [`handle_timeout`](Self::handle_timeout), as the end of the session or of an upgrade.
    pub fn handle_input<'b>(
        &mut self,
        line: Line,
        input: &mut Input<'b>,
    ) -> Option<ClientEvent<'b>> {
        let now = input.now();
        loop {
            let work = mem::replace(&mut self.conn_mut(line)?.work, Work::Done);
            let (work, next) = self.step(now, work, input);
            if let Some(conn) = self.conn_mut(line) {
                conn.work = work;
            }
            match next {
                Next::Event(event) => return Some(event),
                Next::Again => {}
                Next::Wait => return None,
            }
        }
    }

    fn step<'b>(&mut self, now: Instant, work: Work, input: &mut Input<'b>) -> (Work, Next<'b>) {
        match work {
            Work::Request(request) => self.answer(now, request, input),
            Work::Body(reading) => self.packets(now, reading),
            Work::Handshake(shaking) => self.shake(now, shaking, input),
            Work::Frames { lane, connection } => self.frame(now, lane, connection, input),
            // Nobody asked for it.
            Work::Idle(_) if !input.is_empty() => (Work::Done, Next::Wait),
            Work::Idle(until) => (Work::Idle(until), Next::Wait),
            Work::Socket { lane, target } => (Work::Socket { lane, target }, Next::Wait),
            Work::Done => (Work::Done, Next::Wait),
        }
    }

    fn answer<'b>(
        &mut self,
        now: Instant,
        mut request: Box<Request>,
        input: &mut Input<'b>,
    ) -> (Work, Next<'b>) {
        let (lane, came) = (request.lane, !input.is_empty());
        match request.exchange.handle_input(input) {
            Ok(Some(Answered::Head(head))) => {
                let coding = self.coding(&head);
                let work = match self.head(now, lane, &head, coding) {
                    Ok(coding) => {
                        request.answered = Some(coding);
                        Work::Request(request)
                    }
                    Err(Some(rejection)) => {
                        self.rejected(&mut request, rejection, coding, input);
                        Work::Done
                    }
                    Err(None) => Work::Done,
                };
                (work, Next::Again)
            }
            Ok(Some(Answered::Body(body))) => {
                let reusable =
                    request.exchange.is_reusable() && request.out.is_empty() && input.is_empty();
                let body = body.into_vec();
                (self.body(now, &request, body, reusable), Next::Again)
            }
            Ok(Some(Answered::TooLarge { limit })) => {
                let error = ClientError::TooBig { limit };
                self.engine.handle_failed(now, lane, error);
                (Work::Done, Next::Wait)
            }
            Ok(None) => {
                if came && request.answered.is_some() {
                    self.engine.handle_progress(now);
                }
                (Work::Request(request), Next::Wait)
            }
            Err(error) => {
                self.failed(now, lane, ClientError::Unreachable, error.into());
                (Work::Done, Next::Wait)
            }
        }
    }

    /// How the body that follows is coded, if it is of use; if not since the server refuses, how it does.
    fn head(
        &mut self,
        now: Instant,
        lane: Lane,
        head: &ResponseHead<'_>,
        coding: Option<Coding>,
    ) -> Result<Coding, Option<Box<Rejection>>> {
        if self.options.cookies {
            let unix = self.unix(now);
            for (name, value) in head.headers() {
                if name.eq_ignore_ascii_case("set-cookie") {
                    self.cookies.set(value, unix);
                }
            }
        }
        let content_type = head.header("content-type");
        let told = self
            .engine
            .handle_response(now, lane, head.status(), content_type);
        told.map_err(|error| {
            let refused = matches!(error, ClientError::Status(_));
            refused.then(|| Box::new(Rejection::new(head.status(), head.headers())))
        })?;
        coding.ok_or_else(|| {
            self.failed(now, lane, ClientError::Unreachable, Failure::Encoded);
            None
        })
    }

    /// None if it is one that was not asked for.
    fn coding(&self, head: &ResponseHead<'_>) -> Option<Coding> {
        let Some(encoding) = head.header("content-encoding") else {
            return Some(Coding::Plain);
        };
        let is = |known: &[u8]| encoding.eq_ignore_ascii_case(known);
        #[cfg(feature = "compression")]
        if self.options.compression && (is(b"gzip") || is(b"x-gzip")) {
            return Some(Coding::Gzip);
        }
        is(b"identity").then_some(Coding::Plain)
    }

    /// A body as it was before it was coded.
    fn plain(&self, request: &Request, body: Vec<u8>) -> Result<Vec<u8>, ClientError> {
        match request.answered {
            #[cfg(feature = "compression")]
            Some(Coding::Gzip) => super::gzip::decompress(&body, self.options.engine.max_response),
            Some(Coding::Plain) | None => Ok(body),
        }
    }

    /// Keeps how a request was refused, with what came of the body together with the head.
    fn rejected(
        &mut self,
        request: &mut Request,
        mut rejection: Box<Rejection>,
        coding: Option<Coding>,
        input: &mut Input<'_>,
    ) {
        if let Ok(Some(Answered::Body(body))) = request.exchange.handle_input(input) {
            let (mut body, is_whole) = page(body.into_vec(), coding);
            rejection.is_whole = is_whole && body.len() <= Rejection::BODY;
            body.truncate(Rejection::BODY);
            rejection.body = body;
        }
        self.failure = Some(Failure::Refused(rejection));
    }

    fn body(&mut self, now: Instant, request: &Request, body: Vec<u8>, reusable: bool) -> Work {
        if request.is_get {
            let body = match self.plain(request, body) {
                Ok(body) => body,
                Err(ClientError::Unreachable) => {
                    let (told, failure) = (ClientError::Unreachable, Failure::Garbled);
                    self.failed(now, request.lane, told, failure);
                    return Work::Done;
                }
                Err(error) => {
                    self.engine.handle_failed(now, request.lane, error);
                    return Work::Done;
                }
            };
            return Work::Body(Reading {
                lane: request.lane,
                body,
                at: Some(0),
                reusable,
            });
        }
        self.engine.handle_done(now, request.lane);
        self.rest(now, reusable)
    }

    /// What becomes of a connection whose request is answered.
    fn rest(&self, now: Instant, reusable: bool) -> Work {
        match reusable && !self.options.keep_alive.is_zero() {
            true => Work::Idle(now.after(self.options.keep_alive)),
            false => Work::Done,
        }
    }

    /// The next packet of a body that says something.
    fn packets<'b>(&mut self, now: Instant, mut reading: Reading) -> (Work, Next<'b>) {
        let whole = reading.body.len();
        let rest = reading.at.and_then(|at| reading.body.get_mut(at..));
        if let Some(rest) = rest {
            let mut payload = Payload::new(rest);
            match self.engine.handle_body(now, reading.lane, &mut payload) {
                Ok(Some(event)) => {
                    let event = event.into_owned();
                    let left = payload.remaining();
                    reading.at = left.map(|left| whole.saturating_sub(left));
                    return (Work::Body(reading), Next::Event(event));
                }
                Ok(None) => {}
                Err(_) => return (Work::Done, Next::Wait),
            }
        }
        self.engine.handle_done(now, reading.lane);
        (self.rest(now, reading.reusable), Next::Again)
    }

    fn shake<'b>(
        &mut self,
        now: Instant,
        mut shaking: Box<Shaking>,
        input: &mut Input<'b>,
    ) -> (Work, Next<'b>) {
        match shaking.answer.handle_input(input) {
            Ok(None) => (Work::Handshake(shaking), Next::Wait),
            Ok(Some(agreed)) => {
                let lane = shaking.lane;
                let mut connection = Box::new(self.connection(&agreed, shaking.random.keys));
                // The queue that moves here was judged already.
                let _ = connection.admit(Admit::Owed);
                if self
                    .engine
                    .handle_opened(now, lane, &mut *connection)
                    .is_err()
                {
                    goodbye(now, &mut connection);
                }
                (Work::Frames { lane, connection }, Next::Again)
            }
            Err(error) => {
                self.refused(now, shaking.lane, error);
                (Work::Done, Next::Wait)
            }
        }
    }

    fn connection(&self, agreed: &Agreed, keys: [u8; 32]) -> Connection {
        let connection = Connection::client(self.options.websocket.clone(), keys);
        #[cfg(feature = "deflate")]
        if let (Some(agreed), Some(config)) = (&agreed.deflate, &self.options.deflate) {
            return connection.with_deflate(agreed, config);
        }
        let _ = agreed;
        connection
    }

    pub(super) fn refused(&mut self, now: Instant, lane: Lane, error: AnswerError) {
        let told = match &error {
            AnswerError::Rejected(rejection) => ClientError::Status(rejection.status),
            AnswerError::Handshake(_) => ClientError::Unreachable,
        };
        self.failed(now, lane, told, error.into());
    }

    fn frame<'b>(
        &mut self,
        now: Instant,
        lane: Lane,
        mut connection: Box<Connection>,
        input: &mut Input<'b>,
    ) -> (Work, Next<'b>) {
        let came = !input.is_empty();
        let mut next = Next::Again;
        match connection.handle_input(input) {
            Ok(Some(websocket::Event::Message(message))) => {
                if self.engine.transport() != Some(Transport::WebSocket) {
                    // What moves here was admitted by the polls' queue: the cap, counted in frames now,
                    // must not judge it a second time. A socket that is closing takes nothing.
                    let _ = connection.admit(Admit::Owed);
                }
                let told = self
                    .engine
                    .handle_message(now, lane, message, &mut *connection);
                if let Ok(Some(event)) = told {
                    next = Next::Event(event);
                }
            }
            Ok(Some(websocket::Event::Close(_))) => {
                let reason = CloseReason::TransportClose;
                self.engine.handle_socket_gone(now, lane, reason);
            }
            // Chunks come only where they are asked for.
            Ok(Some(
                websocket::Event::Chunk(_) | websocket::Event::Ping(_) | websocket::Event::Pong(_),
            )) => {}
            Ok(None) => {
                let carries = self.engine.transport() == Some(Transport::WebSocket);
                if came && carries && self.engine.lane() == Some(lane) {
                    self.engine.handle_progress(now);
                }
                next = Next::Wait;
            }
            Err(error) => {
                self.socket_failed(now, lane, error);
                next = Next::Wait;
            }
        }
        if self.engine.lane() != Some(lane) {
            goodbye(now, &mut connection);
        }
        (Work::Frames { lane, connection }, next)
    }

    pub(super) fn socket_failed(&mut self, now: Instant, lane: Lane, error: websocket::Error) {
        if self.engine.lane() == Some(lane) {
            self.failure = Some(error.into());
        }
        let reason = match error {
            websocket::Error::SlowConsumer { .. } => CloseReason::SlowConsumer,
            _ => CloseReason::TransportError,
        };
        self.engine.handle_socket_gone(now, lane, reason);
    }

    /// A request or a WebSocket's handshake came to nothing.
    pub(super) fn failed(&mut self, now: Instant, lane: Lane, error: ClientError, why: Failure) {
        if self.engine.wants(lane) {
            self.failure = Some(why);
        }
        self.engine.handle_failed(now, lane, error);
    }

    /// The server closed its half of a connection. What had come before is worked off already, or is by
    /// [`handle_input`](Self::handle_input) with an empty input, to be called until `None` now.
    pub fn handle_eof(&mut self, now: Instant, line: Line) {
        let Some(conn) = self.conn_mut(line) else {
            return;
        };
        let work = mem::replace(&mut conn.work, Work::Done);
        let work = self.ended(now, work);
        if let Some(conn) = self.conn_mut(line) {
            conn.work = work;
        }
    }

    /// What becomes of a connection's work at the end of its input.
    fn ended(&mut self, now: Instant, work: Work) -> Work {
        match work {
            Work::Request(mut request) => match request.exchange.handle_eof() {
                Ok(Some(Answered::Body(body))) => self.body(now, &request, body.into_vec(), false),
                Ok(Some(Answered::Head(_) | Answered::TooLarge { .. }) | None) | Err(_) => {
                    let error = ClientError::Unreachable;
                    self.failed(now, request.lane, error, Failure::Lost);
                    Work::Done
                }
            },
            Work::Body(reading) => Work::Body(Reading {
                reusable: false,
                ..reading
            }),
            Work::Handshake(mut shaking) => {
                match shaking.answer.handle_eof() {
                    Some(rejection) => {
                        self.refused(now, shaking.lane, AnswerError::Rejected(rejection));
                    }
                    None => {
                        let error = ClientError::Unreachable;
                        self.failed(now, shaking.lane, error, Failure::Lost);
                    }
                }
                Work::Done
            }
            Work::Frames {
                lane,
                mut connection,
            } => {
                // Its error is what the server's silence means at this layer; the session says it above.
                let _ = connection.handle_eof(now);
                let reason = CloseReason::TransportClose;
                self.engine.handle_socket_gone(now, lane, reason);
                Work::Frames { lane, connection }
            }
            work @ Work::Socket { .. } => work,
            Work::Idle(_) | Work::Done => Work::Done,
        }
    }
}

/// The page of a refusal, or its beginning, and whether that is all.
fn page(body: Vec<u8>, coding: Option<Coding>) -> (Vec<u8>, bool) {
    match coding {
        #[cfg(feature = "compression")]
        Some(Coding::Gzip) => super::gzip::beginning(&body, Rejection::BODY),
        Some(Coding::Plain) | None => (body, true),
    }
}
