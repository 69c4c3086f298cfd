//! The server under load, and how it is watched: as a child that answers `numbers` with a line.

use super::{Done, Served};
use siox::{CloseReason, Server, Socket};
use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child as Process, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};
use tokio::net::TcpListener;

/// Serves until its standard input ends.
pub(crate) async fn serve(listener: TcpListener, settings: Served) -> Done {
    let io = Server::builder()
        .ping_interval(Duration::from_millis(settings.ping_interval))
        .ping_timeout(Duration::from_millis(settings.ping_timeout))
        .build()?;
    let nsp = io.namespace("/");
    nsp.on_connect(|socket: Socket| -> Result<(), siox::RoomError> {
        socket.join("all")?;
        socket.join(&format!("own {}", socket.id()))
    });
    // Pending until the client answers, which an abandoned one never does.
    nsp.on("owe", async |socket: Socket| {
        let answer = socket.emit_with_ack::<()>("asked", &(), Some(Duration::from_secs(60)));
        drop(answer.await);
    });
    let watched = io.clone();
    std::thread::spawn(move || answer(&watched));
    io.serve(listener).await?;
    Ok(())
}

fn answer(io: &Server) {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        if line == "numbers" {
            let m = io.metrics();
            let timeouts = m
                .closed
                .iter()
                .filter(|(r, _)| *r == CloseReason::PingTimeout);
            let mut out = io::stdout().lock();
            let sessions = m.sessions();
            let timeouts: u64 = timeouts.map(|(_, n)| n).sum();
            let closed: u64 = m.closed.iter().map(|(_, n)| n).sum();
            let (sockets, rooms, queued) = (m.sockets, m.rooms, m.traffic.queued);
            // Whoever asked has gone if this fails.
            let _ = writeln!(
                out,
                "numbers sessions={sessions} sockets={sockets} rooms={rooms} queued={queued} closed={closed} timeouts={timeouts}"
            );
            let _ = out.flush();
        }
    }
    std::process::exit(0);
}

/// What a server says of itself.
pub(super) type Numbers = BTreeMap<String, u64>;

/// A server of its own process.
pub(super) struct Child {
    process: Process,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub(super) address: SocketAddr,
}

impl Child {
    pub(super) fn start(settings: &Served) -> Done<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["soak-server", "--port", "0"])
            .args(["--ping-interval", &settings.ping_interval.to_string()])
            .args(["--ping-timeout", &settings.ping_timeout.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let ask = process.stdin.take().ok_or("no standard input")?;
        let out = process.stdout.take().ok_or("no standard output")?;
        let mut answers = BufReader::new(out);
        let mut line = String::new();
        answers.read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening on ");
        let address = address.ok_or("the server does not listen")?.parse()?;
        Ok(Self {
            process,
            ask,
            answers,
            address,
        })
    }

    /// Resident memory in KiB.
    pub(super) fn resident(&self) -> Done<usize> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
        let kib = line.and_then(|l| l.split_whitespace().next());
        Ok(kib.ok_or("no VmRSS")?.parse()?)
    }

    pub(super) fn numbers(&mut self) -> Done<Numbers> {
        writeln!(self.ask, "numbers")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let pairs = line.split_whitespace().filter_map(|w| w.split_once('='));
        pairs
            .map(|(name, n)| Ok((name.to_owned(), n.parse()?)))
            .collect()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended on its own.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
