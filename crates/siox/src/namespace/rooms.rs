//! Rooms of a namespace that come and go, told to whoever asked.

use super::Inner;
use crate::Socket;
use siox_socketio::{RoomError, Rooms};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

/// Who is in which room, locked.
pub(crate) type Members<'a> = MutexGuard<'a, Rooms<Socket>>;

/// What happened to a room of this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomEvent<'a> {
    /// It has its first member.
    Create(&'a str),
    /// It has lost its last member.
    Delete(&'a str),
    /// A socket has joined.
    Join {
        /// The room.
        room: &'a str,
        /// The socket's id.
        id: &'a str,
    },
    /// A socket has left.
    Leave {
        /// The room.
        room: &'a str,
        /// The socket's id.
        id: &'a str,
    },
}

type Watcher = dyn Fn(&RoomEvent<'_>) + Send + Sync;

#[derive(Default)]
pub(super) struct RoomWatchers {
    any: AtomicBool,
    all: RwLock<Arc<[Arc<Watcher>]>>,
}

impl RoomWatchers {
    pub(super) fn add(&self, watcher: impl Fn(&RoomEvent<'_>) + Send + Sync + 'static) {
        let watcher: Arc<Watcher> = Arc::new(watcher);
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        *all = all.iter().cloned().chain([watcher]).collect();
        self.any.store(true, Ordering::Release);
    }

    fn get(&self) -> Arc<[Arc<Watcher>]> {
        if !self.any.load(Ordering::Acquire) {
            return Arc::default();
        }
        self.all
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Inner {
    pub(crate) fn members(&self) -> Members<'_> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is locked meanwhile: a watcher may do what it likes.
    fn tell(&self, socket: &Socket, event: &RoomEvent<'_>) {
        self.adapter.room_event(event);
        for watcher in self.room_watchers.get().iter() {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| watcher(event))) {
                socket.watcher_panicked("room", &*panic);
            }
        }
    }

    pub(super) fn tell_joined(&self, socket: &Socket, room: &str, first: bool) {
        if first {
            self.tell(socket, &RoomEvent::Create(room));
        }
        let id = socket.id();
        self.tell(socket, &RoomEvent::Join { room, id });
    }

    fn tell_left(&self, socket: &Socket, room: &str, last: bool) {
        let id = socket.id();
        self.tell(socket, &RoomEvent::Leave { room, id });
        if last {
            self.tell(socket, &RoomEvent::Delete(room));
        }
    }

    pub(crate) fn join(&self, socket: &Socket, room: &str) -> Result<(), RoomError> {
        let mut members = self.members();
        // Looked at under the lock: a socket that goes is marked first and taken out then.
        if !socket.is_connected() || !members.join(room, socket.clone())? {
            return Ok(());
        }
        let first = members.count(room) == 1;
        drop(members);
        self.tell_joined(socket, room, first);
        Ok(())
    }

    pub(crate) fn leave(&self, socket: &Socket, room: &str) {
        let mut members = self.members();
        if !members.leave(room, socket) {
            return;
        }
        let last = members.count(room) == 0;
        drop(members);
        self.tell_left(socket, room, last);
    }

    /// Takes a socket out of everything; the rooms it was in.
    pub(crate) fn remove(&self, socket: &Socket) -> Vec<Arc<str>> {
        let mut members = self.members();
        let rooms = members.leave_all(socket);
        let last: Vec<bool> = rooms.iter().map(|r| members.count(r) == 0).collect();
        drop(members);
        for (room, last) in rooms.iter().zip(last) {
            self.tell_left(socket, room, last);
        }
        rooms
    }

    pub(crate) fn rooms_of(&self, socket: &Socket) -> Vec<String> {
        self.members().rooms_of(socket).map(str::to_owned).collect()
    }
}
