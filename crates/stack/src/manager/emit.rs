//! What the application says to the server.

use super::{
    Manager, ManagerEvent, Owed, SocketKey, Ticket, Unanswered,
    line::Line,
    socket::{Retried, Waiting},
    tickets::Waiter,
};
use alloc::vec::Vec;
use core::time::Duration;
use siox_socketio::{Encoded, Kind, Slot};
use siox_wire::{Admit, Instant, SendError};

/// How an event is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Emit {
    /// Rather lost than late: not kept while there is no connection, nor behind what waits for one.
    pub volatile: bool,
    /// Whether an acknowledgement is awaited.
    pub ack: bool,
    /// For how long, if not for the socket's own time.
    pub timeout: Option<Duration>,
}

impl Manager {
    /// Emits an event: at once where the socket is connected, and as soon as it is where not. The ticket
    /// is for the acknowledgement, if one is awaited: [`ManagerEvent::Answer`] will tell.
    ///
    /// # Errors
    /// [`SendError::Full`] when too much waits already, for the connection or in it;
    /// [`SendError::Closed`] for a volatile event without a connection; [`SendError::Attachments`]
    /// beyond the number allowed; [`SendError::Unencodable`] for what is not an event.
    pub fn emit(
        &mut self,
        now: Instant,
        key: SocketKey,
        event: Encoded,
        how: Emit,
    ) -> Result<Option<Ticket>, SendError> {
        let limit = self.options.client.limits.max_attachments;
        if event.attachments().len() > limit {
            return Err(SendError::Attachments { limit });
        }
        if event.kind() != Kind::Event {
            return Err(SendError::Unencodable);
        }
        let socket = self.get(key).ok_or(SendError::Closed)?;
        let timeout = how.timeout.or(socket.options.ack_timeout);
        let joined = socket.joined();
        if socket.options.retries.is_some() && !how.volatile {
            return self.emit_retried(now, key, event, how.ack, timeout);
        }
        let deadline = timeout.map(|timeout| now.after(timeout));
        let first = socket.buffer.is_empty();
        match joined {
            Some(slot) if first => {
                let admit = match how.volatile {
                    true => Admit::Volatile,
                    false => Admit::Normal,
                };
                let awaits = how.ack.then_some((Waiter::Application, deadline));
                self.send(key, slot, &event, admit, awaits)
            }
            Some(_) if how.volatile => Err(SendError::Full),
            None if how.volatile => Err(SendError::Closed),
            Some(_) | None => self.keep(key, event, how.ack.then_some(deadline)),
        }
    }

    /// Sends an event on the connection.
    pub(super) fn send(
        &mut self,
        key: SocketKey,
        slot: Slot,
        event: &Encoded,
        admit: Admit,
        awaits: Option<(Waiter, Option<Instant>)>,
    ) -> Result<Option<Ticket>, SendError> {
        let Line::Open { client, .. } = &mut self.line else {
            return Err(SendError::Closed);
        };
        let Some((waiter, deadline)) = awaits else {
            client.emit(slot, event, admit, &mut self.wants)?;
            return Ok(None);
        };
        let id = client.emit_with_ack(slot, event, None, admit, &mut self.wants)?;
        let ticket = self.tickets.expect(key, waiter, deadline);
        self.tickets.sent(ticket, slot, id);
        Ok(Some(ticket))
    }

    /// Keeps an event until there is a connection.
    fn keep(
        &mut self,
        key: SocketKey,
        event: Encoded,
        awaits: Option<Option<Instant>>,
    ) -> Result<Option<Ticket>, SendError> {
        let kept = self.make_room(key, &event)?;
        let ticket = awaits.map(|deadline| self.tickets.expect(key, Waiter::Application, deadline));
        if !kept {
            self.dropped(ticket);
        } else if let Some(socket) = self.get_mut(key) {
            socket.buffer.push_back(Waiting { ticket, event });
        }
        Ok(ticket)
    }

    /// Whether there is room for an event among those that wait; others may have made it.
    fn make_room(&mut self, key: SocketKey, event: &Encoded) -> Result<bool, SendError> {
        let (most, overflow) = (self.options.buffer, self.options.overflow);
        let socket = self.get_mut(key).ok_or(SendError::Closed)?;
        let Some(lost) = socket.make_room(event, most, overflow)? else {
            return Ok(false);
        };
        for ticket in lost {
            self.dropped(Some(ticket));
        }
        Ok(true)
    }

    fn dropped(&mut self, ticket: Option<Ticket>) {
        if let Some(ticket) = ticket {
            self.tickets.take(ticket);
            self.events.push_back(ManagerEvent::Answer {
                ticket,
                result: Err(Unanswered::Dropped),
            });
        }
    }

    /// An event that is sent until it is acknowledged.
    fn emit_retried(
        &mut self,
        now: Instant,
        key: SocketKey,
        event: Encoded,
        ack: bool,
        timeout: Option<Duration>,
    ) -> Result<Option<Ticket>, SendError> {
        let kept = self.make_room(key, &event)?;
        let ticket = ack.then(|| self.tickets.fresh());
        if !kept {
            self.dropped(ticket);
        } else if let Some(socket) = self.get_mut(key) {
            socket.retries.push_back(Retried {
                ticket,
                event,
                timeout,
                tries: 0,
                flying: None,
            });
            self.retry(now, key);
        }
        Ok(ticket)
    }

    /// The socket is connected: what waited for that is sent, as far as there is room.
    pub(super) fn send_waiting(&mut self, key: SocketKey) {
        while let Some((waiting, slot)) = self.next_waiting(key) {
            let Line::Open { client, .. } = &mut self.line else {
                return;
            };
            let Waiting { ticket, event } = &waiting;
            let (admit, out) = (Admit::Normal, &mut self.wants);
            let sent = match *ticket {
                None => client.emit(slot, event, admit, out),
                Some(ticket) => client
                    .emit_with_ack(slot, event, None, admit, out)
                    .map(|id| self.tickets.sent(ticket, slot, id)),
            };
            match sent {
                Ok(()) => {}
                Err(SendError::Full) => {
                    if let Some(socket) = self.get_mut(key) {
                        socket.wait_on(waiting);
                    }
                    return;
                }
                // What else the machine refuses was refused when the event was kept.
                Err(_) => self.dropped(waiting.ticket),
            }
        }
    }

    fn next_waiting(&mut self, key: SocketKey) -> Option<(Waiting, Slot)> {
        let socket = self.get_mut(key)?;
        let slot = socket.joined()?;
        Some((socket.next_waiting()?, slot))
    }

    /// The layer below has taken something: there may be room for what waits.
    pub(super) fn refill(&mut self) {
        if self.wants.held() > self.options.high_water / 2 {
            return;
        }
        let waiting = self
            .sockets
            .iter()
            .filter(|socket| !socket.buffer.is_empty());
        let waiting: Vec<SocketKey> = waiting.map(|socket| socket.key).collect();
        for key in waiting {
            self.send_waiting(key);
        }
    }

    /// Answers an event of the server.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the connection that the event came by is gone;
    /// [`SendError::Attachments`] beyond the number allowed; [`SendError::Unencodable`] for an event.
    pub fn ack(&mut self, now: Instant, owed: Owed, args: &Encoded) -> Result<(), SendError> {
        match &mut self.line {
            Line::Open { dial, client } if *dial == owed.dial => {
                client.ack(owed.slot, owed.id, args, &mut self.wants)?;
                self.check_cap(now);
                Ok(())
            }
            Line::Closed | Line::Waiting { .. } | Line::Dialling { .. } | Line::Open { .. } => {
                Err(SendError::Closed)
            }
        }
    }
}
