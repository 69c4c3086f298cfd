//! The state of a session, and its transitions. Nothing here is sent or told.

use super::{Lane, upgrade::Probe};
use crate::{
    CloseReason, Coding, Response, dialect::Dialect, payload::write::Writer, queue::Queue,
};
use alloc::boxed::Box;
use bytes::Bytes;
use core::{mem, time::Duration};
use siox_wire::Instant;

/// Where a session is.
#[derive(Debug)]
pub(super) enum Phase {
    /// Polls carry it; while there is a probe, an upgrade is under way.
    Polling(Box<Polling>),
    /// A WebSocket carries it.
    Socket { lane: Lane },
    /// The server closed it; the next poll, or the probe's `5`, takes what is owed, if it comes in
    /// time.
    Closing {
        half: Box<Polling>,
        by: Instant,
        reason: CloseReason,
    },
    /// It is over.
    Closed {
        reason: CloseReason,
        told: bool,
        /// The POST that is still to be answered `ok`, since nothing was wrong with it.
        post: Option<Lane>,
    },
}

/// What only a polling session needs.
#[derive(Debug)]
pub(super) struct Polling {
    pub(super) queue: Queue,
    /// The poll that is held.
    pub(super) get: Option<Lane>,
    /// The POST whose body is awaited or worked off.
    pub(super) post: Option<Lane>,
    pub(super) probe: Option<Probe>,
    /// A socket that probed in vain and is not yet gone.
    pub(super) dropped: Option<Lane>,
    /// How the body of the running POST is read.
    pub(super) coding: Coding,
    /// The callback of a client that polls by JSONP.
    pub(super) jsonp: Option<u64>,
}

/// What the held poll is told when the session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goodbye {
    /// What is queued, then `1`.
    Close,
    /// What is queued, or else `6`: the peer itself closed, by the POST that is running.
    Noop,
}

impl Polling {
    pub(super) fn new(dialect: Dialect, jsonp: Option<u64>) -> Self {
        Self {
            // A script is text.
            queue: Queue::new(Dialect {
                base64: dialect.base64 || jsonp.is_some(),
                ..dialect
            }),
            get: None,
            post: None,
            probe: None,
            dropped: None,
            coding: dialect.coding(false),
            jsonp,
        }
    }

    /// Whether a poll has something to fetch: what is queued and not held back for a new transport.
    pub(super) fn is_ready(&self) -> bool {
        !self.queue.is_empty() && self.probe.as_ref().is_none_or(|probe| !probe.holds)
    }

    /// Whether nothing waits and nobody does.
    pub(super) fn is_at_rest(&self) -> bool {
        let requests = self.get.or(self.post).or(self.dropped);
        requests.is_none() && self.probe.is_none() && self.queue.is_empty()
    }

    pub(super) fn last_words(&mut self, goodbye: Goodbye) -> Response {
        let last = match goodbye {
            Goodbye::Close => Some("1"),
            Goodbye::Noop if self.queue.is_empty() => Some("6"),
            Goodbye::Noop => None,
        };
        self.payload(last)
    }

    /// What is queued, then `last`.
    pub(super) fn payload(&mut self, last: Option<&'static str>) -> Response {
        let compress = self.queue.take_compress();
        let (coding, body) = self.queue.take_payload(last);
        Response {
            compress,
            ..Response::payload(coding, self.jsonp, body)
        }
    }

    /// A noop; what is queued stays.
    pub(super) fn noop(&self) -> Response {
        let coding = self.queue.dialect().coding(false);
        let mut writer = Writer::new(coding);
        writer.text(Bytes::from_static(b"6"));
        Response::payload(coding, self.jsonp, writer.finish())
    }

    /// Gives the probe up when it has taken too long.
    pub(super) fn expire_probe(&mut self, now: Instant, timeout: Duration) {
        if self
            .probe
            .as_mut()
            .is_some_and(|probe| probe.expire(now, timeout))
        {
            self.drop_probe();
        }
    }

    /// Gives the probe's socket up.
    pub(super) fn drop_probe(&mut self) {
        if let Some(probe) = self.probe.take() {
            self.dropped = Some(probe.lane);
        }
    }
}

impl Phase {
    /// The polling half, live or closing.
    pub(super) fn half(&mut self) -> Option<&mut Polling> {
        match self {
            Self::Polling(half) | Self::Closing { half, .. } => Some(half),
            Self::Socket { .. } | Self::Closed { .. } => None,
        }
    }

    pub(super) fn is_socket(&self) -> bool {
        match self {
            Self::Socket { .. } => true,
            Self::Polling(_) | Self::Closing { .. } | Self::Closed { .. } => false,
        }
    }

    /// From polling to the socket of the probe. Returns the half that is left behind.
    pub(super) fn upgrade(&mut self) -> Option<Box<Polling>> {
        let lane = match self {
            Self::Polling(half) => half.probe.as_ref()?.lane,
            Self::Socket { .. } | Self::Closing { .. } | Self::Closed { .. } => return None,
        };
        match mem::replace(self, Self::Socket { lane }) {
            Self::Polling(half) => Some(half),
            Self::Socket { .. } | Self::Closing { .. } | Self::Closed { .. } => None,
        }
    }

    /// From polling to closing. Without effect in any other phase.
    pub(super) fn close_orderly(&mut self, by: Instant, reason: CloseReason) {
        let placeholder = Self::Closed {
            reason,
            told: false,
            post: None,
        };
        *self = match mem::replace(self, placeholder) {
            // A probe goes on: its client may have moved to it already, and polls no more.
            Self::Polling(half) => Self::Closing { half, by, reason },
            other @ (Self::Socket { .. } | Self::Closing { .. } | Self::Closed { .. }) => other,
        };
    }

    /// From any phase to closed, for `reason` unless it was closing for another. Returns the polling
    /// half, if there was one.
    pub(super) fn end(&mut self, reason: CloseReason, goodbye: Goodbye) -> Option<Box<Polling>> {
        if matches!(self, Self::Closed { .. }) {
            return None;
        }
        let closed = |reason, post| Self::Closed {
            reason,
            told: false,
            post,
        };
        match mem::replace(self, closed(reason, None)) {
            Self::Polling(half) => {
                if goodbye == Goodbye::Noop {
                    *self = closed(reason, half.post);
                }
                Some(half)
            }
            Self::Closing { half, reason, .. } => {
                *self = closed(reason, half.post);
                Some(half)
            }
            Self::Socket { .. } | Self::Closed { .. } => None,
        }
    }
}
