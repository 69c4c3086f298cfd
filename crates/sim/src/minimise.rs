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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Failure, Outcome};

    /// Fails where there are at least three of one thing and one of another, by a panic where there are ten.
    #[derive(Debug, Clone, PartialEq)]
    struct Toy(u32, u32);

    impl Simulation for Toy {
        fn draw(seed: u64) -> Self {
            Self(seed as u32 % 20, seed as u32 % 7)
        }

        fn run(&self, logs: bool) -> Outcome {
            assert!(self.0 < 10, "ten");
            let fails = self.0 >= 3 && self.1 >= 1;
            Outcome {
                failure: fails.then(|| Failure {
                    seed: 0,
                    what: "three and one".into(),
                }),
                upgraded: false,
                complete: !fails,
                messages: 0,
                log: logs.then(String::new),
                digest: 0,
            }
        }

        fn faults(&self) -> usize {
            0
        }

        fn shorter(&self) -> Vec<Self> {
            changed(
                self,
                &[
                    &|toy: &mut Self| toy.0 /= 2,
                    &|toy| toy.0 = toy.0.saturating_sub(1),
                    &|toy| toy.1 = 0,
                    &|toy| toy.1 = toy.1.saturating_sub(1),
                ],
            )
        }
    }

    #[test]
    fn nothing_is_left_that_the_failure_does_not_need() {
        for seed in 0..140 {
            let plan = Toy::draw(seed);
            let least = minimise(&plan);
            match plan {
                Toy(0..=2, _) | Toy(3..=9, 0) => assert_eq!(least, plan),
                // Half of ten or more panics no longer, and fails only beside one of the other.
                Toy(_, 0) => assert_eq!(least, Toy(10, 0)),
                Toy(..) => assert_eq!(least, Toy(3, 1)),
            }
        }
    }
}
