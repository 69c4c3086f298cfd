//! The settings of the connection: when it comes back, what it costs, and how the server is reached.

use super::ClientBuilder;
use crate::{
    Transport,
    client::{ClientOptions, Kind, Overflow, Proxy},
    parser::Parser,
};
use siox_engineio::Version;
use siox_socketio::Revision;
use std::{sync::Arc, time::Duration};

impl<K: Kind> ClientBuilder<K> {
    /// Whether a connection that is lost, or cannot be made, is tried again. Default: true.
    #[must_use]
    pub fn reconnection(mut self, reconnection: bool) -> Self {
        self.options.manager.reconnection = reconnection;
        self
    }

    /// How often, before it gives up. Default: for ever.
    #[must_use]
    pub fn reconnection_attempts(mut self, attempts: u32) -> Self {
        self.options.manager.reconnection_attempts = Some(attempts);
        self
    }

    /// How long to wait before the first attempt, which doubles with each, and the most that this grows
    /// to. Default: 1 s, 5 s.
    #[must_use]
    pub fn reconnection_delay(mut self, first: Duration, max: Duration) -> Self {
        self.options.manager.reconnection_delay = first;
        self.options.manager.reconnection_delay_max = max;
        self
    }

    /// The part of the delay, from 0 to 1, by which the wait is shorter or longer. Default: 0.5.
    #[must_use]
    pub fn randomization_factor(mut self, factor: f64) -> Self {
        self.options.manager.randomization_factor = factor;
        self
    }

    /// The longest that a server which refuses with a 503 can keep the client away by `Retry-After`: it is not
    /// asked again before, and then at random times as else. Zero: the header is not looked at. Default: 5 min;
    /// without a bound, the slip of a proxy would keep a client away until it is restarted.
    #[must_use]
    pub fn retry_after_max(mut self, most: Duration) -> Self {
        self.options.manager.retry_after_max = most;
        self
    }

    /// How long a connection may take to open; [`Duration::MAX`] is for ever. Default: 20 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.manager.timeout = Some(timeout);
        self
    }

    /// How many bytes (64 more for each event) may wait for a connection, and what happens to those
    /// beyond. Default: 8 MiB, beyond which `emit` says [`SendError::Full`](crate::SendError::Full).
    #[must_use]
    pub fn offline_buffer(mut self, bytes: usize, overflow: Overflow) -> Self {
        self.options.manager.buffer = bytes;
        self.options.manager.hard_cap = bytes.saturating_add(16 << 20);
        self.options.manager.overflow = overflow;
        self
    }

    /// How packets are written; the server must agree. Default: JSON.
    #[must_use]
    pub fn parser(mut self, parser: impl Parser + 'static) -> Self {
        self.options.protocol.limits.parser = Some(Arc::new(parser));
        self
    }

    /// The most binary attachments of a packet, sent or received. Default: 10.
    #[must_use]
    pub fn max_attachments(mut self, most: usize) -> Self {
        self.options.protocol.limits.max_attachments = most;
        self
    }

    /// Speaks to a server of Socket.IO 1 or 2: protocol revision 4 on Engine.IO 3. Credentials are not
    /// sent then, but a query in the namespace's name is.
    #[must_use]
    pub fn eio3(mut self) -> Self {
        self.options.protocol.revision = Revision::V4;
        self.options.engine.engine.version = Version::V3;
        self
    }

    /// Where the server lives on its host. Default: `/socket.io`.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.options.engine.path = path.into();
        self
    }

    /// A pair for the query of every request, not encoded yet.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.engine.query.push((name.into(), value.into()));
        self
    }

    /// A header for every request.
    #[must_use]
    pub fn extra_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let header = (name.into(), value.into());
        self.options.engine.headers.push(header);
        self
    }

    /// Whether cookies that the server sets are sent back to it. Default: false.
    #[must_use]
    pub fn with_credentials(mut self, cookies: bool) -> Self {
        self.options.engine.cookies = cookies;
        self
    }

    /// The transports in the order of trying. Default: polling, and the WebSocket as its upgrade.
    #[must_use]
    pub fn transports(mut self, transports: impl Into<Vec<Transport>>) -> Self {
        self.options.engine.engine.transports = transports.into();
        self
    }

    /// Whether the next transport is tried where one cannot open a session. Default: false.
    #[must_use]
    pub fn try_all_transports(mut self, all: bool) -> Self {
        self.options.engine.engine.try_all_transports = all;
        self
    }

    /// Whether polling upgrades. Default: true.
    #[must_use]
    pub fn upgrade(mut self, upgrade: bool) -> Self {
        self.options.engine.engine.upgrade = upgrade;
        self
    }

    /// Whether a connection begins with a WebSocket where the one before ended on it. Default: false.
    #[must_use]
    pub fn remember_upgrade(mut self, remember: bool) -> Self {
        self.options.remember_upgrade = remember;
        self
    }

    /// How long a request may take, a held poll included. Default: for ever.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.options.engine.engine.request_timeout = Some(timeout);
        self
    }

    /// Whether answers to polls may be compressed, by gzip. Default: false.
    #[cfg(feature = "compression")]
    #[must_use]
    pub fn compression(mut self, wanted: bool) -> Self {
        self.options.engine.compression = wanted;
        self
    }

    /// permessage-deflate on the WebSocket, which the server may agree to. Default: off.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn deflate(mut self, config: crate::deflate::Config) -> Self {
        self.options.engine.deflate = Some(config);
        self
    }

    /// The proxy that all connections go through. Default: none.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.options.proxy = Some(proxy);
        self
    }

    /// How TLS is spoken: private roots, client certificates. Default: the roots that Mozilla trusts.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: Arc<rustls::ClientConfig>) -> Self {
        self.options.tls = Some(tls);
        self
    }

    /// Any other setting of the Engine.IO client; its `open_timeout` is this builder's [`timeout`](Self::timeout),
    /// and what its `tell_all` asks for is told ([`Manager::on_event`](super::super::Manager::on_event)).
    #[must_use]
    pub fn engine(mut self, change: impl FnOnce(&mut ClientOptions)) -> Self {
        change(&mut self.options.engine);
        self
    }
}
