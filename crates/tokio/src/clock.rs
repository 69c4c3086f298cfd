//! The one clock: the machines' time is counted from the first look at it.

use siox_wire::Instant;
use std::sync::LazyLock;
use tokio::time;

static START: LazyLock<time::Instant> = LazyLock::new(time::Instant::now);

/// The time, for any machine driven by this runtime. It follows tokio's clock, paused time included.
#[must_use]
pub fn now() -> Instant {
    let since = time::Instant::now().saturating_duration_since(*START);
    let micros = since.as_secs().saturating_mul(1_000_000);
    Instant::from_micros(micros.saturating_add(u64::from(since.subsec_micros()) + 1))
}

/// The same point on tokio's clock.
pub(crate) fn at(instant: Instant) -> time::Instant {
    let micros = instant.as_micros().saturating_sub(1);
    *START + std::time::Duration::from_micros(micros)
}
