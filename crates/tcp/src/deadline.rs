//! Until when a caller waits.

use crate::clock;
use siox_wire::Instant;
use std::time::{self, Duration};

/// Until when a method waits: made of a point in time, or of how long from now. What has passed already
/// means not to wait at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl From<Duration> for Deadline {
    fn from(within: Duration) -> Self {
        Self(clock::now().after(within))
    }
}

impl From<time::Instant> for Deadline {
    fn from(by: time::Instant) -> Self {
        by.saturating_duration_since(time::Instant::now()).into()
    }
}

/// How patient a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// It waits for what it wants, or the connection's end.
    Done,
    /// It gives up at a time.
    Time(Instant),
    /// It does what it can without waiting; the transport does not block.
    Now,
}

impl Until {
    pub(crate) fn new(deadline: Deadline) -> Self {
        match deadline.0 <= clock::now() {
            true => Self::Now,
            false => Self::Time(deadline.0),
        }
    }

    /// Whether to give up where nothing can be done without waiting.
    pub(crate) fn ends_idle(self) -> bool {
        self == Self::Now || self.ends_busy()
    }

    /// Whether to give up even though there is something to do.
    pub(crate) fn ends_busy(self) -> bool {
        matches!(self, Self::Time(by) if by <= clock::now())
    }

    /// The earlier of this and a deadline of the connection's.
    pub(crate) fn or(self, deadline: Option<Instant>) -> Option<Instant> {
        match (self, deadline) {
            (Self::Time(by), Some(deadline)) => Some(by.min(deadline)),
            (Self::Time(by), None) => Some(by),
            (Self::Done | Self::Now, deadline) => deadline,
        }
    }
}
