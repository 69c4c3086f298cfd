//! `cargo xtask autobahn`: the Autobahn|Testsuite against our WebSocket echo servers and echo clients, on tokio and on
//! blocking sockets, judged strictly. Without arguments all of it, and what came of it is written to a table.
//!
//! The suite is Python 2.7 software; `xtask/autobahn/install.sh` puts it under `target/autobahn`.

mod jobs;
mod sections;
mod suite;
mod table;
mod verdict;

use std::path::{Path, PathBuf};

use self::{sections::Section, suite::Suite};
use crate::shell::{Arguments, Result, cargo, root, run as run_command, target, write};

/// Where the table of a full run is kept.
const TABLE: &str = "crates/websocket/AUTOBAHN.md";

pub(crate) fn run(words: &[String]) -> Result {
    let arguments = Arguments::parse(words, &["--sections"], &["--quick"])?.no_plain()?;
    let sections = arguments.option("--sections");
    let sections = sections.map(sections::parse).transpose()?;
    let sut = program()?;
    match sections {
        Some(sections) => run_sections(&sut, &sections, None),
        None if arguments.flag("--quick") => run_for_ci(&sut),
        None => run_sections(&sut, &sections::all(), Some(TABLE)),
    }
}

/// All that is not about compression, and of that what shows that it is there.
pub(crate) fn run_for_ci(sut: &Path) -> Result {
    run_sections(sut, &sections::for_ci(), None)
}

fn run_sections(sut: &Path, sections: &[Section], table: Option<&str>) -> Result {
    let suite = Suite::install()?;
    let runs = jobs::run(&suite, sut, sections)?;
    let mut faults = Vec::new();
    for (name, verdicts) in &runs {
        println!("-- {name} --\n{}", verdicts.table());
        if let Err(why) = verdicts.judge(sections) {
            faults.push(format!("{name}: {why}"));
        }
    }
    if !faults.is_empty() {
        return Err(faults.join("\n"));
    }
    match table {
        Some(path) => write(
            &root().join(path),
            table::markdown(&runs, sections).as_bytes(),
        ),
        None => Ok(()),
    }
}

/// The servers and clients under test.
fn program() -> Result<PathBuf> {
    if let Some(given) = std::env::var_os("SIOX_SUT") {
        return Ok(PathBuf::from(given));
    }
    run_command(&mut cargo(["build", "--release", "--package", "siox-sut"]))?;
    Ok(target().join("release/siox-sut"))
}
