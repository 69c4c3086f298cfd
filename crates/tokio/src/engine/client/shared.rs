//! What the handles and the driver share: the machine under a lock that nobody holds while waiting, and
//! what was received.

use super::Cause;
use crate::websocket;
use siox_engineio::ClientEvent;
use siox_stack::{EngineClient, Inbox, Line, Outbound};
use siox_wire::SendError;
use std::{
    fmt,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};
use tokio::sync::Notify;

pub(super) struct Shared {
    state: Mutex<State>,
    /// There is room in the queue, or there never will be.
    room: Notify,
}

pub(super) struct State {
    pub(super) machine: EngineClient,
    inbox: Inbox,
    /// The driver is gone.
    over: bool,
    /// Why the connection that was lost last was lost, or not made; a plain end needs no reason.
    pub(super) unreachable: Option<Arc<websocket::Error>>,
    receiver: Option<Waker>,
    pub(super) driver: Option<Waker>,
}

impl State {
    /// Something for the application.
    pub(super) fn push(&mut self, event: ClientEvent<'static>) {
        self.inbox.put(event);
        wake(&mut self.receiver);
    }

    /// Whether the connection is left unread until the application has taken some of what has come.
    pub(super) fn holds_up(&self, line: Line) -> bool {
        self.inbox.is_full() && self.machine.may_bring(line)
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

impl Shared {
    pub(super) fn new(machine: EngineClient, most: usize) -> Self {
        Self {
            state: Mutex::new(State {
                machine,
                inbox: Inbox::new(most),
                over: false,
                unreachable: None,
                receiver: None,
                driver: None,
            }),
            room: Notify::new(),
        }
    }

    /// A panic under the lock leaves the machine whole, so that its poison means nothing.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn look<R>(&self, look: impl FnOnce(&EngineClient) -> R) -> R {
        look(&self.lock().machine)
    }

    /// A step of the machine, whose consequences are the driver's.
    pub(super) fn with<R>(&self, step: impl FnOnce(&mut EngineClient) -> R) -> R {
        let mut state = self.lock();
        let made = step(&mut state.machine);
        wake(&mut state.driver);
        made
    }

    pub(super) fn poll_event(&self, cx: &mut Context<'_>) -> Poll<Option<ClientEvent<'static>>> {
        let mut state = self.lock();
        if let Some((event, made_room)) = state.inbox.take() {
            if made_room {
                wake(&mut state.driver);
            }
            return Poll::Ready(Some(event));
        }
        if state.over || state.machine.session().is_finished() {
            return Poll::Ready(None);
        }
        state.receiver = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Whether the driver is gone, and with it all connections.
    pub(super) fn poll_over(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.over {
            return Poll::Ready(());
        }
        state.receiver = Some(cx.waker().clone());
        Poll::Pending
    }

    pub(super) fn try_send(&self, message: &Outbound<'_>) -> Result<(), SendError> {
        self.with(|machine| machine.offer(message))
    }

    pub(super) async fn send(&self, message: &Outbound<'_>) -> Result<(), SendError> {
        loop {
            let mut room = pin!(self.room.notified());
            room.as_mut().enable();
            match self.try_send(message) {
                Err(SendError::Full) => room.await,
                done => return done,
            }
        }
    }

    /// Waits until nothing waits to be sent.
    pub(super) async fn flush(&self) -> Result<(), SendError> {
        loop {
            let mut room = pin!(self.room.notified());
            room.as_mut().enable();
            match self.look(|machine| (machine.queued(), machine.is_closed())) {
                (_, true) => return Err(SendError::Closed),
                (0, false) => return Ok(()),
                (_, false) => room.await,
            }
        }
    }

    /// What left made room.
    pub(super) fn made_room(&self) {
        self.room.notify_waiters();
    }

    pub(super) fn cause(&self) -> Option<Cause> {
        let state = self.lock();
        Cause::of(state.machine.failure(), state.unreachable.as_ref())
    }

    /// The application is gone: the session ends.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        state.inbox.abandon();
        state.machine.close(crate::now());
        wake(&mut state.driver);
    }

    /// The driver is gone.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.over = true;
        state.machine.close(crate::now());
        wake(&mut state.receiver);
        drop(state);
        self.room.notify_waiters();
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Shared")
            .field("transport", &state.machine.session().transport())
            .field("inbox", &state.inbox.len())
            .finish_non_exhaustive()
    }
}
