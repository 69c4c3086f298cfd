//! The Socket.IO client beside others.
//!
//! `siox-client-bench bench [--quick] [--row NAME]` starts a server (`serve`) and clients (`client PEER URL ROW WARM
//! COUNT`), each in a process of its own, and prints what a message costs each client by the operating system's own
//! accounting.

#![forbid(unsafe_code)]

mod bench;
mod peers;
mod process;
mod row;
mod server;

use std::{error::Error, process::ExitCode};

/// Whatever a library fails with.
type Failure = Box<dyn Error + Send + Sync>;

const USAGE: &str =
    "siox-client-bench bench [--quick] [--row NAME] | serve | client PEER URL ROW WARM COUNT";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("siox-client-bench: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<(), Failure> {
    match words {
        ["serve"] => server::serve(),
        ["client", peer, url, row, warm, count] => peers::run(
            peer,
            url,
            row::Row::find(row)?,
            [warm.parse()?, count.parse()?],
        ),
        ["bench"] => bench::run(false, None),
        ["bench", "--quick"] => bench::run(true, None),
        ["bench", "--row", row] => bench::run(false, Some(row::Row::find(row)?)),
        ["bench", "--quick", "--row", row] => bench::run(true, Some(row::Row::find(row)?)),
        _ => Err(USAGE.into()),
    }
}
