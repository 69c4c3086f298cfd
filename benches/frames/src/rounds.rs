//! Measures several sides in turn, in one process: each round runs each side, beginning with another
//! one each time, so that whatever disturbs the machine disturbs all. What counts is the median of the
//! processor time, and for two sides the median of what they took in the same round: the machine's speed
//! may change from one to the next.

use crate::Job;
use cpu_time::ThreadTime;
use std::time::Duration;

/// How long one side runs in one round, at least.
const SLICE: Duration = Duration::from_millis(40);

/// What one side needed.
#[derive(Debug, Clone)]
pub struct Took {
    /// The crate.
    pub name: &'static str,
    /// The median over the rounds of the processor time for one run, in nanoseconds.
    pub nanos: f64,
    /// The same for each round.
    rounds: Vec<f64>,
}

impl Took {
    /// How many times as fast as `other` this side is: the median over the rounds.
    #[must_use]
    pub fn times_as_fast_as(&self, other: &Self) -> f64 {
        let pairs = other.rounds.iter().zip(&self.rounds);
        median(pairs.map(|(other, own)| other / own).collect())
    }
}

/// Runs `rounds` rounds of `jobs`; the result is in their order.
#[must_use]
pub fn measure(jobs: &mut [Job], rounds: usize) -> Vec<Took> {
    for job in &mut *jobs {
        (job.run)();
    }
    let mut times = vec![Vec::with_capacity(rounds); jobs.len()];
    for round in 0..rounds {
        for turn in 0..jobs.len() {
            let at = (round + turn) % jobs.len();
            times[at].push(slice(&mut jobs[at]));
        }
    }
    let medians = jobs.iter().zip(times).map(|(job, times)| Took {
        name: job.name,
        nanos: median(times.clone()),
        rounds: times,
    });
    medians.collect()
}

fn slice(job: &mut Job) -> f64 {
    let (start, mut runs) = (ThreadTime::now(), 0u32);
    loop {
        (job.run)();
        runs += 1;
        let took = start.elapsed();
        if took >= SLICE {
            return took.as_nanos() as f64 / f64::from(runs);
        }
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 5.0]), 5.0);
    }

    #[test]
    fn sides_are_compared_round_by_round() {
        let took = |rounds: [f64; 3]| Took {
            name: "",
            nanos: 0.0,
            rounds: rounds.to_vec(),
        };
        let (own, other) = (took([1.0, 4.0, 2.0]), took([2.0, 12.0, 2.0]));
        assert_eq!(own.times_as_fast_as(&other), 2.0);
    }

    #[test]
    fn every_job_is_measured_under_its_name() {
        let mut jobs = [Job::new("a", || 1), Job::new("b", || 2)];
        let took = measure(&mut jobs, 1);
        assert_eq!(took.iter().map(|t| t.name).collect::<Vec<_>>(), ["a", "b"]);
    }
}
