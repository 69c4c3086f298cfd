//! The rows of the table: what is measured, and against which bound.

use crate::{
    client,
    event::Event,
    load::{self, Load, Work},
    peers::{Failure, Peer},
    process::Server,
};
use std::{io, time::Duration};
use tokio::{runtime, task::LocalSet, time::sleep};

/// One row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) task: Task,
    /// What siox's figure must be, at most, by that of another.
    pub(crate) bounds: &'static [(f64, Against)],
}

/// Whose figure a bound is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Against {
    /// The best of all others.
    Best,
    /// socketioxide, in its better mode.
    Socketioxide,
    Uws,
}

impl Against {
    pub(crate) fn holds(self, peer: Peer) -> bool {
        match self {
            Self::Best => peer.is_other(),
            Self::Socketioxide => matches!(peer, Peer::Socketioxide | Peer::SocketioxideThreads),
            Self::Uws => peer == Peer::Uws,
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Socketioxide => "socketioxide",
            Self::Uws => "uws",
        }
    }
}

/// What a row has a server do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// Keeps it busy.
    Work(Work),
    /// Sessions come and go, beginning with their WebSocket.
    Connect,
    /// Sessions come by polling, are upgraded, and go.
    Upgrade,
}

const fn row(
    name: &'static str,
    title: &'static str,
    task: Task,
    bounds: &'static [(f64, Against)],
) -> Row {
    Row {
        name,
        title,
        task,
        bounds,
    }
}

const fn echo(event: Event, in_flight: usize) -> Task {
    Task::Work(Work::Echo(event, in_flight))
}

use Against::{Best, Socketioxide, Uws};

pub(crate) const ROWS: [Row; 14] = [
    row(
        "echo-16",
        "echo of 30 B, 16 in flight",
        echo(Event::Small, 16),
        &[(0.35, Best)],
    ),
    row(
        "ack-16",
        "30 B and an ack, 16 in flight",
        echo(Event::Ack, 16),
        &[(0.35, Best)],
    ),
    row(
        "echo-1",
        "echo of 30 B, one in flight",
        echo(Event::Small, 1),
        &[(0.75, Best)],
    ),
    row(
        "ack-1",
        "30 B and an ack, one in flight",
        echo(Event::Ack, 1),
        &[(0.75, Best)],
    ),
    row(
        "json-raw",
        "echo of 1 KiB of JSON passed through, 16 in flight",
        echo(Event::Object("echo"), 16),
        &[(0.25, Best)],
    ),
    row(
        "json-typed",
        "the same, arguments typed",
        echo(Event::Object("techo"), 16),
        &[(0.25, Best)],
    ),
    row(
        "json-dynamic",
        "the same, arguments as a dynamic value",
        echo(Event::Object("decho"), 16),
        &[(0.8, Best)],
    ),
    row(
        "binary",
        "echo with an attachment of 16 KiB, 4 in flight",
        echo(Event::Binary, 4),
        &[(0.6, Best)],
    ),
    row(
        "broadcast-1",
        "broadcast to a room of 1,000, one in flight",
        Task::Work(Work::Broadcast(1)),
        &[(0.7, Socketioxide), (0.95, Best)],
    ),
    row(
        "broadcast-8",
        "broadcast to a room of 1,000, 8 in flight",
        Task::Work(Work::Broadcast(8)),
        &[(0.5, Socketioxide), (1.0, Uws)],
    ),
    row(
        "polling-1",
        "long-polling echo of 30 B, one in flight",
        Task::Work(Work::Poll(1)),
        &[(0.75, Socketioxide)],
    ),
    row(
        "polling-16",
        "long-polling echo of 30 B, 16 in flight",
        Task::Work(Work::Poll(16)),
        &[(0.4, Socketioxide)],
    ),
    row(
        "connect",
        "connect over WebSocket, and go",
        Task::Connect,
        &[(0.8, Socketioxide)],
    ),
    row(
        "upgrade",
        "connect by polling with upgrade, and go",
        Task::Upgrade,
        &[(0.75, Socketioxide)],
    ),
];

impl Row {
    pub(crate) fn find(name: &str) -> Option<Self> {
        ROWS.into_iter().find(|row| row.name == name)
    }
}

/// How long and how often a row is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) warm: Duration,
    pub(crate) time: Duration,
    pub(crate) connections: usize,
}

/// Nanoseconds of the server's processor time a message, delivery or connection.
pub(crate) async fn measure(server: &Server, row: Row, effort: Effort) -> io::Result<f64> {
    match row.task {
        Task::Work(work) => {
            let load = Load::start(server.port, work).await?;
            sleep(effort.warm).await;
            let (cpu, done) = (server.cpu()?, load.done());
            sleep(effort.time).await;
            let (cpu, done) = (server.cpu()? - cpu, load.done() - done);
            load.stop().await?;
            match done {
                0 => Err(io::Error::other("nothing was done in time")),
                done => Ok(cpu.as_nanos() as f64 / done as f64),
            }
        }
        Task::Connect => connections(server, effort, client::web_socket).await,
        Task::Upgrade => connections(server, effort, client::upgraded).await,
    }
}

async fn connections<F>(
    server: &Server,
    effort: Effort,
    open: fn(u16, usize) -> F,
) -> io::Result<f64>
where
    F: Future<Output = io::Result<crate::link::Link>> + 'static,
{
    let count = effort.connections;
    load::come_and_go(server.port, count / 4, open).await?;
    let before = server.cpu()?;
    load::come_and_go(server.port, count, open).await?;
    Ok((server.cpu()? - before).as_nanos() as f64 / count as f64)
}

/// Runs the generator.
pub(crate) fn generate<R>(work: impl Future<Output = R>) -> io::Result<R> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(LocalSet::new().block_on(&runtime, work))
}

/// Keeps one server busy for a while.
pub(crate) fn load(peer: Peer, row: Row, time: Duration) -> Result<(), Failure> {
    let server = peer.start()?;
    println!("process {}", server.id());
    let effort = Effort {
        warm: Duration::from_millis(300),
        time,
        connections: 2000 * time.as_secs() as usize,
    };
    let nanos = generate(measure(&server, row, effort))??;
    println!("{}: {nanos:.0} ns each", row.title);
    Ok(())
}
