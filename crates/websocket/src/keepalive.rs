//! Pings of our own, at absolute times derived from the time before. What is sent is decided here,
//! not how.

use crate::Limits;
use siox_wire::Instant;

/// When to ping, and until when to wait for a sign of life.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct KeepAlive {
    /// The last ping, or where counting began; none until a time is known.
    base: Option<Instant>,
    /// A ping was sent and nothing came since.
    waiting: bool,
}

/// What has become due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    Ping,
    Dead,
}

impl KeepAlive {
    /// Something came from the peer.
    #[inline]
    pub(crate) fn heard(&mut self) {
        self.waiting = false;
    }

    /// When [`due`](Self::due) has something to say. Overdue until it has learnt the time.
    #[inline]
    pub(crate) fn deadline(self, limits: &Limits) -> Option<Instant> {
        let interval = limits.ping_interval?;
        let Some(base) = self.base else {
            return Some(Instant::EPOCH);
        };
        Some(match limits.pong_timeout {
            Some(timeout) if self.waiting => base.after(timeout),
            Some(_) | None => base.after(interval),
        })
    }

    /// What has become due by `now`; the next deadline follows from this one.
    pub(crate) fn due(&mut self, now: Instant, limits: &Limits) -> Due {
        let (Some(interval), Some(deadline)) = (limits.ping_interval, self.deadline(limits)) else {
            return Due::Nothing;
        };
        if self.base.is_none() {
            self.base = Some(now);
            return Due::Nothing;
        }
        if now < deadline {
            return Due::Nothing;
        }
        if self.waiting {
            return Due::Dead;
        }
        // Intervals slept through are not made up for.
        let missed = deadline.after(interval) <= now;
        self.base = Some(if missed { now } else { deadline });
        self.waiting = limits.pong_timeout.is_some();
        Due::Ping
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    fn limits() -> Limits {
        Limits {
            ping_interval: Some(Duration::from_millis(100)),
            pong_timeout: Some(Duration::from_millis(30)),
            ..Limits::default()
        }
    }

    #[test]
    fn pings_at_times_that_do_not_drift() {
        let (limits, mut keep) = (limits(), KeepAlive::default());
        let at = Instant::from_millis;
        assert_eq!(keep.deadline(&limits), Some(Instant::EPOCH));
        assert_eq!(keep.due(at(5), &limits), Due::Nothing);
        assert_eq!(keep.deadline(&limits), Some(at(105)));
        assert_eq!(keep.due(at(104), &limits), Due::Nothing);
        assert_eq!(keep.due(at(107), &limits), Due::Ping);
        assert_eq!(keep.deadline(&limits), Some(at(135)));
        keep.heard();
        assert_eq!(keep.deadline(&limits), Some(at(205)));
        assert_eq!(keep.due(at(205), &limits), Due::Ping);
        assert_eq!(keep.due(at(235), &limits), Due::Dead);
    }

    #[test]
    fn a_long_sleep_costs_one_ping() {
        let (limits, mut keep) = (limits(), KeepAlive::default());
        let at = Instant::from_millis;
        keep.due(at(0), &limits);
        assert_eq!(keep.due(at(5000), &limits), Due::Ping);
        keep.heard();
        assert_eq!(keep.deadline(&limits), Some(at(5100)));
    }

    #[test]
    fn off_by_default() {
        let mut keep = KeepAlive::default();
        assert_eq!(keep.deadline(&Limits::default()), None);
        assert_eq!(keep.due(Instant::EPOCH, &Limits::default()), Due::Nothing);
    }
}
