//! HTTP requests: what becomes of a GET and a POST.

use super::{
    Decision, Event, Lane, Session,
    phase::{Goodbye, Phase},
};
use crate::{
    CloseReason, Context, Error, ErrorCode, Method, Payload, Query, Refusal, Request, Response,
    Transport, Version, base64::Reading,
};
use siox_wire::Instant;

/// A request for one transport of a session that is on the other.
const fn mismatch(transport: Transport, previous: Transport) -> Refusal {
    Refusal::bad_request(Context::TransportMismatch {
        transport,
        previous,
    })
}

impl Session {
    /// Says what to do with a request that names this session.
    pub fn handle_request(&mut self, now: Instant, request: &Request<'_>) -> Decision {
        self.advance(now, None);
        self.decide(now, request)
            .unwrap_or_else(|refusal| Decision::Answer(refusal.response()))
    }

    fn decide(&mut self, now: Instant, request: &Request<'_>) -> Result<Decision, Refusal> {
        let query = Query::parse(request.query);
        let transport = query.transport(&self.config)?;
        if let Phase::Closed { .. } = self.phase {
            return Err(ErrorCode::UnknownSid.into());
        }
        if query
            .eio
            .as_ref()
            .is_some_and(|eio| *eio != self.dialect.version.name())
        {
            let previous = self.dialect.version;
            return Err(Refusal::bad_request(Context::ProtocolMismatch { previous }));
        }
        match (transport, request.method) {
            (Transport::WebSocket, Method::Get) if request.websocket => {
                self.open_probe(now, query.base64()).map_err(Refusal::from)
            }
            (Transport::WebSocket, _) if self.phase.is_socket() => {
                Err(Refusal::bad_request(Context::TransportHandshake))
            }
            (Transport::WebSocket, _) => Err(mismatch(transport, Transport::Polling)),
            (Transport::Polling, _) if self.phase.is_socket() => {
                Err(mismatch(transport, Transport::WebSocket))
            }
            (Transport::Polling, Method::Get) => self.poll(now).map_err(Refusal::from),
            (Transport::Polling, Method::Post) => self.post(request).map_err(Refusal::from),
            (Transport::Polling, Method::Head | Method::Options | Method::Other) => {
                Ok(Decision::Answer(Response::empty(405)))
            }
        }
    }

    fn poll(&mut self, now: Instant) -> Result<Decision, ErrorCode> {
        // An answer that nobody has fetched yet cannot have reached the peer.
        if self.answer.is_some() || self.phase.half().is_some_and(|half| half.get.is_some()) {
            return Ok(self.overlap());
        }
        if let Phase::Closing { half, reason, .. } = &mut self.phase {
            let (reason, response) = (*reason, half.last_words(Goodbye::Close));
            self.end(reason, Goodbye::Close);
            return Ok(Decision::Answer(response));
        }
        let half = self.phase.half().ok_or(ErrorCode::BadRequest)?;
        if half.is_ready() {
            return Ok(Decision::Answer(half.payload(None)));
        }
        if half.probe.as_mut().is_some_and(|probe| probe.noop(now)) {
            return Ok(Decision::Answer(half.noop()));
        }
        let lane = self.next_lane();
        if let Some(half) = self.phase.half() {
            half.get = Some(lane);
        }
        Ok(Decision::Park(lane))
    }

    fn post(&mut self, request: &Request<'_>) -> Result<Decision, ErrorCode> {
        if self.phase.half().is_some_and(|half| half.post.is_some()) {
            return Ok(self.overlap());
        }
        let octets = request.is_octet_stream();
        if octets && self.dialect.version == Version::V4 {
            self.end(CloseReason::TransportError, Goodbye::Close);
            return Err(ErrorCode::BadRequest);
        }
        let (lane, dialect) = (self.next_lane(), self.dialect);
        let half = self.phase.half().ok_or(ErrorCode::BadRequest)?;
        half.post = Some(lane);
        half.coding = dialect.coding_of(octets && half.jsonp.is_none());
        let limit = self.config.max_payload;
        Ok(Decision::Body { lane, limit })
    }

    /// Two polls, or two POSTs, at once: the session ends.
    fn overlap(&mut self) -> Decision {
        self.end(CloseReason::TransportError, Goodbye::Close);
        Decision::Answer(Response::empty(400))
    }

    /// One step through the body of a POST. Call until `Ok(None)`, then
    /// [`finish_post`](Self::finish_post); what the peer sent behind its own `1`, or after the
    /// server's close, is dropped.
    ///
    /// # Errors
    /// What was wrong with a packet; the session has ended and the packets before it were delivered.
    /// [`Error::Stale`] when the session ended or was upgraded meanwhile. Either way, the rest of the
    /// body is not to be brought: pass the error to [`finish_post`](Self::finish_post).
    pub fn handle_body<'b>(
        &mut self,
        now: Instant,
        lane: Lane,
        body: &mut Payload<'b>,
    ) -> Result<Option<Event<'b>>, Error> {
        self.advance(now, None);
        loop {
            let (coding, form) = match &self.phase {
                Phase::Polling(half) if half.post == Some(lane) => {
                    (half.coding, half.jsonp.is_some())
                }
                Phase::Closing { half, .. } if half.post == Some(lane) => return Ok(None),
                Phase::Closed { post, .. } if *post == Some(lane) => return Ok(None),
                Phase::Polling(_)
                | Phase::Socket { .. }
                | Phase::Closing { .. }
                | Phase::Closed { .. } => return Err(Error::Stale),
            };
            let packet = match body.begin(coding, Reading::of(self.config.loose_base64), form) {
                Ok(()) => body.next(),
                Err(error) => Some(Err(error)),
            };
            let Some(packet) = packet else {
                return Ok(None);
            };
            if let Some(event) = self.receive(now, packet, None)? {
                return Ok(Some(event));
            }
        }
    }

    /// Whether the POST `lane`, whose body is `body`, ends with the peer's close packet while no poll is
    /// held. Such a peer has a poll under way, which travels on another connection and was overtaken; it
    /// ends with a noop where it arrives before the close is read, and with 400 afterwards. A caller that
    /// has not begun with the body may let other connections have a turn first.
    #[must_use]
    pub fn misses_poll(&self, lane: Lane, body: &[u8]) -> bool {
        match &self.phase {
            Phase::Polling(half) => {
                let missing = half.get.is_none() && self.answer.is_none() && half.probe.is_none();
                missing
                    && half.post == Some(lane)
                    && half.coding.ends_in_close(body, half.jsonp.is_some())
            }
            Phase::Socket { .. } | Phase::Closing { .. } | Phase::Closed { .. } => false,
        }
    }

    /// The answer to a POST, whose body gave `result`: `ok`, or 400 when something was wrong with it
    /// or the session did not take it. An error ends the session, unless it is [`Error::Stale`].
    pub fn finish_post(&mut self, lane: Lane, result: Result<(), Error>) -> Response {
        if let Err(reason) = result.map_err(Error::close_reason)
            && let Some(reason) = reason
        {
            self.end(reason, Goodbye::Close);
        }
        if self.take_post(lane) && result.is_ok() {
            Response::ok()
        } else {
            ErrorCode::BadRequest.response()
        }
    }

    /// The answer to a POST whose body exceeds the limit: 413 without a body. The session lives on.
    pub fn body_too_large(&mut self, lane: Lane) -> Response {
        self.take_post(lane);
        Response::empty(413)
    }

    /// The connection of a parked GET, or of a POST, went away before the answer: the session ends.
    pub fn handle_abandoned(&mut self, lane: Lane) {
        let answered = self.answer.take_if(|answer| answer.0 == lane).is_some();
        let held = self
            .phase
            .half()
            .is_some_and(|half| half.get.take_if(|get| *get == lane).is_some());
        if answered || held || self.take_post(lane) {
            self.end(CloseReason::TransportError, Goodbye::Close);
        }
    }

    /// Whether `lane` is the running POST, which it then is no more.
    fn take_post(&mut self, lane: Lane) -> bool {
        let post = match &mut self.phase {
            Phase::Polling(half) | Phase::Closing { half, .. } => &mut half.post,
            Phase::Closed { post, .. } => post,
            Phase::Socket { .. } => return false,
        };
        post.take_if(|post| *post == lane).is_some()
    }

    /// The answer to a parked poll, when it is due. Ask after every step.
    pub fn poll_response(&mut self) -> Option<(Lane, Response)> {
        if let Some(answer) = self.answer.take() {
            return Some(*answer);
        }
        match &mut self.phase {
            Phase::Polling(half) if half.is_ready() => {
                let lane = half.get.take()?;
                Some((lane, half.payload(None)))
            }
            Phase::Polling(_)
            | Phase::Socket { .. }
            | Phase::Closing { .. }
            | Phase::Closed { .. } => None,
        }
    }
}
