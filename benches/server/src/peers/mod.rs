//! The servers, each with the same application (`crates/sut/src/socket_bench.rs`) and its library's default settings, in a
//! process of its own.

mod probe;
mod siox;
mod socketioxide;

use crate::process::Server;
use std::{error::Error, io, io::Write, path::PathBuf, process::Command};
use tokio::{net::TcpListener, runtime};

/// Whatever a library fails with.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// A server to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    Siox,
    Socketioxide,
    SocketioxideThreads,
    Bun,
    Node,
    Uws,
    Probe,
}

impl Peer {
    pub(crate) const ALL: [Self; 7] = [
        Self::Siox,
        Self::Socketioxide,
        Self::SocketioxideThreads,
        Self::Bun,
        Self::Node,
        Self::Uws,
        Self::Probe,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Siox => "siox",
            Self::Socketioxide => "socketioxide",
            Self::SocketioxideThreads => "socketioxide-threads",
            Self::Bun => "bun",
            Self::Node => "node",
            Self::Uws => "uws",
            Self::Probe => "probe",
        }
    }

    /// What it is, for the table's legend.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Siox => "`siox::Server::serve`, one thread of tokio",
            Self::Socketioxide => "socketioxide 0.18 in axum 0.8, one thread of tokio",
            Self::SocketioxideThreads => {
                "the same on two threads; where there is no figure, its answers came out of order"
            }
            Self::Bun => "socket.io 4.8 on @socket.io/bun-engine 0.1 and Bun 1.4",
            Self::Node => "socket.io 4.8 on ws and Node.js",
            Self::Uws => "socket.io 4.8 on uWebSockets.js and Node.js",
            Self::Probe => {
                "reads, answers and writes of tokio's TCP stream, no protocol library: the limit"
            }
        }
    }

    pub(crate) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|peer| peer.name() == name)
    }

    /// Whether it is a library that siox is compared to.
    pub(crate) fn is_other(self) -> bool {
        !matches!(self, Self::Siox | Self::Probe)
    }

    /// Whether it has to run for a while until it is as fast as it gets.
    pub(crate) fn is_compiled_late(self) -> bool {
        matches!(self, Self::Bun | Self::Node | Self::Uws)
    }

    /// Starts it in a process of its own.
    pub(crate) fn start(self) -> io::Result<Server> {
        match self {
            Self::Siox | Self::Socketioxide | Self::SocketioxideThreads | Self::Probe => {
                Server::start(self.name())
            }
            Self::Node => Server::spawn(&mut script("node".into(), "ws")?),
            Self::Uws => Server::spawn(&mut script("node".into(), "uws")?),
            Self::Bun => {
                let bun = modules()?.join("node_modules/@oven/bun-linux-x64/bin/bun");
                Server::spawn(&mut script(bun, "bun")?)
            }
        }
    }
}

/// Where the packages of `node/package.json` are installed.
fn modules() -> io::Result<PathBuf> {
    std::env::var_os("SIOX_BENCH_MODULES")
        .map(PathBuf::from)
        .ok_or_else(|| io::Error::other("SIOX_BENCH_MODULES does not say where the packages are"))
}

fn script(program: PathBuf, engine: &str) -> io::Result<Command> {
    let mut command = Command::new(program);
    command
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/node/app.mjs"))
        .arg(engine)
        .env("NODE_ENV", "production")
        .env("SIOX_BENCH_MODULES", modules()?);
    Ok(command)
}

/// Serves on a port of the system's choice, which is printed, until the process is killed.
pub(crate) fn serve(name: &str) -> Result<(), Failure> {
    let peer = Peer::find(name).ok_or_else(|| format!("there is no peer {name}"))?;
    let mut runtime = match peer {
        Peer::SocketioxideThreads => runtime::Builder::new_multi_thread(),
        _ => runtime::Builder::new_current_thread(),
    };
    let runtime = runtime.worker_threads(2).enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?.port());
        io::stdout().flush()?;
        match peer {
            Peer::Siox => siox::serve(listener).await,
            Peer::Socketioxide | Peer::SocketioxideThreads => socketioxide::serve(listener).await,
            Peer::Probe => probe::serve(listener).await,
            Peer::Bun | Peer::Node | Peer::Uws => Err("is no program of this one".into()),
        }
    })
}
