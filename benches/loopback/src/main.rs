//! WebSocket echo over loopback: siox beside its peers, and beside a raw TCP echo.
//!
//! `siox-loopback serve PEER` is one echo server; `siox-loopback bench` starts such servers, each in a process of its
//! own, loads them, and prints what their work cost by the operating system's own accounting. `siox-loopback load` keeps
//! one server busy, for a profiler; `siox-loopback memory` asks one server for the memory of idle connections.

#![forbid(unsafe_code)]

mod bench;
mod case;
mod load;
mod peers;
mod process;
mod report;
mod syscalls;

use case::Case;
use std::{process::ExitCode, time::Duration};

const USAGE: &str = "siox-loopback serve PEER | load PEER SIZE IN_FLIGHT SECONDS | memory PEER COUNT | bench [--quick] [--only PEER,..]";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("siox-loopback: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<(), String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", peer] => peers::serve(peer).map_err(|why| why.to_string()),
        ["load", peer, size, in_flight, seconds] => {
            let words = (size.parse(), in_flight.parse(), seconds.parse());
            let (Ok(size), Ok(in_flight), Ok(seconds)) = words else {
                return Err(USAGE.into());
            };
            let time = Duration::from_secs(seconds);
            bench::load(peer, Case::new(size, in_flight), time).map_err(|why| why.to_string())
        }
        ["memory", peer, count] => {
            let count = count.parse().map_err(|_| USAGE)?;
            bench::idle(peer, count).map_err(|why| why.to_string())
        }
        ["bench", options @ ..] => bench::run(&parse(options)?).map_err(|why| why.to_string()),
        _ => Err(USAGE.into()),
    }
}

fn parse(options: &[&str]) -> Result<bench::Options, String> {
    let mut parsed = bench::Options::default();
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let mut value = || options.next().ok_or(format!("{option} wants a value"));
        match *option {
            "--quick" => parsed.is_quick = true,
            "--only" => parsed.only = value()?.split(',').map(str::to_owned).collect(),
            _ => return Err(format!("there is no option {option}: {USAGE}")),
        }
    }
    Ok(parsed)
}
