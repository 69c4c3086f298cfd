//! Settings and handlers of a client, before it connects: here what is of its namespace, and the connecting.

mod connection;
mod handlers;

use super::{
    Client,
    auth::AskAuth,
    core::{Core, ErrorHook, Inner, Status},
    kind::Kind,
    options::Options,
    registry,
    shared::{Handle, Shared},
    target::{BadTarget, Target},
};
use crate::{Value, handlers::Handlers, state::States, watched::Watched};
use serde::Serialize;
use siox_stack::{Auth, Manager as Machine, SocketOptions};
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
