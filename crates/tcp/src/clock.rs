//! The one clock: the machines' time is counted from the first look at it.

use siox_wire::Instant;
use std::{sync::LazyLock, time};

static START: LazyLock<time::Instant> = LazyLock::new(time::Instant::now);

/// The time, for any machine beside those of this crate.
#[must_use]
pub fn now() -> Instant {
    let passed = START.elapsed();
    #[cfg(test)]
    let passed = passed + ahead::AHEAD.get();
    Instant::from_micros(u64::try_from(passed.as_micros()).unwrap_or(u64::MAX))
}

#[cfg(test)]
pub(crate) use ahead::advance;

/// Time that a test lets pass without waiting.
#[cfg(test)]
mod ahead {
    use std::{cell::Cell, time::Duration};

    thread_local! {
        pub(super) static AHEAD: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }

    /// So much time has passed, for this thread.
    pub(crate) fn advance(by: Duration) {
        AHEAD.set(AHEAD.get() + by);
    }
}
