//! From a run that fails to a shorter one that fails too.

use crate::Simulation;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Whether it fails, by a panic too.
fn fails<S: Simulation>(plan: &S) -> bool {
    let outcome = catch_unwind(AssertUnwindSafe(|| plan.run(false)));
    outcome.map_or(true, |outcome| outcome.failure.is_some())
}

/// The shortest run found that fails, by leaving out what it does not need: faults, messages, delays,
/// cuts. One that does not fail is given back as it is.
#[must_use]
pub fn minimise<S: Simulation>(plan: &S) -> S {
    let mut best = plan.clone();
    if !fails(&best) {
        return best;
    }
    while let Some(shorter) = best.shorter().into_iter().find(fails) {
        best = shorter;
    }
    best
}

/// What `changes` make of `plan`, where they make a difference.
pub(crate) fn changed<S: Simulation>(plan: &S, changes: &[&dyn Fn(&mut S)]) -> Vec<S> {
    let all = changes.iter().map(|change| {
        let mut other = plan.clone();
        change(&mut other);
        other
    });
    all.filter(|other| other != plan).collect()
}
