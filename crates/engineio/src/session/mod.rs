//! One session of the server, over polling, over a WebSocket, or on its way from one to the other.
//!
//! The state is in `phase`; what moves it in `requests`, `packets`, `upgrade` and `time`.

mod packets;
mod phase;
mod requests;
mod time;
mod upgrade;

use crate::{
    CloseReason, Config, Handshake, Messages, Response, Sid, Transport, Version, dialect::Dialect,
    handshake::open_packet, heartbeat::Heartbeat,
};
use alloc::{boxed::Box, sync::Arc};
use phase::{Goodbye, Phase, Polling};
use siox_wire::{Instant, Message, Sink};

/// One request or socket of a session. A late word from an old one is known by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane(pub u32);

/// What to do with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Send this.
    Answer(Response),
    /// Keep it: [`Session::poll_response`] will name this lane. When its connection goes away
    /// before, say so with [`Session::handle_abandoned`].
    Park(Lane),
    /// Read the body and bring it to [`Session::handle_body`], then ask [`Session::finish_post`]
    /// for the answer; or [`Session::body_too_large`], or [`Session::handle_abandoned`].
    Body {
        /// Names the request.
        lane: Lane,
        /// How many bytes the body may have.
        limit: usize,
    },
    /// Answer 101; the messages of that WebSocket belong to this lane.
    Upgrade(Lane),
}

/// What came of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'b> {
    /// A message of the peer.
    Message(Message<'b>),
    /// The peer has shown that it lives: the pong of v4, the ping of v3. Told only where
    /// [`Config::tell_all`] asks for it.
    Heartbeat,
    /// A WebSocket of the peer's has been probed, and answered. Told only where [`Config::tell_all`] asks
    /// for it.
    Upgrading,
    /// The session goes on over the WebSocket.
    Upgraded,
    /// The session is over.
    Closed(CloseReason),
}

/// A session of the server: the whole protocol between the handshake and the close.
///
/// Its methods come in four kinds: `handle_*` tells it what happened, `poll_*` asks what it wants,
/// the bare verbs ([`sink`](Self::sink), [`close`](Self::close)) act, the rest are getters. Every
/// `handle_*` that takes the time first expires what is due at it.
#[derive(Debug)]
pub struct Session {
    config: Arc<Config>,
    heartbeat: Heartbeat,
    phase: Phase,
    /// The answer to a poll that is no longer held, until it is asked for.
    answer: Option<Box<(Lane, Response)>>,
    lanes: u32,
    dialect: Dialect,
}

impl Session {
    /// [`polling_for`](Self::polling_for) a plain handshake of v4.
    #[must_use]
    pub fn polling(now: Instant, config: Arc<Config>, sid: Sid) -> (Self, Response) {
        Self::polling_for(now, config, sid, &Handshake::v4(Transport::Polling))
    }

    /// A session that begins with polling, and the answer to the request that opened it: the open
    /// packet, and the initial packet if there is one.
    #[must_use]
    pub fn polling_for(
        now: Instant,
        config: Arc<Config>,
        sid: Sid,
        handshake: &Handshake,
    ) -> (Self, Response) {
        let dialect = handshake.dialect();
        let mut half = Polling::new(dialect, handshake.jsonp);
        let open = open_packet(&config, &sid, Transport::Polling);
        half.queue.put_packet(open.into());
        match config.initial_packet.clone() {
            Some(Message::Text(text)) => half.queue.put_text(&[text.as_bytes()]),
            Some(Message::Binary(data)) => half.queue.put_binary(b"", data.into_owned().into()),
            None => {}
        }
        let response = half.payload(None);
        let phase = Phase::Polling(Box::new(half));
        (Self::new(now, config, phase, dialect, 0), response)
    }

    /// [`socket_for`](Self::socket_for) a plain handshake of v4.
    #[must_use]
    pub fn socket(now: Instant, config: Arc<Config>, sid: Sid, out: &mut impl Sink) -> Self {
        Self::socket_for(now, config, sid, &Handshake::v4(Transport::WebSocket), out)
    }

    /// A session that begins on a WebSocket, whose sink gets the open packet (and the initial packet if
    /// there is one) and whose lane is `Lane(1)`.
    #[must_use]
    pub fn socket_for(
        now: Instant,
        config: Arc<Config>,
        sid: Sid,
        handshake: &Handshake,
        out: &mut impl Sink,
    ) -> Self {
        let dialect = handshake.dialect();
        out.put_text(&[open_packet(&config, &sid, Transport::WebSocket).as_bytes()]);
        match config.initial_packet.clone() {
            Some(Message::Text(text)) => out.put_text(&[dialect.lead().text, text.as_bytes()]),
            Some(Message::Binary(data)) => dialect.put_binary(out, b"", data.into_owned().into()),
            None => {}
        }
        Self::new(now, config, Phase::Socket { lane: Lane(1) }, dialect, 1)
    }

    fn new(now: Instant, config: Arc<Config>, phase: Phase, dialect: Dialect, lanes: u32) -> Self {
        let (interval, timeout) = (config.ping_interval, config.ping_timeout);
        Self {
            heartbeat: match dialect.version {
                Version::V4 => Heartbeat::new(now, interval),
                Version::V3 => Heartbeat::listen(now, interval, timeout),
            },
            config,
            phase,
            answer: None,
            lanes,
            dialect,
        }
    }

    /// The protocol it speaks.
    #[must_use]
    pub fn version(&self) -> Version {
        self.dialect.version
    }

    fn next_lane(&mut self) -> Lane {
        self.lanes = self.lanes.wrapping_add(1);
        Lane(self.lanes)
    }

    /// Where the layer above puts its messages just now: the queue of the polls, or the WebSocket,
    /// which the caller lends. `socket` must be the one of [`lane`](Self::lane).
    pub fn sink<'a, S: Sink>(&'a mut self, socket: Option<&'a mut S>) -> Messages<'a, S> {
        match (&mut self.phase, socket) {
            (Phase::Polling(half), _) if !half.queue.overflowed() => Messages::queue(
                &mut half.queue,
                self.config.high_water,
                self.config.hard_cap,
            ),
            (Phase::Socket { .. }, Some(socket)) => Messages::socket(socket, self.dialect),
            (
                Phase::Polling(_)
                | Phase::Socket { .. }
                | Phase::Closing { .. }
                | Phase::Closed { .. },
                _,
            ) => Messages::closed(),
        }
    }

    /// As [`sink`](Self::sink) where a WebSocket carries the session, none otherwise: for the way of many
    /// messages, which is shorter where it is known.
    #[inline]
    pub fn carried<'a, S: Sink>(&self, socket: &'a mut S) -> Option<Messages<'a, S>> {
        self.carrier()
            .map(|_| Messages::socket(socket, self.dialect))
    }

    /// Ends the session. With [`CloseReason::ForcedClose`] and [`CloseReason::ServerShuttingDown`]
    /// what is queued for polls is still owed: the held poll is answered with it and `1`, or else the
    /// next one is, or the socket of a probe that succeeds gets it; and only then (or when the peer is
    /// dead) the session is over and tells so. A WebSocket is the caller's to close.
    pub fn close(&mut self, reason: CloseReason) {
        if reason.is_orderly() {
            let by = self.heartbeat.death(self.config.ping_timeout);
            self.phase.close_orderly(by, reason);
            let held = self.phase.half().and_then(|half| half.get);
            if held.is_none() && !self.phase.is_socket() {
                return;
            }
        }
        self.end(reason, Goodbye::Close);
    }

    /// As [`close`](Self::close), for a server that will not be there for long. A session between two polls
    /// for which nothing waits, and of which no other request is running, ends at once, where `close` would
    /// wait for its next poll; what that is to be answered, should it come, is returned.
    pub fn part(&mut self, reason: CloseReason) -> Option<Response> {
        let last_words = match &mut self.phase {
            Phase::Polling(half) if half.is_at_rest() => Some(half.last_words(Goodbye::Close)),
            Phase::Polling(_)
            | Phase::Socket { .. }
            | Phase::Closing { .. }
            | Phase::Closed { .. } => None,
        };
        match last_words {
            Some(_) => self.end(reason, Goodbye::Close),
            None => self.close(reason),
        }
        last_words
    }

    /// Moves to `Closed`, and answers the held poll.
    fn end(&mut self, reason: CloseReason, goodbye: Goodbye) {
        let Some(mut half) = self.phase.end(reason, goodbye) else {
            return;
        };
        if let Some(lane) = half.get.take() {
            self.answer = Some(Box::new((lane, half.last_words(goodbye))));
        }
    }

    /// Whether it takes no more messages. Its death may still be to be told, and answered requests to
    /// be sent.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match &self.phase {
            Phase::Polling(half) => half.queue.overflowed(),
            Phase::Socket { .. } => false,
            Phase::Closing { .. } | Phase::Closed { .. } => true,
        }
    }

    /// Whether its death is told and no answer waits: it can be dropped.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(&self.phase, Phase::Closed { told: true, .. }) && self.answer.is_none()
    }

    /// What carries messages just now; `None` once it is closed.
    #[must_use]
    pub fn transport(&self) -> Option<Transport> {
        match &self.phase {
            Phase::Polling(_) => Some(Transport::Polling),
            Phase::Socket { .. } => Some(Transport::WebSocket),
            Phase::Closing { .. } | Phase::Closed { .. } => None,
        }
    }

    /// The lane of the WebSocket that carries the session or probes for it. Any other socket's word
    /// is stale.
    #[must_use]
    pub fn lane(&self) -> Option<Lane> {
        match &self.phase {
            Phase::Polling(half) | Phase::Closing { half, .. } => {
                half.probe.as_ref().map(|probe| probe.lane)
            }
            Phase::Socket { lane } => Some(*lane),
            Phase::Closed { .. } => None,
        }
    }

    /// The lane of the WebSocket that carries the session, if one does.
    #[inline]
    #[must_use]
    pub fn carrier(&self) -> Option<Lane> {
        match &self.phase {
            Phase::Socket { lane } => Some(*lane),
            Phase::Polling(_) | Phase::Closing { .. } | Phase::Closed { .. } => None,
        }
    }

    /// The lane of a probe's WebSocket that the session gave up and the caller must close, until
    /// [`handle_socket_gone`](Self::handle_socket_gone) tells that it did. Meanwhile another upgrade
    /// is refused.
    #[must_use]
    pub fn dropped_lane(&self) -> Option<Lane> {
        match &self.phase {
            Phase::Polling(half) | Phase::Closing { half, .. } => half.dropped,
            Phase::Socket { .. } | Phase::Closed { .. } => None,
        }
    }

    /// The bytes queued for polls, and 32 for each packet. What waits for the WebSocket is the
    /// WebSocket's to tell.
    #[must_use]
    pub fn queued(&self) -> usize {
        match &self.phase {
            Phase::Polling(half) | Phase::Closing { half, .. } => half.queue.weight(),
            Phase::Socket { .. } | Phase::Closed { .. } => 0,
        }
    }
}
