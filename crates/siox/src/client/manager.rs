//! The connection that clients of several namespaces share.

#[cfg(feature = "blocking")]
use super::shared::Shared;
use super::{ClientBuilder, kind::Kind, shared::Handle};
use crate::{DisconnectReason, Message};
use std::{
    fmt,
    marker::PhantomData,
    sync::{Arc, PoisonError, RwLock},
};

/// What happens to a connection, whatever namespaces are on it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionEvent {
    /// It is open.
    Open,
    /// It could not be opened.
    Error(String),
    /// It was open and is not any more.
    Close(DisconnectReason),
    /// It is tried again: which attempt this is, from 1.
    ReconnectAttempt(u32),
    /// An attempt failed.
    ReconnectError(String),
    /// It is open again, after that many attempts.
    Reconnect(u32),
    /// It is not tried any more.
    ReconnectFailed,
}

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To the server.
    Sent,
    /// From the server.
    Received,
}

pub(super) type Tap = Box<dyn Fn(Direction, &Message<'_>) + Send + Sync>;

type Watcher = Arc<dyn Fn(&ConnectionEvent) + Send + Sync>;

#[derive(Default)]
pub(super) struct Watchers(RwLock<Vec<Watcher>>);

impl Watchers {
    pub(super) fn add(&self, watcher: Watcher) {
        let mut watchers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        watchers.push(watcher);
    }

    pub(super) fn tell(&self, event: &ConnectionEvent) {
        tracing::debug!(?event, "connection");
        let watchers = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for watcher in watchers {
            watcher(event);
        }
    }
}

/// The connection of a client, which others may share.
pub struct Manager<K> {
    handle: Arc<Handle>,
    kind: PhantomData<fn() -> K>,
}

impl<K> Clone for Manager<K> {
    fn clone(&self) -> Self {
        Self {
            handle: self.handle.clone(),
            kind: PhantomData,
        }
    }
}

impl<K: Kind> Manager<K> {
    pub(super) fn of(handle: Arc<Handle>) -> Self {
        Self {
            handle,
            kind: PhantomData,
        }
    }

    #[cfg(feature = "blocking")]
    pub(super) fn shared(&self) -> &Shared {
        &self.handle.0
    }

    /// Settings and handlers of a client in another namespace on this connection. Settings of the
    /// connection are those it has.
    #[must_use]
    pub fn namespace(&self, nsp: &str) -> ClientBuilder<K> {
        ClientBuilder::on_manager(self.handle.clone(), nsp)
    }

    /// Calls `watcher` for whatever happens to the connection.
    pub fn on_event(&self, watcher: impl Fn(&ConnectionEvent) + Send + Sync + 'static) -> &Self {
        self.handle.0.watchers.add(Arc::new(watcher));
        self
    }

    /// Calls `watcher` for each message of Engine.IO that is sent or received on the connection: a packet, or
    /// an attachment. It runs where others wait: it must be quick, and must not use this connection.
    pub fn on_message(
        &self,
        watcher: impl Fn(Direction, &Message<'_>) + Send + Sync + 'static,
    ) -> &Self {
        self.handle.0.lock().taps.push(Box::new(watcher));
        self
    }

    /// Opens the connection, if it is closed and not tried.
    pub fn open(&self) {
        self.handle.0.with(|state, now| state.machine.open(now));
    }

    /// Closes the connection, for all clients on it, until one of them connects again.
    pub fn close(&self) {
        self.handle.0.with(|state, now| state.machine.close(now));
    }

    /// Whether it is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.handle.0.lock().machine.is_open()
    }
}

impl<K> fmt::Debug for Manager<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager")
            .field("origin", &self.handle.0.target.origin)
            .finish_non_exhaustive()
    }
}
