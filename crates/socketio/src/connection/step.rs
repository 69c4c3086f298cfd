//! What a packet does to a connection. Nothing is sent here: an answer that is owed is returned.

use super::{
    Connection, Event,
    slots::{NoSlot, Slot, State},
};
use crate::{Decoded, DisconnectReason, Error, MAX_NAMESPACE, Revision, revision};
use alloc::borrow::Cow;
use siox_wire::Instant;

/// What comes of a packet.
pub(super) enum Step<'b> {
    /// Nothing that the application hears of.
    Nothing,
    Tell(Event<'b>),
    /// There is no room for this namespace: it is refused here.
    Refuse(Cow<'b, str>),
}

impl Connection {
    #[inline(always)]
    pub(super) fn step<'b>(
        &mut self,
        now: Instant,
        packet: Decoded<'b>,
    ) -> Result<Step<'b>, Error> {
        match packet {
            Decoded::Connect { nsp, payload } => {
                let (nsp, query) = self.name(nsp)?;
                let auth = match self.revision {
                    Revision::V4 => query.as_deref().map(revision::credentials),
                    Revision::V5 => payload,
                };
                match self.slots.ask(&nsp, self.config.namespaces) {
                    Ok(slot) => Ok(Step::Tell(Event::Connect {
                        slot,
                        nsp,
                        query,
                        auth,
                    })),
                    Err(NoSlot::Full) => Ok(Step::Refuse(nsp)),
                    Err(NoSlot::Twice) => Err(Error::AlreadyConnected),
                }
            }
            Decoded::ConnectError { .. } => Err(Error::Direction),
            Decoded::Disconnect { nsp } => {
                Ok(self.with_joined(&nsp)?.map_or(Step::Nothing, |slot| {
                    self.leave(slot);
                    Step::Tell(Event::Disconnect {
                        slot,
                        reason: DisconnectReason::ClientNamespaceDisconnect,
                    })
                }))
            }
            Decoded::Event { nsp, id, packet } => {
                Ok(self.with_joined(&nsp)?.map_or(Step::Nothing, |slot| {
                    Step::Tell(Event::Event { slot, id, packet })
                }))
            }
            Decoded::Ack { nsp, id, packet } => Ok(self
                .with_joined(&nsp)?
                .filter(|&slot| self.acks.take(slot, id, now))
                .map_or(Step::Nothing, |slot| {
                    Step::Tell(Event::Ack { slot, id, packet })
                })),
        }
    }

    /// The name of a namespace without its query, and that.
    #[inline]
    fn name<'b>(&self, nsp: Cow<'b, str>) -> Result<(Cow<'b, str>, Option<Cow<'b, str>>), Error> {
        match self.revision {
            Revision::V4 => Ok(revision::split(nsp)),
            Revision::V5 if nsp.len() > MAX_NAMESPACE => Err(Error::NamespaceTooLong {
                limit: MAX_NAMESPACE,
            }),
            Revision::V5 => Ok((nsp, None)),
        }
    }

    /// The joined slot of a namespace; `None` where this connection has just left it.
    #[inline]
    pub(super) fn with_joined(&self, nsp: &str) -> Result<Option<Slot>, Error> {
        let (nsp, _) = self.name(Cow::Borrowed(nsp))?;
        let entry = self.slots.by_name(&nsp).ok_or(Error::NotConnected)?;
        match entry.state {
            State::Joined => Ok(Some(entry.slot)),
            State::Left => Ok(None),
            State::Asked => Err(Error::NotConnected),
        }
    }
}
