//! Messages that lie whole in the input, in one frame each: the common case, taken out for speed. All that is taken
//! here, [`receive`](super::receive) would take as well.

use super::Connection;
use crate::{Error, Memory, Violation, mask::Masked, whole::Whole};
use alloc::borrow::Cow;
use siox_wire::{Input, Message};

/// Where the whole message lies that some input begins with: found by
/// [`message_ahead`](Connection::message_ahead), for [`take_ahead`](Connection::take_ahead).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead(Whole);

impl Ahead {
    /// How many bytes of input are the message, its head included.
    #[must_use]
    #[inline]
    pub fn size(&self) -> usize {
        let Self(whole) = self;
        whole.size()
    }
}

impl Connection {
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

    /// As [`take_message`](Self::take_message), for a caller that needs the message in memory of its own: it is
    /// unmasked on its way there, in one pass. `memory` gives it.
    ///
    /// # Errors
    /// As of [`handle_input`](Self::handle_input).
    #[inline]
    pub fn take_owned(
        &mut self,
        input: &mut Input<'_>,
        memory: impl Memory,
    ) -> Result<Option<Message<'static>>, Error> {
        match self.whole(input.peek()) {
            Some(whole) => self.detach(whole, input, memory).map(Some),
            None => Ok(None),
        }
    }

    /// Where the whole message lies that `input`, which is to follow, begins with: one that
    /// [`handle_input`](Self::handle_input) returns, or fails on, without waiting for more and without
    /// asking what time it is. `None` if it begins otherwise.
    #[must_use]
    #[inline]
    pub fn message_ahead(&self, input: &[u8]) -> Option<Ahead> {
        self.whole(input).map(Ahead)
    }

    /// As [`take_owned`](Self::take_owned), for a caller that has looked already. `input` must begin with what
    /// was looked at: of other bytes it makes a message nobody sent, or `None`. In the place of what was found
    /// comes what is found behind it.
    ///
    /// # Errors
    /// As of [`handle_input`](Self::handle_input).
    #[inline]
    pub fn take_ahead(
        &mut self,
        ahead: &mut Option<Ahead>,
        input: &mut Input<'_>,
        memory: impl Memory,
    ) -> Result<Option<Message<'static>>, Error> {
        let Some(Ahead(whole)) = ahead.take() else {
            return Ok(None);
        };
        if !self.takes_at_once() || whole.lacks(input.peek()) > 0 {
            return Ok(None);
        }
        let message = self.detach(whole, input, memory)?;
        // A whole message leaves the state such that the next may be taken.
        if let Some(whole) = self.whole_in(input.peek()) {
            *ahead = Some(Ahead(whole));
        }
        Ok(Some(message))
    }

    /// Takes the message at `whole` into memory of its own.
    #[inline]
    fn detach(
        &mut self,
        whole: Whole,
        input: &mut Input<'_>,
        memory: impl Memory,
    ) -> Result<Message<'static>, Error> {
        self.end_group();
        let payload = Masked::new(self.eat(whole, input), whole.mask);
        if !whole.is_text {
            let bytes = payload.moved(memory.binary(whole.len));
            return Ok(Message::Binary(Cow::Owned(bytes)));
        }
        match payload.moved_text(memory.text(whole.len)) {
            Ok(text) => Ok(Message::Text(Cow::Owned(text))),
            Err(_) => Err(self.not_text(input)),
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
        let whole = self.whole(input.peek())?;
        // Behind an empty one, the next frame begins.
        if whole.len == 0 {
            return None;
        }
        let first = input.peek().get(usize::from(whole.head))?;
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
        self.allowed(input).map(|whole| whole.lacks(input))
    }

    /// The message that lies whole in the input, where it lies.
    #[inline]
    pub(super) fn message_at_once<'b>(
        &mut self,
        input: &mut Input<'b>,
    ) -> Option<Result<Message<'b>, Violation>> {
        let whole = self.whole(input.peek())?;
        let payload = Masked::new(self.eat(whole, input), whole.mask);
        Some(in_place(whole.is_text, payload))
    }

    /// Where the message lies that is there whole in one frame, and may be taken as it is.
    #[inline]
    fn whole(&self, input: &[u8]) -> Option<Whole> {
        match self.takes_at_once() {
            true => self.whole_in(input),
            false => None,
        }
    }

    /// As [`whole`](Self::whole), where the state is known to be such that it may be taken.
    #[inline]
    fn whole_in(&self, input: &[u8]) -> Option<Whole> {
        let whole = self.announced(input)?;
        (whole.lacks(input) == 0).then_some(whole)
    }

    /// What may be taken as it is once it is there whole.
    #[inline]
    fn allowed(&self, input: &[u8]) -> Option<Whole> {
        match self.takes_at_once() {
            true => self.announced(input),
            false => None,
        }
    }

    /// The message that begins, if it is within the limits.
    #[inline]
    fn announced(&self, input: &[u8]) -> Option<Whole> {
        let whole = Whole::announced(input, self.outgoing.role())?;
        (whole.len < self.too_long as usize).then_some(whole)
    }

    /// Whether the state is such that a whole message may be taken.
    #[inline]
    fn takes_at_once(&self) -> bool {
        self.state.is_open()
            && self.assembly.is_none()
            && !self.streaming
            && self.reader.is_between_frames()
    }

    /// Takes its payload out of the input.
    #[inline]
    fn eat<'b>(&mut self, whole: Whole, input: &mut Input<'b>) -> &'b mut [u8] {
        self.state.heard();
        self.control.data();
        let frame = input.take(whole.size());
        frame.get_mut(whole.head.into()..).unwrap_or_default()
    }
}

/// A message where it lies.
#[inline(always)]
pub(super) fn in_place(is_text: bool, payload: Masked<'_>) -> Result<Message<'_>, Violation> {
    Ok(match is_text {
        true => {
            let text = payload.text().map_err(|_| Violation::InvalidUtf8)?;
            Message::Text(Cow::Borrowed(text))
        }
        false => Message::Binary(Cow::Borrowed(payload.unmask())),
    })
}
