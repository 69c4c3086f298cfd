//! Settings of packets: how they are written, and how strictly they are read, those of Engine.IO too.

use super::Builder;
use crate::parser::{Leniency, Parser};
use std::sync::Arc;

impl Builder {
    /// How packets are written: a parser that all clients of this server use too. Default: JSON.
    pub fn parser(mut self, parser: impl Parser + 'static) -> Self {
        self.socket.parser = Some(Arc::new(parser));
        self
    }

    /// The most binary attachments of a packet, sent or received, in JSON (up to 9,999; MessagePack has
    /// [`max_binary`](crate::MessagePack::max_binary)). Default: 10; clients take no more unless they are told to.
    pub fn max_attachments(mut self, most: usize) -> Self {
        self.socket.max_attachments = most;
        self
    }

    /// The most namespaces that a client may be in, or ask for, at a time; beyond it is refused. Default: 64.
    pub fn max_namespaces(mut self, most: usize) -> Self {
        self.socket.namespaces = most;
        self
    }

    /// Whether to take all that the reference takes, what the protocol does not allow included. What that
    /// is, and what of it is dangerous, stands at [`Leniency`] and [`loose_base64`](Self::loose_base64).
    /// Default: no.
    pub fn compatible(self, compatible: bool) -> Self {
        let leniency = match compatible {
            true => Leniency::compatible(),
            false => Leniency::STRICT,
        };
        self.leniency(leniency).loose_base64(compatible)
    }

    /// What exactly to take of packets that the protocol does not allow. Default: nothing.
    pub fn leniency(mut self, leniency: Leniency) -> Self {
        self.socket.leniency = leniency;
        self
    }

    /// Whether binary data that comes as text is read as Node's `Buffer` reads base64: what is no digit
    /// is passed over, `-` and `_` are `+` and `/`, all ends at the first `=`, and bits that make no byte
    /// are dropped. Without it a client that sends such is closed for a parse error. Default: no.
    pub fn loose_base64(mut self, loose: bool) -> Self {
        self.engine.loose_base64 = loose;
        self
    }
}
