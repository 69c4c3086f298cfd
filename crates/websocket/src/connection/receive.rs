//! What comes from the peer: frames judged, put together and turned into events.

use super::Connection;
use crate::{
    Close, CloseCode, Error, Event, Violation,
    frame::{Head, Opcode},
    mask::Masked,
    reader::Piece,
    trickle::Trickle,
    whole::Whole,
};
use alloc::borrow::Cow;
use siox_wire::{Input, Instant, Message};

/// From so many bytes on, a message that is to have memory of its own is unmasked on its way there.
const LONG: usize = 4096;

impl Connection {
    /// Takes one step through `input`. Call until it returns `Ok(None)`; it then has eaten all.
    /// What comes after the peer's close frame is ignored.
    ///
    /// # Errors
    /// What the peer did wrong; the close frame it is owed is queued. Nothing is delivered after.
    #[inline]
    pub fn handle_input<'b>(&mut self, input: &mut Input<'b>) -> Result<Option<Event<'b>>, Error> {
        self.end_group();
        match self.message_at_once(input) {
            Some(Ok(message)) => Ok(Some(Event::Message(message))),
            Some(Err(violation)) => self.end_turn(Some(violation.into()), input),
            None => self.any_input(input),
        }
    }

    /// Takes the whole message in one frame that `input` begins with. `None` if it begins otherwise, or
    /// something is incomplete already; nothing is eaten then, and [`handle_input`](Self::handle_input)
    /// goes on, as it does with all that this takes.
    ///
    /// For a caller that would rather keep a message in its buffer until it is whole there than have it
    /// put together here: what it need not give away, [`message_lacks`](Self::message_lacks) tells.
    ///
    /// # Errors
    /// As of [`handle_input`](Self::handle_input).
    #[inline]
    pub fn take_message<'b>(
        &mut self,
        input: &mut Input<'b>,
    ) -> Result<Option<Message<'b>>, Error> {
        self.end_group();
        match self.message_at_once(input) {
            Some(Ok(message)) => Ok(Some(message)),
            Some(Err(violation)) => self.end_turn(Some(violation.into()), input).map(|_| None),
            None => Ok(None),
        }
    }

    /// As [`take_message`](Self::take_message), for a caller that needs the message in memory of its own: one
    /// of 4 KiB or more is unmasked on its way there, in one pass; a shorter one goes through `detach`, which
    /// may know memory to use again.
    ///
    /// # Errors
    /// As of [`handle_input`](Self::handle_input).
    #[inline]
    pub fn take_owned<'b>(
        &mut self,
        input: &mut Input<'b>,
        detach: impl FnOnce(Message<'b>) -> Message<'static>,
    ) -> Result<Option<Message<'static>>, Error> {
        self.end_group();
        let Some(whole) = self.whole(input) else {
            return Ok(None);
        };
        let payload = Masked::new(self.eat(whole, input), whole.mask);
        let message = match whole.len < LONG {
            true => in_place(whole.is_text, payload).map(detach),
            false => elsewhere(whole.is_text, payload),
        };
        match message {
            Ok(message) => Ok(Some(message)),
            Err(violation) => self.end_turn(Some(violation.into()), input).map(|_| None),
        }
    }

    /// Takes the whole text in one frame that `input` begins with, if it begins with the ASCII character `lead`:
    /// what stands behind that. `None` otherwise, as [`take_message`](Self::take_message) says it.
    ///
    /// # Errors
    /// As of [`handle_input`](Self::handle_input).
    #[inline]
    pub fn take_text<'b>(
        &mut self,
        lead: u8,
        input: &mut Input<'b>,
    ) -> Option<Result<&'b str, Error>> {
        self.end_group();
        let whole = self.whole(input)?;
        // Behind an empty one, the next frame begins.
        if whole.len == 0 {
            return None;
        }
        let first = input.peek().get(whole.head)?;
        if !whole.is_text || first ^ whole.mask[0] != lead || !lead.is_ascii() {
            return None;
        }
        match siox_mask::text(self.eat(whole, input), whole.mask) {
            Ok(text) => Some(Ok(text.get(1..).unwrap_or_default())),
            Err(_) => Some(Err(self.not_text(input))),
        }
    }

    #[cold]
    fn not_text(&mut self, input: &mut Input<'_>) -> Error {
        let error = Violation::InvalidUtf8.into();
        input.take_all();
        self.fail(error, Some(input.now()))
    }

    /// How many bytes `input`, which is to follow, lacks of the whole message in one frame that it begins
    /// with, at most [`Limits::message`](crate::Limits::message). `None` if it begins otherwise, or its
    /// head is not all there, or something is incomplete already: it is for
    /// [`handle_input`](Self::handle_input) then.
    ///
    /// A caller that keeps such bytes owes the machine the time: the deadlines of what is incomplete run
    /// from when `handle_input` gets them.
    #[must_use]
    #[inline]
    pub fn message_lacks(&self, input: &[u8]) -> Option<usize> {
        if self.assembly.is_some() || self.streaming || !self.reader.is_between_frames() {
            return None;
        }
        let whole = Whole::announced(input, self.outgoing.role())?;
        let is_allowed =
            self.state.is_open() && self.limits.fragments > 0 && whole.len <= self.limits.message;
        is_allowed.then(|| whole.lacks(input))
    }

    /// The common case, taken out for speed: an unfragmented message that lies whole in the input,
    /// while nothing is incomplete. `None` leaves the input to [`any_input`](Self::any_input), which
    /// knows this case as well.
    #[inline]
    fn message_at_once<'b>(
        &mut self,
        input: &mut Input<'b>,
    ) -> Option<Result<Message<'b>, Violation>> {
        let whole = self.whole(input)?;
        let payload = Masked::new(self.eat(whole, input), whole.mask);
        Some(in_place(whole.is_text, payload))
    }

    /// Where the message lies that is there whole in one frame, and may be taken as it is.
    #[inline]
    fn whole(&self, input: &Input<'_>) -> Option<Whole> {
        if !self.state.is_open()
            || self.assembly.is_some()
            || self.streaming
            || !self.reader.is_between_frames()
        {
            return None;
        }
        let whole = Whole::find(input.peek(), self.outgoing.role())?;
        (whole.len <= self.limits.message && self.limits.fragments > 0).then_some(whole)
    }

    /// Takes its payload out of the input.
    #[inline]
    fn eat<'b>(&mut self, whole: Whole, input: &mut Input<'b>) -> &'b mut [u8] {
        self.state.heard();
        self.control.data();
        input.take(whole.head);
        input.take(whole.len)
    }

    /// Whatever the input, in whatever state.
    #[inline(never)]
    fn any_input<'b>(&mut self, input: &mut Input<'b>) -> Result<Option<Event<'b>>, Error> {
        match self.state.reads(input.now(), &self.limits) {
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
        let result = if self.is_streamed() {
            self.step_streamed(input)
        } else {
            self.step(input)
        };
        if let Ok(Some(_)) = result {
            if input.is_empty() {
                // Who has what it waited for need not call again before more comes.
                self.watch_incomplete(input.now());
            }
            return result;
        }
        self.end_turn(result.err(), input)
    }

    /// The input is eaten, or a failure ends it.
    #[inline(never)]
    fn end_turn<'b>(
        &mut self,
        error: Option<Error>,
        input: &mut Input<'b>,
    ) -> Result<Option<Event<'b>>, Error> {
        let now = input.now();
        match error {
            None => {
                self.watch_incomplete(now);
                #[cfg(feature = "deflate")]
                {
                    let in_message = self.is_in_compressed();
                    self.compression.settle_inflater(in_message);
                }
                Ok(None)
            }
            Some(error) => {
                input.take_all();
                Err(self.fail(error, Some(now)))
            }
        }
    }

    /// Whether `input`, which is to follow, begins with a whole message in one frame: one that
    /// [`handle_input`](Self::handle_input) returns, or fails on, without waiting for more and without
    /// asking what time it is.
    #[must_use]
    #[inline]
    pub fn is_message_whole(&self, input: &[u8]) -> bool {
        self.message_lacks(input) == Some(0)
    }

    /// Reads frames until one makes an event or the input is eaten.
    #[inline(always)]
    fn step<'b>(&mut self, input: &mut Input<'b>) -> Result<Option<Event<'b>>, Error> {
        while !input.is_empty() {
            let piece = match self.reader.resume(input) {
                Some(piece) => piece,
                None => {
                    let (role, lax) = (self.outgoing.role(), self.limits.accept_non_minimal_length);
                    let rsv1 = self.accepts_rsv1();
                    let Some(head) = self.reader.head(input, role, lax, rsv1)? else {
                        return Ok(None);
                    };
                    self.admit_frame(&head, input.now())?;
                    self.reader.begin(head, input)
                }
            };
            let event = self.piece(piece, input.now())?;
            if event.is_some() {
                return Ok(event);
            }
        }
        Ok(None)
    }

    /// What comes of a frame, or of a part of one.
    #[inline(always)]
    pub(super) fn piece<'b>(
        &mut self,
        piece: Piece<'b>,
        now: Instant,
    ) -> Result<Option<Event<'b>>, Error> {
        let left = piece.left;
        let event = if piece.first && piece.left == 0 && !piece.rsv1 {
            self.in_one(piece, now)?
        } else {
            self.part(piece, now)?
        };
        if left == 0 {
            self.drop_finished();
        }
        Ok(event)
    }

    /// Judges a frame by its head, before any of its payload is kept.
    #[inline]
    fn admit_frame(&mut self, head: &Head, now: Instant) -> Result<(), Error> {
        self.admit_order(head, now)?;
        if head.opcode.is_control() {
            return Ok(());
        }
        let (len, frames) = match &self.assembly {
            Some(assembly) => (assembly.len(), assembly.frames()),
            None => (0, 0),
        };
        #[cfg(feature = "deflate")]
        let is_judged = self.admit_compressed(head)?;
        #[cfg(not(feature = "deflate"))]
        let is_judged = false;
        let limit = self.limits.message;
        if !is_judged && head.len.saturating_add(len as u64) > limit as u64 {
            return Err(Error::TooBig { limit });
        }
        let limit = self.limits.fragments;
        if frames >= limit {
            return Err(Error::TooManyFragments { limit });
        }
        Ok(())
    }

    /// Whether a frame of this kind may come now.
    #[inline]
    pub(super) fn admit_order(&mut self, head: &Head, now: Instant) -> Result<(), Error> {
        let is_message = self.assembly.as_ref().is_some_and(|a| a.is_message());
        match (head.opcode, is_message) {
            (Opcode::Continuation, false) => Err(Violation::StrayContinuation.into()),
            (Opcode::Text | Opcode::Binary, true) => Err(Violation::InterleavedMessage.into()),
            (Opcode::Continuation, true) | (Opcode::Text | Opcode::Binary, false) => {
                self.control.data();
                Ok(())
            }
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => {
                let limit = self.limits.control_flood;
                match self.control.is_flood(now, limit) {
                    true => Err(Error::ControlFlood { limit }),
                    false => Ok(()),
                }
            }
        }
    }

    /// A frame that lies whole in the input: its payload is not copied, unless it is a fragment.
    #[inline(always)]
    fn in_one<'b>(&mut self, piece: Piece<'b>, now: Instant) -> Result<Option<Event<'b>>, Error> {
        Ok(Some(match (piece.opcode, piece.fin) {
            (Opcode::Text, true) => Event::Message(in_place(true, piece.payload)?),
            (Opcode::Binary, true) => Event::Message(in_place(false, piece.payload)?),
            (Opcode::Text | Opcode::Binary, false) | (Opcode::Continuation, _) => {
                return self.part(piece, now);
            }
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => {
                let payload = Cow::Borrowed(piece.payload.unmask());
                return self.control(piece.opcode, payload, now);
            }
        }))
    }

    /// A fragment, or a part of a frame: kept until the rest is there.
    #[inline(always)]
    fn part(&mut self, piece: Piece<'_>, now: Instant) -> Result<Option<Event<'static>>, Error> {
        let (opcode, fin, left) = (piece.opcode, piece.fin, piece.left);
        if piece.payload.len() == 0 && left > 0 {
            return Ok(None); // only the head was there: nothing to keep
        }
        self.keep(piece)?;
        let Some(assembly) = &mut self.assembly else {
            return Ok(None);
        };
        if left > 0 {
            return Ok(None);
        }
        if opcode.is_control() {
            let payload = assembly.finish_control();
            return self.control(opcode, Cow::Owned(payload), now);
        }
        if !fin {
            return Ok(None);
        }
        let (message, paid) = assembly.finish()?;
        self.control.paid = paid;
        Ok(Some(Event::Message(message)))
    }

    #[inline(always)]
    fn keep(&mut self, piece: Piece<'_>) -> Result<(), Error> {
        #[cfg(feature = "deflate")]
        if self.is_compressed(&piece) {
            return self.inflate(piece);
        }
        let assembly = self.assembly.get_or_insert_default();
        match piece.opcode {
            Opcode::Text => assembly.text(piece, self.control.paid)?,
            Opcode::Binary => assembly.binary(piece, self.control.paid)?,
            Opcode::Continuation => assembly.data(piece, self.control.paid)?,
            Opcode::Close | Opcode::Ping | Opcode::Pong => assembly.control(piece),
        }
        Ok(())
    }

    /// A frame has ended: if nothing is incomplete now, neither memory nor a running clock remains.
    pub(super) fn drop_finished(&mut self) {
        if self.assembly.as_ref().is_some_and(|a| a.is_empty()) {
            self.assembly = None;
        }
    }

    /// A whole control frame.
    #[inline(never)]
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

    /// Starts the clock of what is left incomplete by the input before, or tells it of that input.
    #[inline]
    fn watch_incomplete(&mut self, now: Instant) {
        if !Trickle::is_watched(&self.limits) {
            return;
        }
        if self.assembly.is_some() || !self.reader.is_between_frames() {
            let assembly = self.assembly.get_or_insert_default();
            assembly.trickle.heard(now);
        }
    }
}

/// A message where it lies.
#[inline(always)]
fn in_place(is_text: bool, payload: Masked<'_>) -> Result<Message<'_>, Violation> {
    Ok(match is_text {
        true => {
            let text = payload.text().map_err(|_| Violation::InvalidUtf8)?;
            Message::Text(Cow::Borrowed(text))
        }
        false => Message::Binary(Cow::Borrowed(payload.unmask())),
    })
}

/// A message in memory of its own.
#[inline(never)]
fn elsewhere(is_text: bool, payload: Masked<'_>) -> Result<Message<'static>, Violation> {
    Ok(match is_text {
        true => {
            let text = payload.owned_text().map_err(|_| Violation::InvalidUtf8)?;
            Message::Text(Cow::Owned(text))
        }
        false => Message::Binary(Cow::Owned(payload.owned())),
    })
}
