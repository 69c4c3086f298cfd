//! `cargo xtask bench`: the benchmarks of the `benches` package, all or one.

use crate::shell::{Arguments, Result, cargo, run as run_command};

pub(crate) fn run(words: &[String]) -> Result {
    let arguments = Arguments::parse(words, &[], &[])?;
    let mut bench = cargo(["bench", "--package", "siox-benches"]);
    match arguments.plain.as_slice() {
        [] => {}
        [name] => {
            bench.args(["--bench", name]);
        }
        [_, more, ..] => return Err(format!("takes one name, not `{more}` as well")),
    }
    run_command(&mut bench)
}
