//! The acknowledgements that are awaited: those of events that wait to be sent, and those of events that
//! were.

use super::{SocketKey, Ticket};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use siox_socketio::Slot;
use siox_wire::Instant;

/// Who awaits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiter {
    /// The application.
    Application,
    /// The queue of events that are sent until they are acknowledged.
    Retries,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Awaited {
    pub(super) socket: SocketKey,
    pub(super) waiter: Waiter,
    /// Under which id the event was sent, once it was.
    pub(super) sent: Option<(Slot, u64)>,
    deadline: Option<Instant>,
}

#[derive(Debug, Default)]
pub(super) struct Tickets {
    last: u64,
    awaited: BTreeMap<Ticket, Awaited>,
    due: BTreeSet<(Instant, Ticket)>,
    sent: BTreeMap<(Slot, u64), Ticket>,
}

impl Tickets {
    /// A ticket that nothing here knows of.
    pub(super) fn fresh(&mut self) -> Ticket {
        self.last = self.last.wrapping_add(1);
        Ticket(self.last)
    }

    pub(super) fn expect(
        &mut self,
        socket: SocketKey,
        waiter: Waiter,
        deadline: Option<Instant>,
    ) -> Ticket {
        let ticket = self.fresh();
        if let Some(deadline) = deadline {
            self.due.insert((deadline, ticket));
        }
        let awaited = Awaited {
            socket,
            waiter,
            sent: None,
            deadline,
        };
        self.awaited.insert(ticket, awaited);
        ticket
    }

    /// The event was sent.
    pub(super) fn sent(&mut self, ticket: Ticket, slot: Slot, id: u64) {
        if let Some(awaited) = self.awaited.get_mut(&ticket) {
            awaited.sent = Some((slot, id));
            self.sent.insert((slot, id), ticket);
        }
    }

    pub(super) fn by_id(&self, slot: Slot, id: u64) -> Option<Ticket> {
        self.sent.get(&(slot, id)).copied()
    }

    /// Nothing more is expected of it.
    pub(super) fn take(&mut self, ticket: Ticket) -> Option<Awaited> {
        let awaited = self.awaited.remove(&ticket)?;
        if let Some(deadline) = awaited.deadline {
            self.due.remove(&(deadline, ticket));
        }
        if let Some(sent) = awaited.sent {
            self.sent.remove(&sent);
        }
        Some(awaited)
    }

    /// One whose time is over.
    pub(super) fn expired(&self, now: Instant) -> Option<Ticket> {
        let &(deadline, ticket) = self.due.first()?;
        (deadline <= now).then_some(ticket)
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.due.first().map(|&(deadline, _)| deadline)
    }

    /// Those of a stay that is over, in the order of sending.
    pub(super) fn of(&self, slot: Slot) -> Vec<Ticket> {
        let range = (slot, 0)..=(slot, u64::MAX);
        self.sent.range(range).map(|(_, &ticket)| ticket).collect()
    }
}
