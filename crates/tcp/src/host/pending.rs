//! Requests that wait: for their answer, their body, or their WebSocket.

use super::{App, Conn, Host};
use crate::clock;
use siox_engineio::{Lane, Response, Sid};
use siox_stack::{
    Machine, NoPlace,
    front::{Answer, Reply},
};
use std::{borrow::Cow, mem, net::IpAddr, sync::Arc};

/// Header lines of an answer.
pub(super) type Lines = Vec<(Cow<'static, str>, Cow<'static, str>)>;

/// What to do with a request.
pub(super) enum Admitted<A: App> {
    Answer(Answer),
    /// The server is going down, or the system has no randomness.
    Unavailable,
    Park(Parked<A>),
    Body(Parked<A>, usize),
    Upgrade(Upgrading<A>, Lines),
}

/// A place kept for a session; given back when none comes.
pub(super) struct Reserved<A: App> {
    host: Arc<Host<A>>,
    sid: Sid,
}

impl<A: App> Reserved<A> {
    pub(super) fn new(
        host: &Arc<Host<A>>,
        sid: Sid,
        address: Option<IpAddr>,
    ) -> Result<Self, NoPlace> {
        host.table().reserve(sid, address)?;
        Ok(Self {
            host: host.clone(),
            sid,
        })
    }

    /// The id it is kept under.
    pub(super) fn sid(&self) -> Sid {
        self.sid
    }

    /// Moves to another id. Whether that was free.
    pub(super) fn rename(&mut self, sid: Sid) -> bool {
        let free = self.host.table().rename(&self.sid, sid);
        if free {
            self.sid = sid;
        }
        free
    }
}

impl<A: App> Drop for Reserved<A> {
    fn drop(&mut self) {
        self.host.table().release(&self.sid);
    }
}

/// A request of a session that waits for its body or its answer. Dropped before it was answered, it is
/// reported as abandoned.
pub(super) struct Parked<A: App> {
    pub(super) conn: Arc<Conn<A>>,
    pub(super) lane: Lane,
    reply: Reply,
    answered: bool,
}

impl<A: App> Parked<A> {
    pub(super) fn new(conn: Arc<Conn<A>>, lane: Lane, reply: Reply) -> Self {
        Self {
            conn,
            lane,
            reply,
            answered: false,
        }
    }

    /// The answer, as it is to be sent.
    pub(super) fn answer(mut self, response: Response) -> Answer {
        self.answered = true;
        mem::take(&mut self.reply).finish(response)
    }

    /// Part of the body came.
    pub(super) fn progress(&self) {
        self.conn
            .with(|m| m.handle_progress(clock::now(), self.lane));
    }

    /// The answer to a body that is too long.
    pub(super) fn too_large(self) -> Answer {
        let response = self.conn.with(|m| m.body_too_large(self.lane));
        self.answer(response)
    }
}

impl<A: App> Drop for Parked<A> {
    fn drop(&mut self) {
        if !self.answered {
            self.conn.with(|m| m.handle_abandoned(self.lane));
        }
    }
}

/// A session whose WebSocket is still to come. Dropped before it has come, the session is told that it
/// is gone, and is driven to its end.
pub(super) struct Upgrading<A: App> {
    host: Arc<Host<A>>,
    conn: Arc<Conn<A>>,
    lane: Lane,
    came: bool,
}

impl<A: App> Upgrading<A> {
    pub(super) fn new(host: &Arc<Host<A>>, conn: Arc<Conn<A>>, lane: Lane) -> Self {
        Self {
            host: host.clone(),
            conn,
            lane,
            came: false,
        }
    }

    /// The WebSocket is there, and with it whoever drives the session.
    pub(super) fn came(mut self) -> (Arc<Conn<A>>, Lane) {
        self.came = true;
        (self.conn.clone(), self.lane)
    }
}

impl<A: App> Drop for Upgrading<A> {
    fn drop(&mut self) {
        if !self.came {
            self.conn.with(|m| m.handle_socket_gone(self.lane));
            self.host.timers.enter(&self.host, &self.conn);
        }
    }
}
