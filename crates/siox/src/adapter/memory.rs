//! The adapter of a server that is alone: everything happens on its own sockets.

use super::{
    Action, Adapter, AdapterError, BroadcastError, Emit, Later, Local, Restored, SavedSession,
};
use crate::{Args, Recovery, RemoteSocket, Selection, SendError};
use siox_socketio::{
    Encoded,
    recovery::{Audience, Log},
};
use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The adapter of a server that is alone. With [`Recovery`] it keeps what clients may have missed, within
/// the bounds given there.
#[derive(Debug)]
pub struct InMemory {
    local: Local,
    /// Lock order: the namespace, this, one session.
    log: Option<Mutex<Log<Selection, SavedSession>>>,
}

impl InMemory {
    /// The adapter of the namespace of `local`.
    #[must_use]
    pub fn new(local: Local, recovery: Option<&Recovery>) -> Self {
        Self {
            local,
            log: recovery.map(|r| Mutex::new(Log::new(r.retention(), mark()))),
        }
    }

    fn log(&self) -> Option<MutexGuard<'_, Log<Selection, SavedSession>>> {
        let log = self.log.as_ref()?;
        Some(log.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The keys of the standard library's hasher are random, and nothing secret hangs on this.
fn mark() -> u32 {
    let random = RandomState::new().build_hasher().finish();
    u32::try_from(random >> 32).unwrap_or_default()
}

impl Adapter for InMemory {
    fn emit(&self, emit: Emit<'_>) -> Result<(), SendError> {
        let step = self.local.locked(|here| match self.log() {
            None => here.emit(emit),
            Some(mut log) => {
                let Some(stamped) = log.stamp(emit.encoded, emit.volatile) else {
                    return here.emit(emit);
                };
                here.emit(emit.stamped(&stamped))?;
                if !emit.volatile {
                    log.keep(stamped, emit.selection.clone(), siox_tokio::now());
                }
                Ok(())
            }
        });
        step.unwrap_or(Err(SendError::Closed))
    }

    fn emit_with_ack(
        &self,
        emit: Emit<'_>,
        timeout: Duration,
    ) -> Later<'static, Result<Vec<Args>, BroadcastError>> {
        let asked = self.local.emit_with_ack(emit, timeout);
        Box::pin(async move { asked?.all().await })
    }

    fn act(&self, selection: &Selection, action: &Action) -> Result<(), AdapterError> {
        self.local.act(selection, action);
        Ok(())
    }

    fn fetch_sockets(
        &self,
        selection: Selection,
    ) -> Later<'_, Result<Vec<RemoteSocket>, AdapterError>> {
        Box::pin(async move { Ok(self.local.fetch_sockets(&selection)) })
    }

    fn server_side_emit(&self, _: &str, _: &Encoded) -> Result<(), AdapterError> {
        Ok(())
    }

    fn server_side_emit_with_ack(
        &self,
        _: &str,
        _: &Encoded,
        _: Duration,
    ) -> Later<'_, Result<Vec<Args>, BroadcastError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn server_count(&self) -> Later<'_, Result<usize, AdapterError>> {
        Box::pin(async { Ok(1) })
    }

    fn recovers(&self) -> bool {
        self.log.is_some()
    }

    fn offset(&self) -> Box<str> {
        self.log().map(|log| log.offset()).unwrap_or_default()
    }

    fn persist(&self, session: SavedSession) {
        if let Some(mut log) = self.log() {
            let (pid, since) = (session.pid.clone(), session.since.clone());
            log.persist(&pid, since, session, siox_tokio::now());
        }
    }

    fn restore(
        &self,
        pid: &str,
        offset: Option<&str>,
    ) -> Later<'_, Result<Option<Restored>, AdapterError>> {
        let now = siox_tokio::now();
        let restored = self.log().and_then(|mut log| log.restore(pid, offset, now));
        let restored = restored.map(|(session, until)| Restored {
            session,
            missed: Vec::new(),
            until,
        });
        Box::pin(async { Ok(restored) })
    }

    fn missed_since(&self, restored: &Restored) -> Vec<Encoded> {
        let session = &restored.session;
        let mut rooms: Vec<&str> = session.rooms.iter().map(|r| &**r).collect();
        rooms.push(&session.sid);
        self.log()
            .map(|log| log.missed_since(&restored.until, &rooms))
            .unwrap_or_default()
    }
}

impl Audience for Selection {
    fn meets(&self, rooms: &[&str]) -> bool {
        Self::meets(self, rooms)
    }

    fn weight(&self) -> usize {
        self.to().iter().map(String::len).sum::<usize>()
            + self.except().map(str::len).sum::<usize>()
    }
}
