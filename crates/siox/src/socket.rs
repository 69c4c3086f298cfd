//! One client in one namespace.

use crate::{
    Args, Namespace, SendError,
    app::Io,
    awaited::{Answer, Reply, TypedAnswer},
    error::{Fault, HandlerError},
    handler::Erased,
    inbox::{Inbox, Item},
    namespace::Inner as Nsp,
    operator::Broadcast,
    state::States,
};
use serde::{Serialize, de::DeserializeOwned};
use siox_socketio::{DisconnectReason, Encoded, RoomError, Slot};
use siox_tokio::Conn;
use siox_wire::{Admit, Shared};
use std::{
    cmp::Ordering,
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{self, AtomicBool},
    },
    time::Duration,
};
use tokio::{runtime::Handle, sync::oneshot};

/// One client in one namespace. Cheap to clone; a clone kept after the client has gone is harmless.
#[derive(Clone)]
pub struct Socket(Arc<Inner>);

struct Inner {
    /// Unique among the sockets of a server, in the order of arrival.
    number: u64,
    id: Box<str>,
    conn: Arc<Conn<Io>>,
    slot: Slot,
    nsp: Arc<Nsp>,
    auth: Box<str>,
    connected: AtomicBool,
    inbox: Mutex<Inbox>,
    acks: Mutex<BTreeMap<u64, oneshot::Sender<Reply>>>,
}

impl Socket {
    pub(crate) fn new(
        number: u64,
        id: String,
        conn: Arc<Conn<Io>>,
        slot: Slot,
        nsp: Arc<Nsp>,
        auth: Option<&str>,
    ) -> Self {
        Self(Arc::new(Inner {
            number,
            id: id.into(),
            conn,
            slot,
            nsp,
            auth: auth.unwrap_or("{}").into(),
            connected: AtomicBool::new(false),
            inbox: Mutex::default(),
            acks: Mutex::default(),
        }))
    }

    /// The id that the client knows as `socket.id`. Every socket is a member of the room of this name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The namespace it is in.
    #[must_use]
    pub fn namespace(&self) -> Namespace {
        Namespace(self.0.nsp.clone())
    }

    /// The payload of CONNECT as JSON, `{}` when there was none.
    #[must_use]
    pub fn auth(&self) -> &str {
        &self.0.auth
    }

    /// The request that opened the connection.
    #[must_use]
    pub fn handshake(&self) -> &crate::Handshake {
        &self.0.conn.data().handshake
    }

    /// Whether the client is connected to the namespace.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.0.connected.load(atomic::Ordering::Acquire)
    }

    /// Sends an event with one argument or, given a tuple, several; `&()` sends none. Order of calls is
    /// order on the wire.
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was sent.
    pub fn emit<T: Serialize + ?Sized>(&self, event: &str, args: &T) -> Result<(), SendError> {
        self.put(event, args, Admit::Normal)
    }

    /// Sends an event unless something waits already: better lost than late.
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was sent.
    pub fn emit_volatile<T: Serialize + ?Sized>(
        &self,
        event: &str,
        args: &T,
    ) -> Result<(), SendError> {
        self.put(event, args, Admit::Volatile)
    }

    /// Sends an event with arguments passed through as they came.
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was sent.
    pub fn relay(&self, event: &str, args: &Args) -> Result<(), SendError> {
        let event = Encoded::relay_event(event, &args.0)?;
        self.0
            .conn
            .with(|m| m.emit(self.0.slot, &event, Admit::Normal))
    }

    fn put<T: Serialize + ?Sized>(
        &self,
        event: &str,
        args: &T,
        kind: Admit,
    ) -> Result<(), SendError> {
        let event = Encoded::event(event, args)?;
        self.0.conn.with(|m| m.emit(self.0.slot, &event, kind))
    }

    /// Sends an event and waits for the client's acknowledgement, decoded like the arguments of an event
    /// (a tuple takes several). `timeout` of `None` waits until the socket is disconnected. The event is
    /// sent before this returns; dropping the future does not take it back.
    pub fn emit_with_ack<R: DeserializeOwned>(
        &self,
        event: &str,
        args: &(impl Serialize + ?Sized),
        timeout: Option<Duration>,
    ) -> TypedAnswer<R> {
        self.emit_with_ack_args(event, args, timeout).typed()
    }

    /// As [`emit_with_ack`](Self::emit_with_ack), with the client's answer as it came.
    pub fn emit_with_ack_args(
        &self,
        event: &str,
        args: &(impl Serialize + ?Sized),
        timeout: Option<Duration>,
    ) -> Answer {
        let event = Encoded::event(event, args);
        Answer::new(event.and_then(|event| self.ask(&event, timeout)))
    }

    /// As [`emit_with_ack_args`](Self::emit_with_ack_args), with arguments passed through as they came.
    pub fn relay_with_ack(&self, event: &str, args: &Args, timeout: Option<Duration>) -> Answer {
        let event = Encoded::relay_event(event, &args.0);
        Answer::new(event.and_then(|event| self.ask(&event, timeout)))
    }

    fn ask(
        &self,
        event: &Encoded,
        timeout: Option<Duration>,
    ) -> Result<oneshot::Receiver<Reply>, SendError> {
        let deadline = timeout.map(|t| siox_tokio::now().after(t));
        let (sender, receiver) = oneshot::channel();
        self.0.conn.with(|m| {
            let id = m.emit_with_ack(self.0.slot, event, deadline)?;
            // Entered before the session is unlocked, so the answer cannot come first.
            self.acks().insert(id, sender);
            Ok(receiver)
        })
    }

    /// Joins a room. A socket that is no longer connected joins nothing.
    ///
    /// # Errors
    /// [`RoomError`] when the socket is in as many rooms as it may be.
    pub fn join(&self, room: &str) -> Result<(), RoomError> {
        self.0.nsp.join(self, room)
    }

    /// Leaves a room.
    pub fn leave(&self, room: &str) {
        self.0.nsp.leave(self, room);
    }

    /// The rooms it is in, ordered by name, the one of its own id included.
    #[must_use]
    pub fn rooms(&self) -> Vec<String> {
        self.0.nsp.rooms_of(self)
    }

    /// Everyone in `room` but this socket; more rooms can be added.
    pub fn to(&self, room: impl Into<String>) -> Broadcast {
        self.broadcast().to(room)
    }

    /// Everyone in the namespace but this socket and the members of `room`.
    pub fn except(&self, room: impl Into<String>) -> Broadcast {
        self.broadcast().except(room)
    }

    /// Everyone in the namespace but this socket.
    pub fn broadcast(&self) -> Broadcast {
        Broadcast::new(self.0.nsp.clone()).skip(self.0.number)
    }

    /// Takes the client out of the namespace and tells it. Its other namespaces live on.
    pub fn disconnect(&self) {
        self.leave_namespace(DisconnectReason::ServerNamespaceDisconnect);
    }

    /// Closes the whole connection, for all namespaces of this client.
    pub fn close(&self) {
        self.0.conn.close(siox_engineio::CloseReason::ForcedClose);
    }
}

/// What the rest of the crate does with a socket.
impl Socket {
    pub(crate) fn slot(&self) -> Slot {
        self.0.slot
    }

    pub(crate) fn number(&self) -> u64 {
        self.0.number
    }

    pub(crate) fn conn(&self) -> &Arc<Conn<Io>> {
        &self.0.conn
    }

    pub(crate) fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.0.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.0.conn.data().runtime
    }

    pub(crate) fn states(&self) -> &States {
        &self.0.nsp.shared.states
    }

    pub(crate) fn nsp(&self) -> &Arc<Nsp> {
        &self.0.nsp
    }

    pub(crate) fn handlers_of(&self, event: &str) -> Arc<[Arc<Erased>]> {
        self.0.nsp.handlers_of(event)
    }

    pub(crate) fn disconnect_handlers(&self) -> Arc<[Arc<Erased>]> {
        self.0.nsp.disconnect_handlers()
    }

    pub(crate) fn tell_stall(&self, changed: Option<bool>) {
        if let Some(stalled) = changed {
            self.0.conn.data().gate.set(stalled);
        }
    }

    pub(crate) fn report(&self, event: &str, fault: Fault) {
        self.0.nsp.shared.report(HandlerError {
            socket: self.clone(),
            event: event.to_owned(),
            fault,
        });
    }

    fn acks(&self) -> MutexGuard<'_, BTreeMap<u64, oneshot::Sender<Reply>>> {
        self.0.acks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn acknowledged(&self, id: u64, reply: Reply) {
        let waiting = self.acks().remove(&id);
        if let Some(waiting) = waiting {
            // Nobody may be waiting any more; then the reply is for nobody.
            let _ = waiting.send(reply);
        }
    }

    pub(crate) fn acknowledge(&self, id: u64, args: &Encoded) -> Result<(), SendError> {
        self.0.conn.with(|m| m.ack(self.0.slot, id, args))
    }

    pub(crate) fn deliver(&self, group: &Arc<Shared>, kind: Admit) -> Result<(), SendError> {
        self.0.conn.with(|m| m.broadcast(self.0.slot, group, kind))
    }

    /// The CONNECT has been answered.
    pub(crate) fn connected(&self) {
        self.0.connected.store(true, atomic::Ordering::Release);
    }

    /// The server ends it.
    pub(crate) fn leave_namespace(&self, reason: DisconnectReason) {
        // Refused only when the client has left already, which is what is wanted.
        let _ = self.0.conn.with(|m| m.disconnect(self.0.slot));
        if self.forget() {
            self.receive_later(Item::Disconnected(reason));
        }
    }

    /// The client, or the connection, ended it.
    pub(crate) fn gone(&self, reason: DisconnectReason) {
        if self.forget() {
            self.receive(Item::Disconnected(reason));
        }
    }

    /// Takes it out of everything it is in. Whether it was connected until now.
    fn forget(&self) -> bool {
        let was = self.0.connected.swap(false, atomic::Ordering::AcqRel);
        self.0.conn.data().remove(self.0.slot);
        self.0.nsp.remove(self);
        self.acks().clear();
        was
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("id", &self.0.id)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Socket {
    fn eq(&self, other: &Self) -> bool {
        self.0.number == other.0.number
    }
}

impl Eq for Socket {}

impl PartialOrd for Socket {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Socket {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.number.cmp(&other.0.number)
    }
}
