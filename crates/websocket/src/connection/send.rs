//! What goes to the peer: the verbs, and the [`Sink`] of the layer above with its caps.

use super::Connection;
use crate::{
    CloseCode, Error,
    frame::{MAX_CONTROL, Opcode},
};
use alloc::{sync::Arc, vec::Vec};
use bytes::Bytes;
use core::sync::atomic::Ordering;
use siox_wire::{Admit, Instant, Lead, Message, SendError, Shared, Sink, Text};

impl Connection {
    /// Sends a text message.
    ///
    /// # Errors
    /// [`SendError::Closed`], [`SendError::Full`], [`SendError::Unfinished`].
    #[inline]
    pub fn text(&mut self, text: &str) -> Result<(), SendError> {
        if self.admit_one()? {
            self.put_one(Opcode::Text, text.as_bytes());
        }
        Ok(())
    }

    /// Sends a text message that a server keeps by reference where it is large, without a copy.
    ///
    /// # Errors
    /// [`SendError::Closed`], [`SendError::Full`].
    #[inline]
    pub fn shared_text(&mut self, text: Text) -> Result<(), SendError> {
        if self.admit_one()? {
            self.put_payload(Opcode::Text, &[], text.into());
        }
        Ok(())
    }

    /// Sends a binary message, which a server keeps by reference where it is large, without a copy.
    ///
    /// # Errors
    /// [`SendError::Closed`], [`SendError::Full`], [`SendError::Unfinished`].
    #[inline]
    pub fn binary(&mut self, payload: Bytes) -> Result<(), SendError> {
        if self.admit_one()? {
            self.put_payload(Opcode::Binary, &[], payload);
        }
        Ok(())
    }

    /// Sends a binary message, copying it: cheaper than [`binary`](Self::binary) for a small one.
    ///
    /// # Errors
    /// [`SendError::Closed`], [`SendError::Full`], [`SendError::Unfinished`].
    #[inline]
    pub fn binary_copied(&mut self, payload: &[u8]) -> Result<(), SendError> {
        if self.admit_one()? {
            self.put_one(Opcode::Binary, payload);
        }
        Ok(())
    }

    /// Sends a message, copying it, if fewer than `most` bytes wait with it: says whether it did. Where it does
    /// not, nothing has happened; why, [`text`](Self::text) and [`binary_copied`](Self::binary_copied) say.
    #[inline]
    pub fn message_below(&mut self, most: usize, message: &Message<'_>) -> bool {
        let (opcode, payload) = match message {
            Message::Text(text) => (Opcode::Text, text.as_bytes()),
            Message::Binary(bytes) => (Opcode::Binary, &**bytes),
        };
        let most = most.min(self.room as usize);
        let is_clear = self.state.is_open() && self.writing.is_none();
        let queued = self.queued();
        if !is_clear || queued >= most || payload.len() >= most.wrapping_sub(queued) {
            return false;
        }
        self.end_group();
        self.put_one(opcode, payload);
        true
    }

    /// A turn begins: what is copied until [`release_buffer`](Self::release_buffer) goes into the caller's
    /// buffer, which costs no memory for each batch. A runtime keeps one buffer per thread.
    #[inline]
    pub fn lend_buffer(&mut self, pool: &mut Vec<u8>) {
        self.outgoing.outbox_mut().lend(pool);
    }

    /// A turn ends: gives the buffer back, empty, unless it has grown beyond 64 KiB; what still waits
    /// moves to memory of this connection's own.
    #[inline]
    pub fn release_buffer(&mut self, pool: &mut Vec<u8>) {
        self.outgoing.outbox_mut().release(pool);
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
        self.end_group();
        if self.is_closed() {
            return Err(SendError::Closed);
        }
        if self.queued() >= self.limits.high_water {
            return Err(SendError::Full);
        }
        self.outgoing.frame(opcode, &[payload]);
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
        self.end_writing();
        self.outgoing.close(code, reason);
        Ok(())
    }

    /// Asks for room for one message of the caller's own, to be put at once if there is; there is none
    /// where the connection fails of it.
    #[inline]
    fn admit_one(&mut self) -> Result<bool, SendError> {
        self.end_group();
        let is_clear = self.state.is_open() && self.writing.is_none();
        if is_clear && self.queued() < self.room as usize {
            return Ok(true);
        }
        self.admit_late()
    }

    /// What [`admit_one`](Self::admit_one) says where not all is well.
    #[cold]
    fn admit_late(&mut self) -> Result<bool, SendError> {
        self.admit(Admit::Normal)?;
        self.end_group();
        Ok(self.has_room_for_one())
    }

    /// Queues a message in parts that are copied anyway.
    #[inline]
    pub(super) fn put_message(&mut self, opcode: Opcode, parts: &[&[u8]]) {
        #[cfg(feature = "deflate")]
        if let Some(packed) = self.compression.pack(parts) {
            return self.outgoing.compressed(opcode, &packed);
        }
        self.outgoing.frame(opcode, parts);
    }

    /// Queues a message in one part that is copied anyway.
    #[inline]
    fn put_one(&mut self, opcode: Opcode, payload: &[u8]) {
        #[cfg(feature = "deflate")]
        if let Some(packed) = self.compression.pack(&[payload]) {
            return self.outgoing.compressed(opcode, &packed);
        }
        self.outgoing.message(opcode, payload);
    }

    /// Queues a message, by reference where it goes as it is.
    #[inline]
    pub(super) fn put_payload(&mut self, opcode: Opcode, lead: &[u8], payload: Bytes) {
        #[cfg(feature = "deflate")]
        if let Some(packed) = self.compression.pack(&[lead, &payload]) {
            return self.outgoing.compressed(opcode, &packed);
        }
        self.outgoing.payload(opcode, lead, payload);
    }

    /// Whether a message may be put; past the hard cap the connection fails instead.
    #[inline]
    fn may_put(&mut self) -> bool {
        self.state.is_open() && self.writing.is_none() && self.has_room_for_one()
    }

    /// Whether less than the hard cap waits; otherwise the connection fails.
    #[inline]
    pub(super) fn has_room_for_one(&mut self) -> bool {
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
        if self.writing.is_some() {
            return Err(SendError::Unfinished);
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

    #[inline]
    fn put_text(&mut self, parts: &[&[u8]]) {
        if self.may_put() {
            self.put_message(Opcode::Text, parts);
        }
    }

    #[cfg(feature = "deflate")]
    fn set_compress(&mut self, wanted: bool) {
        self.compression.set_wanted(wanted);
    }

    fn put_binary(&mut self, lead: &[u8], payload: Bytes) {
        if self.may_put() {
            self.put_payload(Opcode::Binary, lead, payload);
        }
    }

    #[inline]
    fn put_shared(&mut self, group: &Arc<Shared>, lead: Lead) {
        if !self.may_put() {
            return;
        }
        #[cfg(feature = "deflate")]
        if self.put_shared_compressed(group, lead) {
            return;
        }
        self.outgoing.shared(group, lead);
    }
}
