//! `cargo xtask fuzz`: each target of `fuzz/` for a while, from the seeds that `cargo xtask seeds` writes. A crash, a
//! hang, or a single allocation out of proportion to the input fails.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::shell::{
    Arguments, Result, cargo, command, exists, output, root, run as run_command, target,
};

const VERSION: &str = "0.13.2";
const DEFAULT_SECONDS: &str = "60";

/// Longest input, in bytes: a few network reads' worth.
const LONGEST: &str = "-max_len=16384";
/// One input may take this many seconds.
const HANG: &str = "-timeout=10";
/// The largest single allocation, in MiB: far above any input, far below what a declared length can name.
const ALLOCATION: &str = "-malloc_limit_mb=64";

pub(crate) fn run(words: &[String]) -> Result {
    let arguments = Arguments::parse(words, &["--seconds"], &[])?;
    let seconds = arguments.option("--seconds").unwrap_or(DEFAULT_SECONDS);
    seconds
        .parse::<u32>()
        .map_err(|_| format!("`{seconds}` is no number of seconds"))?;
    let targets = chosen(targets()?, &arguments.plain)?;
    let tools = install()?;
    crate::seeds::run(&[])?;
    run_plain_tests()?;
    run_command(&mut subcommand(&tools, "build"))?;
    for name in &targets {
        println!("fuzzing {name} for {seconds} s");
        let limit = format!("-max_total_time={seconds}");
        let mut fuzz = subcommand(&tools, "run");
        fuzz.arg(name).args([
            "--",
            &limit,
            LONGEST,
            HANG,
            ALLOCATION,
            "-print_final_stats=1",
            "-verbosity=0",
        ]);
        run_command(&mut fuzz).map_err(|why| {
            format!("target {name}: {why}; the input is under fuzz/artifacts/{name}")
        })?;
    }
    Ok(())
}

/// The targets' own tests, which need no fuzzer, and all that is in `fuzz/regressions`.
pub(crate) fn run_plain_tests() -> Result {
    let mut tests = cargo([
        "test",
        "--quiet",
        "--manifest-path",
        "fuzz/Cargo.toml",
        "--target-dir",
    ]);
    run_command(tests.arg(target().join("fuzz")))
}

/// The targets by name, as `fuzz/Cargo.toml` lists them.
fn targets() -> Result<Vec<String>> {
    let text = output(&mut cargo([
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--manifest-path",
        "fuzz/Cargo.toml",
    ]))?;
    let value: Value =
        serde_json::from_str(&text).map_err(|why| format!("cargo metadata: {why}"))?;
    let targets = value["packages"][0]["targets"]
        .as_array()
        .ok_or("cargo metadata: no targets in fuzz/Cargo.toml")?;
    let is_binary = |target: &&Value| {
        target["kind"]
            .as_array()
            .is_some_and(|kinds| kinds.iter().any(|kind| kind == "bin"))
    };
    Ok(targets
        .iter()
        .filter(is_binary)
        .filter_map(|target| target["name"].as_str())
        .map(str::to_owned)
        .collect())
}

/// All targets, or those asked for by name.
fn chosen(all: Vec<String>, wanted: &[String]) -> Result<Vec<String>> {
    if let Some(unknown) = wanted.iter().find(|name| !all.contains(name)) {
        return Err(format!(
            "there is no fuzz target `{unknown}`; there are {}",
            all.join(", ")
        ));
    }
    if all.is_empty() {
        return Err("fuzz/Cargo.toml has no targets".to_owned());
    }
    Ok(if wanted.is_empty() {
        all
    } else {
        wanted.to_vec()
    })
}

/// The folder of cargo-fuzz's program, built if this machine has none. It goes under `target/`, out of everybody's way.
fn install() -> Result<Option<PathBuf>> {
    if exists("cargo", &["fuzz", "--version"]) {
        return Ok(None);
    }
    let tools = target().join("tools");
    if !tools.join("bin/cargo-fuzz").exists() {
        println!("building cargo-fuzz {VERSION}");
        let mut install = cargo([
            "install",
            "cargo-fuzz",
            "--version",
            VERSION,
            "--locked",
            "--quiet",
            "--root",
        ]);
        run_command(install.arg(&tools))?;
    }
    Ok(Some(tools.join("bin")))
}

/// The `fuzz` subcommand's `verb`, with a build folder of its own.
fn subcommand(tools: &Option<PathBuf>, verb: &str) -> Command {
    let mut fuzz = nightly(tools);
    fuzz.args(["fuzz", verb, "--target-dir"])
        .arg(target().join("fuzz"));
    fuzz
}

/// The nightly cargo, which the sanitizers need, with `tools` among the places where it looks for its subcommands.
fn nightly(tools: &Option<PathBuf>) -> Command {
    let mut cargo = command("rustup");
    cargo.args(["run", "nightly", "cargo"]).current_dir(root());
    if let Some(tools) = tools {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(tools.clone()).chain(std::env::split_paths(&paths));
        if let Ok(joined) = std::env::join_paths(paths) {
            cargo.env("PATH", joined);
        }
    }
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_chosen_by_name() {
        let all = || vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(chosen(all(), &[]), Ok(all()));
        assert_eq!(chosen(all(), &["b".to_owned()]), Ok(vec!["b".to_owned()]));
        assert!(chosen(all(), &["c".to_owned()]).is_err());
        assert!(chosen(Vec::new(), &[]).is_err());
    }
}
