//! The server: its settings, its namespaces, and the two ways to reach it.

use crate::{
    Adapter, AdapterFactory, HandlerError, Local, Namespace, Recovery, Value,
    app::Io,
    namespace::{Names, Shared},
    namespaces::with_slash,
    state::States,
};
use siox_socketio::{Leniency, Parser};
use siox_stack::Config;
use siox_tokio::{Host, Layer};
use std::{fmt, io, sync::Arc, time::Duration};
use tokio::net::TcpListener;

/// How long [`Server::close`] waits for clients to take what is queued for them.
const DRAIN: Duration = Duration::from_secs(10);

/// A Socket.IO server. Cheap to clone; all clones are the same server.
#[derive(Clone)]
pub struct Server {
    host: Arc<Host<Io>>,
}

impl Server {
    /// A server with the reference's defaults, at `/socket.io/`.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Settings first.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The namespace of this name, made if it is not there. `/` is always there; a client that asks for
    /// one that is not is refused.
    pub fn namespace(&self, name: &str) -> Namespace {
        self.host.app().namespace(name)
    }

    /// Namespaces that come into being when a client asks for one whose name fits `pattern`, in which
    /// `{anything}` stands for one or more characters but `/` (`/project-{id}`). What is registered on
    /// the namespace that this returns counts for each of them, and what is emitted to it reaches all.
    /// There are at most 10,000 of them at a time; a client that asks for one more is refused.
    pub fn dynamic(&self, pattern: &str) -> Namespace {
        let pattern = with_slash(pattern);
        let names = Names::Pattern(pattern.as_str().into());
        let io = self.host.app();
        io.namespaces.add_family(&pattern, names, &io.shared)
    }

    /// As [`dynamic`](Self::dynamic), for the names that `allow` says yes to, given the name and the
    /// client's credentials.
    pub fn dynamic_if<F>(
        &self,
        allow: impl Fn(String, Value) -> F + Send + Sync + 'static,
    ) -> Namespace
    where
        F: Future<Output = bool> + Send + 'static,
    {
        let names = Names::Asked(Box::new(move |name, auth| {
            Box::pin(allow(name.to_owned(), auth.clone()))
        }));
        let io = self.host.app();
        io.namespaces.add_family("/{dynamic}", names, &io.shared)
    }

    /// Calls `hook` with each namespace that is made from now on, before its first client is in it.
    pub fn on_new_namespace(&self, hook: impl Fn(&Namespace) + Send + Sync + 'static) -> &Self {
        self.host.app().namespaces.on_new(hook);
        self
    }

    /// The namespaces there are, the dynamic ones too.
    #[must_use]
    pub fn namespaces(&self) -> Vec<Namespace> {
        self.host.app().namespaces.all()
    }

    /// Replaces the hook that hears of handlers' errors and panics. The default one logs a warning.
    pub fn on_error(&self, hook: impl Fn(HandlerError) + Send + Sync + 'static) -> &Self {
        self.host.app().shared.set_hook(hook);
        self
    }

    /// The `tower` layer that answers this server's path and passes every other request on: for axum
    /// and hyper.
    #[must_use]
    pub fn layer(&self) -> Layer<impl siox_tokio::App> {
        Layer::new(self.host.clone())
    }

    /// Serves connections of `listener` until [`close`](Self::close) is called; any other path is
    /// answered 404.
    ///
    /// # Errors
    /// When the listener breaks.
    pub async fn serve(&self, listener: TcpListener) -> io::Result<()> {
        siox_tokio::serve(listener, self.host.clone()).await
    }

    /// How many clients are connected, whatever namespaces they are in.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.host.sessions()
    }

    /// Refuses new clients, disconnects all there are as "server shutting down", and waits until they
    /// have taken what was queued for them, 10 s at most; then cuts off those that have not. Whether no
    /// task is left.
    pub async fn close(&self) -> bool {
        self.close_within(DRAIN).await
    }

    /// As [`close`](Self::close), with a time of your own for the clients to take what is queued.
    pub async fn close_within(&self, drain: Duration) -> bool {
        let drained = self.host.close(drain).await;
        for nsp in self.namespaces() {
            if let Err(error) = nsp.0.adapter.close().await {
                tracing::warn!(namespace = nsp.name(), %error, "closing");
            }
        }
        drained
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("host", &self.host).finish()
    }
}

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

/// The settings of a [`Server`].
#[must_use]
pub struct Builder {
    engine: siox_engineio::Config,
    socket: siox_socketio::Config,
    path: String,
    states: States,
    recovery: Option<Recovery>,
    adapter: Option<Box<AdapterFactory>>,
    cleanup: bool,
    when_full: WhenFull,
    #[cfg(feature = "deflate")]
    deflate: Option<crate::deflate::Config>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            engine: siox_engineio::Config::default(),
            socket: siox_socketio::Config::default(),
            path: "/socket.io/".to_owned(),
            states: States::default(),
            recovery: None,
            adapter: None,
            cleanup: false,
            when_full: WhenFull::default(),
            #[cfg(feature = "deflate")]
            deflate: None,
        }
    }
}

impl Builder {
    /// The request path (default `/socket.io/`).
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// How often the server pings (default 25 s).
    pub fn ping_interval(mut self, interval: Duration) -> Self {
        self.engine.ping_interval = interval;
        self
    }

    /// How long a client may take to answer a ping (default 20 s), and to send the attachments it has
    /// announced.
    pub fn ping_timeout(mut self, timeout: Duration) -> Self {
        self.engine.ping_timeout = timeout;
        self.socket.attachments_deadline = timeout;
        self
    }

    /// How long an upgrade may take (default 10 s).
    pub fn upgrade_timeout(mut self, timeout: Duration) -> Self {
        self.engine.upgrade_timeout = timeout;
        self
    }

    /// The largest message or POST body that a client may send, in bytes (default 1,000,000).
    pub fn max_payload(mut self, bytes: usize) -> Self {
        self.engine.max_payload = bytes;
        self
    }

    /// How long a connection may be in no namespace (default 45 s).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.socket.connect_timeout = timeout;
        self
    }

    /// How packets are written (default JSON): a [`Parser`], which may be one of your own.
    /// All clients of this server must use the same.
    pub fn parser(mut self, parser: impl Parser + 'static) -> Self {
        self.socket.parser = Some(Arc::new(parser));
        self
    }

    /// Takes all that the reference takes, also what the protocol does not allow (default no). What that is,
    /// and what of it is dangerous, is said at [`Leniency`]; [`leniency`](Self::leniency) sets each alone.
    pub fn compatible(self, compatible: bool) -> Self {
        self.leniency(if compatible {
            Leniency::compatible()
        } else {
            Leniency::STRICT
        })
    }

    /// What the reference takes that this server shall take too (default nothing).
    pub fn leniency(mut self, leniency: Leniency) -> Self {
        self.socket.leniency = leniency;
        self
    }

    /// permessage-deflate on the WebSocket of clients that offer it (default off). Polling is not
    /// compressed.
    #[cfg(feature = "deflate")]
    pub fn deflate(mut self, config: crate::deflate::Config) -> Self {
        self.deflate = Some(config);
        self
    }

    /// What may wait for one client before `emit` says `Full` (default 1 MiB), and before the client is
    /// disconnected as a slow consumer (default 4 MiB), in bytes.
    pub fn queue(mut self, high_water: usize, hard_cap: usize) -> Self {
        self.engine.high_water = high_water;
        self.engine.hard_cap = hard_cap;
        self
    }

    /// What becomes of an event for a client for whom too much waits (default: `emit` says so).
    pub fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = when_full;
        self
    }

    /// Keeps the sessions of clients that are cut off, for them to come back to (default off).
    pub fn recovery(mut self, recovery: Recovery) -> Self {
        self.recovery = Some(recovery);
        self
    }

    /// Makes the adapter of each namespace (default [`InMemory`](crate::InMemory)).
    pub fn adapter<A: Adapter>(
        mut self,
        make: impl Fn(Local) -> A + Send + Sync + 'static,
    ) -> Self {
        self.adapter = Some(Box::new(move |local| Arc::new(make(local))));
        self
    }

    /// Whether a dynamic namespace goes when its last client has left (default no).
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

    /// The server.
    #[must_use]
    pub fn build(self) -> Server {
        let queue = (self.engine.high_water, self.when_full);
        let config = Config::new(self.engine, self.socket);
        let packets = config.socket().clone();
        let shared = Shared::new(self.states, self.recovery, self.adapter, queue, packets);
        let app = Io::new(shared, self.cleanup);
        app.namespace("/");
        #[cfg(feature = "deflate")]
        let config = match self.deflate {
            Some(deflate) => config.with_deflate(deflate),
            None => config,
        };
        Server {
            host: Host::new(Arc::new(app), config, &self.path),
        }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("engine", &self.engine)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
