//! The server: its namespaces, and the two ways to reach it. Its settings are in `builder`.

use crate::{
    Builder, HandlerError, Metrics, Namespace, Value,
    app::Io,
    namespace::{Names, Pattern},
    namespaces::with_slash,
};
use siox_tokio::{Host, Layer, Peer};
use std::{fmt, io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    time::{Instant, timeout},
};

/// How long [`Server::close`] waits for clients to take what is queued for them.
const DRAIN: Duration = Duration::from_secs(10);
/// How long handlers that are cut off may take to end.
const CUT_OFF: Duration = Duration::from_secs(2);

/// A Socket.IO server. Cheap to clone; all clones are the same server.
#[derive(Clone)]
pub struct Server {
    pub(crate) host: Arc<Host<Io>>,
}

impl Server {
    /// A server with the reference's defaults, at `/socket.io/`.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().plain()
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
        let names = Names::Pattern(Pattern::new(&pattern));
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

    /// As [`serve`](Self::serve), over TLS: `https` and `wss`. A client that has not finished the TLS
    /// handshake within [`head_deadline`](crate::Builder::head_deadline) is hung up on. What `config`
    /// offers by ALPN is replaced by HTTP/1.1.
    ///
    /// # Errors
    /// When the listener breaks.
    #[cfg(feature = "tls")]
    pub async fn serve_tls(
        &self,
        listener: TcpListener,
        config: Arc<rustls::ServerConfig>,
    ) -> io::Result<()> {
        siox_tokio::serve_tls(listener, config, self.host.clone()).await
    }

    /// Serves one connection that somebody else has accepted, on whatever stream: a Unix socket's, say.
    /// Ends when it has, or when it has become a WebSocket, which goes on without it.
    pub async fn serve_connection<Io>(&self, io: Io, peer: Peer)
    where
        Io: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        siox_tokio::serve_connection(io, peer, self.host.clone()).await;
    }

    /// How many clients are connected, whatever namespaces they are in.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.host.sessions()
    }

    /// What the server has done and what it holds, as numbers. Each session and namespace is looked at for
    /// it: a tenth of a microsecond for each, about.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        Metrics::of(&self.host)
    }

    /// Refuses new clients, disconnects all there are as "server shutting down", and waits until they
    /// have taken what was queued for them and all handlers have ended, 10 s at most; then cuts off those
    /// that have not. Whether no task is left. A handler that wants this must spawn it: it would be waited
    /// for itself.
    ///
    /// A client that polls is waited for only where something is queued for it. Any other is told by its
    /// next poll, as long as there is a server around [`layer`](Self::layer) to answer it.
    pub async fn close(&self) -> bool {
        self.close_within(DRAIN).await
    }

    /// As [`close`](Self::close), with a time of your own for the clients to take what is queued.
    pub async fn close_within(&self, drain: Duration) -> bool {
        let begun = Instant::now();
        let drained = self.host.close(drain).await;
        let tasks = &self.host.app().shared.tasks;
        let rest = drain.saturating_sub(begun.elapsed());
        let ended = match timeout(rest, tasks.ended()).await {
            Ok(()) => true,
            Err(_) => {
                tasks.cut_off();
                timeout(CUT_OFF, tasks.ended()).await.is_ok()
            }
        };
        for nsp in self.namespaces() {
            if let Err(error) = nsp.0.adapter.close().await {
                tracing::warn!(namespace = nsp.name(), %error, "closing");
            }
        }
        drained && ended
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
