//! One connection to the server, and what it is for just now.

use super::{Line, random::Random};
use alloc::{boxed::Box, string::String, vec::Vec};
use siox_engineio::Lane;
use siox_http1::Exchange;
use siox_websocket::{Connection, handshake::client::Answer};
use siox_wire::{Instant, Outbox};

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The runtime is not asked yet.
    Wanted,
    /// The runtime opens it.
    Asked,
    Open,
}

#[derive(Debug)]
pub(super) struct Conn {
    pub(super) line: Line,
    pub(super) stage: Stage,
    pub(super) work: Work,
}

/// What a connection is for.
#[derive(Debug)]
pub(super) enum Work {
    /// A request is under way.
    Request(Box<Request>),
    /// The body of a GET's answer is worked off.
    Body(Reading),
    /// It waits for another request, until then.
    Idle(Instant),
    /// A WebSocket is to be asked for, with this target, once there is a connection.
    Socket { lane: Lane, target: String },
    /// A WebSocket is asked for.
    Handshake(Box<Shaking>),
    /// It is a WebSocket.
    Frames {
        lane: Lane,
        connection: Box<Connection>,
    },
    /// It is to be closed.
    Done,
}

#[derive(Debug)]
pub(super) struct Request {
    pub(super) lane: Lane,
    /// Whether the answer's body holds packets.
    pub(super) is_get: bool,
    pub(super) out: Outbox,
    pub(super) exchange: Exchange,
    /// How the answer's body is coded, once its head has come.
    pub(super) answered: Option<Coding>,
}

/// What an answer's head says of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Plain,
    #[cfg(feature = "compression")]
    Gzip,
}

/// A body, and how far it is read.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) lane: Lane,
    pub(super) body: Vec<u8>,
    /// Where the next packet is; `None` when there is none.
    pub(super) at: Option<usize>,
    /// Whether the connection can carry another request.
    pub(super) reusable: bool,
}

#[derive(Debug)]
pub(super) struct Shaking {
    pub(super) lane: Lane,
    pub(super) out: Outbox,
    pub(super) answer: Answer,
    pub(super) random: Random,
}

impl Work {
    /// The request or socket of the session that it is for.
    pub(super) fn lane(&self) -> Option<Lane> {
        match self {
            Self::Request(request) => Some(request.lane),
            Self::Body(reading) => Some(reading.lane),
            Self::Socket { lane, .. } | Self::Frames { lane, .. } => Some(*lane),
            Self::Handshake(shaking) => Some(shaking.lane),
            Self::Idle(_) | Self::Done => None,
        }
    }

    pub(super) fn connection(&mut self) -> Option<(Lane, &mut Connection)> {
        match self {
            Self::Frames { lane, connection } => Some((*lane, connection)),
            Self::Request(_)
            | Self::Body(_)
            | Self::Idle(_)
            | Self::Socket { .. }
            | Self::Handshake(_)
            | Self::Done => None,
        }
    }

    pub(super) fn out(&self) -> Option<&Outbox> {
        match self {
            Self::Request(request) => Some(&request.out),
            Self::Handshake(shaking) => Some(&shaking.out),
            Self::Body(_)
            | Self::Idle(_)
            | Self::Socket { .. }
            | Self::Frames { .. }
            | Self::Done => None,
        }
    }

    pub(super) fn out_mut(&mut self) -> Option<&mut Outbox> {
        match self {
            Self::Request(request) => Some(&mut request.out),
            Self::Handshake(shaking) => Some(&mut shaking.out),
            Self::Body(_)
            | Self::Idle(_)
            | Self::Socket { .. }
            | Self::Frames { .. }
            | Self::Done => None,
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Idle(until) => Some(*until),
            Self::Handshake(shaking) => shaking.answer.poll_timeout(),
            Self::Frames { connection, .. } => connection.poll_timeout(),
            Self::Request(_) | Self::Body(_) | Self::Socket { .. } | Self::Done => None,
        }
    }
}
