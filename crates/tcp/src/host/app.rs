//! What stands on top of a session, and what the two have in common with a connection.

use super::turns::Turns;
use crate::{clock, codec};
use siox_engineio::{CloseReason, Sid};
use siox_stack::{
    Cell, Machine,
    front::{About, Admission, Fields, Refused},
};
use std::{fmt, sync::Arc};

/// What stands on top of sessions: one value for all of them. Its methods are called by the threads of
/// connections, and those of a session one after the other.
pub trait App: Send + Sync + Sized + 'static {
    /// The machine of one session.
    type Machine: Machine<Event<'static>: Send> + Send + 'static;
    /// What the app keeps for each session.
    type Data: Send + Sync + 'static;

    /// Whether a client may open a session, and under which id. Its request has been found in order;
    /// nothing is opened yet, and the client waits meanwhile. Everybody may, unless this says otherwise.
    fn admit(&self, about: &About<'_>) -> Admission {
        let _ = about;
        Admission::Granted
    }

    /// A client is opening a session.
    fn open(&self, about: &About<'_>) -> Self::Data;

    /// The session has been opened; nothing has come of it yet. What is sent to it now follows the open
    /// packet.
    fn opened(self: &Arc<Self>, conn: &Arc<Conn<Self>>) {
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

    /// An event of a session, in the order in which they happened. The machine is not locked meanwhile,
    /// so the app may answer through `conn` while it holds the event; no further event of the session is
    /// told until it returns, though its deadlines go on.
    fn handle_event(
        self: &Arc<Self>,
        conn: &Arc<Conn<Self>>,
        event: <Self::Machine as Machine>::Event<'_>,
    );

    /// The client has taken something of what waited for it, or its session may have ended: whoever
    /// waits to send something looks again.
    fn drained(&self, conn: &Conn<Self>) {
        let _ = conn;
    }

    /// Returns when more input of this session is wanted, or it has ended: until then its socket is not
    /// read and its POST is not answered.
    fn wait_ready(&self, conn: &Conn<Self>) {
        let _ = conn;
    }
}

/// One session and what the app keeps for it.
pub struct Conn<A: App> {
    pub(super) cell: Cell<A::Machine>,
    pub(super) sid: Sid,
    data: A::Data,
    pub(super) turns: Turns<A::Machine>,
}

impl<A: App> Conn<A> {
    pub(super) fn new(machine: A::Machine, sid: Sid, data: A::Data) -> Self {
        Self {
            cell: Cell::new(machine),
            sid,
            data,
            turns: Turns::default(),
        }
    }

    /// One step of the machine, under its lock. What it queues is written by the session's own thread.
    pub fn with<R>(&self, step: impl FnOnce(&mut A::Machine) -> R) -> R {
        self.cell.with(|machine| codec::step(machine, step))
    }

    /// Its id, which is the client's only credential.
    pub fn sid(&self) -> &Sid {
        &self.sid
    }

    /// What the app keeps for this session.
    pub fn data(&self) -> &A::Data {
        &self.data
    }

    /// Ends the session.
    pub fn close(&self, reason: CloseReason) {
        self.with(|m| m.close(clock::now(), reason));
    }
}

impl<A: App> fmt::Debug for Conn<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conn")
            .field("sid", &self.sid)
            .finish_non_exhaustive()
    }
}
