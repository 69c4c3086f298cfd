//! The connection: opened, lost, waited for, tried again.

use super::{
    Auth, Dial, Manager, ManagerEvent, SocketKey, Want,
    socket::{Socket, Stage},
    tickets::Waiter,
};
use crate::manager::Unanswered;
use alloc::{
    boxed::Box,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use core::time::Duration;
use siox_socketio::{Client, DisconnectReason, Value};
use siox_wire::Instant;

/// How far the connection has come.
#[derive(Debug)]
pub(super) enum Line {
    /// There is none, and none is wanted.
    Closed,
    /// The next attempt has to wait.
    Waiting {
        until: Instant,
    },
    /// It is being opened.
    Dialling {
        dial: Dial,
        until: Option<Instant>,
    },
    Open {
        dial: Dial,
        client: Box<Client>,
    },
}

impl Manager {
    /// Opens the connection, unless that is under way.
    pub(super) fn begin(&mut self, now: Instant) {
        match self.line {
            Line::Closed => self.dial(now),
            Line::Waiting { .. } | Line::Dialling { .. } | Line::Open { .. } => {}
        }
    }

    fn dial(&mut self, now: Instant) {
        self.dials = self.dials.wrapping_add(1);
        let dial = Dial(self.dials);
        let until = self.options.timeout.map(|timeout| now.after(timeout));
        self.line = Line::Dialling { dial, until };
        self.wants.push(Want::Open(dial));
    }

    /// A session is open. In revision 4 its id is that of the sockets.
    pub fn handle_opened(&mut self, _now: Instant, dial: Dial, session: &str) {
        match self.line {
            Line::Dialling { dial: own, .. } if own == dial => {}
            Line::Closed | Line::Waiting { .. } | Line::Dialling { .. } | Line::Open { .. } => {
                return;
            }
        }
        let client = Client::new(self.options.client.clone(), session).into();
        self.line = Line::Open { dial, client };
        self.events.push_back(ManagerEvent::Opened);
        let attempt = core::mem::take(&mut self.attempts);
        if core::mem::take(&mut self.reconnecting) {
            self.events.push_back(ManagerEvent::Reconnected { attempt });
        }
        for key in self.active() {
            self.ask(key);
        }
    }

    /// A session could not be opened. A server that is overloaded may say when to come back, by the
    /// header `Retry-After` of a 503 (RFC 9110, 10.2.3); how far that counts,
    /// [`ManagerOptions::retry_after_max`](super::ManagerOptions::retry_after_max) says.
    pub fn handle_failed(
        &mut self,
        now: Instant,
        dial: Dial,
        message: &str,
        retry_after: Option<Duration>,
    ) {
        match self.line {
            Line::Dialling { dial: own, .. } if own == dial => {
                self.failed(now, message, retry_after);
            }
            Line::Closed | Line::Waiting { .. } | Line::Dialling { .. } | Line::Open { .. } => {}
        }
    }

    fn failed(&mut self, now: Instant, message: &str, retry_after: Option<Duration>) {
        self.line = Line::Closed;
        self.events.push_back(ManagerEvent::Error {
            message: message.into(),
        });
        for socket in self.active() {
            self.events.push_back(ManagerEvent::ConnectError {
                socket,
                message: message.into(),
                data: None,
            });
        }
        if self.reconnecting {
            self.events.push_back(ManagerEvent::ReconnectError {
                message: message.into(),
            });
        }
        self.wait(now, retry_after);
    }

    /// Waits for the next attempt, if there is to be one.
    fn wait(&mut self, now: Instant, retry_after: Option<Duration>) {
        if !self.options.reconnection {
            return self.give_up();
        }
        let most = self.options.reconnection_attempts;
        if most.is_some_and(|most| self.attempts >= most) {
            self.give_up();
            return self.events.push_back(ManagerEvent::ReconnectFailed);
        }
        let wait = self.jitter.wait(&self.options, self.attempts, retry_after);
        self.attempts = self.attempts.saturating_add(1);
        self.reconnecting = true;
        self.line = Line::Waiting {
            until: now.after(wait),
        };
    }

    /// The connection does not come back on its own.
    pub(super) fn give_up(&mut self) {
        self.attempts = 0;
        self.reconnecting = false;
        self.line = Line::Closed;
    }

    /// The session that was open is over; `details` is what else is known of its end, in words.
    pub fn handle_closed(
        &mut self,
        now: Instant,
        dial: Dial,
        reason: DisconnectReason,
        details: Option<&str>,
    ) {
        if self.is_current(dial) {
            self.wants.drop_messages();
            self.lost(reason, details);
            self.wait(now, None);
        }
    }

    pub(super) fn is_current(&self, dial: Dial) -> bool {
        match &self.line {
            Line::Open { dial: own, .. } => *own == dial,
            Line::Closed | Line::Waiting { .. } | Line::Dialling { .. } => false,
        }
    }

    /// The connection is to be closed for what the server did, and opened again.
    pub(super) fn break_off(
        &mut self,
        now: Instant,
        reason: DisconnectReason,
        details: Option<&str>,
    ) {
        self.wants.drop_messages();
        self.hang_up(reason, details);
        self.wait(now, None);
    }

    /// Closes the connection, whatever its state, and tells those it concerns.
    pub(super) fn hang_up(&mut self, reason: DisconnectReason, details: Option<&str>) {
        match self.line {
            Line::Closed | Line::Waiting { .. } => {}
            Line::Dialling { dial, .. } => {
                if !self.wants.withdraw(dial) {
                    self.wants.push(Want::Close(dial));
                }
            }
            Line::Open { dial, .. } => {
                self.wants.push(Want::Close(dial));
                self.lost(reason, details);
            }
        }
        self.line = Line::Closed;
    }

    /// The connection that was open is gone.
    fn lost(&mut self, reason: DisconnectReason, details: Option<&str>) {
        self.line = Line::Closed;
        let details: Option<Arc<str>> = details.map(Into::into);
        self.events.push_back(ManagerEvent::Closed {
            reason,
            details: details.clone(),
        });
        let keys: Vec<SocketKey> = self.sockets.iter().map(|socket| socket.key).collect();
        for key in keys {
            self.drop_out(key, reason, details.clone());
        }
    }

    /// Where no socket wants the connection, it is closed.
    pub(super) fn close_if_idle(&mut self, _now: Instant) {
        if !self.sockets.iter().any(|socket| socket.active) {
            self.hang_up(DisconnectReason::ForcedClose, None);
            self.give_up();
        }
    }

    fn active(&self) -> Vec<SocketKey> {
        let active = self.sockets.iter().filter(|socket| socket.active);
        active.map(|socket| socket.key).collect()
    }

    /// Asks the server for a socket, or the application for what to say to the server.
    pub(super) fn ask(&mut self, key: SocketKey) {
        self.asked = self.asked.wrapping_add(1);
        let attempt = self.asked;
        let Some(socket) = self.get_mut(key) else {
            return;
        };
        let auth = match &socket.options.auth {
            Auth::None => None,
            Auth::Value(auth) => Some(auth.clone()),
            Auth::Ask => {
                socket.stage = Stage::Authorizing(attempt);
                let socket = key;
                return self
                    .events
                    .push_back(ManagerEvent::Auth { socket, attempt });
            }
        };
        self.send_connect(key, auth.as_ref());
    }

    pub(super) fn send_connect(&mut self, key: SocketKey, auth: Option<&Value>) {
        let Line::Open { client, .. } = &mut self.line else {
            return;
        };
        let place = usize::try_from(key.0).unwrap_or(usize::MAX);
        let Some(socket) = self.sockets.get_mut(place) else {
            return;
        };
        match client.connect(&socket.nsp, auth, socket.recover(), &mut self.wants) {
            Ok(slot) => socket.stage = Stage::Asked(slot),
            Err(error) => self.refused(key, error.to_string(), None),
        }
    }

    /// A socket is not let in, which is final.
    pub(super) fn refused(&mut self, key: SocketKey, message: String, data: Option<Value>) {
        if let Some(socket) = self.get_mut(key) {
            socket.active = false;
            socket.leave();
        }
        self.events.push_back(ManagerEvent::ConnectError {
            socket: key,
            message,
            data,
        });
    }

    /// A socket is not connected any more: what it awaits of this stay does not come.
    pub(super) fn drop_out(
        &mut self,
        key: SocketKey,
        reason: DisconnectReason,
        details: Option<Arc<str>>,
    ) {
        let Some(socket) = self.get_mut(key) else {
            return;
        };
        let joined = socket.joined();
        socket.leave();
        let Some(slot) = joined else { return };
        self.events.push_back(ManagerEvent::Disconnected {
            socket: key,
            reason,
            details,
        });
        for ticket in self.tickets.of(slot) {
            let awaited = self.tickets.take(ticket);
            match awaited.map(|awaited| awaited.waiter) {
                Some(Waiter::Application) => self.events.push_back(ManagerEvent::Answer {
                    ticket,
                    result: Err(Unanswered::Disconnected),
                }),
                Some(Waiter::Retries) => {
                    if let Some(first) = self.get_mut(key).and_then(Socket::first_retried) {
                        first.flying = None;
                        // It was the connection that failed, not the try.
                        first.tries = first.tries.saturating_sub(1);
                    }
                }
                None => {}
            }
        }
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(ticket) = self.tickets.expired(now) {
            self.overdue(now, ticket);
        }
        match &self.line {
            Line::Waiting { until } if *until <= now => {
                let attempt = self.attempts;
                self.events
                    .push_back(ManagerEvent::ReconnectAttempt { attempt });
                self.dial(now);
            }
            Line::Dialling {
                dial,
                until: Some(until),
            } if *until <= now => {
                let dial = *dial;
                if !self.wants.withdraw(dial) {
                    self.wants.push(Want::Close(dial));
                }
                self.failed(now, "timeout", None);
            }
            Line::Open { .. } => self.hear_more(now),
            Line::Closed | Line::Waiting { .. } | Line::Dialling { .. } => {}
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do, unless something happens
    /// before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let line = match &self.line {
            Line::Closed => None,
            Line::Waiting { until } => Some(*until),
            Line::Dialling { until, .. } => *until,
            Line::Open { client, .. } => client.poll_timeout(),
        };
        let deadlines = [line, self.tickets.next_deadline()];
        deadlines.into_iter().flatten().min()
    }
}
