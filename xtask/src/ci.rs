//! `cargo xtask ci`: everything that must pass before a change lands, cheap checks first, and what each step took.

use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::metadata::Workspace;
use crate::shell::{Arguments, Result, cargo, exists, output, root, run as run_command};

struct Step {
    name: &'static str,
    run: fn() -> Result,
    /// Folders of what it built that no later step looks at. They go when it has passed: a machine may have little room.
    leaves: &'static [&'static str],
}

const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        run: fmt,
        leaves: &[],
    },
    Step {
        name: "tidy",
        run: || crate::tidy::run(&[]),
        leaves: &[],
    },
    Step {
        name: "lock",
        run: lock,
        leaves: &[],
    },
    Step {
        name: "alone",
        run: alone,
        leaves: &[],
    },
    Step {
        name: "nostd",
        run: || crate::nostd::run(&[]),
        leaves: &["target/nostd"],
    },
    Step {
        name: "clippy",
        run: clippy,
        leaves: &[],
    },
    Step {
        name: "test",
        run: || crate::test::run(&[]),
        leaves: &[],
    },
    Step {
        name: "benches",
        run: benches,
        leaves: &[
            "benches/frames/target",
            "benches/loopback/target",
            "benches/server/target",
        ],
    },
    Step {
        name: "docs",
        run: docs,
        leaves: &["target/doc"],
    },
    Step {
        name: "deny",
        run: deny,
        leaves: &[],
    },
    Step {
        name: "linear",
        run: || crate::linear::run(&[]),
        leaves: &[],
    },
    Step {
        name: "sim",
        run: simulate,
        leaves: &[],
    },
    Step {
        name: "bugs",
        run: || crate::bugs::run(&[]),
        leaves: &["target/bugs"],
    },
    Step {
        name: "interop",
        run: || crate::interop::run(&[]),
        leaves: &[],
    },
    Step {
        name: "fuzz",
        run: || crate::fuzz::run(&["--seconds".to_owned(), "12".to_owned()]),
        leaves: &[],
    },
];

pub(crate) fn run(words: &[String]) -> Result {
    Arguments::parse(words, &[], &[])?.no_plain()?;
    let mut took = Vec::new();
    for step in STEPS {
        println!("== {} ==", step.name);
        let start = Instant::now();
        let outcome = (step.run)();
        took.push((step.name, start.elapsed()));
        if let Err(why) = outcome {
            print!("{}", table(&took, Some(step.name)));
            return Err(format!("step {} failed: {why}", step.name));
        }
        for folder in step.leaves {
            discard(&root().join(folder))?;
        }
    }
    print!("{}", table(&took, None));
    Ok(())
}

fn discard(folder: &Path) -> Result {
    match std::fs::remove_dir_all(folder) {
        Err(why) if why.kind() != ErrorKind::NotFound => {
            Err(format!("{}: {why}", folder.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn table(took: &[(&str, Duration)], failed: Option<&str>) -> String {
    let mut text = String::from("\nstep       seconds\n");
    for (name, time) in took {
        let mark = if failed == Some(name) { "  FAILED" } else { "" };
        text.push_str(&format!("{name:<10} {:>7.1}{mark}\n", time.as_secs_f64()));
    }
    let all: Duration = took.iter().map(|(_, time)| *time).sum();
    text.push_str(&format!("{:<10} {:>7.1}\n", "all", all.as_secs_f64()));
    text
}

fn fmt() -> Result {
    run_command(&mut cargo(["fmt", "--all", "--check"]))?;
    for manifest in [
        "benches/client/Cargo.toml",
        "benches/engineio/Cargo.toml",
        "benches/frames/Cargo.toml",
        "benches/loopback/Cargo.toml",
        "benches/server/Cargo.toml",
        "fuzz/Cargo.toml",
        "nostd/Cargo.toml",
    ] {
        run_command(&mut cargo(["fmt", "--manifest-path", manifest, "--check"]))?;
    }
    Ok(())
}

/// `Cargo.lock` is what the manifests ask for.
fn lock() -> Result {
    output(&mut cargo([
        "metadata",
        "--format-version",
        "1",
        "--locked",
    ]))
    .map(drop)
}

/// Each library builds by itself with as little as it can do with. In a build of the whole workspace a crate may use a
/// feature of a dependency that only its neighbour has asked for.
fn alone() -> Result {
    let workspace = Workspace::load()?;
    for package in workspace
        .members()
        .filter(|package| package.published && package.library().is_some())
    {
        run_command(&mut cargo([
            "check",
            "--quiet",
            "--lib",
            "--no-default-features",
            "--package",
            &package.name,
        ]))?;
    }
    blocking_client("check", &["--quiet"])
}

/// The client that needs no runtime, built without one.
fn blocking_client(verb: &str, more: &[&str]) -> Result {
    let features = ["--no-default-features", "--features", "blocking,tls"];
    let mut cargo = cargo([verb, "--package", "siox"]);
    run_command(cargo.args(features).args(more))
}

fn clippy() -> Result {
    blocking_client(
        "clippy",
        &["--quiet", "--all-targets", "--", "-D", "warnings"],
    )?;
    run_command(&mut cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ]))
}

/// The benchmarks build, and every side does in them what the others do. What they measure is not looked at.
/// `benches/client` and `benches/engineio` are left out: a peer of theirs needs the headers of OpenSSL.
fn benches() -> Result {
    /// The one that is run as well.
    const TIMED: &str = "benches/loopback/Cargo.toml";
    for manifest in [
        "benches/frames/Cargo.toml",
        TIMED,
        "benches/server/Cargo.toml",
    ] {
        run_command(&mut cargo([
            "clippy",
            "--manifest-path",
            manifest,
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]))?;
        let mut test = cargo(["test", "--quiet", "--manifest-path", manifest]);
        if manifest == TIMED {
            // What is built for its run is built once.
            test.arg("--release");
        }
        run_command(&mut test)?;
    }
    crate::bench::run(&["websocket".to_owned(), "--quick".to_owned()])
}

/// A hundred thousand sessions of Engine.IO that move to a WebSocket, a thousand parties of Socket.IO that recover,
/// and storms of a thousand clients.
fn simulate() -> Result {
    for [what, how_many] in [
        ["--sessions", "100000"],
        ["--parties", "1000"],
        ["--storms", "50"],
    ] {
        crate::sim::run(&[what.to_owned(), how_many.to_owned()])?;
    }
    Ok(())
}

/// With all features, as docs.rs shows them; and the protocol crates without any, where a link to what a
/// feature brings leads nowhere; and the client that needs no runtime.
fn docs() -> Result {
    let mut bare = cargo(["doc", "--no-deps", "--no-default-features"]);
    for package in crate::tidy::machines() {
        bare.args(["--package", package]);
    }
    let blocking = [
        "doc",
        "--no-deps",
        "--package",
        "siox",
        "--no-default-features",
    ];
    let mut blocking = cargo(blocking);
    blocking.args(["--features", "blocking"]);
    for mut doc in [
        cargo(["doc", "--workspace", "--no-deps", "--all-features"]),
        bare,
        blocking,
    ] {
        run_command(doc.env("RUSTDOCFLAGS", "-Dwarnings"))?;
    }
    Ok(())
}

/// `cargo-deny` takes many minutes to build, so it is used only where it is installed. What it would check of licences,
/// bans and sources, `tidy` checks everywhere, from the same `deny.toml`.
fn deny() -> Result {
    if exists("cargo", &["deny", "--version"]) {
        return run_command(&mut cargo([
            "deny",
            "--all-features",
            "check",
            "licenses",
            "bans",
            "sources",
        ]));
    }
    println!(
        "cargo-deny is not installed; tidy has checked licences, bans and sources against deny.toml"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_the_step_that_failed() {
        let took = [
            ("fmt", Duration::from_millis(1500)),
            ("tidy", Duration::from_secs(2)),
        ];
        assert_eq!(
            table(&took, Some("tidy")),
            "\nstep       seconds\nfmt            1.5\ntidy           2.0  FAILED\nall            3.5\n"
        );
        assert!(!table(&took, None).contains("FAILED"));
    }
}
