//! What the application wants of a connection.

use super::{
    Connection, Life,
    slots::{Slot, State},
};
use crate::{
    Encoded, Kind, Packet, Revision, Value, is_reserved,
    packet::encode::Header,
    text::{needs_no_escape, quote},
};
use alloc::{string::String, sync::Arc};
use bytes::Bytes;
use siox_wire::{Admit, Instant, Lead, SendError, Shared, Sink};

/// From here on, ids of acknowledgements belong to broadcasts, whose number is the same for all
/// receivers. Below, each socket counts for itself, from 1.
pub const FIRST_BROADCAST_ACK: u64 = 1 << 30;

impl Connection {
    /// Accepts a CONNECT: the socket is joined and may be sent to. `sid` is its public id. A client of
    /// revision 4 is not told it, since it makes it of the session's (`/` has that one, `/nsp` has
    /// `/nsp#` and it).
    ///
    /// # Errors
    /// [`SendError::Closed`] when the slot does not wait for an answer, or the sink is closed.
    pub fn accept(&mut self, slot: Slot, sid: &str, out: &mut impl Sink) -> Result<(), SendError> {
        self.accept_with(slot, sid, None, out)
    }

    /// As [`accept`](Self::accept), for a session that can be recovered by its private id; a client of
    /// revision 4 cannot, and is not told it.
    ///
    /// # Errors
    /// As those of [`accept`](Self::accept).
    pub fn accept_recoverable(
        &mut self,
        slot: Slot,
        sid: &str,
        pid: &str,
        out: &mut impl Sink,
    ) -> Result<(), SendError> {
        self.accept_with(slot, sid, Some(pid), out)
    }

    fn accept_with(
        &mut self,
        slot: Slot,
        sid: &str,
        pid: Option<&str>,
        out: &mut impl Sink,
    ) -> Result<(), SendError> {
        self.alive()?;
        let revision = self.revision;
        let entry = self.slots.asked(slot)?;
        let body = match revision {
            Revision::V4 => String::new(),
            Revision::V5 => welcome(sid, pid),
        };
        let header = header(Kind::Connect, entry.nsp(), None);
        header.send(&body, &[], &self.config, Admit::Owed, out)?;
        entry.state = State::Joined;
        self.connect_by = None;
        Ok(())
    }

    /// Refuses a CONNECT. `data` is for the application at the other end; one of revision 4 gets it in
    /// the place of the message, unless it is one of the values that JavaScript takes for false.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the slot does not wait for an answer, or the sink is closed;
    /// [`SendError::Unencodable`] when `data` holds binary values, which this packet cannot carry.
    pub fn refuse(
        &mut self,
        slot: Slot,
        message: &str,
        data: Option<&Value>,
        out: &mut impl Sink,
    ) -> Result<(), SendError> {
        self.alive()?;
        self.slots.asked(slot)?;
        if data.is_some_and(|d| !d.attachments().is_empty()) {
            return Err(SendError::Unencodable);
        }
        let body = match (self.revision, data) {
            (Revision::V5, data) => refusal(message, data),
            (Revision::V4, Some(data)) if is_truthy(data) => data.json().into(),
            (Revision::V4, _) => {
                let mut body = String::new();
                quote(&mut body, message);
                body
            }
        };
        self.refuse_with(slot, &body, out)
    }

    /// Refuses a CONNECT because there is no such namespace: with an object, whatever the revision.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the slot does not wait for an answer, or the sink is closed.
    pub fn refuse_namespace(&mut self, slot: Slot, out: &mut impl Sink) -> Result<(), SendError> {
        self.refuse_with(slot, &refusal("Invalid namespace", None), out)
    }

    fn refuse_with(
        &mut self,
        slot: Slot,
        body: &str,
        out: &mut impl Sink,
    ) -> Result<(), SendError> {
        self.alive()?;
        let entry = self.slots.asked(slot)?;
        let header = header(Kind::ConnectError, entry.nsp(), None);
        header.send(body, &[], &self.config, Admit::Owed, out)?;
        self.slots.forget(slot);
        Ok(())
    }

    /// Removes a socket from its namespace. What the peer owed to acknowledge there is dropped without
    /// an event.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the slot is not joined, or the sink is closed.
    pub fn disconnect(&mut self, slot: Slot, out: &mut impl Sink) -> Result<(), SendError> {
        self.alive()?;
        let entry = self.slots.joined(slot)?;
        let header = header(Kind::Disconnect, entry.nsp(), None);
        header.send("", &[], &self.config, Admit::Owed, out)?;
        self.leave(slot);
        Ok(())
    }

    /// Emits an event. [`Admit::Volatile`] means that it is better lost than late.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the slot is not joined, [`SendError::Attachments`] beyond
    /// `max_attachments`, [`SendError::Unencodable`] for what is not an event, and what the sink says.
    pub fn emit(
        &mut self,
        slot: Slot,
        event: &Encoded,
        admit: Admit,
        out: &mut impl Sink,
    ) -> Result<(), SendError> {
        let nsp = self.may_send(slot, event, Kind::Event)?;
        let header = header(Kind::Event, nsp, None);
        header.send_encoded(event, &self.config, admit, out)
    }

    /// Emits an event with the arguments of a packet that was received, passed through without a look at
    /// them and without a copy of their own.
    ///
    /// # Errors
    /// [`SendError::Reserved`] for a name that the protocol keeps for itself, and those of
    /// [`emit`](Self::emit).
    pub fn relay(
        &mut self,
        slot: Slot,
        name: &str,
        args: &Packet<'_>,
        admit: Admit,
        out: &mut impl Sink,
    ) -> Result<(), SendError> {
        if is_reserved(name) {
            return Err(SendError::Reserved);
        }
        if self.config.parser.is_some() {
            return self.emit(slot, &Encoded::relay_event(name, args)?, admit, out);
        }
        let nsp = self.may_send_to(slot, args.attachments())?;
        out.admit(admit)?;
        let header = header(Kind::Event, nsp, None);
        if let Some(array) = args.array_named(name) {
            header.put_parts(b"", [array.as_bytes()], args.attachments(), out);
            return Ok(());
        }
        let mut quoted = String::new();
        let (open, name) = if needs_no_escape(name) {
            (b"[\"".as_slice(), name)
        } else {
            quote(&mut quoted, name);
            (
                b"[".as_slice(),
                quoted.strip_suffix('"').unwrap_or_default(),
            )
        };
        let close: &[u8] = if args.is_empty() { b"\"" } else { b"\"," };
        let body = [name.as_bytes(), close, args.closed().as_bytes()];
        header.put_parts(open, body, args.attachments(), out);
        Ok(())
    }

    /// Answers an event that came with `id`, with the arguments of a packet that was received: as
    /// [`relay`](Self::relay).
    ///
    /// # Errors
    /// Those of [`ack`](Self::ack).
    pub fn ack_relay(
        &mut self,
        slot: Slot,
        id: u64,
        args: &Packet<'_>,
        out: &mut impl Sink,
    ) -> Result<(), SendError> {
        if self.config.parser.is_some() {
            return self.ack(slot, id, &Encoded::relay_args(args), out);
        }
        let nsp = self.may_send_to(slot, args.attachments())?;
        out.admit(Admit::Owed)?;
        let body = [args.closed().as_bytes()];
        header(Kind::Ack, nsp, Some(id)).put_parts(b"[", body, args.attachments(), out);
        Ok(())
    }

    /// Emits an event that the peer is asked to acknowledge; returns the id that
    /// [`Event::Ack`](crate::Event::Ack) will tell. Ids count from 1 for each socket.
    ///
    /// # Errors
    /// As those of [`emit`](Self::emit), and [`SendError::Full`] when `pending_acks` are owed.
    pub fn emit_with_ack(
        &mut self,
        slot: Slot,
        event: &Encoded,
        deadline: Option<Instant>,
        out: &mut impl Sink,
    ) -> Result<u64, SendError> {
        self.may_send(slot, event, Kind::Event)?;
        self.acks.has_room(self.config.pending_acks)?;
        let entry = self.slots.joined(slot)?;
        let mut last = entry.last_ack;
        let id = loop {
            last = match last.wrapping_add(1) {
                n if u64::from(n) >= FIRST_BROADCAST_ACK => 1,
                n => n,
            };
            // After a turn through all ids, one may still be owed.
            if !self.acks.contains(slot, last.into()) {
                break last.into();
            }
        };
        let header = header(Kind::Event, entry.nsp(), Some(id));
        header.send_encoded(event, &self.config, Admit::Normal, out)?;
        entry.last_ack = last;
        self.acks.insert(slot, id, deadline);
        Ok(id)
    }

    /// Answers an event that came with `id`.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the slot is not joined, [`SendError::Attachments`] beyond
    /// `max_attachments`, [`SendError::Unencodable`] for an event, and what the sink says.
    pub fn ack(
        &mut self,
        slot: Slot,
        id: u64,
        args: &Encoded,
        out: &mut impl Sink,
    ) -> Result<(), SendError> {
        let nsp = self.may_send(slot, args, Kind::Ack)?;
        let header = header(Kind::Ack, nsp, Some(id));
        header.send_encoded(args, &self.config, Admit::Owed, out)
    }

    /// Sends a packet that [`Config::shared`](crate::Config::shared) made for this slot's namespace.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the slot is not joined, [`SendError::Attachments`] beyond
    /// `max_attachments`, and what the sink says.
    #[inline]
    pub fn broadcast(
        &mut self,
        slot: Slot,
        group: &Arc<Shared>,
        admit: Admit,
        out: &mut impl Sink,
    ) -> Result<(), SendError> {
        self.alive()?;
        self.slots.joined(slot)?;
        self.check_attachments(group.parts().len().saturating_sub(1))?;
        out.admit(admit)?;
        out.put_shared(group, Lead::NONE);
        Ok(())
    }

    /// Expects an acknowledgement with an id that the caller chose, from [`FIRST_BROADCAST_ACK`] up, for
    /// a broadcast that carries it.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the slot is not joined, [`SendError::Full`] when `pending_acks` are owed.
    pub fn expect_ack(
        &mut self,
        slot: Slot,
        id: u64,
        deadline: Option<Instant>,
    ) -> Result<(), SendError> {
        self.alive()?;
        self.slots.joined(slot)?;
        self.acks.has_room(self.config.pending_acks)?;
        self.acks.insert(slot, id, deadline);
        Ok(())
    }

    /// Nobody waits for this acknowledgement any more. Says whether it was owed.
    pub fn forget_ack(&mut self, slot: Slot, id: u64) -> bool {
        self.acks.remove(slot, id)
    }

    pub(super) fn leave(&mut self, slot: Slot) {
        if let Ok(entry) = self.slots.joined(slot) {
            entry.state = State::Left;
        }
        self.acks.leave(slot);
    }

    fn alive(&self) -> Result<(), SendError> {
        match self.life {
            Life::Open => Ok(()),
            Life::Closed | Life::Failed(_) => Err(SendError::Closed),
        }
    }

    #[inline]
    fn check_attachments(&self, n: usize) -> Result<(), SendError> {
        if n == 0 {
            return Ok(());
        }
        let limit = self.config.most_attachments();
        if n > limit {
            return Err(SendError::Attachments { limit });
        }
        Ok(())
    }

    fn may_send(&self, slot: Slot, what: &Encoded, kind: Kind) -> Result<&str, SendError> {
        if what.kind() != kind {
            self.may_send_to(slot, what.attachments())?;
            return Err(SendError::Unencodable);
        }
        self.may_send_to(slot, what.attachments())
    }

    /// The namespace of a joined slot, which is sent these attachments.
    fn may_send_to(&self, slot: Slot, attachments: &[Bytes]) -> Result<&str, SendError> {
        self.alive()?;
        self.check_attachments(attachments.len())?;
        self.slots.joined_nsp(slot)
    }
}

fn header(kind: Kind, nsp: &str, id: Option<u64>) -> Header<'_> {
    Header { kind, nsp, id }
}

/// What a client of revision 5 is told when it comes in.
fn welcome(sid: &str, pid: Option<&str>) -> String {
    let mut body = String::with_capacity(64);
    body.push_str(r#"{"sid":"#);
    quote(&mut body, sid);
    if let Some(pid) = pid {
        body.push_str(r#","pid":"#);
        quote(&mut body, pid);
    }
    body.push('}');
    body
}

/// Why a CONNECT is refused, as an object.
fn refusal(message: &str, data: Option<&Value>) -> String {
    let mut body = String::from(r#"{"message":"#);
    quote(&mut body, message);
    if let Some(data) = data {
        body.push_str(r#","data":"#);
        body.push_str(data.json());
    }
    body.push('}');
    body
}

/// Whether JavaScript takes a value for true.
fn is_truthy(value: &Value) -> bool {
    match value.json() {
        "null" | "false" | "\"\"" => false,
        json => json.parse::<f64>().ok() != Some(0.0),
    }
}
