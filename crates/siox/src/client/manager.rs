//! The connection that clients of several namespaces share.

use super::{ClientBuilder, shared::Handle};
use crate::{DisconnectReason, Message};
use std::{
    fmt,
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
#[derive(Clone)]
pub struct Manager(pub(super) Arc<Handle>);

impl Manager {
    /// Settings and handlers of a client in another namespace on this connection. Settings of the
    /// connection are those it has.
    #[must_use]
    pub fn namespace(&self, nsp: &str) -> ClientBuilder {
        ClientBuilder::on_manager(self.0.clone(), nsp)
    }

    /// Calls `watcher` for whatever happens to the connection.
    pub fn on_event(&self, watcher: impl Fn(&ConnectionEvent) + Send + Sync + 'static) -> &Self {
        self.0.0.watchers.add(Arc::new(watcher));
        self
    }

    /// Calls `watcher` for each message of Engine.IO that is sent or received on the connection: a packet, or
    /// an attachment. It runs where others wait: it must be quick, and must not use this connection.
    pub fn on_message(
        &self,
        watcher: impl Fn(Direction, &Message<'_>) + Send + Sync + 'static,
    ) -> &Self {
        self.0.0.lock().taps.push(Box::new(watcher));
        self
    }

    /// Opens the connection, if it is closed and not tried.
    pub fn open(&self) {
        self.0.0.with(|state, now| state.machine.open(now));
    }

    /// Closes the connection, for all clients on it, until one of them connects again.
    pub fn close(&self) {
        self.0.0.with(|state, now| state.machine.close(now));
    }

    /// Whether it is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.0.lock().machine.is_open()
    }
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager")
            .field("origin", &self.0.0.target.origin)
            .finish_non_exhaustive()
    }
}
