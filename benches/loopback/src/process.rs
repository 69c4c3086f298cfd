//! A server in a process of its own, and what the operating system says of it (Linux: `/proc`).

use std::{
    fs,
    io::{self, BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// A page, in bytes, as `statm` counts them.
const PAGE: u64 = 4096;

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
}

impl Server {
    pub(crate) fn start(peer: &str) -> io::Result<Self> {
        Self::spawn(Command::new(std::env::current_exe()?).args(["serve", peer]))
    }

    /// A command that prints its port as its first line.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let port = line
            .trim()
            .parse()
            .map_err(|_| io::Error::other(format!("{command:?} did not start")))?;
        Ok(Self { child, port })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Processor time so far, of all its threads: what the scheduler accounts, to the nanosecond.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        let mut nanos = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.id()))? {
            let stat = fs::read_to_string(thread?.path().join("schedstat"))?;
            nanos += number(stat.split_whitespace().next())?;
        }
        Ok(Duration::from_nanos(nanos))
    }

    /// Resident memory, in bytes.
    pub(crate) fn memory(&self) -> io::Result<u64> {
        let stat = fs::read_to_string(format!("/proc/{}/statm", self.id()))?;
        Ok(number(stat.split_whitespace().nth(1))? * PAGE)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn number(word: Option<&str>) -> io::Result<u64> {
    word.and_then(|word| word.parse().ok())
        .ok_or_else(|| io::Error::other("unknown form of /proc"))
}
