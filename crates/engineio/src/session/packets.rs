//! Packets, whichever way they came.

use super::{
    Event, Lane, Session,
    phase::{Goodbye, Phase},
};
use crate::{CloseReason, Error, Kind, Packet, Version, base64::Reading};
use alloc::borrow::Cow;
use siox_wire::{Instant, Message, Sink};

/// What a packet asks of the session.
enum Step<'b> {
    Nothing,
    Deliver(Message<'b>),
    /// With its data, to be sent back.
    Ping(Message<'b>),
    Pong,
    Close,
}

impl<'b> Step<'b> {
    fn of(version: Version, packet: Packet<'b>) -> Result<Self, Error> {
        match (packet.kind, version) {
            (Kind::Message, _) => Ok(Self::Deliver(packet.data)),
            (Kind::Ping, Version::V3) => Ok(Self::Ping(packet.data)),
            (Kind::Pong, Version::V4) => Ok(Self::Pong),
            (Kind::Ping, Version::V4) | (Kind::Pong, Version::V3) => Err(Error::HeartbeatDirection),
            (Kind::Close, _) => Ok(Self::Close),
            // A peer has no use for these here; the reference ignores them too.
            (Kind::Open | Kind::Upgrade | Kind::Noop, _) => Ok(Self::Nothing),
        }
    }
}

impl Session {
    /// What a message in text begins with.
    pub const MESSAGE: u8 = b'4';

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
        if let Some(message) = self.plain_message(now, lane, &message) {
            return Ok(Some(Event::Message(message)));
        }
        match self.lane() {
            Some(current) if current == lane => {}
            Some(_) | None if self.is_closed() => return Ok(None),
            Some(_) | None => return Err(Error::Stale),
        }
        self.advance(now, self.phase.is_socket().then_some(out as &mut dyn Sink));
        match &self.phase {
            Phase::Polling(_) | Phase::Closing { .. } => self.handle_probe(lane, &message, out),
            Phase::Socket { .. } => {
                let base64 = Reading::of(self.config.loose_base64);
                self.receive(now, self.dialect.decode(message, base64), Some(out))
            }
            Phase::Closed { .. } => Ok(None),
        }
    }

    /// Whether a text message on the WebSocket of `lane` whose first character is [`MESSAGE`](Self::MESSAGE) is
    /// a message for the layer above, and nothing else is to be done before or with it but to say
    /// [`heard`](Self::heard): the common case, taken out for speed.
    /// [`handle_message`](Self::handle_message) knows it as well.
    #[inline]
    #[must_use]
    pub fn is_plain(&self, now: Instant, lane: Lane) -> bool {
        self.carrier() == Some(lane)
            && self.dialect.version == Version::V4
            && self.heartbeat.deadline() > now
    }

    /// Something came of the peer.
    #[inline]
    pub fn heard(&mut self, now: Instant) {
        self.heartbeat.packet(now, self.config.ping_timeout);
    }

    fn plain_message<'b>(
        &mut self,
        now: Instant,
        lane: Lane,
        message: &Message<'b>,
    ) -> Option<Message<'b>> {
        let Message::Text(Cow::Borrowed(text)) = message else {
            return None;
        };
        let data = text.strip_prefix(char::from(Self::MESSAGE))?;
        if !self.is_plain(now, lane) {
            return None;
        }
        self.heard(now);
        Some(Message::from(data))
    }

    /// One packet of the transport that carries the session.
    pub(super) fn receive<'b>(
        &mut self,
        now: Instant,
        packet: Result<Packet<'b>, Error>,
        out: Option<&mut dyn Sink>,
    ) -> Result<Option<Event<'b>>, Error> {
        let version = self.dialect.version;
        let step = packet.and_then(|packet| Step::of(version, packet));
        let step = step.inspect_err(|error| {
            if let Some(reason) = error.close_reason() {
                self.end(reason, Goodbye::Close);
            }
        })?;
        self.heartbeat.packet(now, self.config.ping_timeout);
        Ok(match step {
            Step::Nothing => None,
            Step::Deliver(message) => Some(Event::Message(message)),
            Step::Ping(data) => {
                self.pinged(now, &data, out);
                self.config.tell_all.then_some(Event::Heartbeat)
            }
            Step::Pong => {
                self.heartbeat.pong(now, self.config.ping_interval);
                self.config.tell_all.then_some(Event::Heartbeat)
            }
            Step::Close => {
                self.end(CloseReason::TransportClose, Goodbye::Noop);
                None
            }
        })
    }

    /// A client of v3 pings. What it says with that comes back, if it is text.
    fn pinged(&mut self, now: Instant, data: &Message<'_>, out: Option<&mut dyn Sink>) {
        let (interval, timeout) = (self.config.ping_interval, self.config.ping_timeout);
        self.heartbeat.ping(now, interval, timeout);
        let data = match data {
            Message::Text(text) => &**text,
            Message::Binary(_) => "",
        };
        match (&mut self.phase, out) {
            (Phase::Polling(half), _) => half.queue.put_pong(data, self.config.hard_cap),
            (Phase::Socket { .. }, Some(out)) => out.put_text(&[b"3", data.as_bytes()]),
            (Phase::Socket { .. } | Phase::Closing { .. } | Phase::Closed { .. }, _) => {}
        }
    }

    /// Part of a message, or of a body, came over the WebSocket or the POST of `lane`, and it is not
    /// whole yet: a client whose beat waits behind a long one is not dead.
    pub fn handle_progress(&mut self, now: Instant, lane: Lane) {
        self.advance(now, None);
        let counts = match &self.phase {
            Phase::Polling(half) => half.post == Some(lane),
            Phase::Socket { lane: own } => *own == lane,
            Phase::Closing { .. } | Phase::Closed { .. } => false,
        };
        if counts {
            self.heartbeat.packet(now, self.config.ping_timeout);
        }
    }
}
