//! `cargo xtask autobahn`: the Autobahn|Testsuite's fuzzing client against our WebSocket echo server, judged strictly.
//!
//! The suite is Python 2.7 software; `xtask/autobahn/install.sh` puts it under `target/autobahn`.

mod sections;
mod verdict;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use self::verdict::Verdicts;
use crate::server::Server;
use crate::shell::{
    Arguments, Result, cargo, command, exists, read, run as run_command, target, write,
};

/// All but 12 and 13, which are about compression.
const DEFAULT_SECTIONS: &str = "1-7,9,10";

pub(crate) fn run(words: &[String]) -> Result {
    let arguments = Arguments::parse(words, &["--sections"], &[])?.no_plain()?;
    let sections = sections::parse(arguments.option("--sections").unwrap_or(DEFAULT_SECTIONS))?;
    let suite = install()?;
    let server = match std::env::var_os("SIOX_SUT") {
        Some(given) => PathBuf::from(given),
        None => {
            run_command(&mut cargo(["build", "--release", "--package", "siox-sut"]))?;
            target().join("release/siox-sut")
        }
    };
    judge(&suite, &server, &sections)
}

/// Where the suite's folder is, after it was made sure that it holds the suite.
fn install() -> Result<PathBuf> {
    if !exists("python3", &["-m", "pip", "--version"]) {
        return Err("needs python3 with pip".to_owned());
    }
    let folder = target().join("autobahn");
    run_command(
        command("bash")
            .arg("xtask/autobahn/install.sh")
            .arg(&folder),
    )?;
    Ok(folder)
}

fn judge(suite: &Path, program: &Path, sections: &[sections::Section]) -> Result {
    let mut server = Server::start(program, &["ws-echo"])?;
    let report = suite.join("report");
    // A report of an earlier run must not be taken for this one's.
    if report.exists() {
        std::fs::remove_dir_all(&report).map_err(|why| format!("{}: {why}", report.display()))?;
    }
    let plan = suite.join("fuzzingclient.json");
    write(
        &plan,
        plan_for(server.port, &report, sections)
            .to_string()
            .as_bytes(),
    )?;
    let log = std::fs::File::create(suite.join("wstest.log"))
        .map_err(|why| format!("wstest.log: {why}"))?;
    let log_too = log
        .try_clone()
        .map_err(|why| format!("wstest.log: {why}"))?;
    run_command(
        command(suite.join("bin/wstest"))
            .args(["-m", "fuzzingclient", "-s"])
            .arg(&plan)
            .stdout(log)
            .stderr(log_too),
    )?;
    let alive = server.is_alive();
    drop(server);

    let index = report.join("index.json");
    let index: Value =
        serde_json::from_str(&read(&index)?).map_err(|why| format!("index.json: {why}"))?;
    let verdicts = Verdicts::from_index(&index)?;
    print!("{}", verdicts.table());
    verdicts.judge(sections)?;
    if alive {
        Ok(())
    } else {
        Err("the server ended before the suite did".to_owned())
    }
}

fn plan_for(port: u16, report: &Path, sections: &[sections::Section]) -> Value {
    let cases: Vec<String> = sections
        .iter()
        .map(|section| format!("{}.*", section.number))
        .collect();
    json!({
        "outdir": report,
        "servers": [{"agent": "siox", "url": format!("ws://127.0.0.1:{port}")}],
        "options": {"failByDrop": false},
        "cases": cases,
        "exclude-cases": [],
        "exclude-agent-cases": {},
    })
}
