//! Measures several sides in turn, in one process: each round runs each side, beginning with another one each time, so
//! that whatever disturbs the machine disturbs all. What counts is the median of the processor time.

use cpu_time::ThreadTime;
use std::time::Duration;

/// How long one side runs in one round, at least.
const SLICE: Duration = Duration::from_millis(30);
/// Runs between two looks at the clock, at most.
const MOST_RUNS: u32 = 1024;

/// One side's way of doing the work.
pub(crate) struct Job {
    pub(crate) name: &'static str,
    /// Does the work once; returns the bytes of messages it went through.
    run: Box<dyn FnMut() -> usize>,
}

impl Job {
    pub(crate) fn new(name: &'static str, run: impl FnMut() -> usize + 'static) -> Self {
        Self {
            name,
            run: Box::new(run),
        }
    }
}

/// Nanoseconds of one run of each job, in their order: medians of `rounds` rounds. Every job must go through `bytes`
/// bytes of messages.
pub(crate) fn measure(jobs: &mut [Job], rounds: usize, bytes: usize) -> Vec<f64> {
    for job in &mut *jobs {
        assert_eq!((job.run)(), bytes, "{}", job.name);
    }
    let mut times = vec![Vec::with_capacity(rounds); jobs.len()];
    for round in 0..rounds {
        for turn in 0..jobs.len() {
            let at = (round + turn) % jobs.len();
            times[at].push(slice(&mut jobs[at]));
        }
    }
    times.iter().map(|times| median(times)).collect()
}

/// The clock of the processor time is a system call, which takes longer than a small packet: it is asked after ever
/// more runs.
fn slice(job: &mut Job) -> f64 {
    let (start, mut next, mut done) = (ThreadTime::now(), 1u32, 0u32);
    loop {
        for _ in 0..next {
            (job.run)();
        }
        done += next;
        let took = start.elapsed();
        if took >= SLICE {
            return took.as_nanos() as f64 / f64::from(done);
        }
        next = done.min(MOST_RUNS);
    }
}

/// The one in the middle; of two, the larger.
pub(crate) fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert_eq!(median(&[9.0, 1.0, 5.0]), 5.0);
    }

    #[test]
    fn every_job_is_measured() {
        let mut jobs = [Job::new("a", || 1), Job::new("b", || 1)];
        assert_eq!(measure(&mut jobs, 1, 1).len(), 2);
    }
}
