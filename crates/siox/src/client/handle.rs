//! One client in one namespace: what the application may do with it, whatever its kind.

use super::{
    ClientBuilder, Events, Manager,
    core::{Core, Status},
    kind::{Kind, Runs},
};
use crate::{
    Args, Outgoing, SendError,
    awaited::{Answer, TypedAnswer},
    handler::Handler,
    handlers::Occasion,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, marker::PhantomData, ops::ControlFlow, time::Duration};

/// A client of a Socket.IO server, in one of its namespaces. Cheap to clone. The connection lives until it
/// is closed, or the last clone of every client on it, and of its [`Manager`], is dropped; a handler that
/// keeps a clone keeps it.
///
/// What its kind tells is how one waits: see `siox::Client` (feature `tokio`) and `siox::blocking::Client`
/// (feature `blocking`), each with an example.
pub struct Client<K> {
    pub(super) core: Core,
    kind: PhantomData<fn() -> K>,
}

impl<K> Clone for Client<K> {
    fn clone(&self) -> Self {
        Self {
            core: self.core.clone(),
            kind: PhantomData,
        }
    }
}

impl<K: Kind> Client<K> {
    /// Settings and handlers of a client of the server at `url`:
    /// `http://HOST[:PORT][/NAMESPACE][?QUERY]`, or `https`, `ws`, `wss` (the secure ones with feature
    /// `tls`). The path names the namespace; where the server lives on its host, the builder says.
    pub fn builder(url: impl Into<String>) -> ClientBuilder<K> {
        ClientBuilder::new(url.into())
    }

    /// Connects to the server at `url` with default settings.
    ///
    /// # Errors
    /// [`BadTarget`](super::BadTarget).
    pub fn connect_to(url: impl Into<String>) -> Result<Self, super::BadTarget> {
        Self::builder(url).connect()
    }

    pub(super) fn new(core: Core) -> Self {
        Self {
            core,
            kind: PhantomData,
        }
    }

    /// The client, if it is of this kind.
    pub(crate) fn of(core: &Core) -> Option<Self> {
        (core.shared().which == K::WHICH).then(|| Self::new(core.clone()))
    }

    /// Connects, if it is not connected and does not try already: after a disconnection that is final, or
    /// a builder that was told not to.
    pub fn connect(&self) {
        self.core.inner.status.look(|status| {
            if matches!(status, Status::Failed(_)) {
                *status = Status::Connecting;
            }
        });
        self.core
            .with(|state, now| state.machine.connect(now, self.core.inner.key));
    }

    /// Leaves the namespace, for good until [`connect`](Self::connect) is called. The connection is
    /// closed where no other client uses it.
    pub fn disconnect(&self) {
        self.core
            .with(|state, now| state.machine.disconnect(now, self.core.inner.key));
    }

    /// Its id in the namespace, while it is connected.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        self.core.id()
    }

    /// The namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.core.inner.nsp
    }

    /// Whether it is connected.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.core
            .shared()
            .lock()
            .machine
            .is_connected(self.core.inner.key)
    }

    /// Whether it is connected or will try to be.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.core
            .shared()
            .lock()
            .machine
            .is_active(self.core.inner.key)
    }

    /// Whether its last connection went on where the one before ended.
    #[must_use]
    pub fn is_recovered(&self) -> bool {
        self.core
            .shared()
            .lock()
            .machine
            .is_recovered(self.core.inner.key)
    }

    /// The connection that carries it, and perhaps others.
    #[must_use]
    pub fn manager(&self) -> Manager<K> {
        Manager::of(self.core.handle.clone())
    }

    /// Sends an event with one argument or, given a tuple, several; `&()` sends none. Without a connection
    /// it waits for one. Order of calls is order on the wire.
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was sent, and nothing waits.
    pub fn emit<T: Serialize + ?Sized>(&self, event: &str, args: &T) -> Result<(), SendError> {
        self.emitter().emit(event, args)
    }

    /// Sends an event, or tells by what number the room is known that there was not enough of, where more of it will
    /// come.
    pub(super) fn emit_or_wait<T: Serialize + ?Sized>(
        &self,
        event: &str,
        args: &T,
    ) -> ControlFlow<Result<(), SendError>, u64> {
        let seen = self.core.shared().room.look(|room| *room);
        match self.emit(event, args) {
            Err(SendError::Full) if self.is_connected() => ControlFlow::Continue(seen),
            other => ControlFlow::Break(other),
        }
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
        match self.volatile().emit(event, args) {
            Err(SendError::Full | SendError::Closed) => Ok(()),
            other => other,
        }
    }

    /// Sends an event with arguments passed through as they came.
    ///
    /// # Errors
    /// As those of [`emit`](Self::emit).
    pub fn relay(&self, event: &str, args: &Args) -> Result<(), SendError> {
        self.emitter().relay(event, args)
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
        self.emitter().wait(timeout).emit_with_ack_args(event, args)
    }

    /// As [`emit_with_ack_args`](Self::emit_with_ack_args), with arguments passed through as they came.
    pub fn relay_with_ack(&self, event: &str, args: &Args, timeout: Option<Duration>) -> Answer {
        self.emitter().wait(timeout).relay_with_ack(event, args)
    }

    /// How many events wait: for a connection or, with [`retries`](ClientBuilder::retries), for their
    /// acknowledgement.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.core
            .shared()
            .lock()
            .machine
            .waiting(self.core.inner.key)
    }

    /// What it receives from now on, as a stream: beside its handlers, or in their place.
    #[must_use]
    pub fn events(&self) -> Events<K> {
        Events::open(&self.core)
    }

    /// Calls `handler` for each event of this name.
    pub fn on<M: 'static>(&self, event: impl Into<String>, handler: impl Handler<M>) -> &Self
    where
        K: Runs<M>,
    {
        self.core.inner.handlers.on(&event.into(), handler, false);
        self
    }

    /// Calls `handler` for the next event of this name, and then no more.
    pub fn once<M: 'static>(&self, event: impl Into<String>, handler: impl Handler<M>) -> &Self
    where
        K: Runs<M>,
    {
        self.core.inner.handlers.on(&event.into(), handler, true);
        self
    }

    /// Forgets the handlers of an event.
    pub fn off(&self, event: &str) -> &Self {
        self.core.inner.handlers.off(event);
        self
    }

    /// Calls `handler` for every event, before its other handlers.
    pub fn on_any<M: 'static>(&self, handler: impl Handler<M>) -> &Self
    where
        K: Runs<M>,
    {
        self.core.inner.handlers.add(Occasion::Any, handler);
        self
    }

    /// As [`on_any`](Self::on_any), before those that are there.
    pub fn prepend_any<M: 'static>(&self, handler: impl Handler<M>) -> &Self
    where
        K: Runs<M>,
    {
        self.core.inner.handlers.prepend(Occasion::Any, handler);
        self
    }

    /// Forgets the handlers of every event.
    pub fn off_any(&self) -> &Self {
        self.core.inner.handlers.clear(Occasion::Any);
        self
    }

    /// Calls `watcher` for every event that is emitted, also one that has to wait.
    pub fn on_any_outgoing(
        &self,
        watcher: impl Fn(&Outgoing<'_>) + Send + Sync + 'static,
    ) -> &Self {
        self.core.inner.handlers.watch(watcher);
        self
    }

    /// As [`on_any_outgoing`](Self::on_any_outgoing), before those that are there.
    pub fn prepend_any_outgoing(
        &self,
        watcher: impl Fn(&Outgoing<'_>) + Send + Sync + 'static,
    ) -> &Self {
        self.core.inner.handlers.watch_first(watcher);
        self
    }

    /// Forgets those who watch what is emitted.
    pub fn off_any_outgoing(&self) -> &Self {
        self.core.inner.handlers.clear_watchers();
        self
    }

    /// Calls `handler` each time it has connected. Its events come behind that, those that it missed
    /// included.
    pub fn on_connect<M: 'static>(&self, handler: impl Handler<M>) -> &Self
    where
        K: Runs<M>,
    {
        self.core.inner.handlers.add(Occasion::Connect, handler);
        self
    }

    /// Calls `handler`, which may take a [`ConnectError`](crate::ConnectError), each time it could not connect.
    pub fn on_connect_error<M: 'static>(&self, handler: impl Handler<M>) -> &Self
    where
        K: Runs<M>,
    {
        self.core
            .inner
            .handlers
            .add(Occasion::ConnectError, handler);
        self
    }

    /// Calls `handler`, which may take a [`DisconnectReason`](crate::DisconnectReason) and
    /// [`CloseDetails`](crate::CloseDetails), each time it was disconnected.
    pub fn on_disconnect<M: 'static>(&self, handler: impl Handler<M>) -> &Self
    where
        K: Runs<M>,
    {
        self.core.inner.handlers.add(Occasion::Disconnect, handler);
        self
    }
}

impl<K> fmt::Debug for Client<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("namespace", &self.core.inner.nsp)
            .finish_non_exhaustive()
    }
}
