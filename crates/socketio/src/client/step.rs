//! What a packet of the server does to a client.

use super::{
    Client, ClientEvent, refusal,
    stays::{Early, State, Stay},
    verbs::header,
};
use crate::{Decoded, Error, Kind, Packet, Raw, Revision, Slot, Value};
use alloc::{borrow::Cow, boxed::Box, format, string::ToString, vec::Vec};
use siox_wire::{Admit, Instant, Sink};

impl Client {
    pub(super) fn step<'b>(
        &mut self,
        now: Instant,
        packet: Decoded<'b>,
        out: &mut impl Sink,
    ) -> Result<Option<ClientEvent<'b>>, Error> {
        match packet {
            Decoded::Connect { nsp, payload } => self.let_in(&nsp, payload.as_ref(), out),
            Decoded::ConnectError { nsp, payload } => self.kept_out(&nsp, &payload, out),
            Decoded::Disconnect { nsp } => self.thrown_out(&nsp),
            Decoded::Event { nsp, id, packet } => self.event(&nsp, id, packet),
            Decoded::Ack { nsp, id, packet } => {
                let stay = self.stay(&nsp)?;
                let slot = matches!(stay.state, State::Joined).then_some(stay.slot);
                let slot = slot.filter(|&slot| self.acks.take(slot, id, now));
                Ok(slot.map(|slot| ClientEvent::Ack { slot, id, packet }))
            }
        }
    }

    /// The stay in a namespace that the server speaks of.
    fn stay(&mut self, nsp: &str) -> Result<&mut Stay, Error> {
        let stay = self.stays.iter_mut().find(|stay| *stay.nsp == *nsp);
        stay.ok_or(Error::NotConnected)
    }

    /// Whether an event or an acknowledgement in this namespace is for anybody.
    pub(super) fn wants(&self, nsp: &str) -> Result<bool, Error> {
        let stay = self.stays.iter().find(|stay| *stay.nsp == *nsp);
        Ok(match stay.ok_or(Error::NotConnected)?.state {
            State::Asked(_) | State::Joined => true,
            State::Unwanted(_) | State::Leaving(_) | State::Left { .. } => false,
        })
    }

    /// CONNECT: the answer to ours, or in revision 4 the server's own for `/`.
    fn let_in(
        &mut self,
        nsp: &str,
        payload: Option<&Raw<'_>>,
        out: &mut impl Sink,
    ) -> Result<Option<ClientEvent<'static>>, Error> {
        let ids = match self.config.revision {
            Revision::V5 => ids(payload),
            Revision::V4 => Some((self.session_id(nsp), None)),
        };
        // Revision 4 greets before it is asked; that it does tells it from revision 5.
        let Ok(stay) = self.stay(nsp) else {
            return match ids {
                None => Ok(None),
                Some(_) => Err(Error::Unasked),
            };
        };
        let slot = stay.slot;
        match (&mut stay.state, ids) {
            (State::Unwanted(here), _) => {
                *here = true;
                Ok(None)
            }
            (State::Asked(_), None) => {
                self.forget(slot);
                Ok(Some(ClientEvent::Refused {
                    slot,
                    message: OLD_SERVER.to_string(),
                    data: None,
                }))
            }
            (State::Asked(early), Some((sid, pid))) => {
                let early = early.take().unwrap_or_default();
                stay.state = State::Joined;
                let connected = ClientEvent::Connected { slot, sid, pid };
                self.ready.push_back(connected);
                self.tell_early(slot, early);
                Ok(None)
            }
            (State::Leaving(_), _) => {
                let config = self.config.clone();
                let stay = self.stay(nsp)?;
                let header = header(Kind::Disconnect, &stay.nsp, None);
                // What a sink that is closed does not take, nobody waits for.
                let _ = header.send("", &[], &config.limits, Admit::Owed, out);
                self.left(slot, true, out);
                Ok(None)
            }
            // The server threw the client out of the stay before, which crossed this CONNECT.
            (State::Left { .. }, _) => {
                let config = self.config.clone();
                let stay = self.stay(nsp)?;
                let header = header(Kind::Disconnect, &stay.nsp, None);
                let _ = header.send("", &[], &config.limits, Admit::Owed, out);
                Ok(None)
            }
            (State::Joined, _) => Err(Error::Unasked),
        }
    }

    /// What came before the answer is told behind it.
    fn tell_early(&mut self, slot: Slot, early: Vec<Early>) {
        for Early { id, packet } in early {
            self.held = self.held.saturating_sub(Early::weight(&packet));
            let event = ClientEvent::Event { slot, id, packet };
            self.ready.push_back(event);
        }
    }

    /// In revision 4 a socket is known by the session's id.
    pub(super) fn session_id(&self, nsp: &str) -> Box<str> {
        match nsp {
            "/" => self.session.clone(),
            nsp => format!("{nsp}#{}", self.session).into(),
        }
    }

    /// CONNECT_ERROR, or the ERROR of revision 4.
    fn kept_out(
        &mut self,
        nsp: &str,
        payload: &Raw<'_>,
        out: &mut impl Sink,
    ) -> Result<Option<ClientEvent<'static>>, Error> {
        let revision = self.config.revision;
        let stay = self.stay(nsp).map_err(|_| Error::Unasked)?;
        let slot = stay.slot;
        match (&stay.state, revision) {
            (State::Asked(_), _) => {
                self.forget(slot);
                let (message, data) = refusal::read(payload, revision);
                Ok(Some(ClientEvent::Refused {
                    slot,
                    message,
                    data,
                }))
            }
            (State::Leaving(_), _) => {
                self.left(slot, false, out);
                Ok(None)
            }
            (State::Unwanted(_), _) => {
                stay.state = State::Left { crossing: false };
                Ok(None)
            }
            (State::Joined, Revision::V4) => {
                let data: Value = payload.to_value();
                Ok(Some(ClientEvent::Error { slot, data }))
            }
            (State::Left { .. }, _) => Ok(None),
            (State::Joined, Revision::V5) => Err(Error::Unasked),
        }
    }

    fn thrown_out(&mut self, nsp: &str) -> Result<Option<ClientEvent<'static>>, Error> {
        let stay = self.stay(nsp)?;
        let slot = stay.slot;
        match &mut stay.state {
            // A server disconnects whom it has let in: this is of the stay before, which the client left
            // meanwhile, and so is what came before it; what follows is not.
            State::Asked(early) => {
                let early = early.replace(Vec::new()).unwrap_or_default();
                self.drop_early(early);
                Ok(None)
            }
            State::Leaving(_) => Ok(None),
            State::Joined => {
                self.leave(slot, false);
                Ok(Some(ClientEvent::Disconnected { slot }))
            }
            State::Unwanted(_) | State::Left { .. } => {
                stay.state = State::Left { crossing: false };
                Ok(None)
            }
        }
    }

    /// A stay that the client left early has ended; who waits for that is next. `was_in` says whether the
    /// server may have said something to it.
    fn left(&mut self, slot: Slot, was_in: bool, out: &mut impl Sink) {
        let Some(stay) = self.stays.iter_mut().find(|stay| stay.slot == slot) else {
            return;
        };
        let before = core::mem::replace(&mut stay.state, State::Left { crossing: was_in });
        if let State::Leaving(Some(next)) = before {
            stay.begin(next.slot, was_in);
            // As above.
            let _ = stay.ask(&next.body, &self.config.limits, out);
        }
    }

    fn event<'b>(
        &mut self,
        nsp: &str,
        id: Option<u64>,
        packet: Packet<'b>,
    ) -> Result<Option<ClientEvent<'b>>, Error> {
        let (held, limit) = (self.held, self.config.held);
        let stay = self.stay(nsp)?;
        let slot = stay.slot;
        match &mut stay.state {
            State::Joined => Ok(Some(ClientEvent::Event { slot, id, packet })),
            State::Asked(Some(early)) => {
                let held = held.saturating_add(Early::weight(&packet));
                if held > limit {
                    return Err(Error::TooMuchHeld { limit });
                }
                let packet = packet.into_owned();
                early.push(Early { id, packet });
                self.held = held;
                Ok(None)
            }
            State::Asked(None) | State::Unwanted(_) | State::Leaving(_) | State::Left { .. } => {
                Ok(None)
            }
        }
    }
}

/// What a client of revision 5 is told by a CONNECT without an id.
const OLD_SERVER: &str = "the server answers like one of Socket.IO 2 or older: it needs protocol revision 4 and Engine.IO version 3";

/// The ids in the answer to a CONNECT of revision 5.
fn ids(payload: Option<&Raw<'_>>) -> Option<(Box<str>, Option<Box<str>>)> {
    let value = payload?.to_value();
    let text = |name: &str| value.get(name)?.as_str().map(Cow::into_owned);
    Some((text("sid")?.into(), text("pid").map(Into::into)))
}
