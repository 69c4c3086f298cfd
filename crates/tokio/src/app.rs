//! What stands on top of a session, and what the two have in common with a connection.

use crate::{codec, driver, line::Aside};
use siox_engineio::{CloseReason, Lane, Sid};
use siox_stack::{
    Cell, Machine,
    front::{About, Admission, Fields, Refused},
};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

/// What stands on top of sessions: one value for all of them.
pub trait App: Send + Sync + Sized + 'static {
    /// The machine of one session.
    type Machine: Machine + Send + 'static;
    /// What the app keeps for each session.
    type Data: Send + Sync + 'static;

    /// Whether a client may open a session, and under which id. Its request has been found in order;
    /// nothing is opened yet. Everybody may, unless this says otherwise.
    fn admit(self: &Arc<Self>, about: &About<'_>) -> Admit {
        let _ = about;
        Admit::Now(Admission::Granted)
    }

    /// A client is opening a session.
    fn open(&self, about: &About<'_>) -> Self::Data;

    /// The session has been opened; nothing has come of it yet. What is sent to it now follows the open
    /// packet.
    fn opened(self: &Arc<Self>, conn: &Arc<Conn<Self>>) {
        let _ = conn;
    }

    /// The client has taken something of what waited for it.
    fn drained(&self, conn: &Conn<Self>) {
        let _ = conn;
    }

    /// The first answer of a session is being made: `fields` are sent with it. Called before
    /// [`headers`](Self::headers).
    fn initial_headers(&self, conn: &Conn<Self>, about: &About<'_>, fields: &mut Fields) {
        let _ = (conn, about, fields);
    }

    /// A request of a session has come, a poll, a POST or an upgrade: `fields` are sent with its answer.
    fn headers(&self, conn: &Conn<Self>, about: &About<'_>, fields: &mut Fields) {
        let _ = (conn, about, fields);
    }

    /// A request was refused.
    fn connection_error(&self, about: &About<'_>, refused: &Refused) {
        let _ = (about, refused);
    }

    /// An event of a session, in the order of arrival. Nothing is locked meanwhile, so the app may
    /// answer through `conn` while it holds the event. `cx` is that of the task which read the event.
    fn handle_event(
        self: &Arc<Self>,
        conn: &Arc<Conn<Self>>,
        cx: &mut Context<'_>,
        event: <Self::Machine as Machine>::Event<'_>,
    );

    /// Whether more input of this session is wanted now; while it is not, its socket is not read and
    /// its POST is not answered. An app that says `Pending` wakes the context later.
    fn poll_ready(&self, conn: &Conn<Self>, cx: &mut Context<'_>) -> Poll<()> {
        let _ = (conn, cx);
        Poll::Ready(())
    }
}

/// An app's word on a request that opens a session.
pub enum Admit {
    /// At once.
    Now(Admission),
    /// When it is known. The client waits meanwhile; if it goes away, the future is dropped.
    Later(Pin<Box<dyn Future<Output = Admission> + Send>>),
}

impl Admit {
    /// When `word` is known.
    pub fn later(word: impl Future<Output = Admission> + Send + 'static) -> Self {
        Self::Later(Box::pin(word))
    }
}

impl fmt::Debug for Admit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now(admission) => f.debug_tuple("Now").field(admission).finish(),
            Self::Later(_) => f.write_str("Later"),
        }
    }
}

/// One session and what the app keeps for it.
pub struct Conn<A: App> {
    pub(crate) cell: Cell<A::Machine>,
    pub(crate) sid: Sid,
    /// The first WebSocket there was, if others may write to it.
    aside: OnceLock<(Lane, Aside)>,
    data: A::Data,
}

impl<A: App> Conn<A> {
    pub(crate) fn new(machine: A::Machine, sid: Sid, data: A::Data) -> Self {
        Self {
            cell: Cell::new(machine),
            sid,
            aside: OnceLock::new(),
            data,
        }
    }

    /// One step of the machine, under its lock. What it queues leaves with the driver's next turn.
    pub fn with<R>(&self, step: impl FnOnce(&mut A::Machine) -> R) -> R {
        self.cell.with(|machine| codec::step(machine, step))
    }

    /// Others may write to its WebSocket from now on, as far as it is the first.
    pub(crate) fn set_aside(&self, lane: Lane, aside: Aside) {
        // A later one is written to by its driver alone.
        let _ = self.aside.set((lane, aside));
    }

    /// Writes what waits in its driver's place, or else wakes the driver.
    pub(crate) fn write_aside(&self, wake_only: bool) {
        let aside = self.aside.get().filter(|_| !wake_only);
        self.cell.write_aside(|machine| match aside {
            Some((lane, aside)) => driver::write_aside(machine, *lane, aside),
            None => false,
        });
    }

    /// Its id, which is the client's only credential.
    pub fn sid(&self) -> &Sid {
        &self.sid
    }

    /// Ready when no more than `below` bytes wait for the peer, or the session has ended.
    pub fn poll_room(&self, cx: &mut Context<'_>, below: usize) -> Poll<()> {
        self.cell.poll_room(cx, below)
    }

    /// What the app keeps for this session.
    pub fn data(&self) -> &A::Data {
        &self.data
    }

    /// Ends the session.
    pub fn close(&self, reason: CloseReason) {
        self.with(|m| m.close(crate::now(), reason));
    }
}

impl<A: App> fmt::Debug for Conn<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conn")
            .field("sid", &self.sid)
            .finish_non_exhaustive()
    }
}
