//! A message to the peer whose length is not known when it begins: written in fragments (RFC 6455 §5.4).

use super::Connection;
use crate::frame::Opcode;
use siox_wire::{SendError, Utf8};

/// A message that is being written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writing {
    /// The text so far; none of a binary message.
    text: Option<Utf8>,
    /// That of the next frame.
    opcode: Opcode,
}

impl Connection {
    /// Begins a text message that is written in fragments, with [`write`](Self::write) and
    /// [`finish`](Self::finish). Nothing is sent yet.
    ///
    /// Until it is finished no other message can be sent: [`text`](Self::text), [`binary`](Self::binary)
    /// and [`Sink::admit`](siox_wire::Sink::admit) tell [`SendError::Unfinished`], and what is put
    /// without asking is dropped. Pings, pongs and the close frame go between the fragments; a message
    /// that cannot be finished can only be closed on. Where compression was agreed to and is wanted,
    /// the message is compressed, whatever its length.
    ///
    /// # Errors
    /// [`SendError::Closed`], [`SendError::Unfinished`].
    pub fn begin_text(&mut self) -> Result<(), SendError> {
        self.begin(Opcode::Text, Some(Utf8::default()))
    }

    /// Begins a binary message that is written in fragments, as [`begin_text`](Self::begin_text) does
    /// a text message.
    ///
    /// # Errors
    /// [`SendError::Closed`], [`SendError::Unfinished`].
    pub fn begin_binary(&mut self) -> Result<(), SendError> {
        self.begin(Opcode::Binary, None)
    }

    fn begin(&mut self, opcode: Opcode, text: Option<Utf8>) -> Result<(), SendError> {
        if self.is_closed() {
            return Err(SendError::Closed);
        }
        if self.writing.is_some() {
            return Err(SendError::Unfinished);
        }
        self.end_group();
        self.writing = Some(Writing { text, opcode });
        #[cfg(feature = "deflate")]
        self.compression.begin_stream();
        Ok(())
    }

    /// Whether a message was begun that is not finished.
    #[must_use]
    pub fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    /// Sends the next bytes of the message that was begun, as one fragment; of none, nothing is sent. A
    /// text may be cut inside a character. After an error the message is as it was before.
    ///
    /// # Errors
    /// [`SendError::NotBegun`], [`SendError::InvalidUtf8`], [`SendError::Closed`], and
    /// [`SendError::Full`] from [`Limits::high_water`](crate::Limits::high_water) on.
    pub fn write(&mut self, chunk: &[u8]) -> Result<(), SendError> {
        self.fragment(chunk, false)
    }

    /// Sends the last bytes of the message that was begun, which may be none, as its final fragment.
    ///
    /// # Errors
    /// Those of [`write`](Self::write); [`SendError::InvalidUtf8`] also for a text that would end inside
    /// a character.
    pub fn finish(&mut self, last: &[u8]) -> Result<(), SendError> {
        self.fragment(last, true)
    }

    fn fragment(&mut self, chunk: &[u8], fin: bool) -> Result<(), SendError> {
        self.end_group();
        if self.is_closed() {
            return Err(SendError::Closed);
        }
        let mut writing = self.writing.ok_or(SendError::NotBegun)?;
        if let Some(text) = &mut writing.text {
            let valid = text.check(chunk);
            if valid.is_err() || (fin && !text.is_complete()) {
                return Err(SendError::InvalidUtf8);
            }
        }
        if chunk.is_empty() && !fin {
            return Ok(());
        }
        if self.queued() >= self.limits.high_water {
            return Err(SendError::Full);
        }
        if !self.has_room_for_one() {
            return Err(SendError::Closed);
        }
        let opcode = core::mem::replace(&mut writing.opcode, Opcode::Continuation);
        self.put_fragment(fin, opcode, chunk)?;
        self.writing = Some(writing);
        if fin {
            self.end_writing();
        }
        Ok(())
    }

    fn put_fragment(&mut self, fin: bool, opcode: Opcode, chunk: &[u8]) -> Result<(), SendError> {
        #[cfg(feature = "deflate")]
        if let Some(packed) = self.compression.pack_fragment(chunk, fin)? {
            let is_first = opcode != Opcode::Continuation;
            self.outgoing.fragment(fin, is_first, opcode, &packed);
            return Ok(());
        }
        self.outgoing.fragment(fin, false, opcode, chunk);
        Ok(())
    }

    /// No more of the message is written.
    pub(super) fn end_writing(&mut self) {
        self.writing = None;
        #[cfg(feature = "deflate")]
        self.compression.end_stream();
    }
}
