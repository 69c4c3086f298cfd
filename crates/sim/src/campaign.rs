//! Many runs, each of a seed of its own.

use crate::{Failure, Scenario, run};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What became of many runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Runs.
    pub runs: u64,
    /// Sessions that moved from polling to a WebSocket and lost nothing.
    pub full: u64,
    /// Sessions that stayed on polling and lost nothing.
    pub polling: u64,
    /// Sessions that a fault ended.
    pub ended: u64,
    /// Messages that came.
    pub messages: u64,
    /// Faults drawn.
    pub faults: u64,
    /// The first rule broken.
    pub failure: Option<Failure>,
}

/// Runs scenario after scenario, from `seed` on, until `sessions` of them have moved from polling to a
/// WebSocket with nothing lost, or one has failed.
#[must_use]
pub fn campaign(seed: u64, sessions: u64) -> Tally {
    let mut tally = Tally::default();
    let mut seed = seed;
    while tally.full < sessions && tally.failure.is_none() {
        tally.add(&Scenario::draw(seed));
        seed = seed.wrapping_add(1);
    }
    tally
}

impl Tally {
    fn add(&mut self, plan: &Scenario) {
        self.runs += 1;
        self.faults += plan.faults.len() as u64;
        match catch_unwind(AssertUnwindSafe(|| run(plan, false))) {
            Ok(outcome) => {
                self.messages += u64::from(outcome.messages);
                match (outcome.complete, outcome.upgraded) {
                    (true, true) => self.full += 1,
                    (true, false) => self.polling += 1,
                    (false, _) => self.ended += 1,
                }
                self.failure = outcome.failure;
            }
            Err(_) => {
                self.failure = Some(Failure {
                    seed: plan.seed,
                    what: "a panic".into(),
                });
            }
        }
    }
}
