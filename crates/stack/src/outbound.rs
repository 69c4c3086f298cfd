//! A message on its way out, with what its sender says of it. No queue.

use alloc::borrow::Cow;
use bytes::Bytes;
use siox_wire::{Admit, Message, SendError, Sink};

/// A message to be sent. It can be offered again where there was no room for it, without a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound<'m> {
    data: Data<'m>,
    compress: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Data<'m> {
    Text(Cow<'m, str>),
    Binary(Bytes),
}

impl Outbound<'_> {
    /// Whether it may be compressed where its carrier compresses, which it may be without this call: a
    /// frame on the WebSocket by itself, an answer to a poll if anything in it may be. To be denied to what
    /// must not be guessed at by its compressed length, and to what does not become shorter.
    #[must_use]
    pub fn compressed(mut self, wanted: bool) -> Self {
        self.compress = wanted;
        self
    }

    /// Queues it, if there is room.
    pub(crate) fn put(&self, out: &mut impl Sink) -> Result<(), SendError> {
        out.admit(Admit::Normal)?;
        if !self.compress {
            out.set_compress(false);
        }
        match &self.data {
            Data::Text(text) => out.put_text(&[text.as_bytes()]),
            Data::Binary(bytes) => out.put_binary(b"", bytes.clone()),
        }
        if !self.compress {
            out.set_compress(true);
        }
        Ok(())
    }
}

impl<'m> From<Message<'m>> for Outbound<'m> {
    fn from(message: Message<'m>) -> Self {
        let data = match message {
            Message::Text(text) => Data::Text(text),
            Message::Binary(bytes) => Data::Binary(bytes.into_owned().into()),
        };
        Self {
            data,
            compress: true,
        }
    }
}
