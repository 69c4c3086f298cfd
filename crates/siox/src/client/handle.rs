//! One client in one namespace: what the application may do with it.

use super::{
    ClientBuilder, Manager,
    auth::AskAuth,
    events::{Events, Streams},
    shared::{Handle, State},
};
use crate::{
    Args, ConnectError, Fault, Outgoing, SendError,
    awaited::{Answer, Reply, TypedAnswer},
    handler::Handler,
    handlers::{Handlers, Occasion},
    inbox::PENDING,
    state::States,
};
use serde::{Serialize, de::DeserializeOwned};
use siox_socketio::Encoded;
use siox_stack::{Emit, Owed, SocketKey};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::{oneshot, watch};

pub(super) type ErrorHook = dyn Fn(&Client, &str, Fault) + Send + Sync;

/// Whether it is connected, for those who wait for that.
#[derive(Debug, Clone)]
pub(super) enum Status {
    Connecting,
    Connected,
    /// For good, until it is connected again.
    Failed(ConnectError),
}

pub(super) struct Inner {
    pub(super) key: SocketKey,
    pub(super) nsp: Box<str>,
    pub(super) handlers: Handlers,
    pub(super) states: States,
    pub(super) auth: Option<AskAuth>,
    pub(super) on_error: Option<Box<ErrorHook>>,
    /// Handlers that have begun and not ended.
    pub(super) pending: AtomicUsize,
    pub(super) status: watch::Sender<Status>,
    pub(super) streams: Streams,
}

impl Inner {
    pub(super) fn is_stalled(&self) -> bool {
        self.pending.load(Ordering::Acquire) >= PENDING || self.streams.is_full()
    }
}

/// A client of a Socket.IO server, in one of its namespaces. Cheap to clone. The connection lives until it
/// is closed, or the last clone of every client on it, and of its [`Manager`], is dropped; a handler that
/// keeps a clone keeps it.
///
/// ```no_run
/// use siox::{Ack, Client, Data};
/// use std::time::Duration;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder("http://localhost:3000/chat")
///     .auth(&[("token", "secret")].into_iter().collect::<std::collections::BTreeMap<_, _>>())
///     .on("chat message", |Data(text): Data<String>| println!("{text}"))
///     .on("sum", async |Data((a, b)): Data<(i64, i64)>, ack: Ack| ack.send(&(a + b)))
///     .connect()?;
/// client.ready().await?;
/// client.emit("chat message", "hello")?;
/// let answer: String = client.emit_with_ack("ask", &1, Some(Duration::from_secs(5))).await?;
/// # let _ = answer;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(super) inner: Arc<Inner>,
    pub(super) handle: Arc<Handle>,
}

impl Client {
    /// Settings and handlers of a client of the server at `url`:
    /// `http://HOST[:PORT][/NAMESPACE][?QUERY]`, or `https`, `ws`, `wss` (the secure ones with feature
    /// `tls`). The path names the namespace; where the server lives on its host, the builder says.
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(url.into())
    }

    /// Connects to the server at `url` with default settings.
    ///
    /// # Errors
    /// [`BadTarget`](super::BadTarget).
    pub fn connect_to(url: impl Into<String>) -> Result<Self, super::BadTarget> {
        Self::builder(url).connect()
    }

    fn with<R>(&self, step: impl FnOnce(&mut State, siox_wire::Instant) -> R) -> R {
        self.handle.0.with(step)
    }

    pub(crate) fn states(&self) -> &States {
        &self.inner.states
    }

    /// Connects, if it is not connected and does not try already: after a disconnection that is final, or
    /// a builder that was told not to.
    pub fn connect(&self) {
        let status = &self.inner.status;
        status.send_if_modified(|status| {
            let failed = matches!(status, Status::Failed(_));
            if failed {
                *status = Status::Connecting;
            }
            failed
        });
        self.with(|state, now| state.machine.connect(now, self.inner.key));
    }

    /// Leaves the namespace, for good until [`connect`](Self::connect) is called. The connection is
    /// closed where no other client uses it.
    pub fn disconnect(&self) {
        self.with(|state, now| state.machine.disconnect(now, self.inner.key));
    }

    /// Waits until it is connected.
    ///
    /// # Errors
    /// Why it is not, once it does not try any more.
    pub async fn ready(&self) -> Result<(), ConnectError> {
        let mut status = self.inner.status.subscribe();
        loop {
            match &*status.borrow_and_update() {
                Status::Connected => return Ok(()),
                Status::Failed(error) => return Err(error.clone()),
                Status::Connecting => {}
            }
            if status.changed().await.is_err() {
                return Err(ConnectError::new("the client is gone"));
            }
        }
    }

    /// Its id in the namespace, while it is connected.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        let state = self.handle.0.lock();
        state.machine.id(self.inner.key).map(ToOwned::to_owned)
    }

    /// The namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.inner.nsp
    }

    /// Whether it is connected.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.handle.0.lock().machine.is_connected(self.inner.key)
    }

    /// Whether it is connected or will try to be.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.handle.0.lock().machine.is_active(self.inner.key)
    }

    /// Whether its last connection went on where the one before ended.
    #[must_use]
    pub fn is_recovered(&self) -> bool {
        self.handle.0.lock().machine.is_recovered(self.inner.key)
    }

    /// The connection that carries it, and perhaps others.
    #[must_use]
    pub fn manager(&self) -> Manager {
        Manager(self.handle.clone())
    }

    /// Sends an event with one argument or, given a tuple, several; `&()` sends none. Without a connection
    /// it waits for one. Order of calls is order on the wire.
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was sent, and nothing waits.
    pub fn emit<T: Serialize + ?Sized>(&self, event: &str, args: &T) -> Result<(), SendError> {
        self.put(event, Encoded::event(event, args)?, Emit::default())
    }

    /// Sends an event if that can be done at once: better lost than late. One that is lost is no error.
    ///
    /// # Errors
    /// As [`SendError`] says of the event itself.
    pub fn emit_volatile<T: Serialize + ?Sized>(
        &self,
        event: &str,
        args: &T,
    ) -> Result<(), SendError> {
        let how = Emit {
            volatile: true,
            ..Emit::default()
        };
        match self.put(event, Encoded::event(event, args)?, how) {
            Err(SendError::Full | SendError::Closed) => Ok(()),
            other => other,
        }
    }

    /// Sends an event with arguments passed through as they came.
    ///
    /// # Errors
    /// As those of [`emit`](Self::emit).
    pub fn relay(&self, event: &str, args: &Args) -> Result<(), SendError> {
        let encoded = Encoded::relay_event(event, &args.0)?;
        self.put(event, encoded, Emit::default())
    }

    /// Sends an event and waits for the server's acknowledgement, decoded like the arguments of an event
    /// (a tuple takes several). `timeout` of `None` is the builder's
    /// [`ack_timeout`](ClientBuilder::ack_timeout), or until the connection is lost. The event is sent
    /// before this returns; dropping the future does not take it back.
    pub fn emit_with_ack<R: DeserializeOwned>(
        &self,
        event: &str,
        args: &(impl Serialize + ?Sized),
        timeout: Option<Duration>,
    ) -> TypedAnswer<R> {
        self.emit_with_ack_args(event, args, timeout).typed()
    }

    /// As [`emit_with_ack`](Self::emit_with_ack), with the server's answer as it came.
    pub fn emit_with_ack_args(
        &self,
        event: &str,
        args: &(impl Serialize + ?Sized),
        timeout: Option<Duration>,
    ) -> Answer {
        let encoded = Encoded::event(event, args);
        Answer::new(encoded.and_then(|encoded| self.ask(event, encoded, timeout)))
    }

    /// As [`emit_with_ack_args`](Self::emit_with_ack_args), with arguments passed through as they came.
    pub fn relay_with_ack(&self, event: &str, args: &Args, timeout: Option<Duration>) -> Answer {
        let encoded = Encoded::relay_event(event, &args.0);
        Answer::new(encoded.and_then(|encoded| self.ask(event, encoded, timeout)))
    }

    /// Sends an event; where too much waits already, as soon as there is room.
    ///
    /// # Errors
    /// As [`SendError`] says, [`SendError::Full`] excepted while there is a connection.
    pub async fn emit_when_ready<T: Serialize + ?Sized>(
        &self,
        event: &str,
        args: &T,
    ) -> Result<(), SendError> {
        let encoded = Encoded::event(event, args)?;
        loop {
            let mut room = std::pin::pin!(self.handle.0.room.notified());
            room.as_mut().enable();
            match self.put(event, encoded.clone(), Emit::default()) {
                Err(SendError::Full) if self.is_connected() => room.await,
                other => return other,
            }
        }
    }

    fn put(&self, event: &str, encoded: Encoded, how: Emit) -> Result<(), SendError> {
        self.tell_watchers(event, &encoded);
        self.with(|state, now| {
            if state.over {
                return Err(SendError::Closed);
            }
            let emitted = state.machine.emit(now, self.inner.key, encoded, how);
            emitted.map(drop)
        })
    }

    fn ask(
        &self,
        event: &str,
        encoded: Encoded,
        timeout: Option<Duration>,
    ) -> Result<oneshot::Receiver<Reply>, SendError> {
        self.tell_watchers(event, &encoded);
        let how = Emit {
            ack: true,
            timeout,
            ..Emit::default()
        };
        self.with(|state, now| {
            if state.over {
                return Err(SendError::Closed);
            }
            let ticket = state.machine.emit(now, self.inner.key, encoded, how)?;
            // Entered before the lock is given up, so the answer cannot come first.
            ticket.map_or(Err(SendError::Closed), |ticket| {
                Ok(state.await_answer(ticket))
            })
        })
    }

    pub(crate) fn acknowledge(&self, owed: Owed, args: &Encoded) -> Result<(), SendError> {
        self.with(|state, now| state.machine.ack(now, owed, args))
    }

    /// How many events wait: for a connection or, with [`retries`](ClientBuilder::retries), for their
    /// acknowledgement.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.handle.0.lock().machine.waiting(self.inner.key)
    }

    /// What it receives from now on, as a stream: beside its handlers, or in their place.
    #[must_use]
    pub fn events(&self) -> Events {
        self.inner.streams.open(self.handle.0.clone())
    }

    /// Calls `handler` for each event of this name.
    pub fn on<M: 'static>(&self, event: impl Into<String>, handler: impl Handler<M>) -> &Self {
        self.inner.handlers.on(&event.into(), handler, false);
        self
    }

    /// Calls `handler` for the next event of this name, and then no more.
    pub fn once<M: 'static>(&self, event: impl Into<String>, handler: impl Handler<M>) -> &Self {
        self.inner.handlers.on(&event.into(), handler, true);
        self
    }

    /// Forgets the handlers of an event.
    pub fn off(&self, event: &str) -> &Self {
        self.inner.handlers.off(event);
        self
    }

    /// Calls `handler` for every event, before its other handlers.
    pub fn on_any<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.inner.handlers.add(Occasion::Any, handler);
        self
    }

    /// Forgets the handlers of every event.
    pub fn off_any(&self) -> &Self {
        self.inner.handlers.clear(Occasion::Any);
        self
    }

    /// Calls `watcher` for every event that is emitted, also one that has to wait.
    pub fn on_any_outgoing(
        &self,
        watcher: impl Fn(&Outgoing<'_>) + Send + Sync + 'static,
    ) -> &Self {
        self.inner.handlers.watch(watcher);
        self
    }

    /// Forgets those who watch what is emitted.
    pub fn off_any_outgoing(&self) -> &Self {
        self.inner.handlers.clear_watchers();
        self
    }

    /// Calls `handler` each time it has connected. Its events come behind that, those that it missed
    /// included.
    pub fn on_connect<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.inner.handlers.add(Occasion::Connect, handler);
        self
    }

    /// Calls `handler`, which may take a [`ConnectError`], each time it could not connect.
    pub fn on_connect_error<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.inner.handlers.add(Occasion::ConnectError, handler);
        self
    }

    /// Calls `handler`, which may take a [`DisconnectReason`](crate::DisconnectReason), each time it was
    /// disconnected.
    pub fn on_disconnect<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.inner.handlers.add(Occasion::Disconnect, handler);
        self
    }

    fn tell_watchers(&self, event: &str, encoded: &Encoded) {
        let watchers = self.inner.handlers.watchers();
        if watchers.is_empty() {
            return;
        }
        let id = self.id().unwrap_or_default();
        for watcher in watchers.iter() {
            watcher(&Outgoing {
                socket: &id,
                event,
                encoded,
            });
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("namespace", &self.inner.nsp)
            .finish_non_exhaustive()
    }
}
