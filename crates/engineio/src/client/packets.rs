//! Packets, whichever way they came.

use super::{
    Client, ClientError, ClientEvent, Opened,
    phase::{Phase, Step},
};
use crate::{
    CloseReason, Error, Kind, Lane, Packet, Version, base64::Reading, heartbeat::Heartbeat,
};
use alloc::boxed::Box;
use siox_wire::{Instant, Message, Sink};

impl Client {
    /// The WebSocket of `lane` is open; its own sink is `out`.
    ///
    /// # Errors
    /// [`ClientError::Stale`] when it is not the session's; the caller closes it.
    pub fn handle_opened(
        &mut self,
        now: Instant,
        lane: Lane,
        out: &mut impl Sink,
    ) -> Result<(), ClientError> {
        self.advance(now, None);
        let probes = matches!(self.phase, Phase::Polling(_));
        match self.phase.half_mut().and_then(|half| half.socket.as_mut()) {
            Some(socket) if socket.lane == lane && socket.step == Step::Requested => {
                socket.step = Step::Opened;
            }
            Some(_) | None => return Err(ClientError::Stale),
        }
        if probes {
            out.put_text(&[b"2probe"]);
        }
        Ok(())
    }

    /// A message of the WebSocket of `lane`, whose own sink is `out`. Messages behind the session's
    /// end are dropped.
    ///
    /// # Errors
    /// What was wrong with it: a session on that socket has failed, one that it probed for lives on.
    /// [`ClientError::Stale`] when the socket is not the session's. Either way the caller closes it.
    pub fn handle_message<'b>(
        &mut self,
        now: Instant,
        lane: Lane,
        message: Message<'b>,
        out: &mut impl Sink,
    ) -> Result<Option<ClientEvent<'b>>, ClientError> {
        match self.lane() {
            Some(current) if current == lane => {}
            Some(_) => return Err(ClientError::Stale),
            None if matches!(self.phase, Phase::Closed { .. }) => return Ok(None),
            None => return Err(ClientError::Stale),
        }
        self.advance(now, Some(out));
        match &self.phase {
            Phase::Opening { .. } | Phase::Socket { .. } => {
                let packet = self.config.dialect().decode(message, Reading::Exact);
                self.receive(now, packet, Some(out))
            }
            Phase::Polling(_) => self.probed(lane, &message, out),
            Phase::Closed { .. } => Ok(None),
        }
    }

    /// Part of a message came, which is not whole yet: a server whose ping waits behind a long one is
    /// not dead.
    pub fn handle_progress(&mut self, now: Instant) {
        self.advance(now, None);
        self.beat_heard(now);
    }

    fn beat_heard(&mut self, now: Instant) {
        if let (Some(beat), Some(opened)) = (&mut self.heartbeat, &self.opened) {
            beat.packet(now, opened.ping_timeout);
        }
    }

    /// One packet of the transport that carries or opens the session.
    pub(super) fn receive<'b>(
        &mut self,
        now: Instant,
        packet: Result<Packet<'b>, Error>,
        out: Option<&mut dyn Sink>,
    ) -> Result<Option<ClientEvent<'b>>, ClientError> {
        let packet = match packet {
            Ok(packet) => packet,
            Err(error) => {
                self.fail(error.into());
                return Err(error.into());
            }
        };
        if let Phase::Opening { .. } = self.phase {
            return match self.open(now, &packet, out) {
                Some(()) => Ok(Some(ClientEvent::Opened)),
                None => {
                    self.fail(ClientError::Handshake);
                    Err(ClientError::Handshake)
                }
            };
        }
        self.beat_heard(now);
        match packet.kind {
            Kind::Message => return Ok(Some(ClientEvent::Message(packet.data))),
            Kind::Close => self.phase.end(CloseReason::TransportClose, None),
            Kind::Ping if self.config.version == Version::V4 => {
                self.pinged(now, out);
                return Ok(self.config.tell_all.then_some(ClientEvent::Heartbeat));
            }
            Kind::Pong => {
                if let (Some(beat), Some(opened)) = (&mut self.heartbeat, &self.opened) {
                    beat.pong(now, opened.ping_interval);
                }
                return Ok(self.config.tell_all.then_some(ClientEvent::Heartbeat));
            }
            // The reference has no use for these here either.
            Kind::Open | Kind::Ping | Kind::Upgrade | Kind::Noop => {}
        }
        Ok(None)
    }

    /// The server's handshake. `None` when it is none.
    fn open(
        &mut self,
        now: Instant,
        packet: &Packet<'_>,
        out: Option<&mut dyn Sink>,
    ) -> Option<()> {
        let (Kind::Open, Message::Text(text)) = (packet.kind, &packet.data) else {
            return None;
        };
        let opened = Opened::parse(text)?;
        let (interval, timeout) = (opened.ping_interval, opened.ping_timeout);
        self.heartbeat = Some(match self.config.version {
            Version::V4 => Heartbeat::listen(now, interval, timeout),
            Version::V3 => Heartbeat::new(now, interval),
        });
        let upgrade = self.config.upgrade
            && opened.websocket
            && self
                .config
                .transports
                .contains(&crate::Transport::WebSocket);
        self.opened = Some(Box::new(opened));
        match out {
            Some(out) => {
                self.websocket_works = true;
                let dialect = self.config.dialect();
                self.phase.switch()?.queue.move_to(out, dialect);
            }
            None => {
                self.phase.open_polling();
                self.phase.half_mut()?.upgrade = upgrade;
            }
        }
        Some(())
    }

    fn pinged(&mut self, now: Instant, out: Option<&mut dyn Sink>) {
        let (Some(beat), Some(opened)) = (&mut self.heartbeat, &self.opened) else {
            return;
        };
        beat.ping(now, opened.ping_interval, opened.ping_timeout);
        match (&mut self.phase, out) {
            (Phase::Polling(half), _) => half.queue.put_control("3", self.config.hard_cap),
            (Phase::Socket { .. }, Some(out)) => out.put_text(&[b"3"]),
            (Phase::Opening { .. } | Phase::Socket { .. } | Phase::Closed { .. }, _) => {}
        }
    }
}
