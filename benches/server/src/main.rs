//! The Socket.IO server over loopback: siox beside its peers, and beside a bare probe.
//!
//! `siox-server-bench serve PEER` is one server; `siox-server-bench bench` starts such servers, each in a process of its own,
//! loads them, and prints what their work cost by the operating system's own accounting. `siox-server-bench load` keeps one
//! server busy, for a profiler; `siox-server-bench count` counts the instructions of one row, of any, and leaves
//! callgrind's profile of it where it is told.

#![forbid(unsafe_code)]

mod bench;
mod client;
mod event;
mod frames;
mod instructions;
mod link;
mod load;
mod memory;
mod packets;
mod peers;
mod plot;
#[path = "../../loopback/src/process.rs"]
mod process;
mod report;
#[path = "../../engineio/src/rounds.rs"]
mod rounds;
mod rows;

use peers::{Failure, Peer};
use rows::Row;
use std::{path::Path, process::ExitCode, time::Duration};

const USAGE: &str = "siox-server-bench serve PEER | load PEER ROW SECONDS | count PEER ROW [PROFILE] | bench [--quick] [--row NAME] [--only PEER,..] [--plot FILE]";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("siox-server-bench: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<(), Failure> {
    // Each idle connection is a file here and one in the server, which inherits the limit.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    match words {
        ["serve", peer] => peers::serve(peer),
        ["load", peer, row, seconds] => {
            let peer = Peer::find(peer).ok_or("there is no such peer")?;
            let row = Row::find(row).ok_or("there is no such row")?;
            rows::load(peer, row, Duration::from_secs(seconds.parse()?))
        }
        ["count", peer, row, profile @ ..] => {
            let peer = Peer::find(peer).ok_or("there is no such peer")?;
            let row = Row::find(row).ok_or("there is no such row")?;
            let profile = profile.first().map(Path::new);
            let count = rows::generate(instructions::measure(peer, row, profile))??;
            println!("{}: {count:.0} instructions each", row.title);
            Ok(())
        }
        ["bench", options @ ..] => bench::run(&parse(options)?),
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
            "--row" => parsed.row = Some((*value()?).to_owned()),
            "--only" => parsed.only = value()?.split(',').map(str::to_owned).collect(),
            "--plot" => parsed.plot = Some(value()?.into()),
            _ => return Err(format!("there is no option {option}: {USAGE}")),
        }
    }
    Ok(parsed)
}
