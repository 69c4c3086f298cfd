//! Time as a value: the machines never ask what time it is.

use core::{num::NonZeroU64, time::Duration};

/// A point on the caller's clock: microseconds since an epoch of the caller's choice.
///
/// Eight bytes, and `Option<Instant>` is eight bytes too. The clock must not run backwards; a machine
/// that sees it do so treats the earlier time like any other and arms no deadline twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(NonZeroU64);

impl Instant {
    /// The epoch itself: every deadline at it is overdue.
    pub const EPOCH: Self = Self(NonZeroU64::MIN);

    /// `us` microseconds after the epoch (saturating at 2^64 - 2).
    #[must_use]
    pub const fn from_micros(us: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(us))
    }

    /// `ms` milliseconds after the epoch (saturating).
    #[must_use]
    pub const fn from_millis(ms: u64) -> Self {
        Self::from_micros(ms.saturating_mul(1000))
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0.get().saturating_sub(1)
    }

    /// The point `d` later (saturating, microseconds rounded down).
    #[inline]
    #[must_use]
    pub fn after(self, d: Duration) -> Self {
        let us = u64::try_from(d.as_micros()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(us))
    }

    /// How long after `earlier` this is; zero when it is not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.get().saturating_sub(earlier.0.get()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saturates_at_both_ends() {
        let end = Instant::from_micros(u64::MAX);
        assert_eq!(end.after(Duration::MAX), end);
        assert_eq!(Instant::EPOCH.since(end), Duration::ZERO);
        assert_eq!(Instant::from_micros(0), Instant::EPOCH);
    }

    #[test]
    fn an_option_costs_nothing() {
        assert_eq!(size_of::<Option<Instant>>(), 8);
    }
}
