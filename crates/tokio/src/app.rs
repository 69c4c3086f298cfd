//! What stands on top of a session, and what the two have in common with a connection.

use crate::{codec, driver, line::Aside, traffic::Sum};
use siox_engineio::{CloseReason, Lane, Sid};
use siox_stack::{
    Cell, Machine,
    front::{About, Admission, Fields, Refused},
};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
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
    pub(crate) cell: Cell<A::Machine, Aside>,
    pub(crate) sid: Sid,
    data: A::Data,
}

impl<A: App> Conn<A> {
    pub(crate) fn new(machine: A::Machine, sid: Sid, data: A::Data) -> Self {
        Self {
            cell: Cell::writable(machine),
            sid,
            data,
        }
    }

    /// One step of the machine, under its lock. What it queues leaves with the driver's next turn.
    pub fn with<R>(&self, step: impl FnOnce(&mut A::Machine) -> R) -> R {
        self.cell.with(|machine| codec::step(machine, step))
    }

    /// Writes what waits in its driver's place, or else wakes the driver.
    #[inline]
    pub(crate) fn write_aside(&self, sum: &mut Sum) {
        self.cell
            .write_aside(|machine, aside| driver::write_aside(machine, aside, sum));
    }

    /// Others no longer write to the WebSocket `lane`.
    pub(crate) fn withdraw(&self, lane: Lane) {
        drop(self.cell.take_writer(|aside| aside.lane() == lane));
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
