//! The memory rule: after any input a machine holds at most twice what it received and 16 KiB.

use siox_testkit::alloc::{CountingAllocator, allowance, measure};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// What the machines of one connection hold, and what that connection has received.
#[derive(Debug, Default)]
pub struct Meter {
    received: usize,
    held: isize,
}

impl Meter {
    /// A connection that has received nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `f`, which makes a machine, or gives it the next `received` bytes and drops what it tells.
    ///
    /// # Panics
    /// When the most that was held at once is more than the rule allows for all bytes so far.
    pub fn take<T>(&mut self, received: usize, f: impl FnOnce() -> T) -> T {
        let (result, usage) = measure(f);
        self.received += received;
        let (peak, allowed) = (self.held + usage.peak, allowance(self.received));
        assert!(
            peak <= allowed,
            "held {peak} bytes after {}; {allowed} are allowed",
            self.received
        );
        self.held += usage.kept;
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    fn what_is_within_the_rule_passes() {
        let mut meter = Meter::new();
        let first = meter.take(1_000, || black_box(vec![0_u8; 18_384]));
        let second = meter.take(1_000, || black_box(vec![0_u8; 2_000]));
        meter.take(0, || drop(first));
        drop(meter.take(0, || black_box(vec![0_u8; 18_384])));
        drop(second);
    }

    #[test]
    #[should_panic(expected = "held 18385 bytes after 1000")]
    fn a_byte_too_many_is_found() {
        Meter::new().take(1_000, || drop(black_box(vec![0_u8; 18_385])));
    }

    #[test]
    #[should_panic(expected = "held 20000 bytes after 1001")]
    fn what_was_kept_counts() {
        let mut meter = Meter::new();
        let kept = meter.take(1_000, || black_box(vec![0_u8; 10_000]));
        meter.take(1, || drop(black_box(vec![0_u8; 10_000])));
        drop(kept);
    }
}
