//! `siox-sim`: many runs, or one run told step by step.

#![forbid(unsafe_code)]

use clap::Parser;
use siox_sim::{Party, Scenario, Simulation, Storm, campaign, minimise};
use std::{process::ExitCode, time::Instant};

/// Simulates sessions on a network that fails.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many sessions of Engine.IO are to move from polling to a WebSocket with nothing lost.
    #[arg(long, default_value_t = 10_000)]
    sessions: u64,
    /// Instead of that, how many parties of Socket.IO are to recover a session.
    #[arg(long)]
    parties: Option<u64>,
    /// Instead of that, how many storms of a thousand clients, whose server restarts, are to end well.
    #[arg(long, conflicts_with = "parties")]
    storms: Option<u64>,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Runs the first seed only, and prints every step.
    #[arg(long)]
    replay: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match (arguments.parties, arguments.storms) {
        (None, None) => simulate::<Scenario>(
            &arguments,
            arguments.sessions,
            "moved from polling to a WebSocket and lost nothing",
            "stayed on polling",
        ),
        (None, Some(storms)) => simulate::<Storm>(
            &arguments,
            storms,
            "storms brought everybody back and lost nothing",
            "were no storms",
        ),
        (Some(parties), _) => simulate::<Party>(
            &arguments,
            parties,
            "recovered sessions",
            "had none to recover",
        ),
    }
}

fn simulate<S: Simulation>(arguments: &Arguments, runs: u64, full: &str, other: &str) -> ExitCode {
    if arguments.replay {
        return tell(&S::draw(arguments.seed));
    }
    let start = (Instant::now(), cpu_seconds());
    let tally = campaign::<S>(arguments.seed, runs);
    let took = match (start.1, cpu_seconds()) {
        (Some(before), Some(after)) => after - before,
        (None, _) | (_, None) => start.0.elapsed().as_secs_f64(),
    };
    println!(
        "{} runs from seed {} on, {} faults, {} messages in {took:.1} s of processor time",
        tally.runs, arguments.seed, tally.faults, tally.messages
    );
    println!(
        "{} {full}, {} {other}, {} were ended by a fault",
        tally.full, tally.polling, tally.ended
    );
    let a_minute = |n: u64| n as f64 / took * 60.0;
    println!(
        "a minute of processor time: {:.0} runs, {:.0} of the first kind",
        a_minute(tally.runs),
        a_minute(tally.full)
    );
    let Some(failure) = tally.failure else {
        return ExitCode::SUCCESS;
    };
    println!("FAILED: {failure}\nthe shortest run that fails:");
    tell(&minimise(&S::draw(failure.seed)));
    let mode = match (arguments.parties, arguments.storms) {
        (Some(_), _) => " --parties 1",
        (None, Some(_)) => " --storms 1",
        (None, None) => "",
    };
    println!("all of it: siox-sim{mode} --replay --seed {}", failure.seed);
    ExitCode::FAILURE
}

/// The processor time this thread has used, where the system tells it.
fn cpu_seconds() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos: f64 = told.split(' ').next()?.parse().ok()?;
    Some(nanos / 1e9)
}

/// Runs one scenario and prints it.
fn tell<S: Simulation>(plan: &S) -> ExitCode {
    println!("{plan:#?}");
    let outcome = plan.run(true);
    print!("{}", outcome.log.unwrap_or_default());
    match outcome.failure {
        Some(failure) => {
            println!("FAILED: {failure}");
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}
