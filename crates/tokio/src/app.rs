//! What stands on top of a session, and what the two have in common with a connection.

use crate::codec;
use siox_engineio::{CloseReason, Sid};
use siox_stack::{Cell, Machine};
use std::{
    fmt,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};

/// What stands on top of sessions: one value for all of them.
pub trait App: Send + Sync + Sized + 'static {
    /// The machine of one session.
    type Machine: Machine + Send + 'static;
    /// What the app keeps for each session.
    type Data: Send + Sync + 'static;

    /// A client is opening a session.
    fn open(&self, about: &About<'_>) -> Self::Data;

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

/// One session and what the app keeps for it.
pub struct Conn<A: App> {
    pub(crate) cell: Cell<A::Machine>,
    pub(crate) sid: Sid,
    data: A::Data,
}

impl<A: App> Conn<A> {
    pub(crate) fn new(machine: A::Machine, sid: Sid, data: A::Data) -> Self {
        Self {
            cell: Cell::new(machine),
            sid,
            data,
        }
    }

    /// One step of the machine, under its lock. What it queues leaves with the driver's next turn.
    pub fn with<R>(&self, step: impl FnOnce(&mut A::Machine) -> R) -> R {
        self.cell.with(|machine| codec::step(machine, step))
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

/// The headers of a request, wherever they are kept.
pub trait Headers {
    /// Calls `each` for every header line, names in any case.
    fn for_each(&self, each: &mut dyn FnMut(&str, &[u8]));
}

impl Headers for http::HeaderMap {
    fn for_each(&self, each: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self {
            each(name.as_str(), value.as_bytes());
        }
    }
}

impl Headers for siox_http1::Head<'_> {
    fn for_each(&self, each: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self.headers() {
            each(name, value);
        }
    }
}

/// The request that opens a session.
#[derive(Clone, Copy)]
pub struct About<'a> {
    /// Where it came from, as the socket tells; unknown behind a foreign HTTP server.
    pub peer: Option<SocketAddr>,
    /// The query string, undecoded.
    pub query: &'a str,
    /// The request target, undecoded.
    pub target: &'a str,
    /// Its headers.
    pub headers: &'a dyn Headers,
}

impl About<'_> {
    /// The first header of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<Vec<u8>> {
        let mut found = None;
        self.headers.for_each(&mut |n, v| {
            if found.is_none() && n.eq_ignore_ascii_case(name) {
                found = Some(v.to_vec());
            }
        });
        found
    }
}

impl fmt::Debug for About<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("About")
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}
