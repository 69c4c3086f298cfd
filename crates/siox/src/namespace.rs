//! A namespace: its handlers, its sockets, its rooms.

use crate::{
    ConnectError, SendError, Socket,
    error::HandlerError,
    handler::{Erased, Handler, erase},
    operator::Broadcast,
    state::States,
};
use serde::Serialize;
use siox_socketio::{RoomError, Rooms};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

/// A namespace of a server. Cheap to clone.
///
/// Handlers are registered once, for all its sockets; several handlers of one event run in the order of
/// registration. Register before clients connect: a client that is connected when a handler is added
/// hears of it from its next event on.
#[derive(Clone)]
pub struct Namespace(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) name: Box<str>,
    pub(crate) shared: Arc<Shared>,
    handlers: RwLock<Handlers>,
    /// Who is here. A broadcast holds this lock while it queues, so that a socket that has left gets
    /// nothing more and one that has joined misses nothing. Lock order: this, then one session.
    members: Mutex<Rooms<Socket>>,
}

/// What all namespaces of a server have in common.
pub(crate) struct Shared {
    pub(crate) states: States,
    hook: RwLock<Arc<Hook>>,
}

type Hook = dyn Fn(HandlerError) + Send + Sync;
type List = Arc<[Arc<Erased>]>;

#[derive(Default)]
struct Handlers {
    /// Looked up, never iterated.
    events: HashMap<Box<str>, List>,
    middleware: List,
    connect: List,
    disconnect: List,
}

impl Shared {
    pub(crate) fn new(states: States) -> Self {
        let hook: Arc<Hook> = Arc::new(|e: HandlerError| {
            tracing::warn!(socket = e.socket.id(), error = %e, "handler");
        });
        Self {
            states,
            hook: RwLock::new(hook),
        }
    }

    pub(crate) fn set_hook(&self, hook: impl Fn(HandlerError) + Send + Sync + 'static) {
        *self.hook.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(hook);
    }

    /// A hook that panics must not take the connection's task with it.
    pub(crate) fn report(&self, error: HandlerError) {
        let hook = self
            .hook
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| hook(error)));
        if told.is_err() {
            tracing::error!("the error hook panicked");
        }
    }
}

impl Namespace {
    pub(crate) fn new(name: &str, shared: Arc<Shared>) -> Self {
        Self(Arc::new(Inner {
            name: name.into(),
            shared,
            handlers: RwLock::default(),
            members: Mutex::default(),
        }))
    }

    /// Its name, `/` or `/something`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Calls `handler` for each event of this name.
    pub fn on<M: 'static>(&self, event: impl Into<String>, handler: impl Handler<M>) -> &Self {
        self.0.register(|h| {
            append(
                h.events.entry(event.into().into()).or_default(),
                erase(handler),
            );
        });
        self
    }

    /// Calls `handler` for each client that has connected, after its CONNECT has been answered; the
    /// client's events wait until it has returned.
    pub fn on_connect<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.0.register(|h| append(&mut h.connect, erase(handler)));
        self
    }

    /// Calls `handler` for each client that has gone; it may ask for the
    /// [`DisconnectReason`](crate::DisconnectReason).
    pub fn on_disconnect<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.0
            .register(|h| append(&mut h.disconnect, erase(handler)));
        self
    }

    /// Asks `handler` before a client is let in. An error refuses the client: a
    /// [`ConnectError`] with its message and data, any other with its text.
    pub fn middleware<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.0
            .register(|h| append(&mut h.middleware, erase(handler)));
        self
    }

    /// Sends an event to every socket here.
    ///
    /// # Errors
    /// As [`SendError`] says of the event itself; a receiver that cannot take it is none.
    pub fn emit<T: Serialize + ?Sized>(&self, event: &str, args: &T) -> Result<(), SendError> {
        Broadcast::new(self.0.clone()).emit(event, args)
    }

    /// The members of `room`; more rooms can be added.
    pub fn to(&self, room: impl Into<String>) -> Broadcast {
        Broadcast::new(self.0.clone()).to(room)
    }

    /// Everyone but the members of `room`.
    pub fn except(&self, room: impl Into<String>) -> Broadcast {
        Broadcast::new(self.0.clone()).except(room)
    }

    /// The sockets that are here now, in the order of their arrival.
    #[must_use]
    pub fn sockets(&self) -> Vec<Socket> {
        self.0.members().select(&[], &[]).cloned().collect()
    }
}

fn append(list: &mut List, handler: Arc<Erased>) {
    *list = list.iter().cloned().chain([handler]).collect();
}

impl Inner {
    fn register(&self, change: impl FnOnce(&mut Handlers)) {
        change(
            &mut self
                .handlers
                .write()
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    fn look<R>(&self, at: impl FnOnce(&Handlers) -> R) -> R {
        at(&self.handlers.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn handlers_of(&self, event: &str) -> List {
        self.look(|h| h.events.get(event).cloned())
            .unwrap_or_default()
    }

    pub(crate) fn disconnect_handlers(&self) -> List {
        self.look(|h| h.disconnect.clone())
    }

    pub(crate) fn connect_handlers(&self) -> List {
        self.look(|h| h.connect.clone())
    }

    pub(crate) fn middleware(&self) -> List {
        self.look(|h| h.middleware.clone())
    }

    pub(crate) fn members(&self) -> MutexGuard<'_, Rooms<Socket>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers the CONNECT and makes the socket a member, as one step for every broadcast.
    pub(crate) fn enter(&self, socket: &Socket) -> Result<(), SendError> {
        let mut members = self.members();
        socket.conn().with(|m| {
            m.accept(socket.slot(), socket.id())?;
            // Under the session's lock: whoever is told next that the client has gone must find that it
            // was here.
            socket.connected();
            Ok(())
        })?;
        members.add(socket.clone());
        // The room of its own id is its first, so no limit is in the way.
        let _ = members.join(socket.id(), socket.clone());
        Ok(())
    }

    pub(crate) fn remove(&self, socket: &Socket) {
        self.members().leave_all(socket);
    }

    pub(crate) fn join(&self, socket: &Socket, room: &str) -> Result<(), RoomError> {
        let mut members = self.members();
        // Looked at under the lock: a socket that goes is marked first and taken out then.
        if socket.is_connected() {
            members.join(room, socket.clone())?;
        }
        Ok(())
    }

    pub(crate) fn leave(&self, socket: &Socket, room: &str) {
        self.members().leave(room, socket);
    }

    pub(crate) fn rooms_of(&self, socket: &Socket) -> Vec<String> {
        self.members().rooms_of(socket).map(str::to_owned).collect()
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Namespace").field(&self.0.name).finish()
    }
}

/// What a refusal tells the client.
pub(crate) fn refusal(error: &crate::BoxError) -> ConnectError {
    match error.downcast_ref::<ConnectError>() {
        Some(refusal) => refusal.clone(),
        None => ConnectError::new(error.to_string()),
    }
}
