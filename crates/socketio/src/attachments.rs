//! The decoder: one message in, at most one packet out; a binary packet waits for its attachments.

use crate::{Config, Decoded, Error, Json, Parsed, packet::decode};
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
        let is_plain = config.is_plain();
        if is_plain
            && self.pending.is_none()
            && let Message::Text(Cow::Borrowed(text)) = &message
            && let Some((id, packet)) = decode::plain_event(text)
        {
            let nsp = Cow::Borrowed("/");
            return Ok(Some(Decoded::Event { nsp, id, packet }));
        }
        if is_plain {
            self.plain(now, message, config)
        } else {
            self.other(now, message, config)
        }
    }

    /// As [`handle_message`](Self::handle_message), of JSON by the grammar alone.
    #[inline]
    pub(crate) fn plain<'b>(
        &mut self,
        now: Instant,
        message: Message<'b>,
        config: &Config,
    ) -> Result<Option<Decoded<'b>>, Error> {
        self.handle_timeout(now)?;
        let result = match message {
            Message::Text(text) => self.text(now, text, config),
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
    ) -> Result<Option<Decoded<'b>>, Error> {
        if self.pending.is_some() {
            return Err(Error::TextAmidAttachments);
        }
        let parsed = decode::text(text, config.max_attachments)?;
        if parsed.attachments == 0 {
            return Ok(Some(parsed.packet));
        }
        self.begin(now, parsed, config);
        Ok(None)
    }

    /// As [`handle_message`](Self::handle_message), with any parser and any leniency.
    #[inline(never)]
    pub(crate) fn other<'b>(
        &mut self,
        now: Instant,
        message: Message<'b>,
        config: &Config,
    ) -> Result<Option<Decoded<'b>>, Error> {
        self.handle_timeout(now)?;
        let result = match message {
            Message::Binary(bytes) if self.pending.is_some() => self.binary(now, bytes, config),
            Message::Text(_) if self.pending.is_some() => Err(Error::TextAmidAttachments),
            message => self.parsed(now, message, config),
        };
        if result.is_err() {
            self.pending = None;
        }
        result
    }

    fn parsed<'b>(
        &mut self,
        now: Instant,
        message: Message<'b>,
        config: &Config,
    ) -> Result<Option<Decoded<'b>>, Error> {
        let parser = config.parser.as_deref().unwrap_or(&Json);
        let parsed = parser.decode(message, config)?;
        let limit = parser.max_attachments(config);
        if parsed.attachments > limit {
            return Err(Error::TooManyAttachments { limit });
        }
        if parsed.attachments == 0 {
            return Ok(Some(parsed.packet));
        }
        self.begin(now, parsed, config);
        Ok(None)
    }

    #[inline(never)]
    fn begin(&mut self, now: Instant, parsed: Parsed<'_>, config: &Config) {
        self.pending = Some(Box::new(Pending {
            packet: Some(parsed.packet.into_owned()),
            want: parsed.attachments,
            seen: 0,
            attachments: Vec::new(),
            deadline: now.after(config.attachments_deadline),
        }));
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
        if let Some(packet) = &mut packet {
            packet.attach(pending.attachments);
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
    #[inline]
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
