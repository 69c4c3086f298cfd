//! What both ends and the network share in a run: time, chance, the log, and the first failure.

use crate::scenario::Scenario;
use siox_testkit::Rng;
use siox_wire::Instant;
use std::fmt;

pub(crate) struct Net<'p> {
    pub(crate) plan: &'p Scenario,
    pub(crate) now: Instant,
    pub(crate) rng: Rng,
    /// Every line of a replay; none otherwise, for speed.
    pub(crate) log: Option<String>,
    /// A digest of all that happened.
    pub(crate) digest: u64,
    /// The first rule that was broken.
    pub(crate) failure: Option<String>,
}

impl<'p> Net<'p> {
    pub(crate) fn new(plan: &'p Scenario, logs: bool) -> Self {
        Self {
            plan,
            now: Instant::from_millis(1),
            rng: Rng::new(plan.seed.rotate_left(32) ^ 0x5DEE_CE66),
            log: logs.then(String::new),
            digest: 0xCBF2_9CE4_8422_2325,
            failure: None,
        }
    }

    pub(crate) fn fail(&mut self, what: impl Into<String>) {
        if self.failure.is_none() {
            let what = what.into();
            self.note(format_args!("FAILED: {what}"));
            self.failure = Some(what);
        }
    }

    /// Fails unless `holds`.
    pub(crate) fn check(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.fail(what());
        }
    }

    pub(crate) fn check_result(&mut self, who: &str, result: Result<(), String>) {
        if let Err(what) = result {
            self.fail(format!("{who}: {what}"));
        }
    }

    /// Something happened: into the digest, and into the log if there is one.
    pub(crate) fn note(&mut self, what: fmt::Arguments<'_>) {
        if let Some(log) = &mut self.log {
            let at = self.now.as_micros();
            let _ = fmt::write(
                log,
                format_args!("{:>6}.{:06} {what}\n", at / 1_000_000, at % 1_000_000),
            );
        }
    }

    /// Numbers of what happened, into the digest.
    pub(crate) fn digest(&mut self, numbers: [u64; 3]) {
        for n in [self.now.as_micros()].into_iter().chain(numbers) {
            self.digest = (self.digest ^ n)
                .wrapping_mul(0x0100_0000_01B3)
                .rotate_left(17);
        }
    }
}
