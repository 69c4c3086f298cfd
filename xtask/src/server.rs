//! A server of ours as a child process: started on a free port, awaited until it listens, ended when dropped.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::shell::{Result, command};

/// How long a server may take to say that it listens.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
}

impl Server {
    /// Starts `program arguments --port P` and waits for its line `listening on 127.0.0.1:P`.
    pub(crate) fn start(program: &Path, arguments: &[&str]) -> Result<Self> {
        let port = free_port()?;
        let mut child = command(program)
            .args(arguments)
            .args(["--port", &port.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|why| format!("cannot start {}: {why}", program.display()))?;
        let printed = child.stdout.take();
        let server = Self { child, port };
        let printed = printed.ok_or("a child's output is not piped")?;
        await_line(printed, format!("listening on 127.0.0.1:{port}"))
            .map_err(|why| format!("{}: {why}", program.display()))?;
        Ok(server)
    }

    /// Whether it is still running.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended on its own; either way there is nothing left to do about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .map_err(|why| format!("no free port: {why}"))?;
    Ok(listener
        .local_addr()
        .map_err(|why| format!("no free port: {why}"))?
        .port())
}

/// Waits for `wanted` as a line of its own, and keeps reading what follows, so that the child never blocks on its output.
fn await_line(printed: ChildStdout, wanted: String) -> Result {
    let (found, is_found) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(printed)
            .lines()
            .map_while(std::result::Result::ok)
        {
            if line.trim() == wanted {
                let _ = found.send(());
            }
        }
    });
    is_found.recv_timeout(PATIENCE).map_err(|why| match why {
        mpsc::RecvTimeoutError::Timeout => {
            format!("did not listen within {} s", PATIENCE.as_secs())
        }
        mpsc::RecvTimeoutError::Disconnected => "ended before it listened".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_ends_is_told_from_one_that_listens() {
        let script = "test \"$1\" = --port; echo listening on 127.0.0.1:$2; sleep 60";
        let mut server = Server::start(Path::new("sh"), &["-c", script, "sh"]).unwrap();
        assert!(server.port != 0 && server.is_alive());
        let why = Server::start(Path::new("sh"), &["-c", "exit 0", "sh"])
            .err()
            .unwrap();
        assert!(why.contains("ended before"), "{why}");
    }
}
