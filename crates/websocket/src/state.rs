//! The life of a connection (RFC 6455 §7.1): its states, and every transition between them.
//!
//! ```text
//!          close()            peer's close
//!   Open ───────────► CloseSent ───────────► Closed ──┐
//!    │ peer's close (answered) ────────────────▲      │ deadline
//!    │                   │ deadline, end of stream    ▼
//!    │                   └──────────────────────────► Gone
//!    └── violation, limit, timeout ──► Failed ── deadline ▲
//! ```
//! `CloseSent` fails on a violation as `Open` does, and every state is left for `Gone` by the end of
//! the stream, but for `Closed` and `Failed`, which may still be writing.

use crate::{Error, Limits, Timeout, keepalive::KeepAlive};
use siox_wire::Instant;

/// Where the connection stands.
#[derive(Debug, Clone, Copy)]
pub(crate) enum State {
    /// Neither side has sent a close frame.
    Open(KeepAlive),
    /// Ours is queued, the peer's has not come.
    CloseSent { by: Instant },
    /// Both are sent; what is queued is still to be written.
    Closed { by: Instant },
    /// A failure; the close frame it owed is still to be written. No deadline means that the caller
    /// has not heard of it yet.
    Failed { error: Error, by: Option<Instant> },
    /// Nothing is to be read or written any more.
    Gone(Option<Error>),
}

/// What the arrival of a deadline means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passed {
    /// Nothing.
    Nothing,
    /// What is queued will not be written: forget it.
    Abandon(Option<Error>),
    /// A failure to be told.
    Tell(Error),
}

impl State {
    /// Whether messages may be sent.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::Open(_) => true,
            Self::CloseSent { .. } | Self::Closed { .. } | Self::Failed { .. } | Self::Gone(_) => {
                false
            }
        }
    }

    /// Whether input is read: `Ok(false)` means that it is ignored (RFC 6455 §5.5.1). A failure not
    /// yet told is told now.
    #[inline]
    pub(crate) fn reads(&mut self, now: Instant, limits: &Limits) -> Result<bool, Error> {
        match self {
            Self::Open(_) | Self::CloseSent { .. } => Ok(true),
            Self::Closed { .. } | Self::Gone(None) => Ok(false),
            Self::Failed { error, by } => {
                by.get_or_insert(now.after(limits.close_wait));
                Err(*error)
            }
            Self::Gone(Some(error)) => Err(*error),
        }
    }

    /// A byte came from the peer.
    #[inline]
    pub(crate) fn heard(&mut self) {
        match self {
            Self::Open(keep_alive) => keep_alive.heard(),
            Self::CloseSent { .. } | Self::Closed { .. } | Self::Failed { .. } | Self::Gone(_) => {}
        }
    }

    /// We queue a close frame: only when open. Says whether to queue it.
    pub(crate) fn close_sent(&mut self, by: Instant) -> bool {
        match self {
            Self::Open(_) => {
                *self = Self::CloseSent { by };
                true
            }
            Self::CloseSent { .. } | Self::Closed { .. } | Self::Failed { .. } | Self::Gone(_) => {
                false
            }
        }
    }

    /// The peer's close frame came. Says whether it is to be answered.
    pub(crate) fn close_received(&mut self, answered_by: Instant) -> bool {
        match self {
            Self::Open(_) => {
                *self = Self::Closed { by: answered_by };
                true
            }
            Self::CloseSent { by } => {
                *self = Self::Closed { by: *by };
                false
            }
            Self::Closed { .. } | Self::Failed { .. } | Self::Gone(_) => false,
        }
    }

    /// The connection failed. Says whether a close frame may be queued: not where one was before.
    pub(crate) fn fail(&mut self, error: Error, by: Option<Instant>) -> bool {
        match self {
            Self::Open(_) => {
                *self = Self::Failed { error, by };
                true
            }
            Self::CloseSent { by: closing } => {
                let by = by.map(|by| by.min(*closing));
                *self = Self::Failed { error, by };
                false
            }
            Self::Closed { .. } | Self::Failed { .. } | Self::Gone(_) => false,
        }
    }

    /// The end of the stream came.
    pub(crate) fn eof(&mut self, now: Instant, limits: &Limits) -> Result<(), Error> {
        match self {
            Self::Open(_) | Self::CloseSent { .. } => {
                *self = Self::Gone(Some(Error::UnexpectedEof));
                Err(Error::UnexpectedEof)
            }
            Self::Closed { .. } | Self::Failed { .. } | Self::Gone(_) => {
                self.reads(now, limits).map(|_| ())
            }
        }
    }

    /// The deadline of the closing handshake, or of a failure; the keep-alive has its own.
    pub(crate) fn closing_deadline(&self, is_drained: bool) -> Option<Instant> {
        match self {
            Self::Open(_) | Self::Gone(_) => None,
            Self::CloseSent { by } => Some(*by),
            Self::Closed { by } => (!is_drained).then_some(*by),
            Self::Failed { by: None, .. } => Some(Instant::EPOCH),
            Self::Failed { by: Some(by), .. } => (!is_drained).then_some(*by),
        }
    }

    /// `now` has come.
    pub(crate) fn closing_timeout(&mut self, now: Instant, limits: &Limits) -> Passed {
        match *self {
            Self::Open(_) | Self::Gone(None) => Passed::Nothing,
            Self::CloseSent { by } if by <= now => {
                self.abandon(Some(Error::Timeout(Timeout::Close)))
            }
            Self::Closed { by } if by <= now => self.abandon(None),
            Self::CloseSent { .. } | Self::Closed { .. } => Passed::Nothing,
            Self::Failed {
                error,
                by: Some(by),
            } if by <= now => self.abandon(Some(error)),
            Self::Failed { error, by } => {
                let by = by.unwrap_or_else(|| now.after(limits.close_wait));
                *self = Self::Failed {
                    error,
                    by: Some(by),
                };
                Passed::Tell(error)
            }
            Self::Gone(Some(error)) => Passed::Tell(error),
        }
    }

    /// Whether the TCP connection may be closed, once all that is queued is written or not.
    pub(crate) fn is_finished(&self, is_drained: bool) -> bool {
        match self {
            Self::Open(_) | Self::CloseSent { .. } | Self::Failed { by: None, .. } => false,
            Self::Closed { .. } | Self::Failed { by: Some(_), .. } => is_drained,
            Self::Gone(_) => true,
        }
    }

    fn abandon(&mut self, error: Option<Error>) -> Passed {
        *self = Self::Gone(error);
        Passed::Abandon(error)
    }
}
