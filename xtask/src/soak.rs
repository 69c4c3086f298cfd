//! `cargo xtask soak`: load that lasts, on a server in a process of its own. What runs is `siox-sut soak`.

use crate::shell::{Result, cargo, run as run_command};

pub(crate) fn run(words: &[String]) -> Result {
    let mut soak = cargo([
        "run",
        "--quiet",
        "--release",
        "--package",
        "siox-sut",
        "--",
        "soak",
    ]);
    run_command(soak.args(words))
}
