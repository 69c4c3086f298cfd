//! One socket of a manager: how far it has come, and what it keeps for when it is connected.

use super::{Overflow, SocketKey, SocketOptions, Ticket};
use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use bytes::Bytes;
use siox_socketio::{Encoded, Packet, Recover, Slot};
use siox_wire::SendError;

/// How far a socket has come on the connection that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Idle,
    /// The application is asked for credentials, under this number.
    Authorizing(u32),
    Asked(Slot),
    Joined(Slot),
}

/// An event that waits for a connection.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) ticket: Option<Ticket>,
    pub(super) event: Encoded,
}

/// An event that is sent until it is acknowledged.
#[derive(Debug)]
pub(super) struct Retried {
    /// What the application awaits, if it does.
    pub(super) ticket: Option<Ticket>,
    pub(super) event: Encoded,
    pub(super) timeout: Option<core::time::Duration>,
    pub(super) tries: u32,
    /// What the try that is under way awaits.
    pub(super) flying: Option<Ticket>,
}

#[derive(Debug)]
pub(super) struct Socket {
    pub(super) key: SocketKey,
    pub(super) nsp: Box<str>,
    pub(super) options: SocketOptions,
    /// Whether it is to be connected whenever there is a connection.
    pub(super) active: bool,
    pub(super) stage: Stage,
    pub(super) sid: Option<Box<str>>,
    pub(super) recovered: bool,
    /// The private id of its session, and the offset of the last event received.
    pid: Option<Box<str>>,
    offset: Option<Box<str>>,
    pub(super) buffer: VecDeque<Waiting>,
    pub(super) retries: VecDeque<Retried>,
    /// What both cost.
    held: usize,
}

impl Socket {
    pub(super) fn new(key: SocketKey, nsp: &str, options: SocketOptions) -> Self {
        Self {
            key,
            nsp: nsp.into(),
            options,
            active: false,
            stage: Stage::Idle,
            sid: None,
            recovered: false,
            pid: None,
            offset: None,
            buffer: VecDeque::new(),
            retries: VecDeque::new(),
            held: 0,
        }
    }

    pub(super) fn slot(&self) -> Option<Slot> {
        match self.stage {
            Stage::Asked(slot) | Stage::Joined(slot) => Some(slot),
            Stage::Idle | Stage::Authorizing(_) => None,
        }
    }

    pub(super) fn joined(&self) -> Option<Slot> {
        match self.stage {
            Stage::Joined(slot) => Some(slot),
            Stage::Idle | Stage::Authorizing(_) | Stage::Asked(_) => None,
        }
    }

    /// What it asks to be recovered.
    pub(super) fn recover(&self) -> Option<Recover<'_>> {
        let pid = self.pid.as_deref()?;
        let offset = self.offset.as_deref();
        Some(Recover { pid, offset })
    }

    /// The server let it in.
    pub(super) fn enter(&mut self, slot: Slot, sid: Box<str>, pid: Option<Box<str>>) {
        self.stage = Stage::Joined(slot);
        self.sid = Some(sid);
        self.recovered = pid.is_some() && pid == self.pid;
        if !self.recovered {
            self.offset = None;
        }
        self.pid = pid;
    }

    /// It is not connected any more, or does not try.
    pub(super) fn leave(&mut self) {
        self.stage = Stage::Idle;
        self.sid = None;
    }

    /// There is nothing to be recovered.
    pub(super) fn forget_session(&mut self) {
        self.pid = None;
        self.offset = None;
    }

    /// Where the session is, after this event: its last argument, if that is a string.
    pub(super) fn passed(&mut self, packet: &Packet<'_>) {
        if self.pid.is_some()
            && let Some(offset) = packet.last_string()
        {
            self.offset = Some(offset.into());
        }
    }

    /// Room for an event, given up by older ones if need be; whose tickets are returned. `Ok(None)`:
    /// the event is dropped.
    pub(super) fn make_room(
        &mut self,
        event: &Encoded,
        most: usize,
        overflow: Overflow,
    ) -> Result<Option<Vec<Ticket>>, SendError> {
        let new = weight(event);
        let mut lost = Vec::new();
        while self.held > 0 && self.held.saturating_add(new) > most {
            match overflow {
                Overflow::Refuse => return Err(SendError::Full),
                Overflow::DropNewest => return Ok(None),
                Overflow::DropOldest => match self.drop_oldest() {
                    Some(ticket) => lost.extend(ticket),
                    None => return Err(SendError::Full),
                },
            }
        }
        self.held = self.held.saturating_add(new);
        Ok(Some(lost))
    }

    /// `None` when there is none that may go: one that is under way stays.
    fn drop_oldest(&mut self) -> Option<Option<Ticket>> {
        if let Some(waiting) = self.next_waiting() {
            return Some(waiting.ticket);
        }
        let place = usize::from(self.retries.front()?.flying.is_some());
        let retried = self.retries.remove(place)?;
        self.held = self.held.saturating_sub(weight(&retried.event));
        Some(retried.ticket)
    }

    pub(super) fn next_waiting(&mut self) -> Option<Waiting> {
        let waiting = self.buffer.pop_front()?;
        self.held = self.held.saturating_sub(weight(&waiting.event));
        Some(waiting)
    }

    /// It could not be sent yet: it is the next one again.
    pub(super) fn wait_on(&mut self, waiting: Waiting) {
        self.held = self.held.saturating_add(weight(&waiting.event));
        self.buffer.push_front(waiting);
    }

    /// An event whose acknowledgement is overdue is not sent any more.
    pub(super) fn forget_waiting(&mut self, ticket: Ticket) {
        let place = self.buffer.iter().position(|w| w.ticket == Some(ticket));
        let waiting = place.and_then(|place| self.buffer.remove(place));
        if let Some(waiting) = waiting {
            self.held = self.held.saturating_sub(weight(&waiting.event));
        }
    }

    /// The first of those that are sent until they are acknowledged is done with.
    pub(super) fn next_retried(&mut self) -> Option<Retried> {
        let retried = self.retries.pop_front()?;
        self.held = self.held.saturating_sub(weight(&retried.event));
        Some(retried)
    }
}

fn weight(event: &Encoded) -> usize {
    let attachments = event.attachments().iter().map(Bytes::len);
    attachments.fold(
        event.json_bytes().len().saturating_add(64),
        usize::saturating_add,
    )
}
