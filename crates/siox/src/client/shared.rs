//! What the handles of a connection and its driver share: the machine, under a lock that nobody holds
//! while a handler runs.

use super::{
    handle::Inner as Socket,
    manager::{Direction, Tap, Watchers},
    options::Options,
    target::Target,
};
use crate::{AckError, Args, ConnectError, awaited::Reply};
use siox_socketio::Packet;
use siox_stack::{Dial, Manager as Machine, SocketKey, Ticket, Unanswered, Want};
use siox_tokio::engine::Sender;
use siox_wire::{Instant, Message, SendError};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};
use tokio::{
    runtime::Handle as Runtime,
    sync::{Notify, oneshot},
};

pub(super) struct Shared {
    state: Mutex<State>,
    /// There is something for the driver.
    pub(super) nudge: Notify,
    /// Something has left: there may be room.
    pub(super) room: Notify,
    pub(super) watchers: Watchers,
    pub(super) options: Options,
    pub(super) target: Target,
    pub(super) runtime: Runtime,
    handle: Mutex<Weak<Handle>>,
}

pub(super) struct State {
    pub(super) machine: Machine,
    /// Takes the messages of the session that is open.
    pub(super) sender: Option<(Dial, Sender)>,
    /// The driver waits for room: nothing may overtake what it holds.
    pub(super) blocked: bool,
    /// When the driver comes back by itself.
    pub(super) armed: Option<Instant>,
    pub(super) sockets: Vec<Arc<Socket>>,
    waiters: BTreeMap<Ticket, oneshot::Sender<Reply>>,
    pub(super) taps: Vec<Tap>,
    /// The driver is gone: nothing will happen any more.
    pub(super) over: bool,
}

impl State {
    /// Hands messages to the session while it takes them.
    pub(super) fn pump(&mut self) {
        while !self.blocked
            && let Some(want) = self.machine.poll_want()
        {
            let message = match &want {
                Want::Text(text) => Message::from(text.as_str()),
                Want::Binary(bytes) => Message::from(&bytes[..]),
                Want::Open(_) | Want::Close(_) => return self.machine.put_back(want),
            };
            let sent = self
                .sender
                .as_ref()
                .map(|(_, s)| s.try_send(message.clone()));
            if let Some(Err(SendError::Full)) = sent {
                return self.machine.put_back(want);
            }
            self.tap(Direction::Sent, &message);
            // What a session does not take that is closing, its end will tell of.
        }
    }

    /// Tells those who watch every message.
    pub(super) fn tap(&self, direction: Direction, message: &Message<'_>) {
        for tap in &self.taps {
            tap(direction, message);
        }
    }

    /// Whether the driver has to look at once, or earlier than it meant to.
    fn concerns_driver(&self) -> bool {
        let deadline = self.machine.poll_timeout();
        let earlier = deadline.is_some_and(|at| self.armed.is_none_or(|armed| at < armed));
        earlier || !self.machine.is_quiet()
    }

    pub(super) fn await_answer(&mut self, ticket: Ticket) -> oneshot::Receiver<Reply> {
        let (sender, receiver) = oneshot::channel();
        self.waiters.insert(ticket, sender);
        receiver
    }

    pub(super) fn answer(&mut self, ticket: Ticket, result: Result<Packet<'static>, Unanswered>) {
        let reply = match result {
            Ok(packet) => Ok(Args(packet)),
            Err(Unanswered::Timeout) => Err(AckError::Timeout),
            Err(Unanswered::Dropped) => Err(AckError::Dropped),
            Err(_) => Err(AckError::Disconnected),
        };
        if let Some(waiter) = self.waiters.remove(&ticket) {
            // Nobody may be waiting any more.
            let _ = waiter.send(reply);
        }
    }

    pub(super) fn socket(&self, key: SocketKey) -> Option<Arc<Socket>> {
        self.sockets.iter().find(|s| s.key == key).cloned()
    }
}

impl Shared {
    /// A connection, held by the one handle that is returned.
    pub(super) fn held(machine: Machine, options: Options, target: Target) -> Arc<Handle> {
        let shared = Arc::new(Self {
            state: Mutex::new(State {
                machine,
                sender: None,
                blocked: false,
                armed: None,
                sockets: Vec::new(),
                waiters: BTreeMap::new(),
                taps: Vec::new(),
                over: false,
            }),
            nudge: Notify::new(),
            room: Notify::new(),
            watchers: Watchers::default(),
            options,
            target,
            runtime: Runtime::current(),
            handle: Mutex::default(),
        });
        let handle = Arc::new(Handle(shared.clone()));
        *shared.own_handle() = Arc::downgrade(&handle);
        handle
    }

    fn own_handle(&self) -> MutexGuard<'_, Weak<Handle>> {
        self.handle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What keeps the connection, as long as an application keeps any of it.
    pub(super) fn handle(&self) -> Option<Arc<Handle>> {
        self.own_handle().upgrade()
    }

    /// Whether no application keeps any of it. (Nothing is upgraded here: the handle that was the last
    /// one for a moment would close the connection, under whatever lock is held.)
    pub(super) fn is_abandoned(&self) -> bool {
        self.own_handle().strong_count() == 0
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A step of the machine; what it wants to send leaves before this returns.
    pub(super) fn with<R>(&self, step: impl FnOnce(&mut State, Instant) -> R) -> R {
        let mut state = self.lock();
        let made = step(&mut state, siox_tokio::now());
        state.pump();
        let nudge = state.concerns_driver();
        drop(state);
        if nudge {
            self.nudge.notify_one();
        }
        made
    }

    /// The driver is gone.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.over = true;
        state.sender = None;
        state.waiters.clear();
        let sockets = std::mem::take(&mut state.sockets);
        drop(state);
        for socket in sockets {
            let gone = ConnectError::new("the client's runtime is gone");
            socket
                .status
                .send_replace(super::handle::Status::Failed(gone));
            socket.streams.end();
        }
        self.room.notify_waiters();
    }

    /// Whether events have to wait, since an application does not take them.
    pub(super) fn is_stalled(&self) -> bool {
        self.lock().sockets.iter().any(|s| s.is_stalled())
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("origin", &self.target.origin)
            .finish_non_exhaustive()
    }
}

/// Held by all handles of an application; with the last one the connection ends.
#[derive(Debug)]
pub(super) struct Handle(pub(super) Arc<Shared>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.with(|state, now| state.machine.close(now));
        self.0.nudge.notify_one();
    }
}
