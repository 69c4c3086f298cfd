//! The server: its options and hooks, the ways to reach it, and the clients that come.

use super::{
    About, Admission, Event, Fields, InvalidOption, Options, Refused, Socket, inbox::Inbox,
    socket::Client,
};
use crate::{Admit, App, Conn, Hooks, Host, Layer, Peer};
use siox_engineio::{CloseReason, Config, Event as Heard};
use siox_stack::{Config as Stack, Engine};
use std::{
    collections::VecDeque,
    fmt,
    future::{Future, poll_fn},
    io, mem,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};

/// The application of the host below: clients with their inboxes.
pub(super) struct Sockets {
    hooks: Hooks,
    /// The most bytes that are kept for an application that does not ask for them.
    most: usize,
    arrivals: Mutex<Arrivals>,
}

/// Clients that wait to be accepted, and those who wait for them.
#[derive(Default)]
struct Arrivals {
    sockets: VecDeque<Socket>,
    wakers: Vec<Waker>,
}

impl Sockets {
    fn arrivals(&self) -> MutexGuard<'_, Arrivals> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<Socket> {
        let mut arrivals = self.arrivals();
        if let Some(socket) = arrivals.sockets.pop_front() {
            return Poll::Ready(socket);
        }
        if !arrivals.wakers.iter().any(|w| w.will_wake(cx.waker())) {
            arrivals.wakers.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl App for Sockets {
    type Machine = Engine;
    type Data = Client;

    fn admit(self: &Arc<Self>, about: &About<'_>) -> Admit {
        self.hooks.admit(about)
    }

    fn open(&self, about: &About<'_>) -> Client {
        Client {
            request: about.keep(),
            inbox: Inbox::new(self.most),
        }
    }

    fn opened(self: &Arc<Self>, conn: &Arc<Conn<Self>>) {
        let mut arrivals = self.arrivals();
        arrivals.sockets.push_back(Socket::new(conn.clone()));
        let wakers = mem::take(&mut arrivals.wakers);
        drop(arrivals);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn drained(&self, conn: &Conn<Self>) {
        conn.data().inbox.drained();
    }

    fn initial_headers(&self, _: &Conn<Self>, about: &About<'_>, fields: &mut Fields) {
        self.hooks.initial_headers(about, fields);
    }

    fn headers(&self, _: &Conn<Self>, about: &About<'_>, fields: &mut Fields) {
        self.hooks.headers(about, fields);
    }

    fn connection_error(&self, about: &About<'_>, refused: &Refused) {
        self.hooks.connection_error(about, refused);
    }

    fn handle_event(
        self: &Arc<Self>,
        conn: &Arc<Conn<Self>>,
        _: &mut Context<'_>,
        event: Heard<'_>,
    ) {
        conn.data().inbox.put(match event {
            Heard::Message(message) => Event::Message(message.into_owned()),
            Heard::Heartbeat => Event::Heartbeat,
            Heard::Upgrading => Event::Upgrading,
            Heard::Upgraded => Event::Upgraded,
            Heard::Closed(reason) => Event::Closed(reason),
        });
    }

    fn poll_ready(&self, conn: &Conn<Self>, cx: &mut Context<'_>) -> Poll<()> {
        conn.data().inbox.poll_room(cx)
    }
}

/// How a [`Server`] is to be.
#[derive(Default)]
#[must_use]
pub struct Builder {
    config: Config,
    options: Options,
    hooks: Hooks,
    #[cfg(feature = "deflate")]
    deflate: Option<siox_websocket::deflate::Config>,
}

impl Builder {
    /// The settings of the sessions. Default: those of the reference.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// The options of the server. Default: those of [`Options`].
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// The request path. Default: `/engine.io/`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.options.path = path.into();
        self
    }

    /// permessage-deflate for clients that offer it. Default: none.
    #[cfg(feature = "deflate")]
    pub fn deflate(mut self, deflate: siox_websocket::deflate::Config) -> Self {
        self.deflate = Some(deflate);
        self
    }

    /// Who may open a session, and under which id. Default: everybody, a random one.
    pub fn allow_request(
        mut self,
        hook: impl Fn(&About<'_>) -> Admission + Send + Sync + 'static,
    ) -> Self {
        self.hooks.set_allow_request(hook);
        self
    }

    /// As [`allow_request`](Self::allow_request), for a hook that needs time: it reads the request, and
    /// returns what will know.
    pub fn allow_request_later<F>(
        mut self,
        hook: impl Fn(&About<'_>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Admission> + Send + 'static,
    {
        self.hooks.set_allow_request_later(hook);
        self
    }

    /// Which headers the first answer of a session has.
    pub fn initial_headers(
        mut self,
        hook: impl Fn(&About<'_>, &mut Fields) + Send + Sync + 'static,
    ) -> Self {
        self.hooks.set_initial_headers(hook);
        self
    }

    /// Which headers every answer of a session has: to a poll, a POST, an upgrade.
    pub fn headers(
        mut self,
        hook: impl Fn(&About<'_>, &mut Fields) + Send + Sync + 'static,
    ) -> Self {
        self.hooks.set_headers(hook);
        self
    }

    /// Hears of requests that are refused.
    pub fn connection_error(
        mut self,
        hook: impl Fn(&About<'_>, &Refused) + Send + Sync + 'static,
    ) -> Self {
        self.hooks.set_connection_error(hook);
        self
    }

    /// The server.
    ///
    /// # Errors
    /// What is wrong with an option.
    pub fn build(self) -> Result<Server, InvalidOption> {
        let sockets = Sockets {
            hooks: self.hooks,
            most: self.config.max_payload,
            arrivals: Mutex::default(),
        };
        let config = Stack::new(self.config, siox_socketio::Config::default());
        #[cfg(feature = "deflate")]
        let config = match self.deflate {
            Some(deflate) => config.with_deflate(deflate),
            None => config,
        };
        let host = Host::with_options(Arc::new(sockets), config, self.options)?;
        Ok(Server { host })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("config", &self.config)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// An Engine.IO server. Clones of it are the same server.
#[derive(Clone)]
pub struct Server {
    host: Arc<Host<Sockets>>,
}

impl Server {
    /// One with default settings, to be changed.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Serves connections of `listener` until the server is closed; any other path is answered 404.
    /// Clients come by [`accept`](Self::accept).
    ///
    /// # Errors
    /// When the listener breaks.
    pub async fn serve(&self, listener: TcpListener) -> io::Result<()> {
        crate::serve(listener, self.host.clone()).await
    }

    /// As [`serve`](Self::serve), over TLS: see [`serve_tls`](crate::serve_tls).
    ///
    /// # Errors
    /// When the listener breaks.
    #[cfg(feature = "tls")]
    pub async fn serve_tls(
        &self,
        listener: TcpListener,
        config: Arc<crate::websocket::rustls::ServerConfig>,
    ) -> io::Result<()> {
        crate::serve_tls(listener, config, self.host.clone()).await
    }

    /// Serves one connection that somebody else has accepted: see
    /// [`serve_connection`](crate::serve_connection).
    pub async fn serve_connection<Io>(&self, io: Io, peer: Peer)
    where
        Io: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        crate::serve_connection(io, peer, self.host.clone()).await;
    }

    /// As [`serve`](Self::serve), with a task for each client that runs `handler`; when it returns, or
    /// panics, the client's session is closed.
    ///
    /// # Errors
    /// When the listener breaks.
    pub async fn serve_with<F>(
        &self,
        listener: TcpListener,
        handler: impl Fn(Socket) -> F,
    ) -> io::Result<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut serving = pin!(self.serve(listener));
        loop {
            tokio::select! {
                biased;
                socket = self.accept() => match socket {
                    Some(socket) => drop(tokio::spawn(closing(handler(socket.clone()), socket))),
                    None => return serving.await,
                },
                served = &mut serving => return served,
            }
        }
    }

    /// The `tower` layer that answers this server's path and passes every other request on: for axum
    /// and hyper. Clients come by [`accept`](Self::accept).
    #[must_use]
    pub fn layer(&self) -> Layer<impl App> {
        Layer::new(self.host.clone())
    }

    /// Waits for the next client; `None` once the server is closed. Nobody is lost when the future is
    /// dropped.
    pub async fn accept(&self) -> Option<Socket> {
        let mut closing = pin!(self.host.closing());
        poll_fn(|cx| match self.host.app().poll_accept(cx) {
            Poll::Ready(socket) => Poll::Ready(Some(socket)),
            Poll::Pending => closing.as_mut().poll(cx).map(|()| None),
        })
        .await
    }

    /// How many sessions there are.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.host.sessions()
    }

    /// Accepts no further connection, ends all sessions as "server shutting down", and waits until their
    /// clients have taken what was queued for them, `deadline` at most; then cuts those off that have
    /// not. Whether no task of the server is left, two seconds after that at the latest.
    pub async fn close(&self, deadline: Duration) -> bool {
        self.host.close(deadline).await
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("host", &self.host).finish()
    }
}

/// Closes a session when its handler returns, or panics.
struct Closing(Socket);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.conn.close(CloseReason::ForcedClose);
    }
}

async fn closing(handler: impl Future<Output = ()>, socket: Socket) {
    let _closing = Closing(socket);
    handler.await;
}
