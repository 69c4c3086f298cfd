//! The server: its options and hooks, its listeners, and the clients that come.

use super::{
    About, Admission, Fields, Handler, InvalidOption, Options, Refused, Sid, Socket, inbox::Inbox,
    socket::Client,
};
use crate::host::{App, Conn, Host};
use siox_engineio::{CloseReason, Config, Event};
use siox_stack::{Config as Stack, Engine};
use std::{
    collections::VecDeque,
    fmt, io,
    net::TcpListener,
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::Duration,
};

/// Connections at once, unless [`Builder::max_connections`] says otherwise.
const CONNECTIONS: usize = 4096;

type Admit = dyn Fn(&About<'_>) -> Admission + Send + Sync;
type Dress = dyn Fn(&Sid, &About<'_>, &mut Fields) + Send + Sync;
type Told = dyn Fn(&About<'_>, &Refused) + Send + Sync;

/// Who has the clients.
enum Owner {
    /// A thread for each.
    Threads(Arc<dyn Fn(Socket) + Send + Sync>),
    /// Whoever reads them.
    Readers(Box<dyn Handler>),
}

/// What an application may say about requests.
#[derive(Default)]
struct Hooks {
    admit: Option<Box<Admit>>,
    initial_headers: Option<Box<Dress>>,
    headers: Option<Box<Dress>>,
    connection_error: Option<Box<Told>>,
}

/// The application of the host below: clients with their inboxes.
pub(crate) struct Sockets {
    hooks: Hooks,
    max_payload: usize,
    /// Without one, clients wait to be accepted.
    owner: OnceLock<Owner>,
    waiting: Mutex<Waiting>,
    came: Condvar,
}

#[derive(Default)]
struct Waiting {
    sockets: VecDeque<Socket>,
    closing: bool,
}

/// How a [`Server`] is to be.
#[derive(Default)]
pub struct Builder {
    config: Config,
    options: Options,
    connections: Option<usize>,
    #[cfg(feature = "deflate")]
    deflate: Option<crate::deflate::Config>,
    hooks: Hooks,
}

/// An Engine.IO server. Clones of it are the same server.
#[derive(Clone)]
pub struct Server {
    host: Arc<Host<Sockets>>,
    connections: usize,
}

impl Builder {
    /// The settings of the sessions. Default: those of the reference.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// The options of the server. Default: those of [`Options`].
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// The request path. Default: `/engine.io/`.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.options.path = path.into();
        self
    }

    /// permessage-deflate for clients that offer it on their WebSocket. Default: none.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn deflate(mut self, deflate: crate::deflate::Config) -> Self {
        self.deflate = Some(deflate);
        self
    }

    /// How many connections are served at once. Default: 4096.
    #[must_use]
    pub fn max_connections(mut self, most: usize) -> Self {
        self.connections = Some(most);
        self
    }

    /// Who may open a session, and under which id. Default: everybody, a random one.
    #[must_use]
    pub fn allow_request(
        mut self,
        admit: impl Fn(&About<'_>) -> Admission + Send + Sync + 'static,
    ) -> Self {
        self.hooks.admit = Some(Box::new(admit));
        self
    }

    /// Which headers the first answer of a session has.
    #[must_use]
    pub fn initial_headers(
        mut self,
        dress: impl Fn(&Sid, &About<'_>, &mut Fields) + Send + Sync + 'static,
    ) -> Self {
        self.hooks.initial_headers = Some(Box::new(dress));
        self
    }

    /// Which headers every answer of a session has: to a poll, a POST, an upgrade.
    #[must_use]
    pub fn headers(
        mut self,
        dress: impl Fn(&Sid, &About<'_>, &mut Fields) + Send + Sync + 'static,
    ) -> Self {
        self.hooks.headers = Some(Box::new(dress));
        self
    }

    /// Hears of requests that are refused.
    #[must_use]
    pub fn connection_error(
        mut self,
        told: impl Fn(&About<'_>, &Refused) + Send + Sync + 'static,
    ) -> Self {
        self.hooks.connection_error = Some(Box::new(told));
        self
    }

    /// The server.
    ///
    /// # Errors
    /// What is wrong with an option.
    pub fn build(self) -> Result<Server, InvalidOption> {
        let sockets = Sockets {
            hooks: self.hooks,
            max_payload: self.config.max_payload,
            owner: OnceLock::new(),
            waiting: Mutex::default(),
            came: Condvar::new(),
        };
        // There is no Socket.IO on top, whatever its settings.
        let unused = Stack::default().socket().as_ref().clone();
        let config = Stack::new(self.config, unused);
        #[cfg(feature = "deflate")]
        let config = match self.deflate {
            Some(deflate) => config.with_deflate(deflate),
            None => config,
        };
        Ok(Server {
            host: Host::new(Arc::new(sockets), config, self.options)?,
            connections: self.connections.unwrap_or(CONNECTIONS),
        })
    }
}

impl Server {
    /// One with default settings, to be changed.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Serves connections of `listener` until the server is closed. Clients come by
    /// [`accept`](Self::accept).
    ///
    /// # Errors
    /// When the listener breaks.
    pub fn serve(&self, listener: &TcpListener) -> io::Result<()> {
        self.host.serve(listener, self.connections)
    }

    /// As [`serve`](Self::serve), with a thread for each client that runs `handler`; when it returns, the
    /// client's session is closed. A handler that was given before stays.
    ///
    /// # Errors
    /// When the listener breaks.
    pub fn serve_with(
        &self,
        listener: &TcpListener,
        handler: impl Fn(Socket) + Send + Sync + 'static,
    ) -> io::Result<()> {
        // The first one given is the server's.
        let _ = self.host.app().owner.set(Owner::Threads(Arc::new(handler)));
        self.serve(listener)
    }

    /// As [`serve`](Self::serve), with a handler that is called where clients are read. One that was
    /// given before stays.
    ///
    /// # Errors
    /// When the listener breaks.
    pub fn serve_handler(&self, listener: &TcpListener, handler: impl Handler) -> io::Result<()> {
        // The first one given is the server's.
        let _ = self.host.app().owner.set(Owner::Readers(Box::new(handler)));
        self.serve(listener)
    }

    /// Waits for the next client; `None` once the server is closed.
    #[must_use]
    pub fn accept(&self) -> Option<Socket> {
        let sockets = self.host.app();
        let mut waiting = sockets.waiting();
        loop {
            if let Some(socket) = waiting.sockets.pop_front() {
                return Some(socket);
            }
            if waiting.closing {
                return None;
            }
            waiting = sockets
                .came
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// How many sessions there are.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.host.sessions()
    }

    /// Whether a listener is being served.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        self.host.is_listening()
    }

    /// Accepts no further connection, ends all sessions as "server shutting down", and waits until their
    /// clients have taken what was queued for them, `deadline` at most; then cuts those off that have
    /// not. Whether no thread of the server is left, two seconds after that at the latest.
    pub fn close(&self, deadline: Duration) -> bool {
        let sockets = self.host.app();
        sockets.waiting().closing = true;
        sockets.came.notify_all();
        self.host.close(deadline)
    }
}

impl Sockets {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App for Sockets {
    type Machine = Engine;
    type Data = Client;

    fn admit(&self, about: &About<'_>) -> Admission {
        let hook = self.hooks.admit.as_ref();
        hook.map_or(Admission::Granted, |admit| admit(about))
    }

    fn open(&self, about: &About<'_>) -> Client {
        Client {
            inbox: Inbox::new(self.max_payload),
            query: about.query.into(),
            address: about.address(),
        }
    }

    fn opened(self: &Arc<Self>, conn: &Arc<Conn<Self>>) {
        let socket = Socket::new(conn.clone());
        let handle = match self.owner.get() {
            Some(Owner::Readers(handler)) => return handler.opened(&socket),
            Some(Owner::Threads(handle)) => handle.clone(),
            None => {
                self.waiting().sockets.push_back(socket);
                self.came.notify_one();
                return;
            }
        };
        let thread = thread::Builder::new().name("engine-client".to_owned());
        let run = move || {
            let closer = Closer(socket.clone());
            handle(socket);
            drop(closer);
        };
        if thread.spawn(run).is_err() {
            // Nobody would ever ask for what it sends.
            conn.close(CloseReason::ForcedClose);
        }
    }

    fn initial_headers(&self, conn: &Conn<Self>, about: &About<'_>, fields: &mut Fields) {
        if let Some(dress) = &self.hooks.initial_headers {
            dress(conn.sid(), about, fields);
        }
    }

    fn headers(&self, conn: &Conn<Self>, about: &About<'_>, fields: &mut Fields) {
        if let Some(dress) = &self.hooks.headers {
            dress(conn.sid(), about, fields);
        }
    }

    fn connection_error(&self, about: &About<'_>, refused: &Refused) {
        if let Some(told) = &self.hooks.connection_error {
            told(about, refused);
        }
    }

    fn handle_event(self: &Arc<Self>, conn: &Arc<Conn<Self>>, event: Event<'_>) {
        let inbox = &conn.data().inbox;
        if let Some(Owner::Readers(handler)) = self.owner.get() {
            if let Event::Closed(reason) = event {
                inbox.close(reason);
            }
            return handler.event(&Socket::new(conn.clone()), event);
        }
        inbox.put(match event {
            Event::Message(message) => Event::Message(message.into_owned()),
            Event::Heartbeat => Event::Heartbeat,
            Event::Upgrading => Event::Upgrading,
            Event::Upgraded => Event::Upgraded,
            Event::Closed(reason) => Event::Closed(reason),
        });
    }

    fn drained(&self, conn: &Conn<Self>) {
        conn.data().inbox.drained();
    }

    fn wait_ready(&self, conn: &Conn<Self>) {
        conn.data().inbox.wait_room();
    }
}

/// Closes a session when its handler returns, or panics.
struct Closer(Socket);

impl Drop for Closer {
    fn drop(&mut self) {
        self.0.close();
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

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Server").field(&self.host).finish()
    }
}
