//! `cargo xtask test`: the tests that need nothing but a Rust toolchain, and a C++ compiler for the library that the fuzz
//! targets are linked with.

use crate::shell::{Arguments, Result, cargo, run as run_command};

pub(crate) fn run(words: &[String]) -> Result {
    Arguments::parse(words, &[], &[])?.no_plain()?;
    // Without `--all-targets`, cargo runs the libraries', binaries' and integration tests, builds the examples, and runs
    // the documentation's examples, which `--all-targets` would leave out.
    run_command(&mut cargo(["test", "--workspace", "--all-features"]))?;
    // What was once found, through every target.
    crate::fuzz::run_plain_tests()
}
