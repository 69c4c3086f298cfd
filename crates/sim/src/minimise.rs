//! From a scenario that fails to a shorter one that fails too.

use crate::{Scenario, run};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

/// Whether it fails, by a panic too.
fn fails(plan: &Scenario) -> bool {
    let outcome = catch_unwind(AssertUnwindSafe(|| run(plan, false)));
    outcome.map_or(true, |outcome| outcome.failure.is_some())
}

/// The shortest scenario found that fails, by leaving out what it does not need: faults, messages,
/// delays, cuts. One that does not fail is given back as it is.
#[must_use]
pub fn minimise(plan: &Scenario) -> Scenario {
    let mut best = plan.clone();
    if !fails(&best) {
        return best;
    }
    while let Some(shorter) = shorter(&best).into_iter().find(fails) {
        best = shorter;
    }
    best
}

/// Scenarios a little shorter than `plan`.
fn shorter(plan: &Scenario) -> Vec<Scenario> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Scenario)| {
        let mut other = plan.clone();
        change(&mut other);
        if other != *plan {
            all.push(other);
        }
    };
    for at in 0..plan.faults.len() {
        with(&|plan| {
            plan.faults.remove(at);
        });
    }
    for side in 0..2 {
        with(&|plan| plan.messages[side] = 0);
        with(&|plan| plan.messages[side] /= 2);
        with(&|plan| plan.messages[side] = plan.messages[side].saturating_sub(1));
        with(&|plan| plan.long[side] = None);
    }
    with(&|plan| plan.line.rate = None);
    with(&|plan| plan.line.cut = None);
    with(&|plan| plan.line.jitter = Duration::ZERO);
    with(&|plan| plan.line.window = 1 << 20);
    with(&|plan| plan.idle = Duration::ZERO);
    with(&|plan| plan.largest = 20);
    with(&|plan| plan.closes_at = None);
    with(&|plan| plan.base64 = false);
    all
}
