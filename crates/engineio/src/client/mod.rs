//! One session of a client: opening, over polling, over a WebSocket, or on its way there.
//!
//! The state is in `phase`; what moves it in `requests`, `packets`, `upgrade` and `time`.

mod config;
mod error;
mod opened;
mod packets;
mod phase;
mod requests;
mod time;
mod upgrade;

pub use config::ClientConfig;
pub use error::ClientError;
pub use opened::Opened;
pub use requests::Outgoing;

use crate::{CloseReason, Lane, Messages, Transport, heartbeat::Heartbeat};
use alloc::{boxed::Box, sync::Arc};
use phase::{Attempt, Closing, Half, Phase};
use siox_wire::{Instant, Message, Sink};

/// What a client's application hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientEvent<'b> {
    /// The session is open: [`Client::opened`] has what the server told. Said once, first.
    Opened,
    /// A message of the server.
    Message(Message<'b>),
    /// The server has shown that it lives: the ping of v4, which is answered, the pong of v3. Told only
    /// where [`ClientConfig::tell_all`] asks for it.
    Heartbeat,
    /// The server has answered the probe: the session moves to the WebSocket once no request is under way.
    /// Told only where [`ClientConfig::tell_all`] asks for it.
    Upgrading,
    /// The session goes on over the WebSocket.
    Upgraded,
    /// The upgrade failed; the session goes on over polling.
    UpgradeFailed(ClientError),
    /// The session is over, or never opened. Said once, last.
    Closed {
        /// Why.
        reason: CloseReason,
        /// What went wrong, where something did.
        error: Option<ClientError>,
    },
}

impl ClientEvent<'_> {
    /// Detaches the event from the buffer it borrows.
    #[must_use]
    pub fn into_owned(self) -> ClientEvent<'static> {
        match self {
            Self::Opened => ClientEvent::Opened,
            Self::Message(message) => ClientEvent::Message(message.into_owned()),
            Self::Heartbeat => ClientEvent::Heartbeat,
            Self::Upgrading => ClientEvent::Upgrading,
            Self::Upgraded => ClientEvent::Upgraded,
            Self::UpgradeFailed(error) => ClientEvent::UpgradeFailed(error),
            Self::Closed { reason, error } => ClientEvent::Closed { reason, error },
        }
    }
}

/// A session of a client: the whole protocol from the first request to the close.
///
/// Its methods come in four kinds: `handle_*` tells it what happened, `poll_*` asks what it wants,
/// the bare verbs ([`sink`](Self::sink), [`close`](Self::close)) act, the rest are getters. After
/// every step ask [`handle_timeout`](Self::handle_timeout), [`poll_request`](Self::poll_request) and
/// [`poll_timeout`](Self::poll_timeout).
#[derive(Debug)]
pub struct Client {
    config: Arc<ClientConfig>,
    phase: Phase,
    opened: Option<Box<Opened>>,
    heartbeat: Option<Heartbeat>,
    /// An upgrade that failed or succeeded and is to be told.
    untold: Option<Result<(), ClientError>>,
    lanes: u32,
    websocket_works: bool,
}

impl Client {
    /// A session that begins with the first transport of `config`. Nothing is sent before
    /// [`poll_request`](Self::poll_request); messages are taken at once.
    #[must_use]
    pub fn new(now: Instant, config: Arc<ClientConfig>) -> Self {
        let half = Half::new(config.dialect());
        let mut client = Self {
            phase: Phase::Opening {
                half: Box::new(half),
                tried: 0,
                by: now.after(config.open_timeout),
            },
            opened: None,
            heartbeat: None,
            untold: None,
            lanes: 0,
            websocket_works: false,
            config,
        };
        if client.config.transport(0).is_none() {
            client
                .phase
                .end(CloseReason::TransportError, Some(ClientError::NoTransport));
        }
        client
    }

    fn next_lane(&mut self) -> Lane {
        self.lanes = self.lanes.wrapping_add(1);
        Lane(self.lanes)
    }

    /// Where the layer above puts its messages just now: the queue of the polls (before the session
    /// is open too), or the WebSocket, which the caller lends. `socket` must be the one of
    /// [`lane`](Self::lane).
    pub fn sink<'a, S: Sink>(&'a mut self, socket: Option<&'a mut S>) -> Messages<'a, S> {
        let config = &self.config;
        match (&mut self.phase, socket) {
            (Phase::Opening { half, .. } | Phase::Polling(half), _)
                if half.closing.is_none() && !half.queue.overflowed() =>
            {
                Messages::queue(&mut half.queue, config.high_water, config.hard_cap)
            }
            (Phase::Socket { .. }, Some(socket)) => Messages::socket(socket, config.dialect()),
            (
                Phase::Opening { .. }
                | Phase::Polling(_)
                | Phase::Socket { .. }
                | Phase::Closed { .. },
                _,
            ) => Messages::closed(),
        }
    }

    /// Ends the session. What is queued for POSTs is still owed: it and the close packet are sent, and
    /// only then (or when the server would be dead) the session is over and tells so. A WebSocket is the
    /// caller's to close.
    pub fn close(&mut self, now: Instant) {
        let death = self.death(now);
        match &mut self.phase {
            Phase::Polling(half) => {
                half.upgrade = false;
                half.socket = None;
                let closing = Closing {
                    by: death,
                    said: false,
                };
                half.closing.get_or_insert(closing);
            }
            Phase::Opening { .. } | Phase::Socket { .. } => {
                self.phase.end(CloseReason::ForcedClose, None);
            }
            Phase::Closed { .. } => {}
        }
    }

    /// What failed ends the session; before the handshake the next transport is tried, where that is
    /// allowed.
    fn fail(&mut self, error: ClientError) {
        self.websocket_works = false;
        if let Phase::Opening { half, tried, .. } = &mut self.phase {
            let next = tried.saturating_add(1);
            if self.config.try_all_transports && self.config.transport(next).is_some() {
                *tried = next;
                half.get = phase::Leg::Idle;
                half.socket = None;
                return;
            }
        }
        self.phase.end(CloseReason::TransportError, Some(error));
    }

    /// What the server told in its handshake; `None` before.
    #[must_use]
    pub fn opened(&self) -> Option<&Opened> {
        self.opened.as_deref()
    }

    /// What carries messages just now; `None` before the handshake and after the end.
    #[must_use]
    pub fn transport(&self) -> Option<Transport> {
        match &self.phase {
            Phase::Polling(_) => Some(Transport::Polling),
            Phase::Socket { .. } => Some(Transport::WebSocket),
            Phase::Opening { .. } | Phase::Closed { .. } => None,
        }
    }

    /// The lane of the WebSocket that carries the session, opens it or probes for it. Any other
    /// socket's word is stale, and the caller closes it.
    #[must_use]
    pub fn lane(&self) -> Option<Lane> {
        match &self.phase {
            Phase::Opening { half, .. } | Phase::Polling(half) => {
                half.socket.map(|Attempt { lane, .. }| lane)
            }
            Phase::Socket { lane } => Some(*lane),
            Phase::Closed { .. } => None,
        }
    }

    /// Whether the session waits for this request or socket. What it does not want is to be dropped.
    #[must_use]
    pub fn wants(&self, lane: Lane) -> bool {
        let half = self.phase.half();
        let legs = half.into_iter().flat_map(|half| [half.get, half.post]);
        self.lane() == Some(lane) || legs.into_iter().any(|leg| leg.lane() == Some(lane))
    }

    /// Whether a WebSocket served this session last: what
    /// [`ClientConfig::remembered_upgrade`] of the next one may be.
    #[must_use]
    pub fn websocket_works(&self) -> bool {
        self.websocket_works
    }

    /// Whether it takes no more messages. Its death may still be to be told.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match &self.phase {
            Phase::Opening { half, .. } | Phase::Polling(half) => {
                half.closing.is_some() || half.queue.overflowed()
            }
            Phase::Socket { .. } => false,
            Phase::Closed { .. } => true,
        }
    }

    /// Whether its death is told: it can be dropped.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(&self.phase, Phase::Closed { told: true, .. })
    }

    /// The bytes queued for POSTs, and 32 for each packet. What waits for the WebSocket is the
    /// WebSocket's to tell.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.phase.half().map_or(0, |half| half.queue.weight())
    }
}
