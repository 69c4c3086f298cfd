//! The heartbeat: when to ping, and when a peer is dead. Deadlines are absolute.

use core::time::Duration;
use siox_wire::Instant;

/// Where the heartbeat stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heartbeat {
    /// The peer is pinged at this time.
    Ping { at: Instant },
    /// The peer was pinged, and is dead at `by`: at `due`, which what it sent until then puts off. It
    /// is then pinged again, for it counts from the last ping.
    Pong { by: Instant, due: Instant },
    /// It was pinged again, and is dead at `by`.
    Last { by: Instant },
    /// The peer pings, and is dead at `by`: at `due`, which what it sent until then puts off.
    Listen { by: Instant, due: Instant },
    /// The application reads nothing of the peer, whose signs of life wait unread. It gets its beats at
    /// `ping` all the same, and is dead at `until`.
    Held {
        ping: Instant,
        until: Instant,
        rest: Rest,
    },
}

/// What counts again when the application reads on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing was asked of the peer.
    Unasked,
    /// It was pinged, and has so many milliseconds of its time left.
    Pong(u32),
    /// It pings, and has so many milliseconds of its time left.
    Listen(u32),
}

fn millis(left: Duration) -> u32 {
    left.as_millis().try_into().unwrap_or(u32::MAX)
}

fn after(now: Instant, left: u32) -> Instant {
    now.after(Duration::from_millis(left.into()))
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
    #[inline]
    pub(crate) fn deadline(&self) -> Instant {
        match *self {
            Self::Ping { at } => at,
            Self::Pong { due, .. } => due,
            Self::Last { by } | Self::Listen { by, .. } => by,
            Self::Held { ping, until, .. } => ping.min(until),
        }
    }

    /// When the peer is dead if nothing comes of it.
    pub(crate) fn death(&self, timeout: Duration) -> Instant {
        match *self {
            Self::Ping { at } => at.after(timeout),
            Self::Pong { by, .. } | Self::Last { by } | Self::Listen { by, .. } => by,
            Self::Held { until, .. } => until,
        }
    }

    /// What is due at `now`.
    pub(crate) fn due(&self, now: Instant, timeout: Duration) -> Beat {
        if self.death(timeout) <= now {
            return Beat::Dead;
        }
        match *self {
            Self::Ping { at } if at <= now => Beat::Ping,
            Self::Held { ping, .. } if ping <= now => Beat::Ping,
            Self::Pong { due, .. } if due <= now => Beat::Ping,
            Self::Ping { .. }
            | Self::Pong { .. }
            | Self::Last { .. }
            | Self::Listen { .. }
            | Self::Held { .. } => Beat::Nothing,
        }
    }

    /// A ping went out. The deadline counts from when it was due: a late clock gives no extra time.
    pub(crate) fn pinged(&mut self, interval: Duration, timeout: Duration) {
        *self = match *self {
            Self::Pong { by, .. } | Self::Last { by } => Self::Last { by },
            Self::Ping { .. } | Self::Listen { .. } => {
                let due = self.death(timeout);
                Self::Pong { by: due, due }
            }
            Self::Held { ping, until, rest } => Self::Held {
                ping: ping.after(interval),
                until,
                rest: match rest {
                    Rest::Unasked => Rest::Pong(millis(timeout)),
                    Rest::Pong(_) | Rest::Listen(_) => rest,
                },
            },
        };
    }

    /// The application reads no more, for `most` at most: time does not count against the peer.
    pub(crate) fn hold(&mut self, now: Instant, interval: Duration, most: Duration) {
        // An interval's half after now is before the peer has missed a beat, whatever it was sent last.
        let soon = now.after(interval.checked_div(2).unwrap_or_default());
        let (ping, rest) = match *self {
            Self::Ping { at } => (at, Rest::Unasked),
            Self::Pong { by, .. } | Self::Last { by } => (soon, Rest::Pong(millis(by.since(now)))),
            Self::Listen { by, .. } => (soon, Rest::Listen(millis(by.since(now)))),
            Self::Held { .. } => return,
        };
        let until = now.after(most);
        *self = Self::Held { ping, until, rest };
    }

    /// The application reads on.
    pub(crate) fn resume(&mut self, now: Instant) {
        let Self::Held { ping, rest, .. } = *self else {
            return;
        };
        *self = match rest {
            Rest::Unasked => Self::Ping { at: ping },
            Rest::Pong(left) => Self::Pong {
                by: after(now, left),
                due: after(now, left),
            },
            Rest::Listen(left) => Self::Listen {
                by: after(now, left),
                due: after(now, left),
            },
        };
    }

    /// A pong came. One that was not asked for has no effect.
    pub(crate) fn pong(&mut self, now: Instant, interval: Duration) {
        match self {
            Self::Ping { .. } | Self::Listen { .. } => {}
            Self::Pong { .. } | Self::Last { .. } => *self = Self::new(now, interval),
            Self::Held { ping, rest, .. } => {
                (*ping, *rest) = (now.after(interval), Rest::Unasked);
            }
        }
    }

    /// A ping came.
    pub(crate) fn ping(&mut self, now: Instant, interval: Duration, timeout: Duration) {
        match self {
            Self::Ping { .. } | Self::Pong { .. } | Self::Last { .. } => {}
            Self::Listen { .. } => *self = Self::listen(now, interval, timeout),
            Self::Held { rest, .. } => {
                *rest = Rest::Listen(millis(interval.saturating_add(timeout)));
            }
        }
    }

    /// Any packet, or part of one, came: a peer whose beat waits behind its data is not dead. What
    /// comes when the peer would be dead already without it does not count: once a ping, the last byte
    /// before that time may put it off.
    #[inline]
    pub(crate) fn packet(&mut self, now: Instant, timeout: Duration) {
        match self {
            Self::Ping { .. } | Self::Last { .. } | Self::Held { .. } => {}
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
        beat.pinged(INTERVAL, TIMEOUT);
        assert_eq!(beat.deadline(), ms(500));
    }

    #[test]
    fn only_an_expected_pong_counts() {
        let mut beat = Heartbeat::new(ms(0), INTERVAL);
        beat.pong(ms(250), INTERVAL);
        assert_eq!(beat.deadline(), ms(300));
        beat.pinged(INTERVAL, TIMEOUT);
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
        beat.pinged(INTERVAL, TIMEOUT);
        beat.packet(ms(400), TIMEOUT);
        beat.packet(ms(490), TIMEOUT);
        assert_eq!(beat.due(ms(499), TIMEOUT), Beat::Nothing);
        assert_eq!(beat.deadline(), ms(500));
        assert_eq!(beat.due(ms(500), TIMEOUT), Beat::Ping);
        beat.pinged(INTERVAL, TIMEOUT);
        assert_eq!(beat.due(ms(500), TIMEOUT), Beat::Nothing);
        beat.packet(ms(600), TIMEOUT);
        assert_eq!(beat.deadline(), ms(690));
        assert_eq!(beat.due(ms(690), TIMEOUT), Beat::Dead);
        beat.pong(ms(650), INTERVAL);
        assert_eq!(beat.deadline(), ms(950));
    }

    const MOST: Duration = Duration::from_secs(2);

    /// What a held beat does in each state: the times of its pings, and the deadline it resumes with.
    #[test]
    fn time_that_is_not_read_does_not_count() {
        let pinged = {
            let mut beat = Heartbeat::new(ms(0), INTERVAL);
            beat.pinged(INTERVAL, TIMEOUT);
            beat
        };
        let cases = [
            (Heartbeat::new(ms(0), INTERVAL), 100, &[][..], 200, 300),
            (Heartbeat::new(ms(0), INTERVAL), 100, &[300, 600], 700, 900),
            (pinged, 400, &[550, 850], 900, 1000),
            (
                Heartbeat::listen(ms(0), INTERVAL, TIMEOUT),
                100,
                &[250, 550],
                600,
                1000,
            ),
        ];
        for (mut beat, held, pings, resumed, deadline) in cases {
            beat.hold(ms(held), INTERVAL, MOST);
            for &at in pings {
                assert_eq!(beat.deadline(), ms(at), "{beat:?}");
                assert_eq!(beat.due(ms(at - 1), TIMEOUT), Beat::Nothing);
                assert_eq!(beat.due(ms(at), TIMEOUT), Beat::Ping);
                beat.pinged(INTERVAL, TIMEOUT);
            }
            // To begin twice is to begin once.
            beat.hold(ms(resumed), INTERVAL, MOST);
            beat.resume(ms(resumed));
            assert_eq!(beat.deadline(), ms(deadline), "{beat:?}");
            beat.resume(ms(resumed + 50));
            assert_eq!(beat.deadline(), ms(deadline), "{beat:?}");
        }
    }

    #[test]
    fn nobody_is_held_for_ever() {
        let mut beat = Heartbeat::new(ms(0), INTERVAL);
        beat.hold(ms(100), INTERVAL, MOST);
        assert_eq!(beat.due(ms(2099), TIMEOUT), Beat::Ping);
        assert_eq!(beat.due(ms(2100), TIMEOUT), Beat::Dead);
    }
}
