//! The machine: bytes in, events out; messages in, bytes out. The parts are elsewhere; here they are
//! put together.

use crate::{
    Close, CloseCode, Error, Event, Limits, Timeout, Violation,
    assembly::Assembly,
    control::Control,
    frame::{Head, MAX_CONTROL, Opcode},
    keepalive::Due,
    outgoing::Outgoing,
    reader::{Piece, Reader},
    state::{Passed, State},
};
use alloc::{borrow::Cow, boxed::Box, collections::VecDeque, sync::Arc};
use bytes::Bytes;
use core::sync::atomic::{AtomicBool, Ordering};
use siox_wire::{Admit, Input, Instant, Lead, Message, Outbox, SendError, Shared, Sink};

/// One end of a WebSocket connection, after the opening handshake.
///
/// It holds no memory beside itself while nothing is incomplete and nothing is queued (a client holds
/// its key generator).
#[derive(Debug)]
pub struct Connection {
    limits: Arc<Limits>,
    reader: Reader,
    assembly: Option<Box<Assembly>>,
    state: State,
    control: Control,
    outgoing: Outgoing,
    /// The last `admit` found room, and nothing but puts came since: they are one group, and the hard
    /// cap was judged for all of it.
    admitted: AtomicBool,
}

impl Connection {
    /// The server's end.
    #[must_use]
    pub fn server(limits: Arc<Limits>) -> Self {
        Self::new(limits, Outgoing::server())
    }

    /// The client's end. Its mask keys come from `seed`, which must be fresh and secret: 32 bytes of
    /// the system's randomness (RFC 6455 §10.3).
    #[must_use]
    pub fn client(limits: Arc<Limits>, seed: [u8; 32]) -> Self {
        Self::new(limits, Outgoing::client(seed))
    }

    fn new(limits: Arc<Limits>, outgoing: Outgoing) -> Self {
        Self {
            limits,
            reader: Reader::new(),
            assembly: None,
            state: State::Open(Default::default()),
            control: Control::default(),
            outgoing,
            admitted: AtomicBool::new(false),
        }
    }

    /// Takes one step through `input`. Call until it returns `Ok(None)`; it then has eaten all.
    /// What comes after the peer's close frame is ignored.
    ///
    /// # Errors
    /// What the peer did wrong; the close frame it is owed is queued. Nothing is delivered after.
    #[inline]
    pub fn handle_input<'b>(&mut self, input: &mut Input<'b>) -> Result<Option<Event<'b>>, Error> {
        let now = input.now();
        self.end_group();
        match self.state.reads(now, &self.limits) {
            Ok(true) if input.is_empty() => {}
            Ok(true) => self.state.heard(),
            Ok(false) => {
                input.take_all();
                return Ok(None);
            }
            Err(error) => {
                input.take_all();
                return Err(error);
            }
        }
        match self.step(input) {
            Ok(None) => {
                self.watch_incomplete(now);
                Ok(None)
            }
            Ok(event) => Ok(event),
            Err(error) => {
                input.take_all();
                Err(self.fail(error, Some(now)))
            }
        }
    }

    /// Reads frames until one makes an event or the input is eaten.
    #[inline]
    fn step<'b>(&mut self, input: &mut Input<'b>) -> Result<Option<Event<'b>>, Error> {
        while !input.is_empty() {
            let piece = match self.reader.resume(input) {
                Some(piece) => piece,
                None => {
                    let (role, lax) = (self.outgoing.role(), self.limits.accept_non_minimal_length);
                    let Some(head) = self.reader.head(input, role, lax)? else {
                        return Ok(None);
                    };
                    self.admit_frame(&head, input.now())?;
                    self.reader.begin(head, input)
                }
            };
            let now = input.now();
            let event = if piece.first && piece.left == 0 {
                self.whole(piece, now)?
            } else {
                self.part(&piece, now)?
            };
            if event.is_some() {
                return Ok(event);
            }
        }
        Ok(None)
    }

    /// Judges a frame by its head, before any of its payload is kept.
    #[inline]
    fn admit_frame(&mut self, head: &Head, now: Instant) -> Result<(), Error> {
        if head.opcode.is_control() {
            let limit = self.limits.control_flood;
            return match self.control.is_flood(now, limit) {
                true => Err(Error::ControlFlood { limit }),
                false => Ok(()),
            };
        }
        self.control.data();
        let (is_message, len, frames) = match &self.assembly {
            Some(assembly) => (assembly.is_message(), assembly.len(), assembly.frames()),
            None => (false, 0, 0),
        };
        match (head.opcode, is_message) {
            (Opcode::Continuation, false) => return Err(Violation::StrayContinuation.into()),
            (Opcode::Text | Opcode::Binary, true) => {
                return Err(Violation::InterleavedMessage.into());
            }
            (Opcode::Continuation, true) | (Opcode::Text | Opcode::Binary, false) => {}
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => {}
        }
        let limit = self.limits.message;
        if head.len.saturating_add(len as u64) > limit as u64 {
            return Err(Error::TooBig { limit });
        }
        let limit = self.limits.fragments;
        if frames >= limit {
            return Err(Error::TooManyFragments { limit });
        }
        Ok(())
    }

    /// A frame that lies whole in the input: its payload is not copied, unless it is a fragment.
    #[inline]
    fn whole<'b>(&mut self, piece: Piece<'b>, now: Instant) -> Result<Option<Event<'b>>, Error> {
        Ok(Some(match (piece.opcode, piece.fin) {
            (Opcode::Text, true) => match core::str::from_utf8(piece.bytes) {
                Ok(text) => Event::Message(Message::Text(Cow::Borrowed(text))),
                Err(_) => return Err(Violation::InvalidUtf8.into()),
            },
            (Opcode::Binary, true) => Event::Message(Message::Binary(Cow::Borrowed(piece.bytes))),
            (Opcode::Text | Opcode::Binary, false) | (Opcode::Continuation, _) => {
                return self.part(&piece, now);
            }
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => {
                return self.control(piece.opcode, Cow::Borrowed(piece.bytes), now);
            }
        }))
    }

    /// A fragment, or a part of a frame: kept until the rest is there.
    fn part(&mut self, piece: &Piece<'_>, now: Instant) -> Result<Option<Event<'static>>, Error> {
        if piece.bytes.is_empty() && piece.left > 0 {
            return Ok(None); // only the head was there: nothing to keep
        }
        let assembly = self.assembly.get_or_insert_default();
        match piece.opcode {
            Opcode::Text => assembly.text(piece)?,
            Opcode::Binary => assembly.binary(piece),
            Opcode::Continuation => assembly.data(piece)?,
            Opcode::Close | Opcode::Ping | Opcode::Pong => assembly.control(piece),
        }
        if piece.left > 0 {
            return Ok(None);
        }
        if piece.opcode.is_control() {
            let payload = assembly.finish_control();
            if assembly.is_empty() {
                self.assembly = None;
            }
            return self.control(piece.opcode, Cow::Owned(payload), now);
        }
        if !piece.fin {
            return Ok(None);
        }
        let message = assembly.finish()?;
        self.assembly = None;
        Ok(Some(Event::Message(message)))
    }

    /// A whole control frame.
    fn control<'b>(
        &mut self,
        opcode: Opcode,
        payload: Cow<'b, [u8]>,
        now: Instant,
    ) -> Result<Option<Event<'b>>, Error> {
        Ok(Some(match opcode {
            Opcode::Ping => {
                if self.state.is_open() {
                    self.outgoing
                        .pong(&mut self.control, &payload, &self.limits);
                }
                Event::Ping(payload)
            }
            Opcode::Close => {
                let close = Close::parse(payload)?;
                self.close_received(close.as_ref(), now);
                Event::Close(close)
            }
            Opcode::Pong => Event::Pong(payload),
            // The callers give control frames only.
            Opcode::Continuation | Opcode::Text | Opcode::Binary => return Ok(None),
        }))
    }

    /// Answers the peer's close frame with its own code (RFC 6455 §5.5.1).
    fn close_received(&mut self, close: Option<&Close<'_>>, now: Instant) {
        if self.state.close_received(now.after(self.limits.close_wait)) {
            let code = close.map_or(CloseCode::NO_STATUS, |close| close.code);
            self.outgoing.close(code, "");
        }
        self.forget_input();
    }

    /// Drops what was kept of the peer's messages and pings.
    fn forget_input(&mut self) {
        self.assembly = None;
        self.control.forget();
    }

    /// Starts the clock of what is left incomplete by the input before.
    #[inline]
    fn watch_incomplete(&mut self, now: Instant) {
        let Some(deadline) = self.limits.message_deadline else {
            return;
        };
        if self.assembly.is_some() || !self.reader.is_between_frames() {
            let assembly = self.assembly.get_or_insert_default();
            assembly.by.get_or_insert(now.after(deadline));
        }
    }

    /// Enters the failed state and queues the close frame that is owed.
    fn fail(&mut self, error: Error, now: Option<Instant>) -> Error {
        let by = now.map(|now| now.after(self.limits.close_wait));
        if self.state.fail(error, by) {
            self.outgoing.close(error.close_code(), error.reason());
        }
        self.forget_input();
        error
    }

    /// Tells the machine that `now` has come. Never yields an event today; the form is that of every
    /// machine: call until `Ok(None)`.
    ///
    /// # Errors
    /// [`Error::Timeout`] when the peer took too long; any failure that a send caused and that was
    /// not told yet.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<Option<Event<'static>>, Error> {
        self.end_group();
        if self.state.is_open() {
            return self.open_timeout(now).map(|()| None);
        }
        match self.state.closing_timeout(now, &self.limits) {
            Passed::Nothing => Ok(None),
            Passed::Tell(error) => Err(error),
            Passed::Abandon(error) => {
                *self.outgoing.outbox_mut() = Outbox::default();
                self.forget_input();
                error.map_or(Ok(None), Err)
            }
        }
    }

    fn open_timeout(&mut self, now: Instant) -> Result<(), Error> {
        if self.message_by().is_some_and(|by| by <= now) {
            return Err(self.fail(Error::Timeout(Timeout::Message), Some(now)));
        }
        let State::Open(keep_alive) = &mut self.state else {
            return Ok(());
        };
        match keep_alive.due(now, &self.limits) {
            Due::Nothing => {}
            Due::Ping if self.outgoing.outbox().held() < self.limits.hard_cap => {
                self.outgoing.frame(Opcode::Ping, &[]);
            }
            Due::Ping => {} // what waits already will draw a sign of life, or none
            Due::Dead => return Err(self.fail(Error::Timeout(Timeout::Pong), Some(now))),
        }
        Ok(())
    }

    fn message_by(&self) -> Option<Instant> {
        self.assembly.as_ref().and_then(|assembly| assembly.by)
    }

    /// Tells the machine that the byte stream from the peer ended.
    ///
    /// # Errors
    /// [`Error::UnexpectedEof`] unless the closing handshake was done.
    pub fn handle_eof(&mut self, now: Instant) -> Result<Option<Event<'static>>, Error> {
        self.end_group();
        let told = self.state.eof(now, &self.limits);
        if let State::Gone(_) = self.state {
            *self.outgoing.outbox_mut() = Outbox::default();
        }
        self.forget_input();
        told.map(|()| None)
    }

    /// Tells the machine that the socket took `n` bytes.
    pub fn handle_written(&mut self, n: usize) {
        self.end_group();
        self.outgoing.outbox_mut().advance(n);
        self.control.written(n);
        if self.state.is_open() {
            self.outgoing.flush_aside(&mut self.control, &self.limits);
        }
    }

    /// The slices of the next vectored write, in order.
    pub fn poll_transmit(&self) -> impl Iterator<Item = &[u8]> {
        self.outgoing.outbox().chunks()
    }

    /// Hands out what is queued, for a writer that must not hold a lock; it counts until
    /// [`handle_written`](Self::handle_written).
    pub fn take_transmit(&mut self) -> VecDeque<Bytes> {
        self.outgoing.outbox_mut().take()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout); a time that has passed means now.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Open(keep_alive) => {
                let ping = keep_alive.deadline(&self.limits);
                match (ping, self.message_by()) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                }
            }
            State::CloseSent { .. }
            | State::Closed { .. }
            | State::Failed { .. }
            | State::Gone(_) => self
                .state
                .closing_deadline(self.outgoing.outbox().is_empty()),
        }
    }

    /// Sends a text message.
    ///
    /// # Errors
    /// [`SendError::Closed`], [`SendError::Full`].
    pub fn text(&mut self, text: &str) -> Result<(), SendError> {
        self.admit(Admit::Normal)?;
        self.put_text(&[text.as_bytes()]);
        self.end_group();
        Ok(())
    }

    /// Sends a binary message.
    ///
    /// # Errors
    /// [`SendError::Closed`], [`SendError::Full`].
    pub fn binary(&mut self, payload: Bytes) -> Result<(), SendError> {
        self.admit(Admit::Normal)?;
        self.put_binary(&[], payload);
        self.end_group();
        Ok(())
    }

    /// Sends a ping of the caller's own, at most 125 bytes.
    ///
    /// # Errors
    /// [`SendError::TooBig`], [`SendError::Closed`], [`SendError::Full`].
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.send_control(Opcode::Ping, payload)
    }

    /// Sends a pong that nobody asked for (RFC 6455 §5.5.3), at most 125 bytes.
    ///
    /// # Errors
    /// [`SendError::TooBig`], [`SendError::Closed`], [`SendError::Full`].
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.send_control(Opcode::Pong, payload)
    }

    fn send_control(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), SendError> {
        if payload.len() > MAX_CONTROL {
            return Err(SendError::TooBig { limit: MAX_CONTROL });
        }
        self.admit(Admit::Normal)?;
        self.outgoing.frame(opcode, &[payload]);
        self.end_group();
        Ok(())
    }

    /// Begins the closing handshake, behind what is queued. Messages that the peer sends before it
    /// answers are still delivered. The reason is cut to 123 bytes; with [`CloseCode::NO_STATUS`] or
    /// [`CloseCode::ABNORMAL`], which no frame carries, the close frame is empty.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the connection is closing already.
    pub fn close(&mut self, now: Instant, code: CloseCode, reason: &str) -> Result<(), SendError> {
        if !self.state.close_sent(now.after(self.limits.close_wait)) {
            return Err(SendError::Closed);
        }
        self.control.forget();
        self.outgoing.close(code, reason);
        Ok(())
    }

    /// What is queued, in bytes, and 32 for each piece that is kept by reference.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.outgoing.outbox().held()
    }

    /// Whether no more messages can be sent: closing, closed or failed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        !self.state.is_open()
    }

    /// Whether the TCP connection may be closed: the closing handshake is done, or the connection
    /// failed and the caller was told, and what was queued is written or its deadline has passed.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.state.is_finished(self.outgoing.outbox().is_empty())
    }

    /// The limits of this connection.
    #[must_use]
    pub fn limits(&self) -> &Arc<Limits> {
        &self.limits
    }

    /// What is put from here on was not judged by the last `admit`.
    #[inline]
    fn end_group(&mut self) {
        *self.admitted.get_mut() = false;
    }

    /// Whether a message may be put; past the hard cap the connection fails instead.
    #[inline]
    fn may_put(&mut self) -> bool {
        if !self.state.is_open() {
            return false;
        }
        let limit = self.limits.hard_cap;
        if *self.admitted.get_mut() || self.queued() < limit {
            return true;
        }
        self.fail(Error::SlowConsumer { limit }, None);
        false
    }
}

impl Sink for Connection {
    #[inline]
    fn admit(&self, kind: Admit) -> Result<(), SendError> {
        if !self.state.is_open() {
            return Err(SendError::Closed);
        }
        let queued = self.queued();
        let has_room = match kind {
            Admit::Normal => queued < self.limits.high_water,
            Admit::Volatile => self.outgoing.outbox().is_empty(),
            Admit::Owed => true,
        };
        self.admitted
            .store(queued < self.limits.hard_cap, Ordering::Relaxed);
        match has_room {
            true => Ok(()),
            false => Err(SendError::Full),
        }
    }

    fn put_text(&mut self, parts: &[&[u8]]) {
        if self.may_put() {
            self.outgoing.frame(Opcode::Text, parts);
        }
    }

    fn put_binary(&mut self, lead: &[u8], payload: Bytes) {
        if self.may_put() {
            self.outgoing.binary(lead, payload);
        }
    }

    fn put_shared(&mut self, group: &Arc<Shared>, lead: Lead) {
        if self.may_put() {
            self.outgoing.shared(group, lead);
        }
    }
}
