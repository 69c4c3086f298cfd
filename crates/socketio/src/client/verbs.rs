//! What the application wants of a client.

use super::{
    Client, ClientEvent, Life,
    stays::{Early, Next, State, Stay},
};
use crate::{
    Config, Encoded, Kind, MAX_NAMESPACE, MAX_NAMESPACE_QUERY, Revision, Slot, Value, ValueKind,
    packet::encode::Header, text::quote,
};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use siox_wire::{Admit, Instant, SendError, Sink};

/// The session that a client wants to go on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recover<'a> {
    /// The private id that the server gave it.
    pub pid: &'a str,
    /// The last argument of the last event it received, if there was one: a string.
    pub offset: Option<&'a str>,
}

impl Client {
    /// Asks to join a namespace, whose name begins with a slash. What stands behind a question mark in it
    /// is sent in revision 4, apart from the name; revision 4 sends no `auth`. A namespace that was left
    /// before the server answered can be asked for again: that waits for the answer.
    ///
    /// # Errors
    /// [`SendError::Closed`] while the namespace is joined or asked for, or the sink is closed;
    /// [`SendError::Full`] when there are too many namespaces; [`SendError::Unencodable`] for a name
    /// that no packet can carry, or `auth` that is not an object or holds binary values.
    pub fn connect(
        &mut self,
        nsp: &str,
        auth: Option<&Value>,
        recover: Option<Recover<'_>>,
        out: &mut impl Sink,
    ) -> Result<Slot, SendError> {
        self.alive()?;
        let (nsp, query) = self.split(nsp)?;
        let body = match self.config.revision {
            Revision::V4 => String::new(),
            Revision::V5 => body(auth, recover).ok_or(SendError::Unencodable)?,
        };
        out.admit(Admit::Owed)?;
        let slot = Slot(self.next);
        let known = self.stays.iter_mut().position(|stay| *stay.nsp == *nsp);
        let place = match known {
            Some(place) => place,
            None => self.place(slot, nsp, query)?,
        };
        let Some(stay) = self.stays.get_mut(place) else {
            return Err(SendError::Full);
        };
        match &mut stay.state {
            State::Asked(_) | State::Joined | State::Leaving(Some(_)) => {
                return Err(SendError::Closed);
            }
            State::Leaving(next) => *next = Some(Next { slot, body }),
            State::Unwanted(here) => {
                let here = *here;
                stay.begin(slot, false);
                if here {
                    stay.state = State::Joined;
                    let sid = self.session_id("/");
                    let pid = None;
                    self.ready
                        .push_back(ClientEvent::Connected { slot, sid, pid });
                }
            }
            State::Left { crossing } => {
                let crossing = *crossing;
                stay.query = query.into();
                stay.ask(&body, &self.config.limits, out)?;
                stay.begin(slot, crossing);
            }
        }
        self.next = self.next.wrapping_add(1);
        Ok(slot)
    }

    /// The name of a namespace, and in revision 4 what stands behind its question mark.
    fn split<'a>(&self, nsp: &'a str) -> Result<(&'a str, &'a str), SendError> {
        let (name, query) = match self.config.revision {
            Revision::V4 => nsp.split_once('?').unwrap_or((nsp, "")),
            Revision::V5 => (nsp, ""),
        };
        let fits = name.len() <= MAX_NAMESPACE && query.len() <= MAX_NAMESPACE_QUERY;
        let good = name.starts_with('/') && fits && !nsp.contains(',');
        match good {
            true => Ok((name, query)),
            false => Err(SendError::Unencodable),
        }
    }

    /// A place in the table, where one left long ago gives way if there is no other.
    fn place(&mut self, slot: Slot, nsp: &str, query: &str) -> Result<usize, SendError> {
        let stay = Stay {
            slot,
            state: State::Left { crossing: false },
            next_ack: 0,
            nsp: nsp.into(),
            query: query.into(),
        };
        if self.stays.len() < self.config.limits.namespaces {
            self.stays.push(stay);
            return Ok(self.stays.len().saturating_sub(1));
        }
        let left = self.stays.iter().enumerate();
        let left = left.filter(|(_, stay)| matches!(stay.state, State::Left { .. }));
        let oldest = left.min_by_key(|(_, stay)| stay.slot).map(|(i, _)| i);
        let place = oldest.ok_or(SendError::Full)?;
        if let Some(old) = self.stays.get_mut(place) {
            *old = stay;
        }
        Ok(place)
    }

    /// Leaves a namespace, or withdraws the wish to join it. What the server owed to acknowledge there is
    /// dropped without an event.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the slot is neither joined nor asked for, or the sink is closed.
    pub fn disconnect(&mut self, slot: Slot, out: &mut impl Sink) -> Result<(), SendError> {
        self.alive()?;
        out.admit(Admit::Owed)?;
        let mut stays = self.stays.iter_mut();
        let stay = stays.find(|stay| stay.has(slot)).ok_or(SendError::Closed)?;
        match &mut stay.state {
            State::Joined => {
                let header = header(Kind::Disconnect, &stay.nsp, None);
                header.send("", &[], &self.config.limits, Admit::Owed, out)?;
            }
            State::Asked(early) => {
                let early = early.take().unwrap_or_default();
                stay.state = State::Leaving(None);
                self.drop_early(early);
                return Ok(());
            }
            State::Leaving(next) => {
                *next = None;
                return Ok(());
            }
            State::Unwanted(_) | State::Left { .. } => return Err(SendError::Closed),
        }
        self.leave(slot, true);
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
        self.may_send(event, Kind::Event)?;
        let header = header(Kind::Event, &joined(&mut self.stays, slot)?.nsp, None);
        header.send_encoded(event, &self.config.limits, admit, out)
    }

    /// Emits an event that the server is asked to acknowledge; returns the id that
    /// [`ClientEvent::Ack`] will tell. Ids count from 0 for each stay.
    ///
    /// # Errors
    /// As those of [`emit`](Self::emit), and [`SendError::Full`] when `pending_acks` are owed.
    pub fn emit_with_ack(
        &mut self,
        slot: Slot,
        event: &Encoded,
        deadline: Option<Instant>,
        admit: Admit,
        out: &mut impl Sink,
    ) -> Result<u64, SendError> {
        self.acks.has_room(self.config.limits.pending_acks)?;
        self.may_send(event, Kind::Event)?;
        let stay = joined(&mut self.stays, slot)?;
        let id = stay.next_ack;
        let header = header(Kind::Event, &stay.nsp, Some(id));
        header.send_encoded(event, &self.config.limits, admit, out)?;
        stay.next_ack = id.wrapping_add(1);
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
        self.may_send(args, Kind::Ack)?;
        let header = header(Kind::Ack, &joined(&mut self.stays, slot)?.nsp, Some(id));
        header.send_encoded(args, &self.config.limits, Admit::Owed, out)
    }

    /// Nobody waits for this acknowledgement any more. Says whether it was owed.
    pub fn forget_ack(&mut self, slot: Slot, id: u64) -> bool {
        self.acks.remove(slot, id)
    }

    /// A stay is over, whoever ended it.
    pub(super) fn leave(&mut self, slot: Slot, crossing: bool) {
        let stay = self.stays.iter_mut().find(|stay| stay.slot == slot);
        let before = stay.map(|stay| core::mem::replace(&mut stay.state, State::Left { crossing }));
        if let Some(State::Asked(Some(early))) = before {
            self.drop_early(early);
        }
        self.acks.leave(slot);
    }

    /// A stay that did not begin: the server will not speak of it any more.
    pub(super) fn forget(&mut self, slot: Slot) {
        self.leave(slot, false);
        self.stays.retain(|stay| stay.slot != slot);
    }

    pub(super) fn drop_early(&mut self, early: Vec<Early>) {
        for Early { packet, .. } in early {
            self.held = self.held.saturating_sub(Early::weight(&packet));
        }
    }

    fn alive(&self) -> Result<(), SendError> {
        match self.life {
            Life::Open => Ok(()),
            Life::Closed | Life::Failed(_) => Err(SendError::Closed),
        }
    }

    fn may_send(&self, what: &Encoded, kind: Kind) -> Result<(), SendError> {
        self.alive()?;
        let limit = self.config.limits.most_attachments();
        if what.attachments().len() > limit {
            return Err(SendError::Attachments { limit });
        }
        if what.kind() != kind {
            return Err(SendError::Unencodable);
        }
        Ok(())
    }
}

fn joined(stays: &mut [Stay], slot: Slot) -> Result<&mut Stay, SendError> {
    let mut stays = stays.iter_mut();
    let stay = stays.find(|stay| stay.slot == slot && matches!(stay.state, State::Joined));
    stay.ok_or(SendError::Closed)
}

impl Stay {
    /// Another stay in the same namespace, which the client may have been in before.
    pub(super) fn begin(&mut self, slot: Slot, again: bool) {
        self.slot = slot;
        self.next_ack = 0;
        self.state = State::Asked((!again).then(Vec::new));
    }

    /// Sends the CONNECT.
    pub(super) fn ask(
        &self,
        body: &str,
        limits: &Config,
        out: &mut impl Sink,
    ) -> Result<(), SendError> {
        let nsp = match &*self.query {
            "" => self.nsp.to_string(),
            query => [&self.nsp, "?", query].concat(),
        };
        header(Kind::Connect, &nsp, None).send(body, &[], limits, Admit::Owed, out)
    }
}

pub(super) fn header(kind: Kind, nsp: &str, id: Option<u64>) -> Header<'_> {
    Header { kind, nsp, id }
}

/// The payload of a CONNECT: what is to be recovered, and behind it the credentials, which count where a
/// name is used twice. `None` for credentials that are none.
fn body(auth: Option<&Value>, recover: Option<Recover<'_>>) -> Option<String> {
    let auth = match auth {
        None => "",
        Some(auth) if auth.kind() == ValueKind::Object && auth.attachments().is_empty() => {
            auth.json()
        }
        Some(_) => return None,
    };
    let Some(Recover { pid, offset }) = recover else {
        return Some(auth.into());
    };
    let mut body = String::from(r#"{"pid":"#);
    quote(&mut body, pid);
    if let Some(offset) = offset {
        body.push_str(r#","offset":"#);
        quote(&mut body, offset);
    }
    let members = auth.strip_prefix('{').unwrap_or("}").trim_start();
    if members != "}" {
        body.push(',');
    }
    body.push_str(members);
    Some(body)
}
