//! `cargo xtask bench server`: the Socket.IO server beside its peers over loopback, each in a process of its own, a median
//! over interleaved rounds; `benches/SERVER.md` and `benches/server.svg`. With `--quick` one short round, with `--row NAME`
//! that row, with `--only PEER,..` those servers, which write nothing down.

use std::process::Stdio;

use crate::npm;
use crate::shell::{Arguments, Result, cargo, output, root, write};

const MANIFEST: &str = "benches/server/Cargo.toml";
const TITLE: &str = "# The Socket.IO server beside others\n\nWritten by `cargo xtask bench server`. A figure is worth something only \
                     beside another of the same table.\n\n![The servers, row by row](server.svg)\n\n";

pub(super) fn run(words: &[String]) -> Result {
    let arguments = Arguments::parse(words, &["--row", "--only"], &["--quick"])?.no_plain()?;
    let modules = npm::install("benches/server/node", "bench-server")?;
    let mut bench = cargo(["run", "--release", "--quiet", "--manifest-path", MANIFEST]);
    bench
        .args(["--", "bench"])
        .env("SIOX_BENCH_MODULES", modules);
    let mut is_whole = true;
    if arguments.flag("--quick") {
        bench.arg("--quick");
        is_whole = false;
    }
    for option in ["--row", "--only"] {
        if let Some(value) = arguments.option(option) {
            bench.args([option, value]);
            is_whole = false;
        }
    }
    if is_whole {
        bench.arg("--plot").arg(root().join("benches/server.svg"));
    }
    // Which says how far it is.
    let tables = output(bench.stderr(Stdio::inherit()))?;
    print!("{tables}");
    if is_whole {
        write(
            &root().join("benches/SERVER.md"),
            format!("{TITLE}{tables}").as_bytes(),
        )?;
    }
    Ok(())
}
