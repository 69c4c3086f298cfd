//! Socket.IO on Engine.IO: the whole server side of one client as one machine.

use crate::{Agreed, Config, Engine, Error, Flow, Machine};
#[cfg(feature = "deflate")]
use alloc::boxed::Box;
use alloc::{collections::VecDeque, sync::Arc, vec::Vec};
use bytes::Bytes;
use siox_engineio::{
    self as engineio, CloseReason, Decision, Handshake, Lane, Payload, Request, Response, Sid,
    Transport, Version,
};
use siox_socketio::{
    self as socketio, Connection, DisconnectReason, Encoded, Packet, Revision, Slot, Unchecked,
    Value,
};
#[cfg(feature = "deflate")]
use siox_websocket::deflate::Codec;
use siox_wire::{Admit, Input, Instant, SendError, Shared, Sink};

/// From here on an event is told unchecked, in bytes: to look twice at what is shorter costs less than to have two ways.
const LONG: usize = 128;

/// What the application hears of one client.
#[derive(Debug)]
pub enum Event<'b> {
    /// Something of one of its namespaces.
    Socket(socketio::Event<'b>),
    /// An event of a namespace, a long one, with arguments that nobody has looked at yet; only where
    /// [`Config::with_unchecked_events`] asked for it. If it turns out not to be right, its text is for
    /// [`Session::handle_text`], before anything else is done with the session.
    Unchecked(Slot, Unchecked<'b>),
    /// The client is on its WebSocket now.
    Upgraded,
    /// The session has ended, for all its namespaces; said once, last.
    Closed(CloseReason),
}

/// One Socket.IO client of a server, whatever carries it.
#[derive(Debug)]
pub struct Session {
    engine: Engine,
    sockets: Connection,
    /// It ends for a packet at the wrong time, not for what is no packet.
    untimely: bool,
    /// Whether common events are told of before they are checked.
    unchecked: bool,
    /// The time of the input that told all that was due in the layer above.
    told: Option<Instant>,
}

impl Session {
    fn new(engine: Engine, sockets: Connection, config: &Config) -> Self {
        Self {
            engine,
            sockets,
            untimely: false,
            unchecked: config.unchecked,
            told: None,
        }
    }

    /// The Engine.IO session below.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Accepts the CONNECT of `slot` and tells the client the id of its socket.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the client has gone meanwhile.
    pub fn accept(&mut self, slot: Slot, sid: &str) -> Result<(), SendError> {
        self.sockets.accept(slot, sid, &mut self.engine.sink())
    }

    /// Refuses the CONNECT of `slot`, with a message and data for the application at the other end.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the client has gone meanwhile, [`SendError::Unencodable`] for data with
    /// binary leaves.
    pub fn refuse(
        &mut self,
        slot: Slot,
        message: &str,
        data: Option<&Value>,
    ) -> Result<(), SendError> {
        self.sockets
            .refuse(slot, message, data, &mut self.engine.sink())
    }

    /// Refuses the CONNECT of `slot`, since there is no such namespace.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the client has gone meanwhile.
    pub fn refuse_namespace(&mut self, slot: Slot) -> Result<(), SendError> {
        self.sockets.refuse_namespace(slot, &mut self.engine.sink())
    }

    /// The revision of Socket.IO that the client speaks: 4 on Engine.IO v3, 5 on v4.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.sockets.revision()
    }

    /// Takes the client out of a namespace and tells it.
    ///
    /// # Errors
    /// [`SendError::Closed`] when it has left already.
    pub fn disconnect(&mut self, slot: Slot) -> Result<(), SendError> {
        self.sockets.disconnect(slot, &mut self.engine.sink())
    }

    /// Sends an event.
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was queued.
    pub fn emit(&mut self, slot: Slot, event: &Encoded, kind: Admit) -> Result<(), SendError> {
        self.sockets
            .emit(slot, event, kind, &mut self.engine.sink())
    }

    /// Sends an event that asks for an acknowledgement, by `deadline` if there is one. Returns the id
    /// that the acknowledgement, or its timeout, will carry.
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was queued.
    pub fn emit_with_ack(
        &mut self,
        slot: Slot,
        event: &Encoded,
        deadline: Option<Instant>,
    ) -> Result<u64, SendError> {
        self.sockets
            .emit_with_ack(slot, event, deadline, &mut self.engine.sink())
    }

    /// Sends an event with the arguments of one that was received, as they came; whether it may be
    /// compressed is the caller's word.
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was queued.
    pub fn relay(
        &mut self,
        slot: Slot,
        name: &str,
        args: &Packet<'_>,
        kind: Admit,
        compress: bool,
    ) -> Result<(), SendError> {
        let mut out = self.engine.sink();
        if !compress {
            out.set_compress(false);
        }
        let sent = self.sockets.relay(slot, name, args, kind, &mut out);
        if !compress {
            out.set_compress(true);
        }
        sent
    }

    /// Answers an event of the client with the arguments of one that was received, as they came.
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was queued.
    pub fn ack_relay(&mut self, slot: Slot, id: u64, args: &Packet<'_>) -> Result<(), SendError> {
        self.sockets
            .ack_relay(slot, id, args, &mut self.engine.sink())
    }

    /// Answers an event of the client.
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was queued.
    pub fn ack(&mut self, slot: Slot, id: u64, args: &Encoded) -> Result<(), SendError> {
        self.sockets.ack(slot, id, args, &mut self.engine.sink())
    }

    /// Sends a packet made once for many receivers.
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was queued.
    #[inline]
    pub fn broadcast(
        &mut self,
        slot: Slot,
        group: &Arc<Shared>,
        kind: Admit,
    ) -> Result<(), SendError> {
        match self.engine.carried() {
            Some(mut out) => self.sockets.broadcast(slot, group, kind, &mut out),
            None => self.broadcast_queued(slot, group, kind),
        }
    }

    /// As [`broadcast`](Self::broadcast), wherever messages go.
    #[inline(never)]
    fn broadcast_queued(
        &mut self,
        slot: Slot,
        group: &Arc<Shared>,
        kind: Admit,
    ) -> Result<(), SendError> {
        self.sockets
            .broadcast(slot, group, kind, &mut self.engine.sink())
    }

    /// Sends a packet made once for many receivers, which asks each of them for an acknowledgement with
    /// this id ([`FIRST_BROADCAST_ACK`](socketio::FIRST_BROADCAST_ACK) or more).
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was queued, and nothing is owed.
    pub fn broadcast_with_ack(
        &mut self,
        slot: Slot,
        group: &Arc<Shared>,
        id: u64,
        deadline: Option<Instant>,
    ) -> Result<(), SendError> {
        self.sockets.expect_ack(slot, id, deadline)?;
        let sent = self.broadcast(slot, group, Admit::Normal);
        if sent.is_err() {
            self.sockets.forget_ack(slot, id);
        }
        sent
    }

    /// Accepts the CONNECT of `slot` for a session that can be recovered by its private id.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the client has gone meanwhile.
    pub fn accept_recoverable(
        &mut self,
        slot: Slot,
        sid: &str,
        pid: &str,
    ) -> Result<(), SendError> {
        self.sockets
            .accept_recoverable(slot, sid, pid, &mut self.engine.sink())
    }

    /// One event of Engine.IO, carried up one layer.
    #[inline]
    fn up<'b>(
        &mut self,
        now: Instant,
        event: engineio::Event<'b>,
    ) -> Result<Option<Event<'b>>, Error> {
        match event {
            engineio::Event::Message(message) => {
                let step = self
                    .sockets
                    .handle_message(now, message, &mut self.engine.sink());
                match step {
                    Ok(Some(event @ socketio::Event::Event { .. })) => {
                        Ok(Some(Event::Socket(event)))
                    }
                    Ok(event) => {
                        let left = matches!(event, Some(socketio::Event::Disconnect { .. }));
                        if left && self.sockets.is_deserted() {
                            self.engine.close(now, CloseReason::ForcedClose);
                        }
                        Ok(event.map(Event::Socket))
                    }
                    Err(e) => Err(self.broken(now, e)),
                }
            }
            engineio::Event::Heartbeat | engineio::Event::Upgrading => Ok(None),
            engineio::Event::Upgraded => Ok(Some(Event::Upgraded)),
            engineio::Event::Closed(reason) => {
                // What it held for a client that is gone is freed with the last event.
                self.sockets.close();
                let reason = match self.untimely {
                    true => CloseReason::ForcedClose,
                    false => reason,
                };
                Ok(Some(Event::Closed(reason)))
            }
        }
    }

    /// Takes the text of an [`Event::Unchecked`] that was found not to be right, and checks it.
    ///
    /// # Errors
    /// What is wrong with it; the session ends with that.
    pub fn handle_text<'b>(
        &mut self,
        now: Instant,
        text: &'b str,
    ) -> Result<Option<Event<'b>>, Error> {
        self.up(now, engineio::Event::Message(text.into()))
    }

    /// What is due in the layer above: an acknowledgement's timeout, or a client that never joined.
    fn due(&mut self, now: Instant) -> Result<Option<Event<'static>>, Error> {
        if self.engine.is_closed() {
            return Ok(None);
        }
        if self.engine.is_held() {
            // An attachment that is waited for may have come.
            self.sockets.handle_progress(now);
        }
        match self.sockets.handle_timeout(now) {
            Ok(event) => Ok(event.map(Event::Socket)),
            Err(e) => Err(self.broken(now, e)),
        }
    }

    /// The client broke a rule of Socket.IO. Nothing waits for it to fetch its goodbye, unless it has just
    /// been silent.
    fn broken(&mut self, now: Instant, error: socketio::Error) -> Error {
        if !self.engine.is_closed() {
            self.untimely = error.reason() == DisconnectReason::ForcedServerClose;
        }
        let reason = match error {
            socketio::Error::ConnectTimeout => CloseReason::ForcedClose,
            _ => CloseReason::ParseError,
        };
        self.engine.close(now, reason);
        error.into()
    }
}

impl Machine for Session {
    type Event<'b> = Event<'b>;

    fn polling_for(
        now: Instant,
        config: &Config,
        sid: Sid,
        handshake: &Handshake,
    ) -> (Self, Response) {
        let (engine, response) = Engine::polling_for(now, config, sid, handshake);
        let sockets = connection(now, config, handshake);
        (Self::new(engine, sockets, config), response)
    }

    fn socket_for(now: Instant, config: &Config, sid: Sid, handshake: &Handshake) -> (Self, Lane) {
        let (engine, lane) = Engine::socket_for(now, config, sid, handshake);
        let sockets = connection(now, config, handshake);
        (Self::new(engine, sockets, config), lane)
    }

    fn agree(&mut self, config: &Config, lane: Lane, agreed: Agreed) {
        self.engine.agree(config, lane, agreed);
    }

    #[cfg(feature = "deflate")]
    fn lend_codec(&mut self, pool: &mut Option<Box<Codec>>) {
        self.engine.lend_codec(pool);
    }

    #[cfg(feature = "deflate")]
    fn release_codec(&mut self, pool: &mut Option<Box<Codec>>) {
        self.engine.release_codec(pool);
    }

    fn lend_buffer(&mut self, pool: &mut Vec<u8>) {
        self.engine.lend_buffer(pool);
    }

    fn release_buffer(&mut self, pool: &mut Vec<u8>) {
        self.engine.release_buffer(pool);
    }

    #[inline]
    fn is_last(event: &Event<'_>) -> bool {
        matches!(event, Event::Closed(_))
    }

    fn handle_request(&mut self, now: Instant, request: &Request<'_>) -> Decision {
        self.engine.handle_request(now, request)
    }

    fn handle_body<'b>(
        &mut self,
        now: Instant,
        lane: Lane,
        body: &mut Payload<'b>,
    ) -> Result<Option<Event<'b>>, Error> {
        if let Some(event) = self.due(now)? {
            return Ok(Some(event));
        }
        while let Some(event) = self.engine.handle_body(now, lane, body)? {
            if let Some(event) = self.up(now, event)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    fn hold(&mut self, now: Instant) {
        self.engine.hold(now);
    }

    fn resume(&mut self, now: Instant) {
        self.engine.resume(now);
        self.sockets.handle_progress(now);
    }

    fn handle_progress(&mut self, now: Instant, lane: Lane) {
        self.engine.handle_progress(now, lane);
    }

    /// Never: who closes may come back at once, and recover what must have been put by until then.
    fn misses_poll(&self, _: Lane, _: &[u8]) -> bool {
        false
    }

    fn finish_post(&mut self, lane: Lane, result: Result<(), Error>) -> Response {
        self.engine.finish_post(lane, result)
    }

    fn body_too_large(&mut self, lane: Lane) -> Response {
        self.engine.body_too_large(lane)
    }

    fn handle_abandoned(&mut self, lane: Lane) {
        self.engine.handle_abandoned(lane);
    }

    fn handle_input<'b>(
        &mut self,
        lane: Lane,
        input: &mut Input<'b>,
    ) -> Result<Option<Event<'b>>, Error> {
        let now = input.now();
        if self.told != Some(now) {
            if let Some(event) = self.due(now)? {
                return Ok(Some(event));
            }
            self.told = Some(now);
        }
        if let Some(text) = self.engine.take_text(lane, input) {
            let text = text?;
            if self.unchecked
                && text.len() >= LONG
                && let Some((slot, event)) = self.sockets.unchecked_event(now, text)
            {
                return Ok(Some(Event::Unchecked(slot, event)));
            }
            if let Some(event) = self.sockets.plain_event(now, text) {
                return Ok(Some(Event::Socket(event)));
            }
            if let Some(event) = self.up(now, engineio::Event::Message(text.into()))? {
                return Ok(Some(event));
            }
        }
        while let Some(event) = self.engine.handle_input(lane, input)? {
            if let Some(event) = self.up(now, event)? {
                return Ok(Some(event));
            }
        }
        // The bytes may be a part of an attachment that is waited for.
        self.sockets.handle_progress(now);
        Ok(None)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<Option<Event<'static>>, Error> {
        if let Some(event) = self.due(now)? {
            return Ok(Some(event));
        }
        match self.engine.handle_timeout(now)? {
            Some(event) => self.up(now, event),
            None => Ok(None),
        }
    }

    fn handle_eof(&mut self, now: Instant, lane: Lane) {
        self.engine.handle_eof(now, lane);
    }

    fn handle_socket_gone(&mut self, lane: Lane) {
        self.engine.handle_socket_gone(lane);
    }

    #[inline]
    fn handle_written(&mut self, lane: Lane, n: usize) {
        self.engine.handle_written(lane, n);
    }

    fn poll_transmit(&self) -> impl Iterator<Item = &[u8]> {
        self.engine.poll_transmit()
    }

    #[inline]
    fn only_transmit(&self) -> Option<&[u8]> {
        self.engine.only_transmit()
    }

    #[inline]
    fn wants_write(&self) -> bool {
        self.engine.wants_write()
    }

    fn take_transmit(&mut self) -> VecDeque<Bytes> {
        self.engine.take_transmit()
    }

    fn poll_response(&mut self) -> Option<(Lane, Response)> {
        self.engine.poll_response()
    }

    fn transport(&self) -> Option<Transport> {
        Machine::transport(&self.engine)
    }

    #[inline]
    fn flow(&self) -> Flow {
        self.engine.flow()
    }

    #[inline]
    fn write_one(
        &mut self,
        lane: Lane,
        write: impl FnOnce(&[u8]) -> usize,
    ) -> Option<(bool, usize)> {
        self.engine.write_one(lane, write)
    }

    #[inline]
    fn queued(&self) -> usize {
        Machine::queued(&self.engine)
    }

    #[inline]
    fn poll_timeout(&self) -> Option<Instant> {
        let engine = self.engine.poll_timeout();
        if self.engine.is_closed() {
            return engine;
        }
        engine.into_iter().chain(self.sockets.poll_timeout()).min()
    }

    fn close(&mut self, now: Instant, reason: CloseReason) {
        self.engine.close(now, reason);
    }

    fn part(&mut self, now: Instant, reason: CloseReason) -> Option<Response> {
        self.engine.part(now, reason)
    }

    fn abort(&mut self) {
        self.engine.abort();
    }

    #[inline]
    fn is_closed(&self) -> bool {
        self.engine.is_closed()
    }

    #[inline]
    fn is_finished(&self, lane: Lane) -> bool {
        self.engine.is_finished(lane)
    }
}

/// What the layer above begins with.
fn connection(now: Instant, config: &Config, handshake: &Handshake) -> Connection {
    let revision = match handshake.version {
        Version::V3 => Revision::V4,
        _ => Revision::V5,
    };
    Connection::with_revision(now, config.socket.clone(), revision)
}
