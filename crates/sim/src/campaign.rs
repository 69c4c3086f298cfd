//! Many runs, each of a seed of its own.

use crate::{Failure, Outcome, Party, Scenario, gather, minimise::changed, run};
use std::{
    fmt::Debug,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

/// A kind of run that comes out of a seed.
pub trait Simulation: Clone + PartialEq + Debug {
    /// The run of a seed.
    fn draw(seed: u64) -> Self;

    /// Runs it. With `logs`, every step is written down.
    fn run(&self, logs: bool) -> Outcome;

    /// How many things go wrong in it.
    fn faults(&self) -> usize;

    /// Runs that are a little shorter.
    fn shorter(&self) -> Vec<Self>;
}

impl Simulation for Scenario {
    fn draw(seed: u64) -> Self {
        Self::draw(seed)
    }

    fn run(&self, logs: bool) -> Outcome {
        run(self, logs)
    }

    fn faults(&self) -> usize {
        self.faults.len()
    }

    fn shorter(&self) -> Vec<Self> {
        let faults = (0..self.faults.len()).map(|at| {
            let mut other = self.clone();
            other.faults.remove(at);
            other
        });
        let mut all: Vec<_> = faults.collect();
        for side in 0..2 {
            all.extend(changed(
                self,
                &[
                    &|plan: &mut Self| plan.messages[side] = 0,
                    &|plan| plan.messages[side] /= 2,
                    &|plan| plan.messages[side] = plan.messages[side].saturating_sub(1),
                    &|plan| plan.long[side] = None,
                ],
            ));
        }
        all.extend(changed(
            self,
            &[
                &|plan: &mut Self| plan.line.rate = None,
                &|plan| plan.line.cut = None,
                &|plan| plan.line.jitter = Duration::ZERO,
                &|plan| plan.line.window = 1 << 20,
                &|plan| plan.idle = Duration::ZERO,
                &|plan| plan.largest = 20,
                &|plan| plan.closes_at = None,
                &|plan| plan.base64 = false,
            ],
        ));
        all
    }
}

impl Simulation for Party {
    fn draw(seed: u64) -> Self {
        Self::draw(seed)
    }

    fn run(&self, logs: bool) -> Outcome {
        gather(self, logs)
    }

    fn faults(&self) -> usize {
        self.base.faults.len()
    }

    fn shorter(&self) -> Vec<Self> {
        let bases = self.base.shorter().into_iter();
        let bases = bases.map(|base| Self {
            base,
            ..self.clone()
        });
        let own = changed(
            self,
            &[
                &|party: &mut Self| party.guests = party.guests.saturating_sub(1).max(1),
                &|party| party.acts[0] /= 2,
                &|party| party.acts[0] = party.acts[0].saturating_sub(1),
                &|party| party.acts[1] /= 2,
                &|party| party.acts[1] = party.acts[1].saturating_sub(1),
            ],
        );
        own.into_iter().chain(bases).collect()
    }
}

/// What became of many runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Runs.
    pub runs: u64,
    /// Runs that were whole: a session that moved from polling to a WebSocket and lost nothing; a party
    /// at which a session was recovered; a storm after which all were back.
    pub full: u64,
    /// Runs in which nothing was lost, without that.
    pub polling: u64,
    /// Runs that a fault ended.
    pub ended: u64,
    /// Messages that came.
    pub messages: u64,
    /// Faults drawn.
    pub faults: u64,
    /// The first rule broken.
    pub failure: Option<Failure>,
}

/// Runs one after the other, from `seed` on, until so many have been [full](Tally::full), or one has
/// failed.
#[must_use]
pub fn campaign<S: Simulation>(seed: u64, sessions: u64) -> Tally {
    let mut tally = Tally::default();
    let mut seed = seed;
    while tally.full < sessions && tally.failure.is_none() {
        tally.add(seed, &S::draw(seed));
        seed = seed.wrapping_add(1);
    }
    tally
}

impl Tally {
    fn add<S: Simulation>(&mut self, seed: u64, plan: &S) {
        self.runs += 1;
        self.faults += plan.faults() as u64;
        match catch_unwind(AssertUnwindSafe(|| plan.run(false))) {
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
                    seed,
                    what: "a panic".into(),
                });
            }
        }
    }
}
