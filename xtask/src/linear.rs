//! `cargo xtask linear`: what attacks cost, in instructions counted by Valgrind's callgrind. An attack of twice the size
//! may cost at most 2.3 times as much; a square would cost four times. Start and end of the program cancel out: three
//! sizes are run, and the differences compared.

use crate::chromium::apt;
use crate::shell::{Arguments, Result, cargo, command, exists, run as run_command, target};

/// Attacks of `siox-sut linear`, and the smallest of the three sizes in bytes.
const ATTACKS: [(&str, usize); 8] = [
    ("head-bytes", 20_000),
    ("head-lines", 20_000),
    ("extensions", 20_000),
    ("interim-answers", 4_000),
    ("text-bytes", 20_000),
    ("empty-fragments", 60_000),
    ("pings", 60_000),
    ("empty-blocks", 20_000),
];
/// The most that twice as much may cost, in thousandths.
const MOST: u64 = 2_300;

pub(crate) fn run(words: &[String]) -> Result {
    Arguments::parse(words, &[], &[])?.no_plain()?;
    ensure_valgrind()?;
    run_command(&mut cargo(["build", "--quiet", "--package", "siox-sut"]))?;
    let mut failed = Vec::new();
    println!(
        "{:<18} {:>12} {:>12}  ratio",
        "attack", "n to 2n", "2n to 4n"
    );
    for (attack, size) in ATTACKS {
        let [a, b, c] = [1, 2, 4].map(|times| instructions(attack, times * size));
        let (a, b, c) = (a?, b?, c?);
        let (less, more) = (b.saturating_sub(a), c.saturating_sub(b));
        let ratio = more.saturating_mul(1000) / less.max(1);
        println!(
            "{attack:<18} {less:>12} {more:>12}  {}.{:03}",
            ratio / 1000,
            ratio % 1000
        );
        if ratio > MOST {
            failed.push(attack);
        }
    }
    match failed.as_slice() {
        [] => Ok(()),
        failed => Err(format!("not linear: {}", failed.join(", "))),
    }
}

/// The instructions that one attack takes, start and end of the program included.
fn instructions(attack: &str, size: usize) -> Result<u64> {
    let done = command("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(target().join("debug/siox-sut"))
        .args(["linear", attack, &size.to_string()])
        .output()
        .map_err(|why| format!("cannot run valgrind: {why}"))?;
    let said = String::from_utf8_lossy(&done.stderr);
    if !done.status.success() {
        return Err(format!(
            "{attack} of {size} bytes failed ({})\n{said}",
            done.status
        ));
    }
    collected(&said).ok_or_else(|| format!("valgrind told no count of instructions:\n{said}"))
}

/// The count in callgrind's summary: a line that ends with `Collected : 123`.
fn collected(said: &str) -> Option<u64> {
    let (_, count) = said
        .lines()
        .find_map(|line| line.split_once("Collected : "))?;
    count.trim().parse().ok()
}

fn ensure_valgrind() -> Result {
    if exists("valgrind", &["--version"]) {
        return Ok(());
    }
    println!("installing valgrind by apt-get");
    apt(&["update"])?;
    apt(&["install", "--yes", "--no-install-recommends", "valgrind"])
}

#[cfg(test)]
mod tests {
    use super::collected;

    #[test]
    fn the_count_is_found() {
        let said = "==7== Events    : Ir\n==7== Collected : 123456\n==7==\n";
        assert_eq!(collected(said), Some(123_456));
        assert_eq!(collected("==7== nothing"), None);
    }
}
