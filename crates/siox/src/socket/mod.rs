//! One client in one namespace: what the application may do with it.

mod asker;
mod emitter;
mod events;
mod inner;
mod typed;

pub(crate) use asker::Asker;
pub use emitter::Emitter;
pub(crate) use inner::Arrival;

use crate::{
    ArgsRef, Namespace, SendError,
    awaited::{Answer, TypedAnswer},
    data::{SocketData, Stored},
    operator::Broadcast,
    scratch,
};
use inner::{Inner, told_auth};
use serde::{Serialize, de::DeserializeOwned};
use siox_engineio::Transport;
use siox_socketio::{DisconnectReason, Encoded, Revision, RoomError};
use siox_wire::Admit;
use std::{
    cmp::Ordering,
    fmt,
    future::poll_fn,
    sync::{Arc, atomic},
    time::Duration,
};

/// One client in one namespace. Cheap to clone; a clone kept after the client has gone is harmless.
#[derive(Clone)]
pub struct Socket(Arc<Inner>);

impl Socket {
    /// The id that the client knows as `socket.id`; with a client of 2.x it tells the session's
    /// ([`Builder::allow_eio3`](crate::Builder::allow_eio3)). Every socket is a member of the room of this name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The namespace it is in.
    #[must_use]
    pub fn namespace(&self) -> Namespace {
        Namespace(self.0.nsp.clone())
    }

    /// The payload of CONNECT as JSON, `{}` when there was none; with a client of 2.x, the query that it
    /// has put behind the namespace's name, as an object.
    #[must_use]
    pub fn auth(&self) -> &str {
        told_auth(self.0.auth.as_deref())
    }

    /// The request that opened the connection, and what the socket's own CONNECT has added to its query.
    #[must_use]
    pub fn handshake(&self) -> &crate::Handshake {
        self.own_handshake()
    }

    /// What carries the connection just now; `None` when it is over.
    #[must_use]
    pub fn transport(&self) -> Option<Transport> {
        self.0.conn.with(|m| m.engine().session().transport())
    }

    /// Which revision of Socket.IO the client speaks: the fifth, on Engine.IO v4, or the fourth, on
    /// Engine.IO v3, of clients of 2.x ([`Builder::allow_eio3`](crate::Builder::allow_eio3)).
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.0.revision
    }

    /// Whether the client is connected to the namespace.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.0.connected.load(atomic::Ordering::Acquire)
    }

    /// Whether the client has come back to the session it had: with its id, its rooms and its data, and
    /// told what it missed ([`Recovery`](crate::Recovery)).
    #[must_use]
    pub fn is_recovered(&self) -> bool {
        self.0.recovered
    }

    /// Attaches a value to the socket, in the place of the one before.
    pub fn set_data<T: SocketData>(&self, data: T) {
        self.extra().set(Stored::new(data));
    }

    /// The value that is attached to the socket, if it is of this type.
    #[must_use]
    pub fn data<T: SocketData>(&self) -> Option<Arc<T>> {
        self.stored()?.get()
    }

    /// Sends an event with one argument or, given a tuple, several; `&()` sends none. Order of calls is
    /// order on the wire.
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was sent.
    pub fn emit<T: Serialize + ?Sized>(&self, event: &str, args: &T) -> Result<(), SendError> {
        scratch::event(event, args, true, |encoded| {
            self.send(event, encoded, Admit::Normal)
        })
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
        scratch::event(event, args, true, |encoded| {
            self.send(event, encoded, Admit::Volatile)
        })
    }

    /// Sends an event with arguments passed through as they came.
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was sent.
    pub fn relay<'a>(&self, event: &str, args: impl Into<ArgsRef<'a>>) -> Result<(), SendError> {
        self.pass_on(event, args.into(), Admit::Normal, true)
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
        let encoded = Encoded::event(event, args);
        Answer::new(encoded.and_then(|encoded| self.ask(event, &encoded, timeout)))
    }

    /// As [`emit_with_ack_args`](Self::emit_with_ack_args), with arguments passed through as they came.
    pub fn relay_with_ack<'a>(
        &self,
        event: &str,
        args: impl Into<ArgsRef<'a>>,
        timeout: Option<Duration>,
    ) -> Answer {
        let encoded = Encoded::relay_event(event, args.into().0);
        Answer::new(encoded.and_then(|encoded| self.ask(event, &encoded, timeout)))
    }

    /// What waits for this client, of all its namespaces: bytes, and 32 for each piece.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.0.conn.with(|m| m.engine().queued())
    }

    /// Waits until half of what may wait for this client, or more, is free again: for whoever was told
    /// [`SendError::Full`]. Ends at once for a client that has gone.
    pub async fn room(&self) {
        self.room_below(self.0.nsp.shared.high_water / 2).await;
    }

    /// Waits until no more than `bytes` wait for this client, counted as [`queued`](Self::queued) does: a
    /// low-water mark of one's own. Ends at once for a client that has gone.
    pub async fn room_below(&self, bytes: usize) {
        poll_fn(|cx| self.0.conn.poll_room(cx, bytes)).await;
    }

    /// Sends an event; where too much waits already, as soon as there is room.
    ///
    /// # Errors
    /// As [`SendError`] says, [`SendError::Full`] excepted: nothing was sent.
    pub async fn emit_when_ready<T: Serialize + ?Sized>(
        &self,
        event: &str,
        args: &T,
    ) -> Result<(), SendError> {
        let encoded = Encoded::event(event, args)?;
        loop {
            match self.send(event, &encoded, Admit::Normal) {
                Err(SendError::Full) => self.room().await,
                other => return other,
            }
        }
    }

    /// Joins a room. A socket that is no longer connected joins nothing.
    ///
    /// # Errors
    /// [`RoomError`] when the socket is in as many rooms as it may be: 10,000.
    pub fn join(&self, room: &str) -> Result<(), RoomError> {
        self.0.nsp.join(self, room)
    }

    /// Leaves a room.
    pub fn leave(&self, room: &str) {
        self.0.nsp.leave(self, room);
    }

    /// The rooms it is in, ordered by name, the one of its own id included. While a handler of
    /// [`on_disconnecting`](Namespace::on_disconnecting) runs, those it was in.
    #[must_use]
    pub fn rooms(&self) -> Vec<String> {
        self.left_rooms()
            .unwrap_or_else(|| self.0.nsp.rooms_of(self))
    }

    /// Everyone in `room` but this socket; more rooms can be added.
    pub fn to(&self, room: impl Into<String>) -> Broadcast {
        self.broadcast().to(room)
    }

    /// As [`to`](Self::to); the reference's `in`.
    pub fn within(&self, room: impl Into<String>) -> Broadcast {
        self.to(room)
    }

    /// Everyone in the namespace but this socket and the members of `room`.
    pub fn except(&self, room: impl Into<String>) -> Broadcast {
        self.broadcast().except(room)
    }

    /// Everyone in the namespace but this socket.
    pub fn broadcast(&self) -> Broadcast {
        Broadcast::new(self.0.nsp.clone()).skip(self.0.number, self.0.id.clone())
    }

    /// Everyone in the namespace on this node but this socket.
    pub fn local(&self) -> Broadcast {
        self.broadcast().local()
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

impl fmt::Debug for Socket {
    /// Without the id of a client of 2.x, which is a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("id", &self.told_as())
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
