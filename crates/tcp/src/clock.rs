//! The one clock: the machines' time is counted from the first look at it.

use siox_wire::Instant;
use std::{sync::LazyLock, time};

static START: LazyLock<time::Instant> = LazyLock::new(time::Instant::now);

/// The time, for any machine beside those of this crate.
#[must_use]
pub fn now() -> Instant {
    let micros = START.elapsed().as_micros();
    Instant::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}
