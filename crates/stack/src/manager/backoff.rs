//! How long to wait before the next attempt.

use super::ManagerOptions;
use core::time::Duration;

/// A source of numbers that differ from one manager to the next; nothing secret hangs on them.
/// Source: Sebastiano Vigna, "splitmix64".
#[derive(Debug)]
pub(super) struct Jitter(u64);

impl Jitter {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = self.0;
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform from 0 to `most`, to within 2^-32 for waits of up to a day.
    fn upto(&mut self, most: u64) -> u64 {
        let wide = u128::from(self.next()).saturating_mul(u128::from(most).saturating_add(1));
        u64::try_from(wide >> 64).unwrap_or(most)
    }

    /// The wait after `failed` attempts: uniform between the delay less its random part and the delay
    /// plus that. A server that says when to come back is not asked before, as far as the options let it
    /// say that, nor sooner than another, and not by all at once.
    pub(super) fn wait(
        &mut self,
        options: &ManagerOptions,
        failed: u32,
        retry_after: Option<Duration>,
    ) -> Duration {
        let micros = |d: Duration| u64::try_from(d.as_micros()).unwrap_or(u64::MAX);
        let doubled = 1u64.checked_shl(failed).unwrap_or(u64::MAX);
        let delay = micros(options.reconnection_delay).saturating_mul(doubled);
        let delay = delay.min(micros(options.reconnection_delay_max));
        let part = u128::from(delay).saturating_mul(millionths(options.randomization_factor));
        let part = u64::try_from(part / 1_000_000).unwrap_or(u64::MAX);
        let random = self.upto(part.saturating_mul(2));
        let asked = retry_after.unwrap_or_default().min(options.retry_after_max);
        let least = delay.saturating_sub(part).max(micros(asked));
        Duration::from_micros(least.saturating_add(random))
    }
}

fn millionths(factor: f64) -> u128 {
    let factor = factor.clamp(0.0, 1.0) * 1_000_000.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and a million, and 0 for what is no number"
    )]
    {
        factor as u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(options: &ManagerOptions, failed: u32, after: Option<Duration>) -> (u64, u64) {
        let waits = (0..2_000).map(|seed| Jitter::new(seed).wait(options, failed, after));
        let waits: alloc::vec::Vec<u64> = waits
            .map(|d| u64::try_from(d.as_millis()).unwrap())
            .collect();
        (*waits.iter().min().unwrap(), *waits.iter().max().unwrap())
    }

    #[test]
    fn waits_grow_and_stay_random() {
        let options = ManagerOptions::default();
        for (failed, low, high) in [
            (0, 500, 1_500),
            (1, 1_000, 3_000),
            (2, 2_000, 6_000),
            (3, 2_500, 7_500),
            (9, 2_500, 7_500),
            (63, 2_500, 7_500),
            (64, 2_500, 7_500),
            (u32::MAX, 2_500, 7_500),
        ] {
            let (min, max) = range(&options, failed, None);
            let edge = (high - low) / 50;
            assert!(low <= min && min < low + edge, "{failed}: {min}");
            assert!(high - edge < max && max <= high, "{failed}: {max}");
        }
    }

    #[test]
    fn a_server_is_not_asked_before_it_said() {
        let never = ManagerOptions {
            retry_after_max: Duration::ZERO,
            ..ManagerOptions::default()
        };
        for (options, after, low, high) in [
            (ManagerOptions::default(), 30, 30_000, 31_000),
            (ManagerOptions::default(), 300, 300_000, 301_000),
            (ManagerOptions::default(), 301, 300_000, 301_000),
            (ManagerOptions::default(), u64::MAX, 300_000, 301_000),
            // No sooner than without the word.
            (ManagerOptions::default(), 0, 500, 1_500),
            (never, u64::MAX, 500, 1_500),
        ] {
            let (min, max) = range(&options, 0, Some(Duration::from_secs(after)));
            let is_low = (low..low + 100).contains(&min);
            assert!(
                is_low && (high - 100..=high).contains(&max),
                "{after}: {min} to {max}"
            );
        }
    }

    #[test]
    fn odd_factors_are_harmless() {
        for (factor, low, high) in [
            (0.0, 1_000, 1_000),
            (-1.0, 1_000, 1_000),
            (f64::NAN, 1_000, 1_000),
            (f64::INFINITY, 0, 2_000),
            (7.0, 0, 2_000),
        ] {
            let options = ManagerOptions {
                randomization_factor: factor,
                ..ManagerOptions::default()
            };
            let (min, max) = range(&options, 0, None);
            assert!(low <= min && max <= high, "{factor}: {min} to {max}");
        }
        let options = ManagerOptions {
            reconnection_delay: Duration::MAX,
            reconnection_delay_max: Duration::MAX,
            ..ManagerOptions::default()
        };
        assert!(Jitter::new(1).wait(&options, 5, None) > Duration::from_secs(1));
    }
}
