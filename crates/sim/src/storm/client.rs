//! One of the crowd: a manager, and what a runtime and an application do with it.

use super::{
    Link, Sky, What,
    ledger::{Ledger, Waits},
    server::{Server, number},
};
use bytes::Bytes;
use siox_socketio::{ClientConfig, DisconnectReason, Encoded};
use siox_stack::{
    Dial, Emit, Manager, ManagerEvent, ManagerOptions, SocketKey, SocketOptions, Want,
};
use siox_wire::{Instant, Message};
use std::time::Duration;

pub(super) struct Client {
    number: usize,
    manager: Manager,
    key: SocketKey,
    /// Its connection and the name of that with the manager.
    dial: Option<(Link, Dial)>,
    dials: u32,
    /// For which deadline it is to be woken.
    woken: Option<Instant>,
    /// Since when it waits for its next attempt.
    since: Option<Instant>,
    ledger: Ledger,
}

/// The id of a session.
pub(super) fn session((number, dial): Link) -> String {
    format!("engine-{number}-{dial}")
}

impl Client {
    pub(super) fn new(sky: &mut Sky<'_>, number: usize) -> Self {
        let config = ClientConfig {
            revision: sky.plan.revision,
            ..ClientConfig::default()
        };
        let options = ManagerOptions {
            client: config.into(),
            ..ManagerOptions::default()
        };
        let seed = sky.rng.below(u64::MAX);
        let mut manager = Manager::new(options.into(), seed);
        let socket = SocketOptions {
            retries: sky.plan.retries.then_some(1_000),
            ack_timeout: sky.plan.retries.then_some(Duration::from_secs(2)),
            ..SocketOptions::default()
        };
        let key = manager.socket("/", socket);
        manager.connect(sky.now, key);
        Self {
            number,
            manager,
            key,
            dial: None,
            dials: 0,
            woken: None,
            since: None,
            ledger: Ledger::default(),
        }
    }

    pub(super) fn emit(&mut self, sky: &mut Sky<'_>) {
        let n = self.ledger.next();
        let event = match n % 5 {
            4 => Encoded::event("n", &(n, Bytes::from_static(b"bytes"))),
            _ => Encoded::event("n", &n),
        };
        let how = Emit {
            ack: n.is_multiple_of(3),
            ..Emit::default()
        };
        let sent = event.map(|event| self.manager.emit(sky.now, self.key, event, how));
        match sent {
            Ok(Ok(ticket)) => self.ledger.emitted(n, ticket),
            other => sky.check(false, || format!("{} cannot emit: {other:?}", self.number)),
        }
    }

    /// Its own deadline, unless that has moved.
    pub(super) fn due(&mut self, sky: &mut Sky<'_>) {
        if self.woken.take_if(|at| *at <= sky.now).is_some() {
            self.manager.handle_timeout(sky.now);
        }
    }

    fn dial(&self, link: Link) -> Option<Dial> {
        let (own, dial) = self.dial?;
        (own == link).then_some(dial)
    }

    pub(super) fn opened(&mut self, sky: &mut Sky<'_>, link: Link) {
        if let Some(dial) = self.dial(link) {
            self.manager.handle_opened(sky.now, dial, &session(link));
        }
    }

    pub(super) fn refused(&mut self, sky: &mut Sky<'_>, link: Link) {
        if let Some(dial) = self.dial(link) {
            self.dial = None;
            self.since = Some(sky.now);
            self.manager.handle_failed(sky.now, dial, "refused", None);
        }
    }

    pub(super) fn lost(&mut self, sky: &mut Sky<'_>, link: Link) {
        if let Some(dial) = self.dial(link) {
            self.dial = None;
            self.since = Some(sky.now);
            let reason = DisconnectReason::TransportClose;
            self.manager.handle_closed(sky.now, dial, reason, None);
        }
    }

    pub(super) fn hear(&mut self, sky: &mut Sky<'_>, link: Link, message: Message<'static>) {
        if let Some(dial) = self.dial(link) {
            self.manager.handle_message(sky.now, dial, message);
        }
    }

    /// What a runtime does after every step.
    pub(super) fn settle(&mut self, sky: &mut Sky<'_>, waits: &mut Waits) {
        while let Some(event) = self.manager.poll_event() {
            self.told(sky, event);
        }
        while let Some(want) = self.manager.poll_want() {
            match (want, self.dial) {
                (Want::Open(dial), None) => {
                    self.dials += 1;
                    let link = (self.number, self.dials);
                    if let Some(since) = self.since.take() {
                        waits.add(self.ledger.attempt(), sky.now.since(since));
                    }
                    sky.note(format_args!("{} tries to connect", self.number));
                    self.dial = Some((link, dial));
                    sky.send(link, true, What::Arrives(link));
                }
                (Want::Text(text), Some((link, _))) => {
                    self.ledger.leaves(&text, link);
                    let message = Message::Text(text.into());
                    sky.send(link, true, What::ToServer(link, message));
                }
                (Want::Binary(bytes), Some((link, _))) => {
                    let message = Message::Binary(bytes.to_vec().into());
                    sky.send(link, true, What::ToServer(link, message));
                }
                (want, dial) => {
                    sky.check(false, || format!("{}: {want:?} on {dial:?}", self.number));
                }
            }
        }
        let due = self.manager.poll_timeout();
        if let Some(at) = due.filter(|at| self.woken.is_none_or(|woken| *at < woken)) {
            self.woken = Some(at);
            sky.at(at, What::Due(self.number));
        }
    }

    fn told(&mut self, sky: &mut Sky<'_>, event: ManagerEvent) {
        let number_of = self.number;
        match event {
            ManagerEvent::Connected { sid, .. } => {
                sky.note(format_args!("{number_of} is in as {sid}"));
                self.ledger.is_in(true);
            }
            ManagerEvent::Disconnected { .. } => {
                let link = (number_of, self.dials);
                self.ledger.is_in(false);
                self.ledger.lost(link);
            }
            ManagerEvent::ReconnectAttempt { attempt } => self.ledger.tries(attempt),
            ManagerEvent::Answer { ticket, result } => {
                let said = result.as_ref().map(number).map_err(|why| *why);
                let fits = self.ledger.answered(ticket, said);
                sky.check(fits.is_ok(), || {
                    format!("{number_of}: {}", fits.unwrap_err())
                });
            }
            ManagerEvent::Opened
            | ManagerEvent::Closed { .. }
            | ManagerEvent::Error { .. }
            | ManagerEvent::ConnectError { .. }
            | ManagerEvent::ReconnectError { .. }
            | ManagerEvent::Reconnected { .. } => {}
            ManagerEvent::ReconnectFailed
            | ManagerEvent::Auth { .. }
            | ManagerEvent::Event { .. }
            | ManagerEvent::ServerError { .. } => {
                sky.check(false, || format!("{number_of}: {event:?}"));
            }
        }
    }

    pub(super) fn verdict(&self, sky: &mut Sky<'_>, server: &Server) {
        let back = self.manager.is_connected(self.key) && self.manager.waiting(self.key) == 0;
        sky.check(back, || format!("{} is not back, or not done", self.number));
        let verdict = self
            .ledger
            .verdict(server.of(self.number), sky.plan.retries);
        sky.check(verdict.is_ok(), || {
            format!("{}: {}", self.number, verdict.unwrap_err())
        });
    }
}
