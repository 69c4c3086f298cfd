//! `cargo xtask bench engineio`: payloads and sessions in memory, then polling and connecting over loopback; with
//! `--quick` few short rounds, which write nothing down.

use super::results;
use crate::shell::{Arguments, Result, cargo, output};

const MANIFEST: &str = "benches/engineio/Cargo.toml";

pub(super) fn run(words: &[String]) -> Result {
    let arguments = Arguments::parse(words, &[], &["--quick"])?.no_plain()?;
    let is_quick = arguments.flag("--quick");
    let mut all = String::new();
    for part in ["memory", "loopback"] {
        let mut bench = cargo(["run", "--release", "--quiet", "--manifest-path", MANIFEST]);
        bench.args(["--", part]);
        if is_quick {
            bench.arg("--quick");
        }
        let tables = output(&mut bench)?;
        println!("{tables}");
        all.push_str(&tables);
        all.push('\n');
    }
    if !is_quick {
        results::write("Engine.IO", &all)?;
    }
    Ok(())
}
