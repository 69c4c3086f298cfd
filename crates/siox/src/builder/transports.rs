//! Settings of the transports: which there are, and what a session on them may take and last.

use super::Builder;
use siox_engineio::Transports;
use siox_wire::Message;
use std::time::Duration;

impl Builder {
    /// The transports offered. Default: polling and WebSocket.
    pub fn transports(mut self, transports: Transports) -> Self {
        self.engine.transports = transports;
        self
    }

    /// Whether a client that polls may move to a WebSocket. Default: yes.
    pub fn allow_upgrades(mut self, allow: bool) -> Self {
        self.engine.allow_upgrades = allow;
        self
    }

    /// How long an upgrade may take before its WebSocket is dropped; polling goes on. Default: 10 s.
    pub fn upgrade_timeout(mut self, timeout: Duration) -> Self {
        self.engine.upgrade_timeout = timeout;
        self
    }

    /// How often the server pings. Default: 25 s.
    pub fn ping_interval(mut self, interval: Duration) -> Self {
        self.engine.ping_interval = interval;
        self
    }

    /// How long a client may take to answer a ping, and to send the attachments it has announced.
    /// Default: 20 s.
    pub fn ping_timeout(mut self, timeout: Duration) -> Self {
        self.engine.ping_timeout = timeout;
        self.socket.attachments_deadline = timeout;
        self
    }

    /// The largest message or POST body that a client may send, in bytes. Default: 1,000,000.
    pub fn max_payload(mut self, bytes: usize) -> Self {
        self.engine.max_payload = bytes;
        self
    }

    /// A message that each session begins with, before anything of Socket.IO. Default: none.
    pub fn initial_packet(mut self, message: impl Into<Message<'static>>) -> Self {
        self.engine.initial_packet = Some(message.into());
        self
    }

    /// permessage-deflate on the WebSocket of clients that offer it. Default: off. For polling there is
    /// `compression`.
    #[cfg(feature = "deflate")]
    pub fn deflate(mut self, config: crate::deflate::Config) -> Self {
        self.deflate = Some(config);
        self
    }
}
