//! A child process that says lines, and what the operating system says of it (Linux: `/proc`).

use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

/// Killed when dropped.
pub(crate) struct Process {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child
            .stdout
            .take()
            .ok_or_else(|| io::Error::other("no output"))?;
        Ok(Self {
            child,
            lines: BufReader::new(out),
        })
    }

    /// The next line that it says.
    pub(crate) fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.lines.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// Waits for this very line.
    pub(crate) fn expect(&mut self, due: &str) -> io::Result<()> {
        match self.line()? {
            line if line == due => Ok(()),
            line => Err(io::Error::other(format!("it says {line:?}, not {due:?}"))),
        }
    }

    pub(crate) fn tell(&mut self, line: &str) -> io::Result<()> {
        match &mut self.child.stdin {
            Some(input) => writeln!(input, "{line}"),
            None => Err(io::Error::other("no input")),
        }
    }

    /// Processor time so far, of all its threads: what the scheduler accounts, to the nanosecond. No client here ends a
    /// thread while it is measured.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        let mut nanos = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let stat = fs::read_to_string(thread?.path().join("schedstat"))?;
            let word = stat.split_whitespace().next();
            let number = word.and_then(|word| word.parse::<u64>().ok());
            nanos += number.ok_or_else(|| io::Error::other("unknown form of /proc"))?;
        }
        Ok(Duration::from_nanos(nanos))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
