//! How long something incomplete may take: from its first byte, between two bytes, and by the rate at
//! which it grows. What is incomplete is known elsewhere.

use crate::{Limits, Timeout};
use core::time::Duration;
use siox_wire::Instant;

/// When the first and the last byte of something incomplete came; nothing until time is watched.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Trickle {
    times: Option<(Instant, Instant)>,
}

impl Trickle {
    /// Whether any limit asks for the time.
    #[inline]
    pub(crate) fn is_watched(limits: &Limits) -> bool {
        limits.message_deadline.is_some() || limits.message_idle.is_some()
    }

    /// Bytes came, and it is incomplete still.
    pub(crate) fn heard(&mut self, now: Instant) {
        let (_, last) = self.times.get_or_insert((now, now));
        *last = now;
    }

    /// For so long nothing was read that may have come: that time does not count.
    pub(crate) fn held(&mut self, held: Duration) {
        if let Some((first, last)) = &mut self.times {
            *first = first.after(held);
            *last = last.after(held);
        }
    }

    /// When it has taken too long, after `received` bytes of payload, and by which limit: the earliest.
    pub(crate) fn deadline(self, received: u64, limits: &Limits) -> Option<(Instant, Timeout)> {
        let (first, last) = self.times?;
        let whole = limits.message_deadline.map(|most| first.after(most));
        let idle = limits.message_idle.map(|most| last.after(most));
        let grown = limits.message_idle.and_then(|grace| {
            let micros = received
                .saturating_mul(1_000_000)
                .checked_div(u64::from(limits.message_rate))?;
            Some(first.after(grace).after(Duration::from_micros(micros)))
        });
        // Of two that fall together, the one that says more.
        [
            (whole, Timeout::Message),
            (idle, Timeout::MessageIdle),
            (grown, Timeout::MessageRate),
        ]
        .into_iter()
        .filter_map(|(by, timeout)| Some((by?, timeout)))
        .min_by_key(|(by, _)| *by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1000)
    }

    fn limits(idle: u64, rate: u32, whole: Option<u64>) -> Limits {
        Limits {
            message_deadline: whole.map(Duration::from_secs),
            message_idle: Some(Duration::from_secs(idle)),
            message_rate: rate,
            ..Limits::default()
        }
    }

    #[test]
    fn nothing_is_due_while_nothing_came() {
        assert_eq!(Trickle::default().deadline(9, &limits(1, 1, Some(1))), None);
        assert!(!Trickle::is_watched(&Limits::default()));
        assert!(Trickle::is_watched(&Limits::server()));
    }

    #[test]
    fn time_in_which_nothing_was_read_does_not_count() {
        let mut trickle = Trickle::default();
        trickle.held(Duration::from_secs(9));
        trickle.heard(at(10));
        trickle.held(Duration::from_secs(500));
        let limits = limits(60, 1024, Some(30));
        assert_eq!(
            trickle.deadline(0, &limits),
            Some((at(540), Timeout::Message))
        );
    }

    #[test]
    fn the_earliest_deadline_counts() {
        let mut trickle = Trickle::default();
        trickle.heard(at(10));
        let table = [
            (limits(60, 1024, None), 0, at(70), Timeout::MessageIdle),
            (limits(60, 1024, Some(30)), 0, at(40), Timeout::Message),
        ];
        for (limits, received, by, timeout) in table {
            assert_eq!(trickle.deadline(received, &limits), Some((by, timeout)));
        }
        trickle.heard(at(50));
        let table = [
            (limits(60, 1024, None), 0, at(70), Timeout::MessageRate),
            (limits(60, 1024, None), 10_240, at(80), Timeout::MessageRate),
            (
                limits(60, 1024, None),
                1 << 20,
                at(110),
                Timeout::MessageIdle,
            ),
            (limits(60, 0, None), 0, at(110), Timeout::MessageIdle),
            (
                limits(60, 1, Some(300)),
                u64::MAX,
                at(110),
                Timeout::MessageIdle,
            ),
        ];
        for (limits, received, by, timeout) in table {
            assert_eq!(trickle.deadline(received, &limits), Some((by, timeout)));
        }
    }
}
