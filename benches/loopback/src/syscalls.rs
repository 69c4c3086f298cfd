//! System calls of a running process, by `perf` or `strace`, whichever is there and may look.

use std::{
    io,
    process::{Command, Stdio},
    time::Duration,
};

/// What counts system calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counter {
    Perf,
    Strace,
}

impl Counter {
    /// The first that works here.
    pub(crate) fn find() -> Option<Self> {
        let works = |program: &str, words: &[&str]| {
            let mut command = Command::new(program);
            command
                .args(words)
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        if works("perf", &["stat", "-e", "raw_syscalls:sys_enter", "true"]) {
            return Some(Self::Perf);
        }
        works("strace", &["-c", "true"]).then_some(Self::Strace)
    }

    /// System calls of `process` in a time of about `time`, while `during` runs.
    pub(crate) async fn count(self, process: u32, time: Duration) -> io::Result<u64> {
        let (id, seconds) = (process.to_string(), time.as_secs_f64().to_string());
        let mut command = match self {
            Self::Perf => {
                let mut perf = Command::new("perf");
                perf.args(["stat", "-x,", "-e", "raw_syscalls:sys_enter", "-p", &id]);
                perf.args(["sleep", &seconds]);
                perf
            }
            Self::Strace => {
                let mut strace = Command::new("timeout");
                strace.args(["-s", "INT", &seconds, "strace", "-c", "-f", "-p", &id]);
                strace
            }
        };
        command.stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        self.parse(&text)
            .ok_or_else(|| io::Error::other(format!("no count of system calls in {text:?}")))
    }

    fn parse(self, text: &str) -> Option<u64> {
        match self {
            // "1234,,raw_syscalls:sys_enter,…"
            Self::Perf => {
                let line = text.lines().find(|line| line.contains("sys_enter"))?;
                line.split(',').next()?.trim().parse().ok()
            }
            // "100.00    0.001234    5    1234    56 total"
            Self::Strace => {
                let line = text
                    .lines()
                    .find(|line| line.trim_end().ends_with("total"))?;
                line.split_whitespace().nth(3)?.parse().ok()
            }
        }
    }
}
