//! `cargo xtask CHORE`: the repeatable chores of this repository, one file a chore.
//!
//! A chore takes the words after its name and answers `Err` with the sentence to print. What a chore needs from outside
//! (a tool, a foreign peer) it installs under `target/` itself, or fails: no chore skips what it was asked to do.

#![forbid(unsafe_code)]

mod autobahn;
mod bench;
mod bugs;
mod chromium;
mod ci;
mod fuzz;
mod interop;
mod linear;
mod metadata;
mod nostd;
mod npm;
mod pip;
mod seeds;
mod server;
mod shell;
mod sim;
mod soak;
mod test;
mod tidy;

use std::process::ExitCode;

/// One line of the table: what is typed, what it does, and where.
struct Chore {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&[String]) -> shell::Result,
}

const CHORES: &[Chore] = &[
    Chore {
        name: "test",
        arguments: "",
        about: "run every test that needs nothing but a Rust toolchain",
        run: test::run,
    },
    Chore {
        name: "tidy",
        arguments: "",
        about: "check layers, sources, files, licences against the rules of the repository",
        run: tidy::run,
    },
    Chore {
        name: "nostd",
        arguments: "",
        about: "show that the protocol crates link no std",
        run: nostd::run,
    },
    Chore {
        name: "linear",
        arguments: "",
        about: "show that attacks cost no more than in proportion to their size",
        run: linear::run,
    },
    Chore {
        name: "sim",
        arguments: "[--sessions N | --parties N | --storms N] [--seed S] [--replay]",
        about: "simulate whole sessions, parties and storms on a network that fails",
        run: sim::run,
    },
    Chore {
        name: "soak",
        arguments: "idle [--clients N] [--seconds N] | churn [--cycles N]",
        about: "show that idle clients stay and abandoned ones leave nothing, by the server's memory",
        run: soak::run,
    },
    Chore {
        name: "bugs",
        arguments: "[--only NAME]",
        about: "show that bugs put back into a copy of the sources are caught",
        run: bugs::run,
    },
    Chore {
        name: "interop",
        arguments: "[--only WORD] [--no-autobahn]",
        about: "run the real peers (Socket.IO clients, browsers, Autobahn) against our servers",
        run: interop::run,
    },
    Chore {
        name: "autobahn",
        arguments: "[--quick] [--sections 1-7,9,10]",
        about: "run the Autobahn|Testsuite against our WebSocket servers and clients, all of it without arguments",
        run: autobahn::run,
    },
    Chore {
        name: "seeds",
        arguments: "",
        about: "write the seed corpora of the fuzz targets",
        run: seeds::run,
    },
    Chore {
        name: "fuzz",
        arguments: "[TARGET..] [--seconds N]",
        about: "fuzz each target for a while; a crash fails",
        run: fuzz::run,
    },
    Chore {
        name: "bench",
        arguments: "client | engineio | frames [--criterion] | server | websocket",
        about: "measure siox beside its peers, into benches/RESULTS.md; most take --quick",
        run: bench::run,
    },
    Chore {
        name: "ci",
        arguments: "",
        about: "everything that must pass before a change lands",
        run: ci::run,
    },
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = words.split_first() else {
        print_help();
        return ExitCode::FAILURE;
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print_help();
        return ExitCode::SUCCESS;
    }
    let Some(chore) = CHORES.iter().find(|chore| chore.name == name) else {
        eprintln!("xtask: there is no chore `{name}`; `cargo xtask --help` lists them");
        return ExitCode::FAILURE;
    };
    match (chore.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask {name}: {why}");
            ExitCode::FAILURE
        }
    }
}

fn print_help() {
    println!("cargo xtask CHORE\n");
    for Chore {
        name,
        arguments,
        about,
        ..
    } in CHORES
    {
        println!("  {:<42} {about}", format!("{name} {arguments}"));
    }
}
