//! The settings of a server: what is Socket.IO's own, and how they become a server. Those of its
//! transports are in `transports`, those of HTTP requests in `requests`,
//! those of packets in `packets`.

mod packets;
mod requests;
mod transports;

use crate::{
    Adapter, AdapterFactory, HandlerError, Local, Recovery, Server,
    app::Io,
    front::{InvalidOption, Options},
    namespace::Shared,
    state::States,
};
use siox_stack::Config;
use siox_tokio::{Hooks, Host};
use std::{fmt, sync::Arc, time::Duration};

/// What becomes of an event for one client for whom too much waits already; see [`Builder::queue`].
/// Broadcasts go up to the hard cap, and volatile events are never queued behind others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenFull {
    /// It is refused with [`SendError::Full`](crate::SendError::Full).
    #[default]
    Refuse,
    /// It is dropped, and nobody is told.
    Drop,
    /// The client is disconnected, as a slow consumer.
    Disconnect,
}

/// The settings of a [`Server`]. The defaults are those of the reference server unless the table says
/// otherwise.
///
/// | socket.io, engine.io | here |
/// |---|---|
/// | `path`, `addTrailingSlash` | [`path`](Self::path), [`trailing_slash`](Self::trailing_slash) |
/// | `serveClient` | [`serve_client`](Self::serve_client), off by default |
/// | `adapter` | [`adapter`](Self::adapter) |
/// | `parser` | [`parser`](Self::parser) |
/// | what its parser takes beyond the protocol | [`compatible`](Self::compatible), [`leniency`](Self::leniency), [`loose_base64`](Self::loose_base64) |
/// | `maxAttachments` of its parser | [`max_attachments`](Self::max_attachments) |
/// | `connectTimeout` | [`connect_timeout`](Self::connect_timeout) |
/// | `connectionStateRecovery` | [`recovery`](Self::recovery) |
/// | `cleanupEmptyChildNamespaces` | [`cleanup_empty_child_namespaces`](Self::cleanup_empty_child_namespaces) |
/// | `pingInterval`, `pingTimeout` | [`ping_interval`](Self::ping_interval), [`ping_timeout`](Self::ping_timeout) |
/// | `upgradeTimeout` | [`upgrade_timeout`](Self::upgrade_timeout) |
/// | `maxHttpBufferSize` | [`max_payload`](Self::max_payload) |
/// | `transports`, `allowUpgrades` | [`transports`](Self::transports) (no WebTransport), [`allow_upgrades`](Self::allow_upgrades) |
/// | `allowRequest` | [`allow_request`](Self::allow_request), [`allow_request_later`](Self::allow_request_later) |
/// | `engine.generateId` | the same hooks: [`Admission::As`](crate::front::Admission::As) |
/// | `engine.use(middleware)` | the same hooks and [`headers`](Self::headers); or tower layers around [`Server::layer`] |
/// | `allowEIO3` | [`allow_eio3`](Self::allow_eio3) |
/// | `cors` | [`cors`](Self::cors); here a page of another origin is refused without it, there only its browser looks away |
/// | `cookie` | [`cookie`](Self::cookie) |
/// | `perMessageDeflate` | `deflate`, by the feature of that name |
/// | `httpCompression` | `compression`, by the feature of that name; off by default |
/// | `initialPacket` | [`initial_packet`](Self::initial_packet) |
/// | `destroyUpgrade`, `destroyUpgradeTimeout` | [`destroy_upgrade`](Self::destroy_upgrade) |
/// | events `initial_headers`, `headers` of `engine` | [`initial_headers`](Self::initial_headers), [`headers`](Self::headers) |
/// | event `connection_error` of `engine` | [`connection_error`](Self::connection_error) |
/// | `engine.clientsCount` | [`Server::clients`] |
/// | `wsEngine`, `attachApp` | none: there is one engine, and [`Server::layer`] for other servers |
/// | `maxBackpressure` (µWebSockets) | [`queue`](Self::queue) and [`when_full`](Self::when_full) |
/// | Node's `headersTimeout`, `requestTimeout`, `keepAliveTimeout` | [`head_deadline`](Self::head_deadline), [`body_deadline`](Self::body_deadline), [`keep_alive`](Self::keep_alive) |
/// | none | [`max_sessions`](Self::max_sessions), [`max_sessions_per_address`](Self::max_sessions_per_address), [`max_namespaces`](Self::max_namespaces) |
/// | Node's `https.createServer` before it | `Server::serve_tls`, by the feature `tls` |
/// | Express's `trust proxy` | [`trusted_proxies`](Self::trusted_proxies) |
#[must_use]
pub struct Builder {
    engine: siox_engineio::Config,
    socket: siox_socketio::Config,
    options: Options,
    hooks: Hooks,
    states: States,
    recovery: Option<Recovery>,
    adapter: Option<Box<AdapterFactory>>,
    cleanup: bool,
    when_full: WhenFull,
    on_error: Option<Box<dyn Fn(HandlerError) + Send + Sync>>,
    #[cfg(feature = "deflate")]
    deflate: Option<crate::deflate::Config>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            engine: siox_engineio::Config::default(),
            socket: siox_socketio::Config::default(),
            options: Options::at("/socket.io/"),
            hooks: Hooks::default(),
            states: States::default(),
            recovery: None,
            adapter: None,
            cleanup: false,
            when_full: WhenFull::default(),
            on_error: None,
            #[cfg(feature = "deflate")]
            deflate: None,
        }
    }
}

impl Builder {
    /// Whether clients of Engine.IO v3, which speak revision 4 of Socket.IO, are served too: those of
    /// `socket.io-client` 2.x. Default: no.
    ///
    /// They make the id of their socket of the session's (in a namespace but `/` with `/nsp#` before it),
    /// so [`Socket::id`](crate::Socket::id) is a secret with them, and so is the name of the room that each
    /// of them is in by itself: whoever knows it can take the session over. They are in `/` unasked, and never recovered. Of a [`ConnectError`](crate::ConnectError) they
    /// are told the data, or, where there is none, the message. Their parser for MessagePack is
    /// `socket.io-msgpack-parser` 2.2, which [`MessagePack::revision4`](crate::MessagePack::revision4) reads.
    pub fn allow_eio3(mut self, allow: bool) -> Self {
        self.engine.allow_eio3 = allow;
        self
    }

    /// How long a connection may be in no namespace. Default: 45 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.socket.connect_timeout = timeout;
        self
    }

    /// What may wait for one client before `emit` says `Full` (default 1 MiB), and before the client is
    /// disconnected as a slow consumer (default 4 MiB), in bytes.
    pub fn queue(mut self, high_water: usize, hard_cap: usize) -> Self {
        self.engine.high_water = high_water;
        self.engine.hard_cap = hard_cap;
        self
    }

    /// What becomes of an event for a client for whom too much waits. Default: `emit` says so.
    pub fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = when_full;
        self
    }

    /// Keeps the sessions of clients that are cut off, for them to come back to. Default: off.
    pub fn recovery(mut self, recovery: Recovery) -> Self {
        self.recovery = Some(recovery);
        self
    }

    /// Makes the adapter of each namespace. Default: [`InMemory`](crate::InMemory).
    pub fn adapter<A: Adapter>(
        mut self,
        make: impl Fn(Local) -> A + Send + Sync + 'static,
    ) -> Self {
        self.adapter = Some(Box::new(move |local| Arc::new(make(local))));
        self
    }

    /// Whether a dynamic namespace goes when its last client has left. Default: no.
    pub fn cleanup_empty_child_namespaces(mut self, cleanup: bool) -> Self {
        self.cleanup = cleanup;
        self
    }

    /// Shares `value` with the handlers: those that take [`State<T>`](crate::State) get a clone of it.
    /// One value per type.
    pub fn state<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.states.insert(value);
        self
    }

    /// The hook that hears of handlers' errors and panics; as [`Server::on_error`].
    pub fn on_error(mut self, hook: impl Fn(HandlerError) + Send + Sync + 'static) -> Self {
        self.on_error = Some(Box::new(hook));
        self
    }

    /// The server.
    ///
    /// # Errors
    /// What is wrong with an option: then nothing could be served.
    pub fn build(mut self) -> Result<Server, InvalidOption> {
        let options = std::mem::take(&mut self.options);
        let (app, config) = self.parts();
        let host = Host::with_options(app, config, options)?;
        Ok(Server { host })
    }

    /// The server with the default options.
    pub(crate) fn plain(self) -> Server {
        let path = self.options.path.clone();
        let (app, config) = self.parts();
        let host = Host::new(app, config, &path);
        Server { host }
    }

    fn parts(self) -> (Arc<Io>, Config) {
        let queue = (self.engine.high_water, self.when_full);
        let config = Config::new(self.engine, self.socket).with_unchecked_events();
        let packets = config.socket().clone();
        let shared = Shared::new(self.states, self.recovery, self.adapter, queue, packets);
        let app = Io::new(shared, self.hooks, self.cleanup);
        if let Some(hook) = self.on_error {
            app.shared.set_hook(hook);
        }
        app.namespace("/");
        #[cfg(feature = "deflate")]
        let config = match self.deflate {
            Some(deflate) => config.with_deflate(deflate),
            None => config,
        };
        (Arc::new(app), config)
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("engine", &self.engine)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
