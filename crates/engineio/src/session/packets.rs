//! Packets, whichever way they came.

use super::{
    Event, Lane, Session,
    phase::{Goodbye, Phase},
};
use crate::{CloseReason, Error, Kind, Packet};
use siox_wire::{Instant, Message, Sink};

/// What a packet asks of the session.
enum Step<'b> {
    Nothing,
    Deliver(Message<'b>),
    Pong,
    Close,
}

impl<'b> Step<'b> {
    fn of(packet: Packet<'b>) -> Result<Self, Error> {
        match packet.kind {
            Kind::Message => Ok(Self::Deliver(packet.data)),
            Kind::Pong => Ok(Self::Pong),
            Kind::Close => Ok(Self::Close),
            Kind::Ping => Err(Error::HeartbeatDirection),
            // A peer has no use for these here; the reference ignores them too.
            Kind::Open | Kind::Upgrade | Kind::Noop => Ok(Self::Nothing),
        }
    }
}

impl Session {
    /// A message of the WebSocket of `lane`, whose own sink is `out`. Messages behind the session's
    /// end are dropped.
    ///
    /// # Errors
    /// What was wrong with it; the session has ended. With [`Error::NotAProbe`] only that socket has
    /// failed, and with [`Error::Stale`] it was not the session's: the caller closes it.
    pub fn handle_message<'b>(
        &mut self,
        now: Instant,
        lane: Lane,
        message: Message<'b>,
        out: &mut impl Sink,
    ) -> Result<Option<Event<'b>>, Error> {
        match self.lane() {
            Some(current) if current == lane => {}
            Some(_) | None if self.is_closed() => return Ok(None),
            Some(_) | None => return Err(Error::Stale),
        }
        self.advance(now, self.phase.is_socket().then_some(out as &mut dyn Sink));
        match &self.phase {
            Phase::Polling(_) => self.handle_probe(lane, &message, out),
            Phase::Socket { .. } => self.receive(now, Packet::decode(message)),
            Phase::Closing { .. } | Phase::Closed { .. } => Ok(None),
        }
    }

    /// One packet of the transport that carries the session.
    pub(super) fn receive<'b>(
        &mut self,
        now: Instant,
        packet: Result<Packet<'b>, Error>,
    ) -> Result<Option<Event<'b>>, Error> {
        let step = packet.and_then(Step::of).inspect_err(|error| {
            if let Some(reason) = error.close_reason() {
                self.end(reason, Goodbye::Close);
            }
        })?;
        self.heartbeat.packet(now, self.config.ping_timeout);
        Ok(match step {
            Step::Nothing => None,
            Step::Deliver(message) => Some(Event::Message(message)),
            Step::Pong => {
                self.heartbeat.pong(now, self.config.ping_interval);
                None
            }
            Step::Close => {
                self.end(CloseReason::TransportClose, Goodbye::Noop);
                None
            }
        })
    }
}
