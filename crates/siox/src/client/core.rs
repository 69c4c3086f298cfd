//! A client without its kind: what handlers, streams and acknowledgements know of it.

use super::{
    auth::AskAuth,
    events::Streams,
    shared::{Handle, Shared},
    state::State,
};
use crate::{
    ConnectError, Fault, Outgoing, SendError, awaited::Waiting, handlers::Handlers,
    running::PENDING, state::States, watched::Watched,
};
use siox_socketio::Encoded;
use siox_stack::{Emit, Owed, SocketKey};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

pub(super) type ErrorHook = dyn Fn(&Core, &str, Fault) + Send + Sync;

/// Whether it is connected, for those who wait for that.
#[derive(Debug, Clone)]
pub(super) enum Status {
    Connecting,
    Connected,
    /// For good, until it is connected again.
    Failed(ConnectError),
}

impl Status {
    /// What there is to say to those who wait.
    pub(super) fn outcome(&mut self) -> Option<Result<(), ConnectError>> {
        match self {
            Self::Connecting => None,
            Self::Connected => Some(Ok(())),
            Self::Failed(error) => Some(Err(error.clone())),
        }
    }
}

pub(super) struct Inner {
    pub(super) key: SocketKey,
    pub(super) nsp: Box<str>,
    pub(super) handlers: Handlers,
    pub(super) states: States,
    pub(super) auth: Option<AskAuth>,
    pub(super) on_error: Option<Box<ErrorHook>>,
    /// Handlers that have begun and not ended.
    pub(super) pending: AtomicUsize,
    pub(super) status: Watched<Status>,
    pub(super) streams: Streams,
}

impl Inner {
    pub(super) fn is_stalled(&self) -> bool {
        self.pending.load(Ordering::Acquire) >= PENDING || self.streams.is_full()
    }
}

#[derive(Clone)]
pub(crate) struct Core {
    pub(super) inner: Arc<Inner>,
    pub(super) handle: Arc<Handle>,
}

impl Core {
    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.handle.0
    }

    pub(super) fn with<R>(&self, step: impl FnOnce(&mut State, siox_wire::Instant) -> R) -> R {
        self.shared().with(step)
    }

    pub(crate) fn states(&self) -> &States {
        &self.inner.states
    }

    pub(super) fn id(&self) -> Option<String> {
        let state = self.shared().lock();
        state.machine.id(self.inner.key).map(ToOwned::to_owned)
    }

    pub(super) fn is_active(&self) -> bool {
        self.shared().lock().machine.is_active(self.inner.key)
    }

    pub(super) fn put(&self, event: &str, encoded: Encoded, how: Emit) -> Result<(), SendError> {
        self.emit(event, encoded, how, |_, _| Some(()))
    }

    pub(super) fn ask(
        &self,
        event: &str,
        encoded: Encoded,
        how: Emit,
    ) -> Result<Waiting, SendError> {
        let how = Emit { ack: true, ..how };
        // Entered before the lock is given up, so the answer cannot come first.
        self.emit(event, encoded, how, |state, ticket| {
            ticket.map(|ticket| state.await_answer(ticket))
        })
    }

    fn emit<R>(
        &self,
        event: &str,
        encoded: Encoded,
        how: Emit,
        then: impl FnOnce(&mut State, Option<siox_stack::Ticket>) -> Option<R>,
    ) -> Result<R, SendError> {
        self.tell_watchers(event, &encoded);
        self.with(|state, now| {
            if state.over {
                return Err(SendError::Closed);
            }
            state.expire(now);
            let ticket = state.machine.emit(now, self.inner.key, encoded, how)?;
            then(state, ticket).ok_or(SendError::Closed)
        })
    }

    pub(crate) fn acknowledge(&self, owed: Owed, args: &Encoded) -> Result<(), SendError> {
        self.with(|state, now| state.machine.ack(now, owed, args))
    }

    fn tell_watchers(&self, event: &str, encoded: &Encoded) {
        let Some(watchers) = self.inner.handlers.watchers() else {
            return;
        };
        let id = self.id().unwrap_or_default();
        for watcher in watchers.iter() {
            watcher(&Outgoing {
                socket: &id,
                event,
                encoded,
            });
        }
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("namespace", &self.inner.nsp)
            .finish_non_exhaustive()
    }
}
