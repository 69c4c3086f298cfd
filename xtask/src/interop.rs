//! `cargo xtask interop`: foreign clients and browsers against our servers, some of them through nginx and haproxy (the packages
//! `nginx-light` and `haproxy` of Debian; certificates are made by its `openssl`), by the scripts in `xtask/interop`, and then
//! the Autobahn|Testsuite. A peer that cannot be had is a failure, never a skip.

use std::path::{Path, PathBuf};

use crate::chromium::apt;
use crate::npm;
use crate::pip;
use crate::shell::{
    Arguments, Result, cargo, command, make_folder, output, root, run as run_command, target,
};

/// The scripts use its test runner's options.
const OLDEST_NODE: u32 = 20;

/// A test that hangs is ended after this many milliseconds; so is a file of tests, of which the browser's take a slow
/// machine two minutes.
const TEST_TIMEOUT: u32 = 600_000;

/// Our servers, as built or as given by `$SIOX_SUT`, `$SIOX_DEMO` and `$SIOX_BEHIND`.
struct Servers {
    sut: PathBuf,
    demo: PathBuf,
    behind: PathBuf,
}

pub(crate) fn run(words: &[String]) -> Result {
    let arguments = Arguments::parse(words, &["--only"], &["--no-autobahn"])?.no_plain()?;
    check_node()?;
    ensure_proxies()?;
    let scripts = scripts(arguments.option("--only").unwrap_or_default())?;
    let modules = npm::install("xtask/interop", "interop")?;
    let python = pip::install("xtask/interop/requirements.txt", "interop-python")?;
    let chromium = crate::chromium::ensure()?;
    let servers = build()?;
    let screenshots = target().join("screenshots");
    make_folder(&screenshots)?;

    let timeout = format!("--test-timeout={TEST_TIMEOUT}");
    let mut node = command("node");
    node.args([
        "--test",
        "--test-concurrency=1",
        "--test-reporter=spec",
        &timeout,
    ])
    .args(&scripts);
    node.env("SIOX_INTEROP_MODULES", &modules)
        .env("SIOX_INTEROP_PYTHON", &python)
        .env("CHROMIUM", &chromium)
        .env("SIOX_SCREENSHOTS", &screenshots)
        .env("SIOX_PROXIES", target().join("proxies"));
    run_command(
        node.env("SIOX_SUT", &servers.sut)
            .env("SIOX_DEMO", &servers.demo)
            .env("SIOX_BEHIND", &servers.behind),
    )?;
    if arguments.flag("--no-autobahn") {
        Ok(())
    } else {
        crate::autobahn::run_for_ci(&servers.sut)
    }
}

fn check_node() -> Result {
    let version = output(command("node").arg("--version"))?;
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|word| word.parse::<u32>().ok());
    match major {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => Err(format!(
            "needs Node.js {OLDEST_NODE} or newer, not {}",
            version.trim()
        )),
    }
}

/// The proxies and `openssl` that are there, or Debian's by apt.
fn ensure_proxies() -> Result {
    const PROGRAMS: [(&str, &str); 3] = [
        ("nginx", "nginx-light"),
        ("haproxy", "haproxy"),
        ("openssl", "openssl"),
    ];
    let packages: Vec<&str> = PROGRAMS
        .iter()
        .filter(|(program, _)| !has_proxy(program))
        .map(|(_, package)| *package)
        .collect();
    if packages.is_empty() {
        return Ok(());
    }
    println!("installing {} by apt-get", packages.join(" and "));
    apt(&["update"])?;
    let mut words = vec!["install", "--yes", "--no-install-recommends"];
    words.extend(packages);
    apt(&words)?;
    match PROGRAMS.iter().find(|(program, _)| !has_proxy(program)) {
        Some((program, _)) => Err(format!("apt-get installed no {program}")),
        None => Ok(()),
    }
}

fn has_proxy(program: &str) -> bool {
    // Debian keeps them where only an administrator looks.
    ["", "/usr/sbin/"].iter().any(|folder| {
        let word = if program == "openssl" {
            "version"
        } else {
            "-v"
        };
        let asked = command(format!("{folder}{program}")).arg(word).output();
        asked.is_ok_and(|answer| answer.status.success())
    })
}

/// The test scripts whose path holds `word`, in order.
fn scripts(word: &str) -> Result<Vec<PathBuf>> {
    let folder = root().join("xtask/interop");
    let mut found = Vec::new();
    collect_scripts(&folder, &mut found)?;
    found.retain(|path| {
        path.strip_prefix(&folder)
            .is_ok_and(|path| path.to_string_lossy().contains(word))
    });
    found.sort();
    if found.is_empty() {
        Err(format!("no script's name holds `{word}`"))
    } else {
        Ok(found)
    }
}

fn collect_scripts(folder: &Path, found: &mut Vec<PathBuf>) -> Result {
    let entries =
        std::fs::read_dir(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    for entry in entries {
        let path = entry
            .map_err(|why| format!("{}: {why}", folder.display()))?
            .path();
        if path.is_dir() && !path.ends_with("node_modules") {
            collect_scripts(&path, found)?;
        } else if path.to_string_lossy().ends_with(".test.mjs") {
            found.push(path);
        }
    }
    Ok(())
}

fn build() -> Result<Servers> {
    let given = |name: &str| std::env::var_os(name).map(PathBuf::from);
    if let (Some(sut), Some(demo), Some(behind)) =
        (given("SIOX_SUT"), given("SIOX_DEMO"), given("SIOX_BEHIND"))
    {
        return Ok(Servers { sut, demo, behind });
    }
    // In one build, or what the example does not ask of the crates it shares with the programs would build them again.
    run_command(&mut cargo([
        "build",
        "--release",
        "--package",
        "siox-sut",
        "--package",
        "siox-cli",
        "--package",
        "siox",
        "--bins",
        "--example",
        "behind_nginx",
    ]))?;
    let built = target().join("release");
    Ok(Servers {
        sut: built.join("siox-sut"),
        demo: built.join("siox"),
        behind: built.join("examples/behind_nginx"),
    })
}
