//! What the rest of the crate does with a socket.

use super::{Socket, asker::Asker};
use crate::{
    ArgsRef, SendError,
    adapter::{Emit, Restored, SavedSession},
    app::Io,
    awaited::{Reply, Waiting, awaited},
    builder::WhenFull,
    data::Stored,
    error::{Fault, HandlerError},
    handlers::{Handlers, Occasion},
    inbox::{Inbox, Item},
    metrics::{Count, Counts},
    namespace::{Claim, Inner as Nsp, Stay},
    selection::Selection,
    state::States,
};
use siox_engineio::CloseReason;
use siox_socketio::{DisconnectReason, Encoded, Revision, Slot};
use siox_tokio::{Conn, Together};
use siox_wire::{Admit, Instant, Shared};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::runtime::Handle;
use tracing::Span;

pub(super) struct Inner {
    /// Unique among the sockets of a server, in the order of arrival.
    pub(super) number: u64,
    pub(super) id: Arc<str>,
    pub(super) conn: Arc<Conn<Io>>,
    slot: Slot,
    pub(super) nsp: Arc<Nsp>,
    /// None where it has sent none.
    pub(super) auth: Option<Box<str>>,
    pub(super) connected: AtomicBool,
    pub(super) recovered: bool,
    pub(super) revision: Revision,
    inbox: Mutex<Inbox>,
    acks: Mutex<BTreeMap<u64, Asker>>,
    /// Given up when the socket is forgotten, however long clones of it are kept.
    stay: Mutex<Option<Stay>>,
    /// What happens to it is told within.
    span: Span,
    extra: OnceLock<Box<Extra>>,
}

/// What few sockets have.
#[derive(Default)]
pub(crate) struct Extra {
    pub(super) handlers: Handlers,
    data: Mutex<Option<Stored>>,
    recovery: OnceLock<Recoverable>,
    /// The request with what this socket's CONNECT has added to it.
    handshake: OnceLock<Arc<crate::Handshake>>,
    /// The rooms that it was in, while `disconnecting` is told.
    left: Mutex<Option<Vec<Arc<str>>>>,
}

/// What its client may come back by.
#[derive(Debug)]
struct Recoverable {
    /// The private id.
    pid: Arc<str>,
    /// Given up when the session has been saved.
    claim: Mutex<Option<Claim>>,
    /// The offset it began at.
    since: OnceLock<Box<str>>,
}

impl Extra {
    pub(super) fn set(&self, data: Stored) {
        *self.data.lock().unwrap_or_else(PoisonError::into_inner) = Some(data);
    }

    fn left(&self) -> MutexGuard<'_, Option<Vec<Arc<str>>>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client at the door of a namespace.
pub(crate) struct Arrival {
    pub(crate) number: u64,
    pub(crate) id: String,
    pub(crate) revision: Revision,
    pub(crate) conn: Arc<Conn<Io>>,
    pub(crate) slot: Slot,
    pub(crate) auth: Option<Box<str>>,
    /// Where it is not the connection's.
    pub(crate) handshake: Option<Arc<crate::Handshake>>,
}

impl Arrival {
    /// The payload of its CONNECT.
    pub(crate) fn auth(&self) -> &str {
        told_auth(self.auth.as_deref())
    }
}

/// The payload of a CONNECT as it is told where there was none.
pub(super) fn told_auth(auth: Option<&str>) -> &str {
    auth.unwrap_or("{}")
}

impl Socket {
    /// `claim` is to its private id, where sessions can be recovered.
    pub(crate) fn new(
        arrival: Arrival,
        stay: Stay,
        claim: Option<Claim>,
        back: Option<&Restored>,
    ) -> Self {
        let session = back.map(|b| &b.session);
        let id: Arc<str> = session.map_or_else(|| arrival.id.into(), |s| s.sid.as_ref().into());
        let span = span(
            &told_as(&id, arrival.revision, arrival.number),
            &stay,
            &arrival.conn,
        );
        let socket = Self(Arc::new(Inner {
            number: arrival.number,
            id,
            conn: arrival.conn,
            slot: arrival.slot,
            nsp: stay.nsp().0.clone(),
            auth: arrival.auth,
            connected: AtomicBool::new(false),
            recovered: session.is_some(),
            revision: arrival.revision,
            inbox: Mutex::default(),
            acks: Mutex::default(),
            stay: Mutex::new(Some(stay)),
            span,
            extra: OnceLock::new(),
        }));
        if let Some(handshake) = arrival.handshake {
            // Nobody else has it yet.
            let _ = socket.extra().handshake.set(handshake);
        }
        if let Some(claim) = claim {
            // Nobody else has it yet.
            let _ = socket.extra().recovery.set(Recoverable {
                pid: claim.pid().clone(),
                claim: Mutex::new(Some(claim)),
                since: OnceLock::new(),
            });
        }
        if let Some(data) = session.and_then(|s| s.data.clone()) {
            socket.extra().set(data);
        }
        socket
    }

    pub(crate) fn span(&self) -> &Span {
        &self.0.span
    }

    fn counts(&self) -> &Counts {
        &self.0.nsp.shared.counts
    }

    pub(crate) fn extra(&self) -> &Extra {
        self.0.extra.get_or_init(Box::default)
    }

    pub(super) fn extra_if_any(&self) -> Option<&Extra> {
        self.0.extra.get().map(|e| &**e)
    }

    pub(crate) fn stored(&self) -> Option<Stored> {
        let data = &self.extra_if_any()?.data;
        data.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn recoverable(&self) -> Option<&Recoverable> {
        self.extra_if_any()?.recovery.get()
    }

    /// The private id by which its client may come back.
    pub(crate) fn pid(&self) -> Option<&str> {
        Some(&self.recoverable()?.pid)
    }

    pub(crate) fn shared_handshake(&self) -> Arc<crate::Handshake> {
        self.own_handshake().clone()
    }

    pub(super) fn own_handshake(&self) -> &Arc<crate::Handshake> {
        let own = self.extra_if_any().and_then(|e| e.handshake.get());
        own.unwrap_or(&self.0.conn.data().handshake)
    }

    /// What logs call it.
    pub(crate) fn told_as(&self) -> Cow<'_, str> {
        told_as(&self.0.id, self.0.revision, self.0.number)
    }

    /// The room of its own id.
    pub(crate) fn own_room(&self) -> &Arc<str> {
        &self.0.id
    }

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

    fn acks(&self) -> MutexGuard<'_, BTreeMap<u64, Asker>> {
        self.0.acks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn acknowledged(&self, id: u64, reply: Reply) {
        let waiting = self.acks().remove(&id);
        if let Some(waiting) = waiting {
            waiting.tell(reply);
        }
    }

    pub(crate) fn acknowledge(&self, id: u64, args: &Encoded) -> Result<(), SendError> {
        let sent = self.0.conn.with(|m| m.ack(self.0.slot, id, args));
        self.counts().add(Count::AckOut, sent.is_ok().into());
        sent
    }

    /// Answers with arguments as they came.
    pub(crate) fn acknowledge_with(&self, id: u64, args: ArgsRef<'_>) -> Result<(), SendError> {
        let sent = self.0.conn.with(|m| m.ack_relay(self.0.slot, id, args.0));
        self.counts().add(Count::AckOut, sent.is_ok().into());
        sent
    }

    pub(crate) fn deliver(
        &self,
        group: &Arc<Shared>,
        kind: Admit,
        together: &mut Together<Io>,
    ) -> Result<(), SendError> {
        let slot = self.0.slot;
        together.with(&self.0.conn, |m| m.broadcast(slot, group, kind))
    }

    /// An event for this socket alone, by way of the log where there is one.
    pub(super) fn send(
        &self,
        event: &str,
        encoded: &Encoded,
        kind: Admit,
    ) -> Result<(), SendError> {
        if self.0.revision == Revision::V4 || !self.0.nsp.recovers {
            return self.put(event, encoded, kind);
        }
        let selection = Selection::new(vec![self.0.id.to_string()], Vec::new());
        self.0.nsp.adapter.emit(Emit {
            volatile: kind == Admit::Volatile,
            direct: true,
            ..Emit::new(event, encoded, &selection)
        })
    }

    /// An event with arguments as they came; encoded only where somebody looks at it on its way.
    pub(super) fn pass_on(
        &self,
        event: &str,
        args: ArgsRef<'_>,
        kind: Admit,
        compress: bool,
    ) -> Result<(), SendError> {
        if self.0.nsp.recovers || self.is_watched() {
            let encoded = Encoded::relay_event(event, args.0)?.compressed(compress);
            return self.send(event, &encoded, kind);
        }
        let slot = self.0.slot;
        let put = self
            .0
            .conn
            .with(|m| m.relay(slot, event, args.0, kind, compress));
        self.put_or(put, kind)
    }

    /// Queues an event.
    pub(crate) fn put(&self, event: &str, encoded: &Encoded, kind: Admit) -> Result<(), SendError> {
        self.tell_watchers(self.0.nsp.watchers().as_ref(), event, encoded);
        let put = self.0.conn.with(|m| m.emit(self.0.slot, encoded, kind));
        self.put_or(put, kind)
    }

    /// What becomes of an event that was put.
    #[inline]
    fn put_or(&self, put: Result<(), SendError>, kind: Admit) -> Result<(), SendError> {
        match put {
            Ok(()) => {
                self.counts().one(Count::EventOut);
                Ok(())
            }
            Err(error) => self.not_put(error, kind),
        }
    }

    /// What becomes of one for which there was no room.
    #[cold]
    fn not_put(&self, error: SendError, kind: Admit) -> Result<(), SendError> {
        if error == SendError::Full && kind != Admit::Volatile {
            self.counts().one(Count::Full);
        }
        match (error, self.0.nsp.shared.when_full) {
            (SendError::Full, WhenFull::Drop) => Ok(()),
            (SendError::Full, WhenFull::Disconnect) if kind != Admit::Volatile => {
                self.0.conn.close(CloseReason::SlowConsumer);
                Err(SendError::Closed)
            }
            (error, WhenFull::Refuse | WhenFull::Drop | WhenFull::Disconnect) => Err(error),
        }
    }

    pub(super) fn ask(
        &self,
        event: &str,
        encoded: &Encoded,
        timeout: Option<Duration>,
    ) -> Result<Waiting, SendError> {
        self.tell_watchers(self.0.nsp.watchers().as_ref(), event, encoded);
        let deadline = timeout.map(|t| siox_tokio::now().after(t));
        let (waiter, waiting) = awaited();
        self.0.conn.with(|m| {
            let id = m.emit_with_ack(self.0.slot, encoded, deadline)?;
            self.counts().one(Count::EventOut);
            // Entered before the session is unlocked, so the answer cannot come first.
            self.acks().insert(id, Asker::One(waiter));
            Ok(waiting)
        })
    }

    /// Sends a packet that asks many for an acknowledgement of the same id.
    pub(crate) fn ask_in_group(
        &self,
        group: &Arc<Shared>,
        id: u64,
        deadline: Instant,
        waiter: Asker,
    ) -> Result<(), SendError> {
        self.0.conn.with(|m| {
            m.broadcast_with_ack(self.0.slot, group, id, Some(deadline))?;
            self.acks().insert(id, waiter);
            Ok(())
        })
    }

    /// The CONNECT has been answered, at this offset of the log.
    pub(crate) fn connected(&self, offset: Box<str>) {
        if let Some(recoverable) = self.recoverable() {
            let _ = recoverable.since.set(offset);
        }
        self.0.connected.store(true, Ordering::Release);
    }

    /// The server ends it.
    pub(crate) fn leave_namespace(&self, reason: DisconnectReason) {
        // Refused only when the client has left already, which is what is wanted.
        let _ = self.0.conn.with(|m| m.disconnect(self.0.slot));
        if self.forget(reason) {
            self.receive_later(Item::Disconnected(reason));
        }
    }

    /// The client, or the connection, ended it.
    pub(crate) fn gone(&self, reason: DisconnectReason) {
        if self.forget(reason) {
            self.receive(Item::Disconnected(reason));
        }
    }

    /// Takes it out of everything it is in. Whether it was connected until now.
    fn forget(&self, reason: DisconnectReason) -> bool {
        let was = self.0.connected.swap(false, Ordering::AcqRel);
        if was {
            self.counts().disconnected(reason);
            let _entered = self.0.span.enter();
            tracing::debug!(%reason, "disconnected");
        }
        self.0.conn.data().remove(self.0.slot);
        let rooms = self.0.nsp.remove(self);
        if was && !rooms.is_empty() {
            self.save(reason, &rooms);
            if !self.handlers_at(Occasion::Disconnecting).is_empty() {
                *self.extra().left() = Some(rooms);
            }
        }
        self.acks().clear();
        self.give_up();
        was
    }

    /// It is in the namespace no longer, nor on its way in.
    pub(crate) fn give_up(&self) {
        let stay = self
            .0
            .stay
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(stay);
        if let Some(recoverable) = self.recoverable() {
            let claim = &recoverable.claim;
            drop(claim.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }

    /// Keeps the session for its client to come back to, unless one of the two has ended it.
    fn save(&self, reason: DisconnectReason, rooms: &[Arc<str>]) {
        let Some(Recoverable { pid, since, .. }) = self.recoverable() else {
            return;
        };
        let Some(since) = since.get().filter(|_| reason.is_recoverable()) else {
            return;
        };
        self.0.nsp.adapter.persist(SavedSession {
            pid: pid.as_ref().into(),
            sid: self.0.id.as_ref().into(),
            rooms: rooms
                .iter()
                .filter(|room| **room != self.0.id)
                .map(|room| room.as_ref().into())
                .collect(),
            data: self.stored(),
            since: since.clone(),
        });
    }

    /// The rooms that it was in, while `disconnecting` is told.
    pub(super) fn left_rooms(&self) -> Option<Vec<String>> {
        let left = self.extra_if_any()?.left();
        let rooms = left.as_ref()?.iter();
        Some(rooms.map(ToString::to_string).collect())
    }

    /// `disconnecting` has been told.
    pub(crate) fn forget_rooms(&self) {
        if let Some(extra) = self.extra_if_any() {
            *extra.left() = None;
        }
    }
}

/// By what logs know a socket: by its id, but for a client of revision 4, whose id is made of the
/// session's, and that is its credential.
fn told_as(id: &str, revision: Revision, number: u64) -> Cow<'_, str> {
    match revision {
        Revision::V4 => Cow::Owned(format!("#{number}")),
        Revision::V5 => Cow::Borrowed(id),
    }
}

/// Without a parent: it lives longer than what made it.
fn span(id: &str, stay: &Stay, conn: &Conn<Io>) -> Span {
    let nsp = &*stay.nsp().0.name;
    let address = conn.data().handshake.address().map(tracing::field::display);
    tracing::info_span!(parent: None, "socket", sid = id, nsp, address)
}
