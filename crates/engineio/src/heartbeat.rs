//! The heartbeat: when to ping, and when a peer is dead. Deadlines are absolute.

use core::time::Duration;
use siox_wire::Instant;

/// Where the heartbeat stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heartbeat {
    /// The peer is pinged at this time.
    Ping { at: Instant },
    /// The peer was pinged, and is dead at `by`: at `due`, which what it sent until then puts off. It
    /// is then pinged `again`, for it counts from the last ping.
    Pong {
        by: Instant,
        due: Instant,
        again: bool,
    },
    /// The peer pings, and is dead at `by`: at `due`, which what it sent until then puts off.
    Listen { by: Instant, due: Instant },
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beat {
    Nothing,
    Ping,
    Dead,
}

impl Heartbeat {
    pub(crate) fn new(now: Instant, interval: Duration) -> Self {
        Self::Ping {
            at: now.after(interval),
        }
    }

    /// For the side that is pinged.
    pub(crate) fn listen(now: Instant, interval: Duration, timeout: Duration) -> Self {
        let due = now.after(interval).after(timeout);
        Self::Listen { by: due, due }
    }

    /// When something is due next.
    pub(crate) fn deadline(&self) -> Instant {
        match *self {
            Self::Ping { at } => at,
            Self::Pong {
                due, again: false, ..
            } => due,
            Self::Pong { by, .. } | Self::Listen { by, .. } => by,
        }
    }

    /// When the peer is dead if nothing comes of it.
    pub(crate) fn death(&self, timeout: Duration) -> Instant {
        match *self {
            Self::Ping { at } => at.after(timeout),
            Self::Pong { by, .. } | Self::Listen { by, .. } => by,
        }
    }

    /// What is due at `now`.
    pub(crate) fn due(&self, now: Instant, timeout: Duration) -> Beat {
        if self.death(timeout) <= now {
            return Beat::Dead;
        }
        match *self {
            Self::Ping { at } if at <= now => Beat::Ping,
            Self::Pong {
                due, again: false, ..
            } if due <= now => Beat::Ping,
            Self::Ping { .. } | Self::Pong { .. } | Self::Listen { .. } => Beat::Nothing,
        }
    }

    /// A ping went out. The deadline counts from when it was due: a late clock gives no extra time.
    pub(crate) fn pinged(&mut self, timeout: Duration) {
        *self = match *self {
            Self::Pong { by, due, .. } => Self::Pong {
                by,
                due,
                again: true,
            },
            Self::Ping { .. } | Self::Listen { .. } => {
                let due = self.death(timeout);
                Self::Pong {
                    by: due,
                    due,
                    again: false,
                }
            }
        };
    }

    /// A pong came. One that was not asked for has no effect.
    pub(crate) fn pong(&mut self, now: Instant, interval: Duration) {
        match self {
            Self::Ping { .. } | Self::Listen { .. } => {}
            Self::Pong { .. } => *self = Self::new(now, interval),
        }
    }

    /// A ping came.
    pub(crate) fn ping(&mut self, now: Instant, interval: Duration, timeout: Duration) {
        match self {
            Self::Ping { .. } | Self::Pong { .. } => {}
            Self::Listen { .. } => *self = Self::listen(now, interval, timeout),
        }
    }

    /// Any packet, or part of one, came: a peer whose beat waits behind its data is not dead. What
    /// comes when the peer would be dead already without it does not count: once a ping, the last byte
    /// before that time may put it off.
    pub(crate) fn packet(&mut self, now: Instant, timeout: Duration) {
        match self {
            Self::Ping { .. } => {}
            Self::Pong { by, due, .. } | Self::Listen { by, due } => {
                if now <= *due {
                    *by = now.after(timeout).max(*by);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(300);
    const TIMEOUT: Duration = Duration::from_millis(200);
    const fn ms(n: u64) -> Instant {
        Instant::from_millis(n)
    }

    #[test]
    fn a_silent_peer_dies_on_time_however_late_the_clock() {
        let mut beat = Heartbeat::new(ms(0), INTERVAL);
        assert_eq!(beat.due(ms(299), TIMEOUT), Beat::Nothing);
        assert_eq!(beat.due(ms(500), TIMEOUT), Beat::Dead);
        assert_eq!(beat.due(ms(499), TIMEOUT), Beat::Ping);
        beat.pinged(TIMEOUT);
        assert_eq!(beat.deadline(), ms(500));
    }

    #[test]
    fn only_an_expected_pong_counts() {
        let mut beat = Heartbeat::new(ms(0), INTERVAL);
        beat.pong(ms(250), INTERVAL);
        assert_eq!(beat.deadline(), ms(300));
        beat.pinged(TIMEOUT);
        beat.pong(ms(310), INTERVAL);
        assert_eq!(beat.deadline(), ms(610));
    }

    #[test]
    fn who_is_pinged_waits_for_interval_and_timeout() {
        let mut beat = Heartbeat::listen(ms(0), INTERVAL, TIMEOUT);
        assert_eq!(beat.due(ms(499), TIMEOUT), Beat::Nothing);
        assert_eq!(beat.due(ms(500), TIMEOUT), Beat::Dead);
        beat.packet(ms(299), TIMEOUT);
        assert_eq!(beat.deadline(), ms(500));
        beat.packet(ms(400), TIMEOUT);
        beat.packet(ms(501), TIMEOUT);
        assert_eq!(beat.deadline(), ms(600));
        beat.ping(ms(550), INTERVAL, TIMEOUT);
        assert_eq!(beat.deadline(), ms(1050));
        beat.packet(ms(900), TIMEOUT);
        assert_eq!(beat.deadline(), ms(1100));
    }

    #[test]
    fn another_packet_puts_death_off_once_a_ping() {
        let mut beat = Heartbeat::new(ms(0), INTERVAL);
        beat.packet(ms(10), TIMEOUT);
        assert_eq!(beat.deadline(), ms(300));
        beat.pinged(TIMEOUT);
        beat.packet(ms(400), TIMEOUT);
        beat.packet(ms(490), TIMEOUT);
        assert_eq!(beat.due(ms(499), TIMEOUT), Beat::Nothing);
        assert_eq!(beat.deadline(), ms(500));
        assert_eq!(beat.due(ms(500), TIMEOUT), Beat::Ping);
        beat.pinged(TIMEOUT);
        assert_eq!(beat.due(ms(500), TIMEOUT), Beat::Nothing);
        beat.packet(ms(600), TIMEOUT);
        assert_eq!(beat.deadline(), ms(690));
        assert_eq!(beat.due(ms(690), TIMEOUT), Beat::Dead);
        beat.pong(ms(650), INTERVAL);
        assert_eq!(beat.deadline(), ms(950));
    }
}
