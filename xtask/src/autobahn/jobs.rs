//! Which of our programs play which cases, as many at a time as there are processors: the suite uses one.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::Value;

use super::sections::Section;
use super::suite::Suite;
use super::verdict::Verdicts;
use crate::server::Server;
use crate::shell::{Result, command, read, run as run_command};

/// What our side of a run is.
#[derive(Clone, Copy)]
enum Role {
    Server,
    Client,
}

const RUNS: [(&str, Role, &str); 4] = [
    ("server-tokio", Role::Server, "tokio"),
    ("server-tcp", Role::Server, "tcp"),
    ("client-tokio", Role::Client, "tokio"),
    ("client-tcp", Role::Client, "tcp"),
];

/// From this section on, each is long enough to be a job of its own.
const LONG: u32 = 12;

/// A part of a run.
struct Job {
    run: usize,
    /// Names its files.
    name: String,
    sections: Vec<Section>,
}

/// Plays `sections` in every run; answers each run's name and verdicts.
pub(super) fn run(
    suite: &Suite,
    program: &Path,
    sections: &[Section],
) -> Result<Vec<(&'static str, Verdicts)>> {
    let waiting = Mutex::new(jobs(sections));
    let results = Mutex::new(RUNS.map(|_| Ok(Verdicts::default())));
    let work = || {
        while let Some(job) = take(&waiting) {
            println!("{} ..", job.name);
            let played = play(suite, program, &job);
            let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
            let result = &mut results[job.run];
            match (&mut *result, played) {
                (Ok(all), Ok(more)) => all.add(more),
                (Ok(_), Err(why)) => *result = Err(format!("{}: {why}", job.name)),
                (Err(_), _) => {}
            }
        }
    };
    let processors = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..processors {
            scope.spawn(work);
        }
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let named = RUNS.into_iter().zip(results);
    named
        .map(|((name, _, _), result)| result.map(|verdicts| (name, verdicts)))
        .collect()
}

fn take(waiting: &Mutex<Vec<Job>>) -> Option<Job> {
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.pop()
}

/// The longest come last, from where they are taken first.
fn jobs(sections: &[Section]) -> Vec<Job> {
    let mut jobs = Vec::new();
    let (long, short): (Vec<_>, Vec<_>) = sections
        .iter()
        .cloned()
        .partition(|section| section.number >= LONG && section.is_whole());
    for (run, (name, _, _)) in RUNS.iter().enumerate() {
        if !short.is_empty() {
            jobs.push(Job {
                run,
                name: (*name).to_owned(),
                sections: short.clone(),
            });
        }
    }
    for section in &long {
        for (run, (name, _, _)) in RUNS.iter().enumerate() {
            jobs.push(Job {
                run,
                name: format!("{name}-{}", section.number),
                sections: vec![section.clone()],
            });
        }
    }
    jobs
}

fn play(suite: &Suite, program: &Path, job: &Job) -> Result<Verdicts> {
    let (_, role, runtime) = RUNS[job.run];
    let report = match role {
        Role::Server => test_server(suite, program, runtime, job),
        Role::Client => test_client(suite, program, runtime, job),
    }?;
    let index: Value = serde_json::from_str(&read(&report.join("index.json"))?)
        .map_err(|why| format!("index.json: {why}"))?;
    Verdicts::from_index(&index)
}

fn test_server(suite: &Suite, program: &Path, runtime: &str, job: &Job) -> Result<PathBuf> {
    let mut server = Server::start(program, &["ws-echo", "--runtime", runtime])?;
    let report = suite.test_server(&job.name, server.port, &job.sections)?;
    match server.is_alive() {
        true => Ok(report),
        false => Err("the server ended before the suite did".to_owned()),
    }
}

fn test_client(suite: &Suite, program: &Path, runtime: &str, job: &Job) -> Result<PathBuf> {
    let fuzzer = suite.start_server(&job.name, &job.sections)?;
    run_command(command(program).args([
        "ws-client",
        "--url",
        &format!("ws://127.0.0.1:{}", fuzzer.port),
        "--agent",
        &job.name,
        "--runtime",
        runtime,
    ]))?;
    Ok(fuzzer.report.clone())
}

#[cfg(test)]
mod tests {
    use super::super::sections;
    use super::*;

    #[test]
    fn every_run_plays_every_section_once() {
        for plan in [sections::all(), sections::for_ci()] {
            let jobs = jobs(&plan);
            for run in 0..RUNS.len() {
                let mut played: Vec<&Section> = jobs
                    .iter()
                    .filter(|job| job.run == run)
                    .flat_map(|job| &job.sections)
                    .collect();
                played.sort_by_key(|section| section.number);
                assert_eq!(played, plan.iter().collect::<Vec<_>>());
            }
        }
    }
}
