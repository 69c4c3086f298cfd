//! `cargo xtask bugs`: bugs that this family of libraries has had, each put back into a copy of the sources, where the
//! simulator or a test must catch it. A patch that no longer applies fails too.
//!
//! A patch in `xtask/bugs` begins with lines of text: what the bug was, and `Caught by: sim` (sessions of Engine.IO),
//! `Caught by: parties` (of Socket.IO), or `Caught by: test` and the words that `cargo test` gets.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::shell::{Arguments, Result, make_folder, read, root, target, write};

/// How many sessions the simulator gets to catch a bug, and how many parties.
const SESSIONS: [&str; 2] = ["--sessions", "5000"];
const PARTIES: [&str; 2] = ["--parties", "100"];

/// What a copy needs.
const COPIED: [&str; 4] = ["Cargo.toml", "Cargo.lock", "crates", "xtask"];

struct Bug {
    name: String,
    patch: PathBuf,
    by: Catcher,
}

/// Who catches a bug.
#[derive(Debug, PartialEq)]
enum Catcher {
    /// The simulator, run so.
    Simulator([&'static str; 2]),
    /// `cargo test` with these words.
    Test(Vec<String>),
}

pub(crate) fn run(words: &[String]) -> Result {
    let arguments = Arguments::parse(words, &["--only"], &[])?.no_plain()?;
    let only = arguments.option("--only");
    let bugs: Vec<Bug> = bank()?
        .into_iter()
        .filter(|bug| only.is_none_or(|word| bug.name.contains(word)))
        .collect();
    if bugs.is_empty() {
        return Err("no such bug".to_owned());
    }
    let tree = target().join("bugs/tree");
    copy(&tree)?;
    let mut missed = Vec::new();
    for bug in &bugs {
        let start = Instant::now();
        apply(&tree, bug, &[])?;
        let caught = is_caught(&tree, bug);
        apply(&tree, bug, &["--reverse"])?;
        let how = match caught {
            Ok(true) => match bug.by {
                Catcher::Simulator(_) => "caught by the simulator",
                Catcher::Test(_) => "caught by a test",
            },
            Ok(false) => "MISSED",
            Err(ref why) => why,
        };
        let seconds = start.elapsed().as_secs_f64();
        println!("{:<32} {how} ({seconds:.1} s)", bug.name);
        if caught != Ok(true) {
            missed.push(&*bug.name);
        }
    }
    match missed.as_slice() {
        [] => Ok(()),
        missed => Err(format!("not caught: {}", missed.join(", "))),
    }
}

fn bank() -> Result<Vec<Bug>> {
    let folder = root().join("xtask/bugs");
    let entries =
        std::fs::read_dir(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let mut bugs = Vec::new();
    for entry in entries {
        let patch = entry.map_err(|why| why.to_string())?.path();
        if patch
            .extension()
            .is_some_and(|extension| extension == "patch")
        {
            bugs.push(Bug::read(patch)?);
        }
    }
    bugs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(bugs)
}

impl Bug {
    fn read(patch: PathBuf) -> Result<Self> {
        let name = patch
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let by =
            caught_by(&read(&patch)?).ok_or_else(|| format!("{name}: no line `Caught by:`"))?;
        Ok(Self { name, patch, by })
    }
}

/// What the head of a patch says of who catches it.
fn caught_by(text: &str) -> Option<Catcher> {
    let mut head = text.lines().take_while(|line| !line.starts_with("diff "));
    let said = head.find_map(|line| line.strip_prefix("Caught by: "))?;
    match said.split_once(' ') {
        None if said == "sim" => Some(Catcher::Simulator(SESSIONS)),
        None if said == "parties" => Some(Catcher::Simulator(PARTIES)),
        Some(("test", words)) => {
            let words = words.split(' ').map(str::to_owned);
            Some(Catcher::Test(words.collect()))
        }
        None | Some(_) => None,
    }
}

/// A copy of the sources; a file that has not changed keeps its time, so that it is not built again.
fn copy(tree: &Path) -> Result {
    for name in COPIED {
        copy_into(&root().join(name), &tree.join(name))?;
    }
    Ok(())
}

fn copy_into(from: &Path, to: &Path) -> Result {
    let failed = |why: std::io::Error| format!("{}: {why}", from.display());
    if !from.is_dir() {
        let bytes = std::fs::read(from).map_err(failed)?;
        if std::fs::read(to).is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        return write(to, &bytes);
    }
    make_folder(to)?;
    for entry in std::fs::read_dir(to).map_err(failed)? {
        let there = entry.map_err(failed)?;
        if !from.join(there.file_name()).exists() {
            remove(&there.path()).map_err(failed)?;
        }
    }
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        copy_into(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

fn remove(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        std::fs::remove_dir_all(path)
    } else {
        std::fs::remove_file(path)
    }
}

fn apply(tree: &Path, bug: &Bug, how: &[&str]) -> Result {
    // A folder below a repository would be taken for a part of it.
    let done = Command::new("git")
        .args(["apply", "--whitespace=nowarn"])
        .args(how)
        .arg(&bug.patch)
        .env("GIT_CEILING_DIRECTORIES", tree.parent().unwrap_or(tree))
        .current_dir(tree)
        .output()
        .map_err(|why| format!("cannot run git: {why}"))?;
    if done.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&done.stderr);
    Err(format!("{}: the patch does not apply\n{why}", bug.name))
}

/// Whether the bug is caught. It must build, or nothing is shown.
fn is_caught(tree: &Path, bug: &Bug) -> Result<bool> {
    match &bug.by {
        Catcher::Simulator(how) => {
            let build = cargo(tree, &["build", "--quiet", "--package", "siox-sim"])?;
            if !build.success {
                return Err(format!("does not build\n{}", build.said));
            }
            let sim = target().join("bugs/target/debug/siox-sim");
            let ran = finish(Command::new(sim).args(how))?;
            Ok(!ran.success && ran.said.contains("FAILED: seed"))
        }
        Catcher::Test(words) => {
            let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
            words.insert(0, "test");
            let test = cargo(tree, &words)?;
            if !test.said.contains("test result: ") {
                return Err(format!("does not build\n{}", test.said));
            }
            Ok(!test.success && test.said.contains("test result: FAILED"))
        }
    }
}

struct Ran {
    success: bool,
    said: String,
}

/// `cargo` in the copy, with a folder of its own for what it builds: quickly, for little is run.
fn cargo(tree: &Path, words: &[&str]) -> Result<Ran> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(words)
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", target().join("bugs/target"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "1");
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    finish(&mut cargo)
}

fn finish(command: &mut Command) -> Result<Ran> {
    let done = command
        .stdin(Stdio::null())
        .output()
        .map_err(|why| format!("cannot run {:?}: {why}", command.get_program()))?;
    let mut said = String::from_utf8_lossy(&done.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&done.stderr));
    Ok(Ran {
        success: done.status.success(),
        said,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_says_who_catches() {
        let text =
            |line: &str| format!("What it was.\n{line}\n\ndiff --git a/x b/x\nCaught by: sim\n");
        for (word, how) in [("sim", SESSIONS), ("parties", PARTIES)] {
            let said = caught_by(&text(&format!("Caught by: {word}")));
            assert_eq!(said, Some(Catcher::Simulator(how)));
        }
        let words = ["--package", "x"].map(str::to_owned).to_vec();
        assert_eq!(
            caught_by(&text("Caught by: test --package x")),
            Some(Catcher::Test(words))
        );
        for bad in ["", "Caught by: nobody", "Caught by: sim x"] {
            assert_eq!(caught_by(&text(bad)), None, "{bad}");
        }
    }

    #[test]
    fn the_bank_is_read() {
        let bank = bank().unwrap();
        assert!(bank.len() >= 15, "{} bugs", bank.len());
        let simulated = |bug: &&Bug| matches!(bug.by, Catcher::Simulator(_));
        assert!(bank.iter().filter(simulated).count() >= 10);
    }
}
