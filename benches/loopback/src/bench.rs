//! The rounds: every server once a round, so that what disturbs the machine disturbs all alike.

use crate::{
    case::{CONNECTIONS, Case},
    load::{self, Load},
    peers::{OURS, PEERS, Peer, RAW},
    process::Server,
    report::{self, Figures, Memory},
    syscalls::Counter,
};
use std::{collections::HashMap, io, time::Duration};
use tokio::time::sleep;

/// The rows of the echo.
pub(crate) const CASES: [Case; 6] = [
    Case::new(20, 16),
    Case::new(1024, 16),
    Case::new(16 * 1024, 16),
    Case::new(20, 1),
    Case::new(1024, 1),
    Case::new(16 * 1024, 1),
];

/// What a counter of system calls is given to attach itself, before and after the load.
const ATTACH: Duration = Duration::from_millis(300);

/// What was asked for on the command line.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) is_quick: bool,
    /// These peers only, beside the raw one.
    pub(crate) only: Vec<String>,
}

/// How long and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) memory_rounds: usize,
    /// How often in a round each of the two is measured between which a bound stands.
    pub(crate) turns: usize,
    pub(crate) time: Duration,
    pub(crate) handshakes: usize,
    pub(crate) idle: usize,
}

impl Plan {
    const FULL: Self = Self {
        rounds: 7,
        memory_rounds: 1,
        turns: 5,
        time: Duration::from_millis(250),
        handshakes: 1600,
        idle: 10_000,
    };
    const QUICK: Self = Self {
        rounds: 1,
        memory_rounds: 1,
        turns: 1,
        time: Duration::from_millis(50),
        handshakes: 160,
        idle: 500,
    };
}

pub(crate) fn run(options: &Options) -> io::Result<()> {
    // Each idle connection is a file here and one in the server, which inherits the limit.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let plan = match options.is_quick {
        true => Plan::QUICK,
        false => Plan::FULL,
    };
    let is_asked = |name: &str| {
        options.only.is_empty() || name == RAW || options.only.iter().any(|o| o == name)
    };
    let peers: Vec<&Peer> = PEERS.iter().filter(|peer| is_asked(peer.name)).collect();
    let counter = Counter::find();
    let mut all: Vec<Figures> = peers.iter().map(|peer| Figures::new(peer.name)).collect();
    for round in 0..plan.rounds {
        let counter = counter.filter(|_| round == 0);
        runtime.block_on(measure(&peers, &plan, round, counter, &mut all))?;
    }
    print!("{}", report::table(&peers, &all, &plan, counter.is_some()));
    Ok(())
}

/// Keeps one server busy.
pub(crate) fn load(peer: &str, case: Case, time: Duration) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let server = Server::start(peer)?;
        println!("process {}", server.id());
        let load = Load::start(server.port, case, peer == RAW).await?;
        sleep(time).await;
        let (cpu, messages) = (server.cpu()?, load.stop().await?);
        let each = cpu.as_nanos() / u128::from(messages.max(1));
        println!("{messages} messages, {each} ns each");
        Ok(())
    })
}

/// What idle connections of one server hold.
pub(crate) fn idle(peer: &str, count: usize) -> io::Result<()> {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let Memory { opened, echoed } = runtime.block_on(memory(peer, count))?;
    println!(
        "{opened:.0} B a connection after the handshake, {echoed:.0} B after an echo of 16 KiB"
    );
    Ok(())
}

/// One round. What is compared follows one another at once: every server has a case before any has the next.
async fn measure(
    peers: &[&Peer],
    plan: &Plan,
    round: usize,
    counter: Option<Counter>,
    all: &mut [Figures],
) -> io::Result<()> {
    let told = |what: &str| eprintln!("round {} of {}: {what}", round + 1, plan.rounds);
    if round < plan.memory_rounds {
        told("memory");
        for (peer, figures) in pairs(peers, all).filter(|(peer, _)| !peer.is_corked) {
            let memory = memory(peer.name, plan.idle).await;
            figures.memory.push(memory.map_err(|why| by(peer, &why))?);
        }
    }
    let servers: io::Result<Vec<Server>> =
        peers.iter().map(|peer| Server::start(peer.name)).collect();
    let servers = servers?;
    for (at, case) in CASES.into_iter().enumerate() {
        told(&format!("{} B, {} in flight", case.size, case.in_flight));
        let mut bounded = bounded(peers, &servers, case, plan).await?;
        for ((peer, figures), server) in pairs(peers, all).zip(&servers) {
            if peer.is_corked && case.in_flight == 1 {
                continue;
            }
            let is_raw = peer.name == RAW;
            let each = match bounded.remove(peer.name) {
                Some(each) => each,
                None => {
                    let each = echo(server, case, plan.time, is_raw).await;
                    each.map_err(|why| by(peer, &why))?
                }
            };
            figures.echo[at].push(each);
            if let Some(counter) = counter {
                figures.calls[at] = Some(calls(server, counter, case, plan, is_raw).await?);
            }
        }
    }
    told("handshakes");
    for ((peer, figures), server) in pairs(peers, all).zip(&servers) {
        if !peer.is_corked {
            let each = handshake(server, plan).await;
            figures.handshake.push(each.map_err(|why| by(peer, &why))?);
        }
    }
    Ok(())
}

/// The two between which a bound stands, by turns and more often than the others: the median of each.
async fn bounded(
    peers: &[&Peer],
    servers: &[Server],
    case: Case,
    plan: &Plan,
) -> io::Result<HashMap<&'static str, f64>> {
    let mut all: HashMap<&str, Vec<f64>> = HashMap::new();
    for _ in 0..plan.turns {
        for (peer, server) in peers.iter().zip(servers) {
            if peer.name == RAW || peer.name == OURS {
                let each = echo(server, case, plan.time / 2, peer.name == RAW).await;
                let each = each.map_err(|why| by(peer, &why))?;
                all.entry(peer.name).or_default().push(each);
            }
        }
    }
    let medians = all
        .into_iter()
        .filter_map(|(name, each)| Some((name, report::median(&each)?)));
    Ok(medians.collect())
}

fn pairs<'a>(
    peers: &'a [&'a Peer],
    all: &'a mut [Figures],
) -> impl Iterator<Item = (&'a Peer, &'a mut Figures)> {
    peers.iter().copied().zip(all)
}

fn by(peer: &Peer, why: &io::Error) -> io::Error {
    io::Error::new(why.kind(), format!("{}: {why}", peer.name))
}

/// Nanoseconds of processor time a message.
async fn echo(server: &Server, case: Case, time: Duration, is_raw: bool) -> io::Result<f64> {
    let load = Load::start(server.port, case, is_raw).await?;
    sleep(time / 4).await;
    let (cpu, messages) = (server.cpu()?, load.messages());
    sleep(time).await;
    let (cpu, messages) = (server.cpu()? - cpu, load.messages() - messages);
    load.stop().await?;
    Ok(cpu.as_nanos() as f64 / messages.max(1) as f64)
}

/// Nanoseconds of processor time a handshake.
async fn handshake(server: &Server, plan: &Plan) -> io::Result<f64> {
    load::shake_hands(server.port, plan.handshakes / 4).await?;
    let before = server.cpu()?;
    load::shake_hands(server.port, plan.handshakes).await?;
    let cpu = server.cpu()? - before;
    Ok(cpu.as_nanos() as f64 / plan.handshakes as f64)
}

/// System calls a message. The server is idle, and so makes none, while the counter comes and goes.
async fn calls(
    server: &Server,
    counter: Counter,
    case: Case,
    plan: &Plan,
    is_raw: bool,
) -> io::Result<f64> {
    let streams = load::open_all(server.port, CONNECTIONS).await?;
    let counting = counter.count(server.id(), 2 * ATTACH + plan.time);
    let loading = async {
        sleep(ATTACH).await;
        let load = Load::on(streams, case, is_raw);
        sleep(plan.time / 2).await;
        load.stop().await
    };
    let (calls, messages) = tokio::join!(counting, loading);
    Ok(calls? as f64 / messages?.max(1) as f64)
}

async fn memory(peer: &str, count: usize) -> io::Result<Memory> {
    let server = Server::start(peer)?;
    let mut warm = load::open_all(server.port, 1).await?;
    load::echo_once(&mut warm, peer == RAW).await?;
    let before = server.memory()?;
    let mut streams = load::open_all(server.port, count).await?;
    sleep(Duration::from_millis(100)).await;
    let opened = server.memory()?;
    load::echo_once(&mut streams, peer == RAW).await?;
    sleep(Duration::from_millis(100)).await;
    let echoed = server.memory()?;
    let each = |bytes: u64| bytes.saturating_sub(before) as f64 / count as f64;
    Ok(Memory {
        opened: each(opened),
        echoed: each(echoed),
    })
}

/// Whether a peer counts towards "the best of the others".
pub(crate) fn is_other(peer: &Peer) -> bool {
    peer.name != RAW && peer.name != OURS
}
