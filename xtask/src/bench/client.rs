//! `cargo xtask bench client`: the Socket.IO client beside its peers over loopback, each in a process of its own, a median
//! over interleaved rounds; `benches/CLIENT.md`. With `--quick` one short round, with `--row NAME` that row, which write
//! nothing down.

use std::process::Stdio;

use crate::npm;
use crate::shell::{Arguments, Result, cargo, output, root, write};

const MANIFEST: &str = "benches/client/Cargo.toml";
const TITLE: &str = "# The Socket.IO client beside others\n\nWritten by `cargo xtask bench client`. A figure is worth something only \
                     beside another of the same table.\n\n";

pub(super) fn run(words: &[String]) -> Result {
    let arguments = Arguments::parse(words, &["--row"], &["--quick"])?.no_plain()?;
    let modules = npm::install("benches/client/node", "bench-client")?;
    let mut bench = cargo(["run", "--release", "--quiet", "--manifest-path", MANIFEST]);
    bench
        .args(["--", "bench"])
        .env("SIOX_BENCH_MODULES", modules);
    let is_quick = arguments.flag("--quick");
    if is_quick {
        bench.arg("--quick");
    }
    let row = arguments.option("--row");
    if let Some(row) = row {
        bench.args(["--row", row]);
    }
    // Which says how far it is.
    let table = output(bench.stderr(Stdio::inherit()))?;
    print!("{table}");
    if is_quick || row.is_some() {
        return Ok(());
    }
    write(
        &root().join("benches/CLIENT.md"),
        format!("{TITLE}{table}").as_bytes(),
    )
}
