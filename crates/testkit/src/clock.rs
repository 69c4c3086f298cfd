//! Virtual time: a clock that moves only when told.

use siox_wire::Instant;
use std::time::Duration;

/// `n` milliseconds after the epoch, the way tests write a point in time.
#[must_use]
pub const fn ms(n: u64) -> Instant {
    Instant::from_millis(n)
}

/// `n` microseconds after the epoch.
#[must_use]
pub const fn us(n: u64) -> Instant {
    Instant::from_micros(n)
}

/// A clock that starts at the epoch and never runs backwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    now: Instant,
}

impl Default for Clock {
    fn default() -> Self {
        Self::starting_at(Instant::EPOCH)
    }
}

impl Clock {
    /// A clock that shows `now`.
    #[must_use]
    pub const fn starting_at(now: Instant) -> Self {
        Self { now }
    }

    /// What the clock shows.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Moves the clock forward by `d` and returns what it then shows.
    pub fn advance(&mut self, d: Duration) -> Instant {
        self.now = self.now.after(d);
        self.now
    }

    /// Moves the clock forward to `to`; a time that has passed leaves it as it is.
    pub fn advance_to(&mut self, to: Instant) -> Instant {
        self.now = self.now.max(to);
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_runs_backwards() {
        let mut clock = Clock::default();
        assert_eq!(clock.advance(Duration::from_millis(5)), ms(5));
        assert_eq!(clock.advance_to(ms(3)), ms(5));
        assert_eq!(clock.advance_to(us(5_001)), us(5_001));
    }
}
