//! The state of a client's session, and its transitions. Nothing here is sent or told.

use super::ClientError;
use crate::{CloseReason, Coding, Lane, dialect::Dialect, queue::Queue};
use alloc::boxed::Box;
use core::mem;
use siox_wire::Instant;

/// Where a session is.
#[derive(Debug)]
pub(super) enum Phase {
    /// No handshake yet.
    Opening {
        half: Box<Half>,
        /// How many transports were tried before this one.
        tried: usize,
        by: Instant,
    },
    /// Polls carry it; while there is a socket, an upgrade is under way.
    Polling(Box<Half>),
    /// A WebSocket carries it.
    Socket { lane: Lane },
    /// It is over.
    Closed {
        reason: CloseReason,
        error: Option<ClientError>,
        told: bool,
    },
}

/// What only a session needs that no WebSocket carries yet.
#[derive(Debug)]
pub(super) struct Half {
    pub(super) queue: Queue,
    pub(super) get: Leg,
    pub(super) post: Leg,
    /// The socket that opens the session, or that probes to take it over.
    pub(super) socket: Option<Attempt>,
    /// Whether an upgrade is to be tried.
    pub(super) upgrade: bool,
    pub(super) closing: Option<Closing>,
}

/// One kind of request. At most one of each is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leg {
    Idle,
    /// Its answer is awaited.
    Sent {
        lane: Lane,
        by: Option<Instant>,
    },
    /// Its answer has begun.
    Answered {
        lane: Lane,
        by: Option<Instant>,
        coding: Coding,
    },
}

/// A WebSocket that does not carry the session yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    pub(super) lane: Lane,
    pub(super) by: Instant,
    pub(super) step: Step,
}

/// How far a WebSocket has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Its handshake is under way.
    Requested,
    /// It is open, and an answer is awaited: the open packet, or the probe's pong.
    Opened,
    /// The probe was answered: polling pauses.
    Probed,
}

/// The application closed a session that polls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Closing {
    pub(super) by: Instant,
    /// Whether the close packet is sent.
    pub(super) said: bool,
}

impl Leg {
    pub(super) fn lane(&self) -> Option<Lane> {
        match *self {
            Self::Idle => None,
            Self::Sent { lane, .. } | Self::Answered { lane, .. } => Some(lane),
        }
    }

    pub(super) fn by(&self) -> Option<Instant> {
        match *self {
            Self::Idle => None,
            Self::Sent { by, .. } | Self::Answered { by, .. } => by,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        *self == Self::Idle
    }

    pub(super) fn answer(&mut self, coding: Coding) {
        *self = match *self {
            Self::Sent { lane, by } => Self::Answered { lane, by, coding },
            other @ (Self::Idle | Self::Answered { .. }) => other,
        };
    }
}

impl Half {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            queue: Queue::new(dialect),
            get: Leg::Idle,
            post: Leg::Idle,
            socket: None,
            upgrade: false,
            closing: None,
        }
    }

    /// Whether no new request may begin, since the socket is to take over.
    pub(super) fn is_paused(&self) -> bool {
        self.socket
            .is_some_and(|socket| socket.step == Step::Probed)
    }

    /// Whether the socket can take over: no request is under way.
    pub(super) fn can_switch(&self) -> bool {
        self.is_paused() && self.get.is_idle() && self.post.is_idle()
    }

    pub(super) fn has_said_goodbye(&self) -> bool {
        self.closing.is_some_and(|closing| closing.said)
    }

    /// The request of `lane`.
    pub(super) fn leg(&mut self, lane: Lane) -> Option<&mut Leg> {
        [&mut self.get, &mut self.post]
            .into_iter()
            .find(|leg| leg.lane() == Some(lane))
    }

    /// When something is due next.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let socket = self.socket.map(|socket| socket.by);
        let closing = self.closing.map(|closing| closing.by);
        [self.get.by(), self.post.by(), socket, closing]
            .into_iter()
            .flatten()
            .min()
    }
}

impl Phase {
    pub(super) fn half(&self) -> Option<&Half> {
        match self {
            Self::Opening { half, .. } | Self::Polling(half) => Some(half),
            Self::Socket { .. } | Self::Closed { .. } => None,
        }
    }

    pub(super) fn half_mut(&mut self) -> Option<&mut Half> {
        match self {
            Self::Opening { half, .. } | Self::Polling(half) => Some(half),
            Self::Socket { .. } | Self::Closed { .. } => None,
        }
    }

    /// From opening to polling. Without effect in any other phase.
    pub(super) fn open_polling(&mut self) {
        *self = match self.take() {
            Self::Opening { half, .. } => Self::Polling(half),
            other @ (Self::Polling(_) | Self::Socket { .. } | Self::Closed { .. }) => other,
        };
    }

    /// From opening or polling to the socket, which is open. Returns the half that is left behind.
    pub(super) fn switch(&mut self) -> Option<Box<Half>> {
        match self.take() {
            Self::Opening { half, tried, by } => match half.socket {
                Some(Attempt { lane, .. }) => {
                    *self = Self::Socket { lane };
                    Some(half)
                }
                None => {
                    *self = Self::Opening { half, tried, by };
                    None
                }
            },
            Self::Polling(half) => match half.socket {
                Some(Attempt { lane, .. }) => {
                    *self = Self::Socket { lane };
                    Some(half)
                }
                None => {
                    *self = Self::Polling(half);
                    None
                }
            },
            other @ (Self::Socket { .. } | Self::Closed { .. }) => {
                *self = other;
                None
            }
        }
    }

    /// From any phase to closed. A session that its own application closed ends for that.
    pub(super) fn end(&mut self, reason: CloseReason, error: Option<ClientError>) {
        *self = match self.take() {
            Self::Polling(half) if half.closing.is_some() => {
                Self::closed(CloseReason::ForcedClose, None)
            }
            Self::Opening { .. } | Self::Polling(_) | Self::Socket { .. } => {
                Self::closed(reason, error)
            }
            closed @ Self::Closed { .. } => closed,
        };
    }

    const fn closed(reason: CloseReason, error: Option<ClientError>) -> Self {
        Self::Closed {
            reason,
            error,
            told: false,
        }
    }

    /// Leaves a placeholder, which the caller replaces.
    fn take(&mut self) -> Self {
        mem::replace(self, Self::closed(CloseReason::TransportError, None))
    }
}
