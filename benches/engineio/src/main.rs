//! Engine.IO: siox beside its peers.
//!
//! `siox-engineio-bench memory` measures payloads and sessions without a socket; `siox-engineio-bench loopback` starts
//! servers (`siox-engineio-bench serve PEER`), each in a process of its own, loads them, and prints what their work cost
//! by the operating system's own accounting.

#![forbid(unsafe_code)]

mod client;
mod input;
mod load;
mod loopback;
mod payload;
mod peers;
mod process;
mod rounds;
mod session;
mod socket;

use std::{error::Error, process::ExitCode};

const USAGE: &str = "siox-engineio-bench memory [--quick] | loopback [--quick] | serve PEER";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("siox-engineio-bench: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<(), Box<dyn Error + Send + Sync>> {
    match words {
        ["serve", peer] => peers::serve(peer),
        ["memory"] => memory(9),
        ["memory", "--quick"] => memory(3),
        ["loopback"] => Ok(loopback::run(&loopback::FULL)?),
        ["loopback", "--quick"] => Ok(loopback::run(&loopback::QUICK)?),
        _ => Err(USAGE.into()),
    }
}

fn memory(rounds: usize) -> Result<(), Box<dyn Error + Send + Sync>> {
    println!(
        "In memory, medians of {rounds} interleaved rounds of one thread. rust_engineio keeps its payload to itself: the \
         body is cut and joined here as it does, and only its packets are its own; it does not check that text is UTF-8, \
         which siox and engineioxide do. siox decodes in place, so the copy of each body that this costs it here is in \
         its figure.\n"
    );
    payload::tables(rounds);
    session::table(rounds)
}
