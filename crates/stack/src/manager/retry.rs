//! Events that are sent until they are acknowledged: one at a time, in order.

use super::{
    Manager, ManagerEvent, SocketKey, Ticket, Unanswered,
    socket::{Retried, Socket},
    tickets::Waiter,
};
use siox_socketio::Packet;
use siox_wire::{Admit, Instant};

impl Socket {
    pub(super) fn first_retried(&mut self) -> Option<&mut Retried> {
        self.retries.front_mut()
    }
}

impl Manager {
    /// Sends the first event of the queue, unless it is under way.
    pub(super) fn retry(&mut self, now: Instant, key: SocketKey) {
        let Some(socket) = self.get_mut(key) else {
            return;
        };
        let Some(slot) = socket.joined() else { return };
        let Some(first) = socket.first_retried().filter(|f| f.flying.is_none()) else {
            return;
        };
        first.tries = first.tries.saturating_add(1);
        let deadline = first.timeout.map(|timeout| now.after(timeout));
        let event = first.event.clone();
        let awaits = Some((Waiter::Retries, deadline));
        // Refused only when the server owes too many acknowledgements already; the next one to come
        // tries again.
        let sent = self.send(key, slot, &event, Admit::Owed, awaits);
        if let Some(first) = self.get_mut(key).and_then(Socket::first_retried) {
            first.flying = sent.ok().flatten();
        }
    }

    /// A try has come to an end.
    pub(super) fn tried(
        &mut self,
        now: Instant,
        key: SocketKey,
        ticket: Ticket,
        result: Result<Packet<'static>, Unanswered>,
    ) {
        let Some(socket) = self.get_mut(key) else {
            return;
        };
        let retries = socket.options.retries.unwrap_or(0);
        let Some(first) = socket.first_retried() else {
            return;
        };
        if first.flying != Some(ticket) {
            return;
        }
        first.flying = None;
        if result.is_ok() || first.tries > retries {
            let done = socket.next_retried();
            if let Some(ticket) = done.and_then(|done| done.ticket) {
                self.events
                    .push_back(ManagerEvent::Answer { ticket, result });
            }
        }
        self.retry(now, key);
    }

    /// An acknowledgement did not come in time. What was not even sent is not sent any more.
    pub(super) fn overdue(&mut self, now: Instant, ticket: Ticket) {
        let Some(awaited) = self.tickets.take(ticket) else {
            return;
        };
        if let (Some((slot, id)), super::line::Line::Open { client, .. }) =
            (awaited.sent, &mut self.line)
        {
            client.forget_ack(slot, id);
        }
        match awaited.waiter {
            Waiter::Application => {
                if let Some(socket) = self.get_mut(awaited.socket) {
                    socket.forget_waiting(ticket);
                }
                self.events.push_back(ManagerEvent::Answer {
                    ticket,
                    result: Err(Unanswered::Timeout),
                });
            }
            Waiter::Retries => {
                self.tried(now, awaited.socket, ticket, Err(Unanswered::Timeout));
            }
        }
    }
}
