//! What comes from the peer: frames judged, put together and turned into events. A message that lies whole in the
//! input is taken in [`at_once`](super::at_once).

use super::{Connection, at_once::in_place};
use crate::{
    Close, CloseCode, Error, Event, Violation,
    frame::{Head, Opcode},
    reader::Piece,
    trickle::Trickle,
};
use alloc::borrow::Cow;
use siox_wire::{Input, Instant};

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
    pub(super) fn end_turn<'b>(
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
