//! `cargo xtask sim`: whole sessions of Engine.IO, or parties or storms of Socket.IO, both ends, on a network
//! that fails. What runs is `siox-sim`.

use crate::shell::{Arguments, Result, cargo, run as run_command};

pub(crate) fn run(words: &[String]) -> Result {
    Arguments::parse(
        words,
        &["--sessions", "--parties", "--storms", "--seed"],
        &["--replay"],
    )?
    .no_plain()?;
    let mut sim = cargo(["run", "--quiet", "--release", "--package", "siox-sim", "--"]);
    run_command(sim.args(words))
}
