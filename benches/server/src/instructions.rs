//! Instructions that a server executes in user space, counted by valgrind's callgrind: one run with few messages and one
//! with many; what is alike in both, cancels out.

use crate::{
    client,
    load::{self, CONNECTIONS, Load, MEMBERS, Work},
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

/// Connections that come and go in the first run, and in the second.
const COMERS: [usize; 2] = [160, 960];

/// Instructions a message, delivery or connection; with `profile`, callgrind's own account of the second run is
/// left there.
pub(crate) async fn measure(peer: Peer, row: Row, profile: Option<&Path>) -> io::Result<f64> {
    let few = run(peer, row.task, 0, None).await?;
    let many = run(peer, row.task, 1, profile).await?;
    let messages = many.done.saturating_sub(few.done).max(1);
    let instructions = many.instructions.saturating_sub(few.instructions);
    Ok(instructions as f64 / messages as f64)
}

/// What one run has come to.
struct Counted {
    /// All instructions of the process.
    instructions: u64,
    /// The messages that it was sent.
    done: u64,
}

async fn run(peer: Peer, task: Task, nth: usize, profile: Option<&Path>) -> io::Result<Counted> {
    let file = std::env::temp_dir().join(format!("siox-callgrind-{}", std::process::id()));
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(std::env::current_exe()?)
        .args(["serve", peer.name()])
        .stderr(Stdio::null());
    let server = Server::spawn(&mut valgrind)?;
    let done = load(server.port, task, nth).await?;
    // Upon which valgrind writes down what it has counted.
    Command::new("kill").arg(server.id().to_string()).status()?;
    let counted = total(&file).await;
    if let Some(profile) = profile {
        fs::copy(&file, profile)?;
    }
    // It may not be there.
    let _ = fs::remove_file(&file);
    Ok(Counted {
        instructions: counted?,
        done,
    })
}

/// The load of the first run or of the second: how many messages it was.
async fn load(port: u16, task: Task, nth: usize) -> io::Result<u64> {
    let work = match task {
        Task::Work(work) => work,
        Task::Connect => {
            load::come_and_go(port, COMERS[nth], client::web_socket).await?;
            return Ok(COMERS[nth] as u64);
        }
        Task::Upgrade => {
            load::come_and_go(port, COMERS[nth], client::upgraded).await?;
            return Ok(COMERS[nth] as u64);
        }
    };
    let turn = match work {
        Work::Echo(_, in_flight) | Work::Poll(in_flight) => CONNECTIONS * in_flight,
        // Many, however few are in flight: what the connecting of so many members costs differs from run to run.
        Work::Broadcast(_) => MEMBERS * 8,
    } as u64;
    let load = Load::start(port, work).await?;
    load.reach(TURNS[nth] * turn).await;
    load.stop().await
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
