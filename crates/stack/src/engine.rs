//! Engine.IO on both its transports: a session and, while there is one, its WebSocket.
//!
//! Here the two layers are tied together, and only here; what a packet means to a session is
//! Engine.IO's business, what a frame means is WebSocket's.

use crate::{Agreed, Config, Error, Flow, Machine, Outbound};
#[cfg(feature = "deflate")]
use alloc::boxed::Box;
use alloc::{collections::VecDeque, sync::Arc, vec::Vec};
use bytes::Bytes;
use siox_engineio::{
    self as engineio, CloseReason, Decision, ErrorCode, Event, Handshake, Lane, Messages, Payload,
    Request, Response, Session, Sid, Transport,
};
#[cfg(feature = "deflate")]
use siox_websocket::deflate::Codec;
use siox_websocket::{self as websocket, CloseCode, Connection};
use siox_wire::{Admit, Input, Instant, Message, SendError, Shared, Sink};

/// One Engine.IO server session, whatever carries it.
#[derive(Debug)]
pub struct Engine {
    limits: Arc<websocket::Limits>,
    /// The socket below. A failed probe's stays until its lane is reported gone.
    socket: Option<(Lane, Connection)>,
    session: Session,
    /// The time of the input that let all expire that was due.
    expired: Option<Instant>,
    /// Since when the application does not read, as far as the socket has been told.
    held: Option<Instant>,
}

impl Engine {
    /// Sends a text message.
    ///
    /// # Errors
    /// [`SendError::Closed`] or [`SendError::Full`]; nothing was queued.
    pub fn text(&mut self, text: &str) -> Result<(), SendError> {
        let mut out = self.sink();
        out.admit(Admit::Normal)?;
        out.put_text(&[text.as_bytes()]);
        Ok(())
    }

    /// Sends a binary message.
    ///
    /// # Errors
    /// [`SendError::Closed`] or [`SendError::Full`]; nothing was queued.
    pub fn binary(&mut self, payload: Bytes) -> Result<(), SendError> {
        let mut out = self.sink();
        out.admit(Admit::Normal)?;
        out.put_binary(b"", payload);
        Ok(())
    }

    /// Sends a message back as it came.
    ///
    /// # Errors
    /// [`SendError::Closed`] or [`SendError::Full`]; nothing was queued.
    pub fn send(&mut self, message: Message<'_>) -> Result<(), SendError> {
        self.offer(&message.into())
    }

    /// Sends a message that can be offered again, and need not be one to be compressed.
    ///
    /// # Errors
    /// [`SendError::Closed`] or [`SendError::Full`]; nothing was queued.
    pub fn offer(&mut self, message: &Outbound<'_>) -> Result<(), SendError> {
        message.put(&mut self.sink())
    }

    /// Where the layer above puts its messages just now.
    pub fn sink(&mut self) -> Messages<'_, Connection> {
        self.session.sink(self.socket.as_mut().map(|(_, s)| s))
    }

    /// [`sink`](Self::sink) where a WebSocket carries the session.
    #[inline]
    pub(crate) fn carried(&mut self) -> Option<Messages<'_, Connection>> {
        let (_, socket) = self.socket.as_mut()?;
        self.session.carried(socket)
    }

    /// What waits for this peer, in whichever queue holds it: bytes, and 32 for each piece.
    #[must_use]
    pub fn queued(&self) -> usize {
        Machine::queued(self)
    }

    /// The Engine.IO session, to be asked for its state.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Moves both layers to `now` and tells nobody. Every input does this first.
    pub(crate) fn expire(&mut self, now: Instant) {
        self.expired = Some(now);
        self.session
            .expire(now, self.socket.as_mut().map(|(_, s)| s));
        self.settle(now);
    }

    /// The one place that says `Closed`, once.
    pub(crate) fn farewell(&mut self) -> Option<Event<'static>> {
        self.session.farewell()
    }

    /// A socket that the session no longer wants says goodbye: after the session's end, and when a
    /// probe ran out of time.
    fn settle(&mut self, now: Instant) {
        let Some((lane, socket)) = &mut self.socket else {
            return;
        };
        let wanted = self.session.lane() == Some(*lane);
        if !wanted && !socket.is_closed() {
            // Refused only when a close is queued already, which is what is wanted.
            let _ = socket.close(now, CloseCode::NORMAL, "");
        }
    }

    /// The socket is told for how long nobody has read it.
    fn still_held(&mut self, now: Instant) {
        if let (Some(since), Some((_, socket))) = (&mut self.held, &mut self.socket) {
            socket.held_back(now.since(*since));
            *since = now;
        }
    }

    /// Whether the application does not read just now.
    pub(crate) fn is_held(&self) -> bool {
        self.held.is_some()
    }

    fn lane(&self) -> Option<Lane> {
        self.socket.as_ref().map(|(lane, _)| *lane)
    }

    /// One event of the WebSocket, carried up one layer.
    fn frame<'b>(
        &mut self,
        now: Instant,
        event: websocket::Event<'b>,
    ) -> Result<Option<Event<'b>>, Error> {
        let Some((lane, socket)) = &mut self.socket else {
            return Ok(None);
        };
        match event {
            // The session has let go of this socket, which has not said goodbye yet.
            websocket::Event::Message(_) if self.session.lane() != Some(*lane) => Ok(None),
            websocket::Event::Message(message) => {
                if self.session.transport() != Some(Transport::WebSocket) {
                    // What `5` moves here was admitted by the polls' queue: the cap, counted in frames
                    // now, must not judge it a second time. A socket that is closing takes nothing.
                    let _ = socket.admit(Admit::Owed);
                }
                Ok(self.session.handle_message(now, *lane, message, socket)?)
            }
            websocket::Event::Close(_) => {
                self.session
                    .handle_socket_gone(*lane, CloseReason::TransportClose);
                Ok(None)
            }
            // Chunks come only where they are asked for.
            websocket::Event::Chunk(_) | websocket::Event::Ping(_) | websocket::Event::Pong(_) => {
                Ok(None)
            }
        }
    }

    /// The text of the message that `input` begins with: the common case, taken out for speed. `None` leaves the
    /// input to [`handle_input`](Machine::handle_input), which knows this case as well.
    #[inline]
    pub(crate) fn take_text<'b>(
        &mut self,
        lane: Lane,
        input: &mut Input<'b>,
    ) -> Option<Result<&'b str, Error>> {
        let now = input.now();
        if self.expired != Some(now) {
            self.expire(now);
        }
        let (own, socket) = self.socket.as_mut()?;
        if *own != lane || !self.session.is_plain(now, lane) {
            return None;
        }
        match socket.take_text(Session::MESSAGE, input)? {
            Ok(text) => {
                self.session.heard(now);
                Some(Ok(text))
            }
            Err(e) => Some(Err(self.socket_failed(lane, e))),
        }
    }

    /// Frames behind the one that ended what the socket was for: its goodbye may be among them.
    fn drain(&mut self, input: &mut Input<'_>) {
        if let Some((_, socket)) = &mut self.socket {
            while let Ok(Some(_)) = socket.handle_input(input) {}
        }
    }

    #[cold]
    fn socket_failed(&mut self, lane: Lane, error: websocket::Error) -> Error {
        let reason = match error {
            websocket::Error::SlowConsumer { .. } => CloseReason::SlowConsumer,
            _ => CloseReason::TransportError,
        };
        self.session.handle_socket_gone(lane, reason);
        error.into()
    }
}

impl Machine for Engine {
    type Event<'b> = Event<'b>;

    fn polling_for(
        now: Instant,
        config: &Config,
        sid: Sid,
        handshake: &Handshake,
    ) -> (Self, Response) {
        let engine = config.engine.clone();
        let (session, response) = Session::polling_for(now, engine, sid, handshake);
        let engine = Self {
            limits: config.websocket.clone(),
            socket: None,
            session,
            expired: None,
            held: None,
        };
        (engine, response)
    }

    fn socket_for(now: Instant, config: &Config, sid: Sid, handshake: &Handshake) -> (Self, Lane) {
        let mut socket = Connection::server(config.websocket.clone());
        let engine = config.engine.clone();
        let session = Session::socket_for(now, engine, sid, handshake, &mut socket);
        let lane = Lane(1);
        let engine = Self {
            limits: config.websocket.clone(),
            socket: Some((lane, socket)),
            session,
            expired: None,
            held: None,
        };
        (engine, lane)
    }

    fn agree(&mut self, config: &Config, lane: Lane, agreed: Agreed) {
        self.socket = self.socket.take().map(|(own, socket)| match own == lane {
            true => (own, config.agree(socket, agreed)),
            false => (own, socket),
        });
    }

    #[cfg(feature = "deflate")]
    fn lend_codec(&mut self, pool: &mut Option<Box<Codec>>) {
        if let Some((_, socket)) = &mut self.socket {
            socket.lend_codec(pool);
        }
    }

    #[cfg(feature = "deflate")]
    fn release_codec(&mut self, pool: &mut Option<Box<Codec>>) {
        if let Some((_, socket)) = &mut self.socket {
            socket.release_codec(pool);
        }
    }

    fn lend_buffer(&mut self, pool: &mut Vec<u8>) {
        if let Some((_, socket)) = &mut self.socket {
            socket.lend_buffer(pool);
        }
    }

    fn release_buffer(&mut self, pool: &mut Vec<u8>) {
        if let Some((_, socket)) = &mut self.socket {
            socket.release_buffer(pool);
        }
    }

    #[inline]
    fn is_last(event: &Event<'_>) -> bool {
        matches!(event, Event::Closed(_))
    }

    fn handle_request(&mut self, now: Instant, request: &Request<'_>) -> Decision {
        self.expire(now);
        if request.websocket && self.socket.is_some() {
            // One socket at a time, a dying probe's included: the first wins.
            return Decision::Answer(ErrorCode::BadRequest.response());
        }
        let decision = self.session.handle_request(now, request);
        if let Decision::Upgrade(lane) = decision {
            self.socket = Some((lane, Connection::server(self.limits.clone())));
        }
        decision
    }

    fn handle_body<'b>(
        &mut self,
        now: Instant,
        lane: Lane,
        body: &mut Payload<'b>,
    ) -> Result<Option<Event<'b>>, Error> {
        self.expire(now);
        match self.session.handle_body(now, lane, body)? {
            Some(event) => Ok(Some(event)),
            None => Ok(self.farewell()),
        }
    }

    fn hold(&mut self, now: Instant) {
        self.expire(now);
        if !self.is_closed() && self.held.is_none() {
            self.session.hold(now);
            self.held = Some(now);
        }
    }

    fn resume(&mut self, now: Instant) {
        self.expire(now);
        self.session.resume(now);
        self.still_held(now);
        self.held = None;
    }

    fn handle_progress(&mut self, now: Instant, lane: Lane) {
        self.expire(now);
        self.session.handle_progress(now, lane);
    }

    fn misses_poll(&self, lane: Lane, body: &[u8]) -> bool {
        self.session.misses_poll(lane, body)
    }

    fn finish_post(&mut self, lane: Lane, result: Result<(), Error>) -> Response {
        let result = result.map_err(|e| match e {
            Error::Engine(e) => e,
            // The layer above has ended the session already, with a reason of its own.
            Error::WebSocket(_) | Error::Socket(_) | Error::Stale => engineio::Error::Stale,
        });
        self.session.finish_post(lane, result)
    }

    fn body_too_large(&mut self, lane: Lane) -> Response {
        self.session.body_too_large(lane)
    }

    fn handle_abandoned(&mut self, lane: Lane) {
        self.session.handle_abandoned(lane);
    }

    fn handle_input<'b>(
        &mut self,
        lane: Lane,
        input: &mut Input<'b>,
    ) -> Result<Option<Event<'b>>, Error> {
        if self.lane() != Some(lane) {
            return Err(Error::Stale);
        }
        let now = input.now();
        if self.expired != Some(now) {
            self.expire(now);
        }
        let came = !input.is_empty();
        while let Some((_, socket)) = &mut self.socket {
            let event = match socket.handle_input(input) {
                Ok(Some(event)) => event,
                Ok(None) => break,
                Err(e) => return Err(self.socket_failed(lane, e)),
            };
            let event = self.frame(now, event);
            if !matches!(event, Ok(Some(Event::Message(_)))) {
                self.settle(now);
            }
            match event {
                Ok(Some(event)) => return Ok(Some(event)),
                Ok(None) => {}
                Err(error) => {
                    self.drain(input);
                    return Err(error);
                }
            }
        }
        if came {
            // What is left of the bytes belongs to a message that is not whole yet.
            self.session.handle_progress(now, lane);
        }
        Ok(self.farewell())
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<Option<Event<'static>>, Error> {
        self.expire(now);
        // A failed socket repeats its error until it is gone; the session's end is told before.
        if let Some(event) = self.farewell() {
            return Ok(Some(event));
        }
        self.still_held(now);
        let Some((lane, socket)) = &mut self.socket else {
            return Ok(None);
        };
        let lane = *lane;
        match socket.handle_timeout(now) {
            Err(e) if self.session.lane() == Some(lane) => Err(self.socket_failed(lane, e)),
            // Nobody above depends on it any more: it only has its goodbye to say.
            Err(_) | Ok(_) => Ok(None),
        }
    }

    fn handle_eof(&mut self, now: Instant, lane: Lane) {
        if self.lane() != Some(lane) {
            return;
        }
        if let Some((_, socket)) = &mut self.socket {
            // Its error is what the peer's silence means at this layer; the session says it above.
            let _ = socket.handle_eof(now);
        }
        self.session
            .handle_socket_gone(lane, CloseReason::TransportClose);
        self.settle(now);
    }

    fn handle_socket_gone(&mut self, lane: Lane) {
        if self.lane() == Some(lane) {
            self.socket = None;
            self.session
                .handle_socket_gone(lane, CloseReason::TransportClose);
        }
    }

    #[inline]
    fn handle_written(&mut self, lane: Lane, n: usize) {
        if let Some((own, socket)) = &mut self.socket
            && *own == lane
        {
            socket.handle_written(n);
        }
    }

    fn poll_transmit(&self) -> impl Iterator<Item = &[u8]> {
        self.socket.iter().flat_map(|(_, s)| s.poll_transmit())
    }

    #[inline]
    fn only_transmit(&self) -> Option<&[u8]> {
        self.socket.as_ref().and_then(|(_, s)| s.only_transmit())
    }

    #[inline]
    fn wants_write(&self) -> bool {
        self.socket.as_ref().is_some_and(|(_, s)| s.wants_write())
    }

    fn take_transmit(&mut self) -> VecDeque<Bytes> {
        self.socket
            .as_mut()
            .map(|(_, s)| s.take_transmit())
            .unwrap_or_default()
    }

    fn poll_response(&mut self) -> Option<(Lane, Response)> {
        self.session.poll_response()
    }

    fn transport(&self) -> Option<Transport> {
        self.session.transport()
    }

    #[inline]
    fn flow(&self) -> Flow {
        match &self.socket {
            Some((lane, socket))
                if self.session.carrier() == Some(*lane) && !socket.is_closed() =>
            {
                match socket.wants_write() {
                    true => Flow::Waiting(*lane),
                    false => Flow::Idle(*lane),
                }
            }
            Some(_) | None => Flow::Unknown,
        }
    }

    #[inline]
    fn write_one(
        &mut self,
        lane: Lane,
        write: impl FnOnce(&[u8]) -> usize,
    ) -> Option<(bool, usize)> {
        let (own, socket) = self.socket.as_mut()?;
        if *own != lane || self.session.carrier() != Some(lane) || socket.is_closed() {
            return None;
        }
        let waited = socket.queued();
        let slice = socket.only_transmit()?;
        let n = write(slice);
        let is_all = n == slice.len();
        socket.handle_written(n);
        Some((is_all, waited))
    }

    #[inline]
    fn queued(&self) -> usize {
        let socket = self.socket.as_ref().map_or(0, |(_, s)| s.queued());
        self.session.queued().saturating_add(socket)
    }

    #[inline]
    fn poll_timeout(&self) -> Option<Instant> {
        let socket = self.socket.as_ref().and_then(|(_, s)| s.poll_timeout());
        socket.into_iter().chain(self.session.poll_timeout()).min()
    }

    fn close(&mut self, now: Instant, reason: CloseReason) {
        self.session.close(reason);
        self.settle(now);
    }

    fn part(&mut self, now: Instant, reason: CloseReason) -> Option<Response> {
        let last_words = self.session.part(reason);
        self.settle(now);
        last_words
    }

    fn abort(&mut self) {
        self.session.close(CloseReason::TransportClose);
        self.socket = None;
    }

    #[inline]
    fn is_closed(&self) -> bool {
        self.session.is_closed()
    }

    #[inline]
    fn is_finished(&self, lane: Lane) -> bool {
        match &self.socket {
            Some((own, socket)) if *own == lane => socket.is_finished(),
            Some(_) | None => true,
        }
    }
}

impl Engine {
    /// Sends a group made once for many receivers.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn shared(&mut self, group: &Arc<Shared>) -> Result<(), SendError> {
        let mut out = self.sink();
        out.admit(Admit::Owed)?;
        out.put_shared(group, engineio::V4);
        Ok(())
    }
}
