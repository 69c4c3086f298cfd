//! `cargo xtask bench frames`: frames and compression in memory, a median over interleaved rounds; with `--criterion`
//! the same work under criterion.

use super::results;
use crate::shell::{Arguments, Result, cargo, output, run as run_command};

const MANIFEST: &str = "benches/frames/Cargo.toml";
const DEFAULT_ROUNDS: &str = "9";

pub(super) fn run(words: &[String]) -> Result {
    let arguments = Arguments::parse(words, &["--rounds"], &["--criterion"])?;
    let parts = arguments.plain.as_slice();
    if arguments.flag("--criterion") {
        return run_command(cargo(["bench", "--manifest-path", MANIFEST]).args(parts));
    }
    let rounds = arguments.option("--rounds").unwrap_or(DEFAULT_ROUNDS);
    let tables = output(
        cargo([
            "run",
            "--release",
            "--quiet",
            "--manifest-path",
            MANIFEST,
            "--",
            "--rounds",
            rounds,
        ])
        .args(parts),
    )?;
    print!("{tables}");
    if parts.is_empty() {
        let about = format!(
            "In memory, processor time of one thread: medians of {rounds} interleaved rounds; the ratios are medians of \
             the ratios of each round, to the peer to which it is least."
        );
        results::write("Frames", &format!("{about}\n\n{tables}"))?;
    }
    Ok(())
}
