//! Load that lasts: what a server holds while ten thousand clients idle, and what is left of a hundred
//! thousand that were abandoned. The server is a process of its own, looked at from outside.

mod churn;
mod client;
mod idle;
mod server;

use clap::{Args, Subcommand};
use server::Child;
use std::{
    error::Error,
    net::{Ipv4Addr, SocketAddr},
};

pub(crate) use server::serve;

/// What lasts.
#[derive(Debug, Subcommand)]
pub(crate) enum Soak {
    /// Clients that only answer pings: nobody is lost, and memory stays as it is.
    Idle(Idle),
    /// Clients that are abandoned, at six points of their lives: nothing is left of them.
    Churn(Churn),
}

#[derive(Debug, Args)]
pub(crate) struct Idle {
    /// Clients.
    #[arg(long, default_value_t = 10_000)]
    clients: usize,
    /// How long they idle once all are there, in seconds.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// How often the server pings, in milliseconds.
    #[arg(long, default_value_t = 25_000)]
    ping_interval: u64,
    /// How much resident memory may grow once all have been pinged, in thousandths.
    #[arg(long, default_value_t = 20)]
    growth: usize,
    /// The most resident memory for a client, in bytes.
    #[arg(long, default_value_t = 3072)]
    each: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Churn {
    /// Connections, a sixth of them to each point.
    #[arg(long, default_value_t = 100_000)]
    cycles: usize,
    /// How many are under way at a time.
    #[arg(long, default_value_t = 64)]
    at_once: usize,
    /// How much more resident memory may be left than a tenth of the cycles left, in KiB.
    #[arg(long, default_value_t = 4096)]
    growth: usize,
}

/// The server's own settings.
#[derive(Debug, Args)]
pub(crate) struct Served {
    /// How often it pings, in milliseconds.
    #[arg(long, default_value_t = 25_000)]
    ping_interval: u64,
    /// How long a pong may take, in milliseconds.
    #[arg(long, default_value_t = 20_000)]
    ping_timeout: u64,
}

type Done<T = ()> = Result<T, Box<dyn Error>>;

pub(crate) async fn run(soak: Soak) -> Done {
    match soak {
        Soak::Idle(idle) => idle::run(&idle).await,
        Soak::Churn(churn) => churn::run(&churn).await,
    }
}

/// Where client `n` comes from: an address has some 28,000 ports.
fn source(n: usize) -> SocketAddr {
    let last = 2 + u8::try_from(n % 100).unwrap_or(0);
    (Ipv4Addr::new(127, 0, 0, last), 0).into()
}

fn kib(pages: usize) -> String {
    format!("{}.{} MiB", pages / 1024, pages % 1024 * 10 / 1024)
}

/// Refuses numbers that the system has no file descriptors for.
fn check_descriptors(wanted: usize) -> Done {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find(|l| l.starts_with("Max open files"));
    let soft = line.and_then(|l| l.split_whitespace().nth(3)?.parse().ok());
    match soft {
        Some(most) if wanted + 100 > most => Err(format!(
            "{wanted} connections want {} file descriptors, and `ulimit -n` is {most}",
            wanted + 100
        )
        .into()),
        Some(_) | None => Ok(()),
    }
}
