//! Who gets a broadcast: an immutable selection, to be reused at will.

use crate::{
    AdapterError, Args, BroadcastError, RemoteSocket, Selection, SendError,
    adapter::{Action, Emit, Later},
    namespace::Inner,
    selection::Sender,
};
use serde::Serialize;
use siox_socketio::Encoded;
use std::{fmt, future::Future, sync::Arc, time::Duration};

/// A selection of the sockets of a namespace. Each call returns a new one.
///
/// The packet is encoded once for all receivers. A receiver whose queue is full is not skipped: it takes
/// the packet up to its hard cap, and one that passes it is disconnected as a slow consumer.
#[derive(Clone)]
#[must_use = "a selection does nothing until something is emitted to it"]
pub struct Broadcast {
    nsp: Arc<Inner>,
    selection: Selection,
    volatile: bool,
    compress: bool,
}

impl Broadcast {
    pub(crate) fn new(nsp: Arc<Inner>) -> Self {
        Self {
            nsp,
            selection: Selection::default(),
            volatile: false,
            compress: true,
        }
    }

    pub(crate) fn skip(mut self, number: u64, id: Arc<str>) -> Self {
        self.selection.sender = Some(Sender { number, id });
        self
    }

    /// The members of this room too. A socket that is in several rooms gets the packet once.
    pub fn to(mut self, room: impl Into<String>) -> Self {
        self.selection.to.push(room.into());
        self
    }

    /// As [`to`](Self::to); the reference's `in`.
    pub fn within(self, room: impl Into<String>) -> Self {
        self.to(room)
    }

    /// Not the members of this room.
    pub fn except(mut self, room: impl Into<String>) -> Self {
        self.selection.except.push(room.into());
        self
    }

    /// Only to receivers for whom nothing waits: better lost than late.
    pub fn volatile(mut self) -> Self {
        self.volatile = true;
        self
    }

    /// Whether it may be compressed for those who compress. It may unless told otherwise.
    pub fn compress(mut self, wanted: bool) -> Self {
        self.compress = wanted;
        self
    }

    /// Only the sockets of this node.
    pub fn local(mut self) -> Self {
        self.selection.local = true;
        self
    }

    /// Whom it selects, as plain data.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    fn message<'a>(&'a self, event: &'a str, encoded: &'a Encoded) -> Emit<'a> {
        Emit {
            volatile: self.volatile,
            ..Emit::new(event, encoded, &self.selection)
        }
    }

    /// An event that may be sent at all, before anybody hears of it.
    fn admitted(&self, encoded: Result<Encoded, SendError>) -> Result<Encoded, SendError> {
        let encoded = encoded?;
        self.nsp.shared.packets.admit(&encoded)?;
        Ok(encoded.compressed(self.compress))
    }

    /// Sends an event to the selection as it is now.
    ///
    /// # Errors
    /// As [`SendError`] says of the event itself; a receiver that cannot take it is none.
    pub fn emit<T: Serialize + ?Sized>(&self, event: &str, args: &T) -> Result<(), SendError> {
        let encoded = self.admitted(Encoded::event(event, args))?;
        self.nsp.adapter.emit(self.message(event, &encoded))
    }

    /// Sends an event with arguments passed through as they came.
    ///
    /// # Errors
    /// As [`SendError`] says of the event itself.
    pub fn relay(&self, event: &str, args: &Args) -> Result<(), SendError> {
        let encoded = self.admitted(Encoded::relay_event(event, &args.0))?;
        self.nsp.adapter.emit(self.message(event, &encoded))
    }

    /// Sends an event to the selection as it is now, and gathers the acknowledgements of all of them. The
    /// event is sent before this returns.
    ///
    /// The future ends with an error of [`BroadcastError::Partial`], which holds the answers that came,
    /// when not all have answered within `timeout`.
    pub fn emit_with_ack<T: Serialize + ?Sized>(
        &self,
        event: &str,
        args: &T,
        timeout: Duration,
    ) -> impl Future<Output = Result<Vec<Args>, BroadcastError>> + Send + use<T> {
        let encoded = self.admitted(Encoded::event(event, args));
        let asked: Result<Later<'static, _>, SendError> = encoded.map(|encoded| {
            let message = self.message(event, &encoded);
            self.nsp.adapter.emit_with_ack(message, timeout)
        });
        async move { asked?.await }
    }

    /// The sockets of the selection, on all nodes.
    ///
    /// # Errors
    /// [`AdapterError`] when other nodes cannot be asked.
    pub async fn fetch_sockets(&self) -> Result<Vec<RemoteSocket>, AdapterError> {
        let selection = self.selection.clone();
        self.nsp.adapter.fetch_sockets(selection).await
    }

    /// Makes all sockets of the selection join a room. One that is in too many rooms stays out.
    ///
    /// # Errors
    /// [`AdapterError`] when other nodes cannot be told.
    pub fn sockets_join(&self, room: impl Into<String>) -> Result<(), AdapterError> {
        self.act(&Action::Join(vec![room.into()]))
    }

    /// Makes all sockets of the selection leave a room.
    ///
    /// # Errors
    /// [`AdapterError`] when other nodes cannot be told.
    pub fn sockets_leave(&self, room: impl Into<String>) -> Result<(), AdapterError> {
        self.act(&Action::Leave(vec![room.into()]))
    }

    /// Takes all sockets of the selection out of the namespace, or closes their whole connections.
    ///
    /// # Errors
    /// [`AdapterError`] when other nodes cannot be told.
    pub fn disconnect_sockets(&self, close: bool) -> Result<(), AdapterError> {
        self.act(&Action::Disconnect { close })
    }

    pub(crate) fn act(&self, action: &Action) -> Result<(), AdapterError> {
        self.nsp.adapter.act(&self.selection, action)
    }
}

impl fmt::Debug for Broadcast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broadcast")
            .field("selection", &self.selection)
            .field("volatile", &self.volatile)
            .finish_non_exhaustive()
    }
}
