//! `cargo xtask autobahn`: the Autobahn|Testsuite against our WebSocket echo servers and echo clients, on tokio and on
//! blocking sockets, judged strictly.
//!
//! The suite is Python 2.7 software; `xtask/autobahn/install.sh` puts it under `target/autobahn`.

mod sections;
mod suite;
mod verdict;

use std::path::{Path, PathBuf};

use serde_json::Value;

use self::{sections::Section, suite::Suite, verdict::Verdicts};
use crate::server::Server;
use crate::shell::{Arguments, Result, cargo, command, read, run as run_command, target};

/// All but 12 and 13, which are about compression.
const DEFAULT_SECTIONS: &str = "1-7,9,10";

/// What our side of a run is.
#[derive(Clone, Copy)]
enum Role {
    Server,
    Client,
}

const RUNS: [(Role, &str); 4] = [
    (Role::Server, "tokio"),
    (Role::Server, "tcp"),
    (Role::Client, "tokio"),
    (Role::Client, "tcp"),
];

pub(crate) fn run(words: &[String]) -> Result {
    let arguments = Arguments::parse(words, &["--sections"], &[])?.no_plain()?;
    let sections = sections::parse(arguments.option("--sections").unwrap_or(DEFAULT_SECTIONS))?;
    let suite = Suite::install()?;
    let program = match std::env::var_os("SIOX_SUT") {
        Some(given) => PathBuf::from(given),
        None => {
            run_command(&mut cargo(["build", "--release", "--package", "siox-sut"]))?;
            target().join("release/siox-sut")
        }
    };
    let mut faults = Vec::new();
    for (role, runtime) in RUNS {
        let name = match role {
            Role::Server => format!("server-{runtime}"),
            Role::Client => format!("client-{runtime}"),
        };
        println!("-- {name} --");
        let judged = match role {
            Role::Server => test_server(&suite, &program, &name, runtime, &sections),
            Role::Client => test_client(&suite, &program, &name, runtime, &sections),
        };
        if let Err(why) = judged {
            faults.push(format!("{name}: {why}"));
        }
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(faults.join("\n")),
    }
}

fn test_server(
    suite: &Suite,
    program: &Path,
    name: &str,
    runtime: &str,
    sections: &[Section],
) -> Result {
    let mut server = Server::start(program, &["ws-echo", "--runtime", runtime])?;
    let report = suite.test_server(name, server.port, sections)?;
    let alive = server.is_alive();
    drop(server);
    judge(&report, sections)?;
    match alive {
        true => Ok(()),
        false => Err("the server ended before the suite did".to_owned()),
    }
}

fn test_client(
    suite: &Suite,
    program: &Path,
    name: &str,
    runtime: &str,
    sections: &[Section],
) -> Result {
    let fuzzer = suite.start_server(name, sections)?;
    run_command(command(program).args([
        "ws-client",
        "--url",
        &format!("ws://127.0.0.1:{}", fuzzer.port),
        "--agent",
        name,
        "--runtime",
        runtime,
    ]))?;
    judge(&fuzzer.report, sections)
}

fn judge(report: &Path, sections: &[Section]) -> Result {
    let index: Value = serde_json::from_str(&read(&report.join("index.json"))?)
        .map_err(|why| format!("index.json: {why}"))?;
    let verdicts = Verdicts::from_index(&index)?;
    print!("{}", verdicts.table());
    verdicts.judge(sections)
}
