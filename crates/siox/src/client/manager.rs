//! The connection that clients of several namespaces share.

use super::{
    ClientBuilder,
    kind::Kind,
    shared::{Handle, Shared},
    tell,
};
use crate::{CloseDetails, DisconnectReason, Message, Transport};
use siox_stack::ManagerOptions;
use std::{
    fmt,
    marker::PhantomData,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
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
    Close {
        /// Why.
        reason: DisconnectReason,
        /// What else is known of it.
        details: CloseDetails,
    },
    /// It is tried again: which attempt this is, from 1.
    ReconnectAttempt(u32),
    /// An attempt failed.
    ReconnectError(String),
    /// It is open again, after that many attempts.
    Reconnect(u32),
    /// It is not tried any more.
    ReconnectFailed,
    /// The server has shown that it lives: by its ping, which is answered, or on Engine.IO 3 by its pong.
    Ping,
    /// It began with polling, and the WebSocket has been found to work.
    Upgrading,
    /// It goes on over the WebSocket.
    Upgrade,
    /// It stays with polling: why.
    UpgradeError(String),
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

    /// What carries its messages just now; `None` while it is not open.
    #[must_use]
    pub fn transport(&self) -> Option<Transport> {
        self.handle.0.lock().transport()
    }

    /// Changes [`ClientBuilder::reconnection`] from now on: told not to, it does not wait for the next attempt
    /// either.
    pub fn reconnection(&self, reconnection: bool) -> &Self {
        self.change(|options| options.reconnection = reconnection)
    }

    /// Changes [`ClientBuilder::reconnection_attempts`] from now on; `None` is for ever.
    pub fn reconnection_attempts(&self, attempts: Option<u32>) -> &Self {
        self.change(|options| options.reconnection_attempts = attempts)
    }

    /// Changes [`ClientBuilder::reconnection_delay`] from the next attempt on.
    pub fn reconnection_delay(&self, first: Duration, max: Duration) -> &Self {
        self.change(|options| {
            options.reconnection_delay = first;
            options.reconnection_delay_max = max;
        })
    }

    /// Changes [`ClientBuilder::randomization_factor`] from the next attempt on.
    pub fn randomization_factor(&self, factor: f64) -> &Self {
        self.change(|options| options.randomization_factor = factor)
    }

    /// Changes [`ClientBuilder::retry_after_max`] from the next refusal on.
    pub fn retry_after_max(&self, most: Duration) -> &Self {
        self.change(|options| options.retry_after_max = most)
    }

    /// Changes [`ClientBuilder::timeout`] from the next attempt on; `None` is for ever.
    pub fn timeout(&self, timeout: Option<Duration>) -> &Self {
        self.change(|options| options.timeout = timeout)
    }

    fn change(&self, change: impl FnOnce(&mut ManagerOptions)) -> &Self {
        let shared = &self.handle.0;
        let is_given_up = shared.with(|state, _| {
            let waited = !state.machine.is_closed();
            state.machine.change_options(change);
            waited && state.machine.is_closed()
        });
        if is_given_up {
            tell::gave_up(shared, tell::GAVE_UP);
        }
        self
    }
}

impl<K> fmt::Debug for Manager<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager")
            .field("origin", &self.handle.0.target.origin)
            .finish_non_exhaustive()
    }
}
