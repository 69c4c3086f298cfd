//! A namespace: its handlers, its sockets, and what can be said to all of them.

mod claims;
mod dynamic;
mod enter;
mod pattern;
mod rooms;
mod server_side;

pub(crate) use claims::{Claim, Claims};
pub(crate) use dynamic::{Dynamic, Names, Stay, Visitors};
pub(crate) use enter::refusal;
pub(crate) use pattern::Pattern;
pub(crate) use rooms::Members;
pub use rooms::RoomEvent;
pub use server_side::ServerSideError;

use crate::{
    Adapter, AdapterError, AdapterFactory, Args, BroadcastError, InMemory, Local, Outgoing,
    Recovery, RemoteSocket, SendError, Socket,
    builder::WhenFull,
    error::HandlerError,
    handler::Handler,
    handlers::{Chain, Handlers, List, Occasion, Watchers, join},
    metrics::Counts,
    operator::Broadcast,
    state::States,
    tasks::Tasks,
};
use rooms::RoomWatchers;
use serde::Serialize;
use server_side::ServerSide;
use siox_socketio::{FIRST_BROADCAST_ACK, Rooms};
use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
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
    pub(crate) adapter: Arc<dyn Adapter>,
    /// What the adapter says of that.
    pub(crate) recovers: bool,
    /// Whose handlers count here too: the dynamic namespace that this is one of.
    parent: Option<Arc<Inner>>,
    handlers: Handlers,
    server_side: ServerSide,
    room_watchers: RoomWatchers,
    /// Who is here. A broadcast holds this lock while it queues, so that a socket that has left gets
    /// nothing more and one that has joined misses nothing. Lock order: this, then one session.
    members: Mutex<Rooms<Socket>>,
    acks: AtomicU64,
    pub(crate) claims: Arc<Claims>,
    visitors: Visitors,
}

/// What all namespaces of a server have in common.
pub(crate) struct Shared {
    pub(crate) states: States,
    pub(crate) recovery: Option<Recovery>,
    pub(crate) adapter: Option<Box<AdapterFactory>>,
    /// What may wait for one client, in bytes.
    pub(crate) high_water: usize,
    pub(crate) when_full: WhenFull,
    /// How packets are written.
    pub(crate) packets: Arc<siox_socketio::Config>,
    pub(crate) counts: Counts,
    pub(crate) tasks: Tasks,
    hook: RwLock<Arc<Hook>>,
}

type Hook = dyn Fn(HandlerError) + Send + Sync;

impl Shared {
    pub(crate) fn new(
        states: States,
        recovery: Option<Recovery>,
        adapter: Option<Box<AdapterFactory>>,
        (high_water, when_full): (usize, WhenFull),
        packets: Arc<siox_socketio::Config>,
    ) -> Self {
        let hook: Arc<Hook> = Arc::new(|e: HandlerError| {
            let _entered = e.socket.span().enter();
            tracing::warn!(error = %e, "handler");
        });
        Self {
            states,
            recovery,
            adapter,
            high_water,
            when_full,
            packets,
            counts: Counts::default(),
            tasks: Tasks::default(),
            hook: RwLock::new(hook),
        }
    }

    fn adapter_for(&self, local: Local) -> Arc<dyn Adapter> {
        match &self.adapter {
            Some(make) => make(local),
            None => Arc::new(InMemory::new(local, self.recovery.as_ref())),
        }
    }

    /// How long a client that comes back waits for its former connection to end.
    pub(crate) fn overlap(&self) -> Duration {
        let recovery = self.recovery.as_ref();
        recovery.map_or(Recovery::OVERLAP, |r| r.overlap)
    }

    pub(crate) fn set_hook(&self, hook: impl Fn(HandlerError) + Send + Sync + 'static) {
        *self.hook.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(hook);
    }

    /// A hook that panics must not take the connection's task with it.
    pub(crate) fn report(&self, error: HandlerError) {
        self.counts.failed(&error.fault);
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
    pub(crate) fn new(
        name: &str,
        shared: Arc<Shared>,
        parent: Option<Arc<Inner>>,
        visitors: Visitors,
    ) -> Self {
        Self(Arc::new_cyclic(|own| {
            let adapter = shared.adapter_for(Local::new(name, own.clone()));
            Inner {
                parent,
                visitors,
                ..Inner::new(name, shared, adapter)
            }
        }))
    }

    /// Its name, `/` or `/something`; that of a dynamic namespace is its pattern.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Calls `handler` for each event of this name.
    pub fn on<M: 'static>(&self, event: impl Into<String>, handler: impl Handler<M>) -> &Self {
        self.0.handlers.on(&event.into(), handler, false);
        self
    }

    /// Calls `handler` for the next event of this name, of any socket, and then no more.
    pub fn once<M: 'static>(&self, event: impl Into<String>, handler: impl Handler<M>) -> &Self {
        self.0.handlers.on(&event.into(), handler, true);
        self
    }

    /// Forgets all handlers of this event.
    pub fn off(&self, event: &str) -> &Self {
        self.0.handlers.off(event);
        self
    }

    /// Calls `handler` for every event, before its own handlers and the packet middleware. It may ask
    /// for the [`EventName`](crate::EventName).
    pub fn on_any<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.0.handlers.add(Occasion::Any, handler);
        self
    }

    /// As [`on_any`](Self::on_any), before those there are.
    pub fn prepend_any<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.0.handlers.prepend(Occasion::Any, handler);
        self
    }

    /// Forgets the handlers of every event.
    pub fn off_any(&self) -> &Self {
        self.0.handlers.clear(Occasion::Any);
        self
    }

    /// Calls `watcher` for every event that is about to be queued for a socket. It runs where the event
    /// is emitted, while others wait: it must be quick, and must not emit, join or leave.
    pub fn on_any_outgoing(
        &self,
        watcher: impl Fn(&Outgoing<'_>) + Send + Sync + 'static,
    ) -> &Self {
        self.0.handlers.watch(watcher);
        self
    }

    /// As [`on_any_outgoing`](Self::on_any_outgoing), before those there are.
    pub fn prepend_any_outgoing(
        &self,
        watcher: impl Fn(&Outgoing<'_>) + Send + Sync + 'static,
    ) -> &Self {
        self.0.handlers.watch_first(watcher);
        self
    }

    /// Forgets those who watch what leaves.
    pub fn off_any_outgoing(&self) -> &Self {
        self.0.handlers.clear_watchers();
        self
    }

    /// Asks `handler` before an event of a client is handled. With an error the event goes no further,
    /// and the error hook is told ([`Fault::Refused`](crate::Fault::Refused)). An event whose middleware
    /// is pending does not hold up the next.
    pub fn packet_middleware<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.0.handlers.add(Occasion::Packet, handler);
        self
    }

    /// Calls `handler` for each client that has connected, after its CONNECT has been answered; the
    /// client's events wait until it has returned.
    pub fn on_connect<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.0.handlers.add(Occasion::Connect, handler);
        self
    }

    /// Calls `handler` for each client that is going: as [`on_disconnect`](Self::on_disconnect), but
    /// until its first pause it finds the rooms that the socket was in ([`Socket::rooms`]).
    pub fn on_disconnecting<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.0.handlers.add(Occasion::Disconnecting, handler);
        self
    }

    /// Calls `handler` for each client that has gone; it may ask for the
    /// [`DisconnectReason`](crate::DisconnectReason).
    pub fn on_disconnect<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.0.handlers.add(Occasion::Disconnect, handler);
        self
    }

    /// Asks `handler` before a client is let in. An error refuses the client: a
    /// [`ConnectError`](crate::ConnectError) with its message and data, any other with its text.
    pub fn middleware<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.0.handlers.add(Occasion::Enter, handler);
        self
    }

    /// Calls `watcher` when a room comes or goes and when a socket joins or leaves one.
    pub fn on_room_event(&self, watcher: impl Fn(&RoomEvent<'_>) + Send + Sync + 'static) -> &Self {
        self.0.room_watchers.add(watcher);
        self
    }

    fn all(&self) -> Broadcast {
        Broadcast::new(self.0.clone())
    }

    /// Sends an event to every socket here.
    ///
    /// # Errors
    /// As [`SendError`] says of the event itself; a receiver that cannot take it is none.
    pub fn emit<T: Serialize + ?Sized>(&self, event: &str, args: &T) -> Result<(), SendError> {
        self.all().emit(event, args)
    }

    /// Sends an event to every socket here, and gathers their acknowledgements
    /// ([`Broadcast::emit_with_ack`]).
    pub fn emit_with_ack<T: Serialize + ?Sized>(
        &self,
        event: &str,
        args: &T,
        timeout: Duration,
    ) -> impl Future<Output = Result<Vec<Args>, BroadcastError>> + Send + use<T> {
        self.all().emit_with_ack(event, args, timeout)
    }

    /// The members of `room`; more rooms can be added.
    pub fn to(&self, room: impl Into<String>) -> Broadcast {
        self.all().to(room)
    }

    /// As [`to`](Self::to); the reference's `in`.
    pub fn within(&self, room: impl Into<String>) -> Broadcast {
        self.to(room)
    }

    /// Everyone but the members of `room`.
    pub fn except(&self, room: impl Into<String>) -> Broadcast {
        self.all().except(room)
    }

    /// Everyone for whom nothing waits.
    pub fn volatile(&self) -> Broadcast {
        self.all().volatile()
    }

    /// Everyone, with or without compression.
    pub fn compress(&self, wanted: bool) -> Broadcast {
        self.all().compress(wanted)
    }

    /// Everyone on this node.
    pub fn local(&self) -> Broadcast {
        self.all().local()
    }

    /// The sockets that are here now on this node, in the order of their arrival.
    #[must_use]
    pub fn sockets(&self) -> Vec<Socket> {
        self.0.members().select(&[], &[]).cloned().collect()
    }

    /// The socket of this id, if it is here now on this node.
    #[must_use]
    pub fn socket(&self, id: &str) -> Option<Socket> {
        let members = self.0.members();
        let mut own = members.select(&[id], &[]);
        own.find(|socket| socket.id() == id).cloned()
    }

    /// The rooms of this node that have members, ordered by name.
    #[must_use]
    pub fn rooms(&self) -> Vec<String> {
        self.0.members().rooms().map(str::to_owned).collect()
    }

    /// All sockets, on all nodes.
    ///
    /// # Errors
    /// [`AdapterError`] when other nodes cannot be asked.
    pub async fn fetch_sockets(&self) -> Result<Vec<RemoteSocket>, AdapterError> {
        self.all().fetch_sockets().await
    }

    /// Makes all sockets join a room.
    ///
    /// # Errors
    /// [`AdapterError`] when other nodes cannot be told.
    pub fn sockets_join(&self, room: impl Into<String>) -> Result<(), AdapterError> {
        self.all().sockets_join(room)
    }

    /// Makes all sockets leave a room.
    ///
    /// # Errors
    /// [`AdapterError`] when other nodes cannot be told.
    pub fn sockets_leave(&self, room: impl Into<String>) -> Result<(), AdapterError> {
        self.all().sockets_leave(room)
    }

    /// Takes all sockets out of the namespace, or closes their whole connections.
    ///
    /// # Errors
    /// [`AdapterError`] when other nodes cannot be told.
    pub fn disconnect_sockets(&self, close: bool) -> Result<(), AdapterError> {
        self.all().disconnect_sockets(close)
    }
}

impl Inner {
    fn new(name: &str, shared: Arc<Shared>, adapter: Arc<dyn Adapter>) -> Self {
        Self {
            name: name.into(),
            recovers: adapter.recovers(),
            adapter,
            shared,
            parent: None,
            handlers: Handlers::default(),
            server_side: ServerSide::default(),
            room_watchers: RoomWatchers::default(),
            members: Mutex::default(),
            acks: AtomicU64::new(FIRST_BROADCAST_ACK),
            claims: Arc::default(),
            visitors: Visitors::default(),
        }
    }

    /// Whether it is one of a dynamic namespace's.
    #[inline]
    pub(crate) fn has_parent(&self) -> bool {
        self.parent.is_some()
    }

    /// The handlers of its family, then its own.
    pub(crate) fn chain(&self, event: &str) -> Option<Arc<Chain>> {
        let own = self.handlers.chain(event);
        match &self.parent {
            Some(parent) => Chain::both(parent.handlers.chain(event), own),
            None => own,
        }
    }

    pub(crate) fn handlers_at(&self, occasion: Occasion) -> List {
        let own = self.handlers.at(occasion);
        match &self.parent {
            Some(parent) => join(parent.handlers.at(occasion), own),
            None => own,
        }
    }

    pub(crate) fn watchers(&self) -> Option<Watchers> {
        let own = self.handlers.watchers();
        match self.parent.as_ref().and_then(|p| p.handlers.watchers()) {
            Some(parents) => Some(join(parents, own.unwrap_or_default())),
            None => own,
        }
    }

    /// Whether anybody may watch what leaves.
    pub(crate) fn is_watched(&self) -> bool {
        let parents = self.parent.as_ref().map(|p| &p.handlers);
        self.handlers.is_watched() || parents.is_some_and(Handlers::is_watched)
    }

    pub(crate) fn drop_spent(&self, event: &str) {
        if let Some(parent) = &self.parent {
            parent.handlers.drop_spent(event);
        }
        self.handlers.drop_spent(event);
    }

    /// The next id for an acknowledgement of many.
    pub(crate) fn next_ack(&self) -> u64 {
        self.acks.fetch_add(1, Ordering::Relaxed)
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Namespace").field(&self.0.name).finish()
    }
}
