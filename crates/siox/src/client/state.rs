//! The state of a connection, and what happens to its sessions.

use super::{
    carrier::Outlet,
    core::Inner as Socket,
    manager::{ConnectionEvent, Direction, Tap},
};
use crate::{
    AckError, Args, DisconnectReason, Transport,
    awaited::{Waiter, Waiting, awaited},
};
use siox_engineio::{ClientEvent, CloseReason};
use siox_socketio::Packet;
use siox_stack::{Dial, Manager as Machine, ManagerEvent, SocketKey, Ticket, Unanswered, Want};
use siox_wire::{Instant, Message, SendError};
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::Arc,
    time::Duration,
};

/// What is to be told: of the machine, or of the session below it.
pub(crate) enum News {
    Machine(ManagerEvent),
    Connection(ConnectionEvent),
}

pub(crate) struct State {
    pub(super) machine: Machine,
    /// The session that is wanted: being opened, or open.
    pub(super) live: Option<Dial>,
    /// Takes the messages of the session that is open.
    pub(super) outlet: Option<Box<dyn Outlet>>,
    /// A message waits for room: nothing may overtake it.
    pub(super) blocked: bool,
    /// When the driver comes back by itself.
    pub(super) armed: Option<Instant>,
    pub(super) sockets: Vec<Arc<Socket>>,
    pub(super) waiters: BTreeMap<Ticket, Waiter>,
    pub(super) taps: Vec<Tap>,
    /// What is still to be told, in order.
    pub(super) news: VecDeque<News>,
    /// Somebody may wait for the room that there is now.
    pub(super) made_room: bool,
    /// Whether the session before ended on a WebSocket.
    pub(super) worked: bool,
    /// Nobody drives it: nothing will happen any more.
    pub(super) over: bool,
}

impl State {
    pub(super) fn new(machine: Machine) -> Self {
        Self {
            machine,
            live: None,
            outlet: None,
            blocked: false,
            armed: None,
            sockets: Vec::new(),
            waiters: BTreeMap::new(),
            taps: Vec::new(),
            news: VecDeque::new(),
            made_room: false,
            worked: false,
            over: false,
        }
    }

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
            let compress = self.machine.may_compress();
            let sent = self
                .outlet
                .as_ref()
                .map(|outlet| outlet.try_send(message.clone(), compress));
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
    pub(super) fn concerns_driver(&self) -> bool {
        let deadline = self.machine.poll_timeout();
        let earlier = deadline.is_some_and(|at| self.armed.is_none_or(|armed| at < armed));
        // What is wanted while a message waits for room, waits behind it.
        earlier || !(self.blocked || self.machine.is_quiet())
    }

    pub(super) fn await_answer(&mut self, ticket: Ticket) -> Waiting {
        let (waiter, waiting) = awaited();
        self.waiters.insert(ticket, waiter);
        waiting
    }

    /// Takes what the machine has to tell: acknowledgements to those who wait, the rest in line.
    pub(super) fn sort(&mut self) {
        while let Some(event) = self.machine.poll_event() {
            match event {
                ManagerEvent::Answer { ticket, result } => self.answer(ticket, result),
                other => self.news.push_back(News::Machine(other)),
            }
        }
    }

    fn answer(&mut self, ticket: Ticket, result: Result<Packet<'static>, Unanswered>) {
        let reply = match result {
            Ok(packet) => Ok(Args(packet)),
            Err(Unanswered::Timeout) => Err(AckError::Timeout),
            Err(Unanswered::Dropped) => Err(AckError::Dropped),
            Err(_) => Err(AckError::Disconnected),
        };
        if let Some(waiter) = self.waiters.remove(&ticket) {
            waiter.tell(reply);
        }
    }

    pub(super) fn socket(&self, key: SocketKey) -> Option<Arc<Socket>> {
        self.sockets.iter().find(|s| s.key == key).cloned()
    }

    /// A session is open. Whether it is wanted.
    pub(super) fn opened(
        &mut self,
        now: Instant,
        dial: Dial,
        session: &str,
        outlet: Box<dyn Outlet>,
    ) -> bool {
        if self.live != Some(dial) {
            return false;
        }
        self.outlet = Some(outlet);
        self.machine.handle_opened(now, dial, session);
        true
    }

    /// A session could not be opened.
    pub(super) fn failed(
        &mut self,
        now: Instant,
        dial: Dial,
        message: &str,
        retry_after: Option<Duration>,
    ) {
        if self.live == Some(dial) {
            self.live = None;
            self.machine.handle_failed(now, dial, message, retry_after);
        }
    }

    /// None could be opened with these settings, however often it is tried.
    pub(super) fn failed_for_good(&mut self, now: Instant, dial: Dial, message: &str) {
        if self.live == Some(dial) {
            self.failed(now, dial, message, None);
            self.machine.close(now);
        }
    }

    /// A session has something to tell; `None` is its end.
    pub(super) fn heard(
        &mut self,
        now: Instant,
        dial: Dial,
        event: Option<ClientEvent<'static>>,
        details: Option<&str>,
    ) {
        if self.live != Some(dial) {
            return;
        }
        match event {
            Some(ClientEvent::Message(message)) => {
                self.tap(Direction::Received, &message);
                self.machine.handle_message(now, dial, message);
            }
            Some(ClientEvent::Closed { reason, .. }) => {
                self.ended(now, dial, reason_of(reason), details);
            }
            None => self.ended(now, dial, DisconnectReason::TransportClose, details),
            Some(ClientEvent::Opened) => {}
            Some(ClientEvent::Heartbeat) => self.tell(ConnectionEvent::Ping),
            Some(ClientEvent::Upgrading) => self.tell(ConnectionEvent::Upgrading),
            Some(ClientEvent::Upgraded) => self.tell(ConnectionEvent::Upgrade),
            Some(ClientEvent::UpgradeFailed(error)) => {
                self.tell(ConnectionEvent::UpgradeError(error.to_string()));
            }
        }
    }

    /// Behind what the machine has told by now.
    fn tell(&mut self, event: ConnectionEvent) {
        self.sort();
        self.news.push_back(News::Connection(event));
    }

    /// What carries messages just now.
    pub(super) fn transport(&self) -> Option<Transport> {
        let outlet = self.outlet.as_ref().filter(|_| self.machine.is_open())?;
        Some(match outlet.websocket_works() {
            true => Transport::WebSocket,
            false => Transport::Polling,
        })
    }

    /// A session whose server is dead by now ends before more is sent into it: what is emitted next waits.
    pub(super) fn expire(&mut self, now: Instant) {
        if let (Some(dial), Some(outlet)) = (self.live, &self.outlet)
            && outlet.is_expired()
        {
            self.ended(now, dial, DisconnectReason::PingTimeout, None);
        }
    }

    fn ended(&mut self, now: Instant, dial: Dial, reason: DisconnectReason, details: Option<&str>) {
        self.machine.handle_closed(now, dial, reason, details);
        self.forget(dial);
    }

    /// What waited for room has left.
    pub(super) fn sent(&mut self, dial: Dial) {
        if self.live == Some(dial) {
            self.blocked = false;
            self.made_room = true;
        }
    }

    /// A session is not wanted any more. What is queued in it is still sent. Whether it was wanted.
    pub(super) fn forget(&mut self, dial: Dial) -> bool {
        if self.live != Some(dial) {
            return false;
        }
        self.live = None;
        if let Some(outlet) = self.outlet.take() {
            self.worked = outlet.websocket_works();
            outlet.close();
        }
        self.blocked = false;
        self.made_room = true;
        true
    }
}

/// What is known of the end of a session, if this is that: the session's error, and what it had below.
pub(super) fn details<C: fmt::Display>(
    event: Option<&ClientEvent<'_>>,
    cause: impl FnOnce() -> Option<C>,
) -> Option<String> {
    let Some(ClientEvent::Closed { reason, error }) = event else {
        return None;
    };
    // Of a session that ended well, what is known below is an older failure: that of an upgrade.
    let is_failure = error.is_some() || *reason == CloseReason::TransportError;
    let cause = is_failure.then(cause).flatten();
    let (error, cause) = (error.map(words), cause.map(words));
    match (error, cause) {
        (Some(error), Some(cause)) if error != cause => Some(format!("{error}: {cause}")),
        (error, cause) => error.or(cause),
    }
}

fn words(what: impl fmt::Display) -> String {
    what.to_string()
}

/// In the words of the reference's client.
fn reason_of(reason: CloseReason) -> DisconnectReason {
    match reason {
        CloseReason::TransportError => DisconnectReason::TransportError,
        CloseReason::TransportClose => DisconnectReason::TransportClose,
        CloseReason::ForcedClose => DisconnectReason::ForcedClose,
        CloseReason::PingTimeout => DisconnectReason::PingTimeout,
        CloseReason::ParseError => DisconnectReason::ParseError,
        CloseReason::ServerShuttingDown => DisconnectReason::TransportClose,
        CloseReason::SlowConsumer => DisconnectReason::SlowConsumer,
        _ => DisconnectReason::TransportError,
    }
}
