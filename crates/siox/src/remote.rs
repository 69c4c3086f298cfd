//! A socket that may be on another node: what is known of it, and what can be done with it by room.

use crate::{
    AdapterError, Args, BroadcastError, Handshake, SendError, Socket,
    adapter::Action,
    data::{SocketData, Stored},
    namespace::Inner,
    operator::Broadcast,
};
use serde::Serialize;
use siox_socketio::Value;
use std::{fmt, sync::Arc, time::Duration};

/// A socket of any node, as [`fetch_sockets`](crate::Broadcast::fetch_sockets) found it.
#[derive(Clone)]
pub struct RemoteSocket {
    id: Box<str>,
    /// What logs call it.
    told_as: Box<str>,
    rooms: Vec<String>,
    handshake: Arc<Handshake>,
    auth: Box<str>,
    data: Option<Stored>,
    broadcast: Broadcast,
}

impl RemoteSocket {
    pub(crate) fn of(socket: &Socket) -> Self {
        Self {
            id: socket.id().into(),
            told_as: socket.told_as().into(),
            rooms: socket.rooms(),
            handshake: socket.shared_handshake(),
            auth: socket.auth().into(),
            data: socket.stored(),
            broadcast: Broadcast::new(socket.nsp().clone()).to(socket.id()),
        }
    }

    /// A socket of another node.
    pub(crate) fn elsewhere(
        nsp: Arc<Inner>,
        id: &str,
        rooms: Vec<String>,
        (handshake, auth): (Handshake, Box<str>),
        data: Option<Stored>,
    ) -> Self {
        Self {
            id: id.into(),
            // Its client may be of 2.x.
            told_as: "of another node".into(),
            rooms,
            handshake: Arc::new(handshake),
            auth,
            data,
            broadcast: Broadcast::new(nsp).to(id),
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The rooms that it was in, ordered by name, the one of its own id included.
    #[must_use]
    pub fn rooms(&self) -> &[String] {
        &self.rooms
    }

    /// The request that opened its connection.
    #[must_use]
    pub fn handshake(&self) -> &Handshake {
        &self.handshake
    }

    /// The payload of its CONNECT as JSON, as [`Socket::auth`] has it.
    #[must_use]
    pub fn auth(&self) -> &str {
        &self.auth
    }

    /// What was attached to it, if it is of this type.
    #[must_use]
    pub fn data<T: SocketData>(&self) -> Option<Arc<T>> {
        self.data.as_ref()?.get()
    }

    /// What was attached to it, as a dynamic value; `null` for nothing.
    #[must_use]
    pub fn data_value(&self) -> Value {
        self.data
            .as_ref()
            .map_or_else(Value::null, Stored::to_value)
    }

    /// Sends it an event.
    ///
    /// # Errors
    /// As [`SendError`] says of the event itself.
    pub fn emit<T: Serialize + ?Sized>(&self, event: &str, args: &T) -> Result<(), SendError> {
        self.broadcast.emit(event, args)
    }

    /// Sends it an event, and waits for its acknowledgement.
    ///
    /// # Errors
    /// [`BroadcastError::Partial`] when none came in time.
    pub async fn emit_with_ack<T: Serialize + ?Sized>(
        &self,
        event: &str,
        args: &T,
        timeout: Duration,
    ) -> Result<Args, BroadcastError> {
        let asked = self.broadcast.emit_with_ack(event, args, timeout);
        let mut responses = asked.await?;
        responses.pop().ok_or(BroadcastError::Partial {
            responses: Vec::new(),
            missing: 1,
        })
    }

    /// Makes it join a room.
    ///
    /// # Errors
    /// [`AdapterError`] when its node cannot be told.
    pub fn join(&self, room: impl Into<String>) -> Result<(), AdapterError> {
        self.act(&Action::Join(vec![room.into()]))
    }

    /// Makes it leave a room.
    ///
    /// # Errors
    /// [`AdapterError`] when its node cannot be told.
    pub fn leave(&self, room: impl Into<String>) -> Result<(), AdapterError> {
        self.act(&Action::Leave(vec![room.into()]))
    }

    /// Takes it out of the namespace, or closes its whole connection.
    ///
    /// # Errors
    /// [`AdapterError`] when its node cannot be told.
    pub fn disconnect(&self, close: bool) -> Result<(), AdapterError> {
        self.act(&Action::Disconnect { close })
    }

    fn act(&self, action: &Action) -> Result<(), AdapterError> {
        self.broadcast.act(action)
    }
}

impl fmt::Debug for RemoteSocket {
    /// Without rooms, one of which has its id, and without the id of a client of 2.x: a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteSocket")
            .field("id", &self.told_as)
            .finish_non_exhaustive()
    }
}
