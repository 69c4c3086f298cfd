//! `cargo xtask bench websocket`: echo servers over loopback, each in a process of its own, a median over interleaved
//! rounds; with `--quick` one short round, which writes nothing down.

use super::results;
use crate::shell::{Arguments, Result, cargo, output};

const MANIFEST: &str = "benches/loopback/Cargo.toml";

pub(super) fn run(words: &[String]) -> Result {
    let arguments = Arguments::parse(words, &["--only"], &["--quick"])?.no_plain()?;
    let mut bench = cargo(["run", "--release", "--quiet", "--manifest-path", MANIFEST]);
    bench.args(["--", "bench"]);
    let is_quick = arguments.flag("--quick");
    if is_quick {
        bench.arg("--quick");
    }
    let only = arguments.option("--only");
    if let Some(peers) = only {
        bench.args(["--only", peers]);
    }
    let tables = output(&mut bench)?;
    print!("{tables}");
    if !is_quick && only.is_none() {
        results::write("Loopback", &tables)?;
    }
    Ok(())
}
