//! `cargo xtask nostd`: the program in `nostd/`, which links the protocol crates and no `std`, is built and run; and then
//! built with a feature that links `std`, which must fail, or the first half shows nothing.

use crate::shell::{Arguments, Result, cargo, run as run_command, target};

/// Tells every profile in which the program must stand: one where nothing is left out, and the one that ships.
const PROFILES: [(&str, &str); 2] = [("dev", "debug"), ("release", "release")];
/// A feature of the program that links `std`.
const WITH_STD: &str = "links-std";
/// How the compiler says that two panic handlers met: ours and that of `std`.
const TWO_HANDLERS: [&str; 2] = ["E0152", "panic_impl"];

pub(crate) fn run(words: &[String]) -> Result {
    Arguments::parse(words, &[], &[])?.no_plain()?;
    for (profile, folder) in PROFILES {
        run_command(on_the_program("build").args(["--profile", profile]))?;
        let program = build_folder().join(folder).join("siox-nostd");
        run_command(&mut crate::shell::command(program))?;
    }
    let done = on_the_program("check")
        .args(["--features", WITH_STD])
        .output()
        .map_err(|why| format!("cannot run cargo: {why}"))?;
    judge(
        done.status.success(),
        &String::from_utf8_lossy(&done.stderr),
    )
}

/// Whether the build with `std` failed, and for the one reason that counts.
fn judge(built: bool, said: &str) -> Result {
    if built {
        return Err(format!(
            "with `{WITH_STD}` the program links std and still builds: the check is blind"
        ));
    }
    if !TWO_HANDLERS.iter().all(|word| said.contains(word)) {
        return Err(format!(
            "with `{WITH_STD}` the build failed for another reason than a second panic handler:\n{said}"
        ));
    }
    println!("with std linked, the same program does not build: two panic handlers");
    Ok(())
}

fn on_the_program(verb: &str) -> std::process::Command {
    let mut command = cargo([
        verb,
        "--quiet",
        "--manifest-path",
        "nostd/Cargo.toml",
        "--target-dir",
    ]);
    command.arg(build_folder());
    command
}

/// A folder of its own: the crates are built without what the workspace's build asks of them.
fn build_folder() -> std::path::PathBuf {
    target().join("nostd")
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn only_a_second_panic_handler_counts() {
        assert!(
            judge(
                false,
                "error[E0152]: found duplicate lang item `panic_impl`"
            )
            .is_ok()
        );
        assert!(judge(false, "error: failed to fetch").is_err());
        assert!(judge(true, "").is_err());
    }
}
