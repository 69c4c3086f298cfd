//! What the server's messages mean for the sockets.

use super::{Dial, Manager, ManagerEvent, Owed, SocketKey, line::Line, tickets::Waiter};
use alloc::{boxed::Box, string::ToString};
use siox_socketio::{ClientEvent, DisconnectReason, Error, Packet, Slot};
use siox_wire::{Instant, Message};

impl Manager {
    /// A message of a session.
    pub fn handle_message(&mut self, now: Instant, dial: Dial, message: Message<'_>) {
        let Line::Open { dial: own, client } = &mut self.line else {
            return;
        };
        if *own != dial {
            return;
        }
        match client.handle_message(now, message, &mut self.wants) {
            Ok(event) => {
                let event = event.map(ClientEvent::into_owned);
                if let Some(event) = event {
                    self.hear(now, dial, event);
                }
                self.hear_more(now);
            }
            Err(error) => self.broken(now, error),
        }
    }

    /// Bytes of a message have arrived, though not all of it.
    pub fn handle_progress(&mut self, now: Instant, dial: Dial) {
        match &mut self.line {
            Line::Open { dial: own, client } if *own == dial => client.handle_progress(now),
            Line::Closed | Line::Waiting { .. } | Line::Dialling { .. } | Line::Open { .. } => {}
        }
    }

    /// What the connection has still to tell.
    pub(super) fn hear_more(&mut self, now: Instant) {
        while let Line::Open { dial, client } = &mut self.line {
            let dial = *dial;
            match client.handle_timeout(now) {
                Ok(Some(event)) => self.hear(now, dial, event),
                Ok(None) => break,
                Err(error) => return self.broken(now, error),
            }
        }
        self.check_cap(now);
    }

    /// A server that does not take what it is owed costs the connection.
    pub(super) fn check_cap(&mut self, now: Instant) {
        if self.wants.held() > self.options.hard_cap {
            let details = "the server does not take what it is owed";
            self.break_off(now, DisconnectReason::SlowConsumer, Some(details));
        }
    }

    /// The server broke a rule.
    fn broken(&mut self, now: Instant, error: Error) {
        if let Error::TooMuchHeld { .. } = error {
            // What it would recover is more than we take: the next session begins anew.
            for socket in &mut self.sockets {
                socket.forget_session();
            }
        }
        let details = error.to_string();
        self.break_off(now, DisconnectReason::ParseError, Some(&details));
    }

    fn by_slot(&self, slot: Slot) -> Option<SocketKey> {
        let mut sockets = self.sockets.iter();
        let socket = sockets.find(|socket| socket.slot() == Some(slot))?;
        Some(socket.key)
    }

    fn hear(&mut self, now: Instant, dial: Dial, event: ClientEvent<'static>) {
        match event {
            ClientEvent::Connected { slot, sid, pid } => self.let_in(now, slot, sid, pid),
            ClientEvent::Refused {
                slot,
                message,
                data,
            } => {
                if let Some(key) = self.by_slot(slot) {
                    self.refused(key, message, data);
                    self.close_if_idle(now);
                }
            }
            ClientEvent::Event { slot, id, packet } => {
                let owed = id.map(|id| Owed { dial, slot, id });
                self.event(slot, owed, packet);
            }
            ClientEvent::Ack { slot, id, packet } => self.answered(now, slot, id, packet),
            // Deadlines are kept here, where they outlive the connection.
            ClientEvent::AckTimeout { .. } => {}
            ClientEvent::Error { slot, data } => {
                if let Some(socket) = self.by_slot(slot) {
                    self.events
                        .push_back(ManagerEvent::ServerError { socket, data });
                }
            }
            ClientEvent::Disconnected { slot } => {
                if let Some(key) = self.by_slot(slot) {
                    if let Some(socket) = self.get_mut(key) {
                        socket.active = false;
                        socket.forget_session();
                    }
                    self.drop_out(key, DisconnectReason::IoServerDisconnect, None);
                    self.close_if_idle(now);
                }
            }
        }
    }

    fn let_in(&mut self, now: Instant, slot: Slot, sid: Box<str>, pid: Option<Box<str>>) {
        let Some(key) = self.by_slot(slot) else {
            return;
        };
        let Some(socket) = self.get_mut(key) else {
            return;
        };
        socket.enter(slot, sid.clone(), pid);
        let recovered = socket.recovered;
        self.events.push_back(ManagerEvent::Connected {
            socket: key,
            sid,
            recovered,
        });
        self.send_waiting(key);
        self.retry(now, key);
    }

    fn event(&mut self, slot: Slot, owed: Option<Owed>, packet: Packet<'static>) {
        let Some(key) = self.by_slot(slot) else {
            return;
        };
        // No offset stands in what wants an acknowledgement: its last argument is the application's.
        if owed.is_none()
            && let Some(socket) = self.get_mut(key)
        {
            socket.passed(&packet);
        }
        self.events.push_back(ManagerEvent::Event {
            socket: key,
            owed,
            packet,
        });
    }

    fn answered(&mut self, now: Instant, slot: Slot, id: u64, packet: Packet<'static>) {
        let Some(ticket) = self.tickets.by_id(slot, id) else {
            return;
        };
        let Some(awaited) = self.tickets.take(ticket) else {
            return;
        };
        match awaited.waiter {
            Waiter::Application => self.events.push_back(ManagerEvent::Answer {
                ticket,
                result: Ok(packet),
            }),
            Waiter::Retries => self.tried(now, awaited.socket, ticket, Ok(packet)),
        }
        // There may have been no room for what asks for an acknowledgement.
        self.refill();
        self.retry(now, awaited.socket);
    }
}
