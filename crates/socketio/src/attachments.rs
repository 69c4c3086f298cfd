//! The decoder: one message in, at most one packet out; a binary packet waits for its attachments.

use crate::{
    Config, Error, Revision,
    packet::decode::{self, Decoded},
};
use alloc::{borrow::Cow, boxed::Box, vec::Vec};
use bytes::Bytes;
use siox_wire::{Instant, Message};

/// A packet whose attachments are still coming.
#[derive(Debug)]
struct Pending {
    /// `None` once nobody wants it any more.
    packet: Option<Decoded<'static>>,
    want: usize,
    seen: usize,
    attachments: Vec<Bytes>,
    deadline: Instant,
}

/// Decodes the packets of one connection, in either direction.
///
/// Eight bytes while no attachment is due. A packet that waits holds what was received of it and no
/// more: nothing is reserved for what was only announced.
#[derive(Debug, Default)]
pub struct Decoder {
    pending: Option<Box<Pending>>,
}

impl Decoder {
    /// Takes a message. `Ok(None)`: attachments are due before the packet is whole.
    ///
    /// # Errors
    /// The rule that the message breaks; the decoder has then forgotten what it held.
    #[inline]
    pub fn handle_message<'b>(
        &mut self,
        now: Instant,
        message: Message<'b>,
        config: &Config,
    ) -> Result<Option<Decoded<'b>>, Error> {
        self.handle(now, message, config, Revision::V5)
    }

    /// As [`handle_message`](Self::handle_message), of a peer that speaks this revision.
    #[inline]
    pub(crate) fn handle<'b>(
        &mut self,
        now: Instant,
        message: Message<'b>,
        config: &Config,
        revision: Revision,
    ) -> Result<Option<Decoded<'b>>, Error> {
        self.handle_timeout(now)?;
        let result = match message {
            Message::Text(text) => self.text(now, text, config, revision),
            Message::Binary(bytes) => self.binary(now, bytes, config),
        };
        if result.is_err() {
            self.pending = None;
        }
        result
    }

    #[inline]
    fn text<'b>(
        &mut self,
        now: Instant,
        text: Cow<'b, str>,
        config: &Config,
        revision: Revision,
    ) -> Result<Option<Decoded<'b>>, Error> {
        if self.pending.is_some() {
            return Err(Error::TextAmidAttachments);
        }
        let text = decode::text(text, config, revision)?;
        if text.attachments == 0 {
            return Ok(Some(text.decoded));
        }
        self.pending = Some(Box::new(Pending {
            packet: Some(text.decoded.into_owned()),
            want: text.attachments,
            seen: 0,
            attachments: Vec::new(),
            deadline: now.after(config.attachments_deadline),
        }));
        Ok(None)
    }

    fn binary<'b>(
        &mut self,
        now: Instant,
        bytes: Cow<'b, [u8]>,
        config: &Config,
    ) -> Result<Option<Decoded<'b>>, Error> {
        let pending = self.pending.as_mut().ok_or(Error::UnexpectedBinary)?;
        pending.seen = pending.seen.saturating_add(1);
        pending.deadline = now.after(config.attachments_deadline);
        if pending.packet.is_some() {
            pending.attachments.push(bytes.into_owned().into());
        }
        if pending.seen < pending.want {
            return Ok(None);
        }
        let Some(mut pending) = self.pending.take() else {
            return Ok(None);
        };
        let mut packet = pending.packet.take();
        if let Some(Decoded::Event { packet, .. } | Decoded::Ack { packet, .. }) = &mut packet
            && let Some(binary) = &mut packet.binary
        {
            binary.attachments = pending.attachments;
        }
        Ok(packet)
    }

    /// Bytes of a message have arrived, though not all of it: an attachment that is still coming gets
    /// its time anew.
    pub fn handle_progress(&mut self, now: Instant, config: &Config) {
        if let Some(pending) = &mut self.pending {
            pending.deadline = now.after(config.attachments_deadline);
        }
    }

    /// Time has passed.
    ///
    /// # Errors
    /// [`Error::AttachmentsTimeout`] when the next attachment is overdue.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        if self.poll_timeout().is_some_and(|deadline| deadline <= now) {
            self.pending = None;
            return Err(Error::AttachmentsTimeout);
        }
        Ok(())
    }

    /// Until when the next attachment must be here.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.pending.as_ref().map(|p| p.deadline)
    }

    /// Whether attachments are due.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// The packet whose attachments are due.
    pub(crate) fn pending(&self) -> Option<&Decoded<'static>> {
        self.pending.as_ref()?.packet.as_ref()
    }

    /// Nobody wants the packet that waits: its attachments are counted, not kept.
    pub(crate) fn discard(&mut self) {
        if let Some(pending) = &mut self.pending {
            pending.packet = None;
            pending.attachments = Vec::new();
        }
    }

    /// Forgets the packet that waits for attachments.
    pub fn reset(&mut self) {
        self.pending = None;
    }
}
