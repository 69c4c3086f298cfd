//! Events between the servers of a cluster: what other servers tell this namespace.

use super::{Inner, Namespace};
use crate::{AdapterError, Args, BoxError, BroadcastError, SendError};
use serde::Serialize;
use siox_socketio::Encoded;
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

type Handler = dyn Fn(&Args) -> Option<Encoded> + Send + Sync;

/// Looked up, never iterated.
#[derive(Default)]
pub(super) struct ServerSide(RwLock<HashMap<Box<str>, Arc<Handler>>>);

/// Why other servers were not told.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServerSideError {
    /// The event cannot be encoded.
    Send(SendError),
    /// The other servers cannot be reached.
    Adapter(AdapterError),
}

impl fmt::Display for ServerSideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(e) => write!(f, "the event was not sent: {e}"),
            Self::Adapter(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for ServerSideError {}

impl Namespace {
    /// Calls `handler` for each event of this name that another server of the cluster emits
    /// ([`server_side_emit`](Self::server_side_emit)). What it returns is the answer, to those who ask
    /// for one. A later handler of the same event takes its place.
    pub fn on_server_side<T: Serialize>(
        &self,
        event: &str,
        handler: impl Fn(&Args) -> Result<T, BoxError> + Send + Sync + 'static,
    ) -> &Self {
        let name = event.to_owned();
        let handler: Arc<Handler> = Arc::new(move |args| match handler(args) {
            Ok(answer) => Encoded::args(&answer).ok(),
            Err(error) => {
                tracing::warn!(event = name, %error, "handler of another server's event");
                None
            }
        });
        let table = &self.0.server_side.0;
        let mut table = table.write().unwrap_or_else(PoisonError::into_inner);
        table.insert(event.into(), handler);
        self
    }

    /// Tells the other servers of the cluster of an event; a server that is alone tells nobody.
    ///
    /// # Errors
    /// [`ServerSideError`] when the event cannot be written, or the others cannot be told.
    pub fn server_side_emit<T: Serialize + ?Sized>(
        &self,
        event: &str,
        args: &T,
    ) -> Result<(), ServerSideError> {
        let encoded = Encoded::event(event, args).map_err(ServerSideError::Send)?;
        let adapter = &self.0.adapter;
        adapter
            .server_side_emit(event, &encoded)
            .map_err(ServerSideError::Adapter)
    }

    /// Tells the other servers of the cluster of an event, and gathers an answer of each; a server that
    /// is alone gets none.
    ///
    /// # Errors
    /// [`BroadcastError::Partial`] when not all have answered within `timeout`.
    pub async fn server_side_emit_with_ack<T: Serialize + ?Sized>(
        &self,
        event: &str,
        args: &T,
        timeout: Duration,
    ) -> Result<Vec<Args>, BroadcastError> {
        let encoded = Encoded::event(event, args)?;
        let adapter = &self.0.adapter;
        adapter
            .server_side_emit_with_ack(event, &encoded, timeout)
            .await
    }

    /// How many servers the cluster has, this one included.
    ///
    /// # Errors
    /// [`AdapterError`] when the others cannot be asked.
    pub async fn server_count(&self) -> Result<usize, AdapterError> {
        self.0.adapter.server_count().await
    }
}

impl Inner {
    pub(crate) fn server_side_event(&self, event: &str, args: &Args) -> Option<Encoded> {
        let table = &self.server_side.0;
        let handler = table
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(event)
            .cloned()?;
        handler(args)
    }
}
