//! Settings and handlers of a client, before it connects.

use super::{
    Client,
    auth::AskAuth,
    core::{Core, ErrorHook, Inner, Status},
    kind::{Kind, Runs},
    options::Options,
    registry,
    shared::{Handle, Shared},
    target::{BadTarget, Target},
};
use crate::{
    Fault, Transport, Value,
    handler::Handler,
    handlers::{Handlers, Occasion},
    parser::Parser,
    state::States,
    watched::Watched,
};
use serde::Serialize;
use siox_engineio::Version;
use siox_http1::proxy::Proxy;
use siox_socketio::Revision;
use siox_stack::{Auth, ClientOptions, Manager as Machine, Overflow, SocketOptions};
use std::{
    fmt,
    hash::{BuildHasher, Hasher, RandomState},
    marker::PhantomData,
    sync::Arc,
    time::Duration,
};

/// Where the client lives.
enum On {
    Server(String),
    Manager(Arc<Handle>, String),
}

/// Settings and handlers of a [`Client`]. Names and defaults are those of the reference, where it has them.
pub struct ClientBuilder<K> {
    on: On,
    options: Options,
    socket: SocketOptions,
    ask: Option<AskAuth>,
    share: bool,
    auto_connect: bool,
    handlers: Handlers,
    states: States,
    on_error: Option<Box<ErrorHook>>,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> ClientBuilder<K> {
    pub(super) fn new(url: String) -> Self {
        Self::with(On::Server(url))
    }

    pub(super) fn on_manager(handle: Arc<Handle>, nsp: &str) -> Self {
        let slash = if nsp.starts_with('/') { "" } else { "/" };
        Self::with(On::Manager(handle, format!("{slash}{nsp}")))
    }

    fn with(on: On) -> Self {
        Self {
            on,
            options: Options::default(),
            socket: SocketOptions::default(),
            ask: None,
            share: true,
            auto_connect: true,
            handlers: Handlers::default(),
            states: States::default(),
            on_error: None,
            kind: PhantomData,
        }
    }

    /// What is sent with each CONNECT: a struct or a map. Only what can be written as JSON.
    #[must_use]
    pub fn auth<T: Serialize + ?Sized>(mut self, auth: &T) -> Self {
        self.ask = None;
        self.socket.auth = Value::from_serialize(auth).map_or(Auth::None, Auth::Value);
        self
    }

    pub(super) fn ask_auth(mut self, ask: AskAuth) -> Self {
        self.ask = Some(ask);
        self.socket.auth = Auth::Ask;
        self
    }

    /// How often an event that the server does not acknowledge is sent again: at least once, in order,
    /// one at a time. Wants an [`ack_timeout`](Self::ack_timeout). Default: none; each event is sent at
    /// most once.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.socket.retries = Some(retries);
        self
    }

    /// How long to wait for acknowledgements that are given no time of their own. Default: as long as the
    /// connection lasts.
    #[must_use]
    pub fn ack_timeout(mut self, timeout: Duration) -> Self {
        self.socket.ack_timeout = Some(timeout);
        self
    }

    /// Whether [`connect`](Self::connect) connects, or only makes the client. Default: true.
    #[must_use]
    pub fn auto_connect(mut self, auto: bool) -> Self {
        self.auto_connect = auto;
        self
    }

    /// Whether a connection of this process to the same server, with the same settings, is shared, where
    /// no client is in this namespace on it. Default: true.
    #[must_use]
    pub fn multiplex(mut self, multiplex: bool) -> Self {
        self.share = multiplex;
        self
    }

    /// A connection of its own: the opposite of [`multiplex`](Self::multiplex).
    #[must_use]
    pub fn force_new(self, force: bool) -> Self {
        self.multiplex(!force)
    }

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

    /// How long a connection may take to open. Default: 20 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.manager.timeout = Some(timeout);
        self.options.engine.engine.open_timeout = timeout;
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

    /// Any other setting of the Engine.IO client.
    #[must_use]
    pub fn engine(mut self, change: impl FnOnce(&mut ClientOptions)) -> Self {
        change(&mut self.options.engine);
        self
    }

    /// A value for handlers that take a [`State`](crate::State) of its type.
    #[must_use]
    pub fn state<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.states.insert(value);
        self
    }

    /// Calls `hook` with the event's name when a handler fails. Default: a line in the log.
    #[must_use]
    pub fn on_error(
        mut self,
        hook: impl Fn(&Client<K>, &str, Fault) + Send + Sync + 'static,
    ) -> Self {
        self.on_error = Some(Box::new(move |core: &Core, event: &str, fault: Fault| {
            hook(&Client::new(core.clone()), event, fault);
        }));
        self
    }

    /// As [`Client::on`].
    #[must_use]
    pub fn on<M: 'static>(self, event: impl Into<String>, handler: impl Handler<M>) -> Self
    where
        K: Runs<M>,
    {
        self.handlers.on(&event.into(), handler, false);
        self
    }

    /// As [`Client::on_any`].
    #[must_use]
    pub fn on_any<M: 'static>(self, handler: impl Handler<M>) -> Self
    where
        K: Runs<M>,
    {
        self.handlers.add(Occasion::Any, handler);
        self
    }

    /// As [`Client::on_connect`].
    #[must_use]
    pub fn on_connect<M: 'static>(self, handler: impl Handler<M>) -> Self
    where
        K: Runs<M>,
    {
        self.handlers.add(Occasion::Connect, handler);
        self
    }

    /// As [`Client::on_connect_error`].
    #[must_use]
    pub fn on_connect_error<M: 'static>(self, handler: impl Handler<M>) -> Self
    where
        K: Runs<M>,
    {
        self.handlers.add(Occasion::ConnectError, handler);
        self
    }

    /// As [`Client::on_disconnect`].
    #[must_use]
    pub fn on_disconnect<M: 'static>(self, handler: impl Handler<M>) -> Self
    where
        K: Runs<M>,
    {
        self.handlers.add(Occasion::Disconnect, handler);
        self
    }

    /// Makes the client, and begins to connect it: `ready` waits for that. For a client on tokio, to be called
    /// inside a runtime.
    ///
    /// # Errors
    /// [`BadTarget`] for a URL that names no server.
    pub fn connect(self) -> Result<Client<K>, BadTarget> {
        let (handle, nsp) = match &self.on {
            On::Manager(handle, nsp) => (handle.clone(), nsp.clone()),
            On::Server(url) => {
                let target = Target::parse(url)?;
                let nsp = target.nsp.clone();
                (self.manager(target), nsp)
            }
        };
        let client = self.join(handle, &nsp);
        Ok(client)
    }

    fn manager(&self, target: Target) -> Arc<Handle> {
        if self.share
            && let Some(handle) = registry::find(K::WHICH, &target, &self.options)
        {
            return handle;
        }
        let options = self.options.manager();
        // The keys of the standard library's hasher are random, and nothing secret hangs on this seed.
        let seed = RandomState::new().build_hasher().finish();
        let machine = Machine::new(options.into(), seed);
        let on = (K::WHICH, K::carrier());
        let handle = Shared::held(machine, self.options.clone(), target, on);
        let shared = &handle.0;
        K::drive(shared);
        if self.share {
            registry::add(shared);
        }
        handle
    }

    /// The client of a namespace: the one there is, which then keeps what it has, or a new one.
    fn join(self, handle: Arc<Handle>, nsp: &str) -> Client<K> {
        let inner = {
            let mut state = handle.0.lock();
            let key = state.machine.socket(nsp, self.socket);
            match state.socket(key) {
                Some(inner) => inner,
                None => {
                    let inner = Arc::new(Inner {
                        key,
                        nsp: nsp.into(),
                        handlers: self.handlers,
                        states: self.states,
                        auth: self.ask,
                        on_error: self.on_error,
                        pending: 0.into(),
                        status: Watched::new(Status::Connecting),
                        streams: Default::default(),
                    });
                    state.sockets.push(inner.clone());
                    inner
                }
            }
        };
        let client = Client::new(Core { inner, handle });
        if self.auto_connect {
            client.connect();
        }
        client
    }
}

impl<K> fmt::Debug for ClientBuilder<K> {
    /// Without headers, query and proxy, which carry secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("manager", &self.options.manager)
            .finish_non_exhaustive()
    }
}
