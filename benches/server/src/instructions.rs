//! Instructions that a server executes in user space, counted by valgrind's callgrind: one run with few messages and one
//! with many; what is alike in both, cancels out.

use crate::{
    load::{Load, MEMBERS, Work},
    peers::Peer,
    process::Server,
    rows::{Row, Task},
};
use std::{
    fs, io,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};
use tokio::time::sleep;

/// The rows that are counted, and how many there may be.
pub(crate) const ROWS: [(&str, f64); 4] = [
    ("echo-16", 2000.0),
    ("ack-16", 2000.0),
    ("broadcast-1", 500.0),
    ("broadcast-8", 500.0),
];

/// Turns of a whole load in the first run, and in the second.
const TURNS: [u64; 2] = [2, 12];

/// Whether valgrind is installed.
pub(crate) fn is_possible() -> bool {
    Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Instructions a message or delivery; none where the row keeps no server busy.
pub(crate) async fn measure(peer: Peer, row: Row) -> io::Result<Option<f64>> {
    let Task::Work(work) = row.task else {
        return Ok(None);
    };
    let turn = match work {
        Work::Echo(_, in_flight) | Work::Poll(in_flight) => 100 * in_flight,
        Work::Broadcast(in_flight) => MEMBERS * in_flight,
    } as u64;
    let (few, few_done) = run(peer, work, TURNS[0] * turn).await?;
    let (many, many_done) = run(peer, work, TURNS[1] * turn).await?;
    let messages = many_done.saturating_sub(few_done).max(1);
    Ok(Some(many.saturating_sub(few) as f64 / messages as f64))
}

/// All instructions of a process, and the messages that it was sent.
async fn run(peer: Peer, work: Work, count: u64) -> io::Result<(u64, u64)> {
    let file = std::env::temp_dir().join(format!("siox-callgrind-{}", std::process::id()));
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(std::env::current_exe()?)
        .args(["serve", peer.name()])
        .stderr(Stdio::null());
    let server = Server::spawn(&mut valgrind)?;
    let load = Load::start(server.port, work).await?;
    load.reach(count).await;
    let done = load.stop().await?;
    // Upon which valgrind writes down what it has counted.
    Command::new("kill").arg(server.id().to_string()).status()?;
    let counted = total(&file).await;
    // It may not be there.
    let _ = fs::remove_file(&file);
    Ok((counted?, done))
}

async fn total(file: &Path) -> io::Result<u64> {
    for _ in 0..600 {
        let text = fs::read_to_string(file).unwrap_or_default();
        let totals = text.lines().find_map(|line| line.strip_prefix("totals: "));
        if let Some(total) = totals.and_then(|total| total.trim().parse().ok()) {
            return Ok(total);
        }
        sleep(Duration::from_millis(100)).await;
    }
    Err(io::Error::other("callgrind has counted nothing"))
}
