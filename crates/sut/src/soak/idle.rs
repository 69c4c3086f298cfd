//! Clients that only answer pings, for long.

use super::{Child, Done, Idle, Served, check_descriptors, client::Client, kib};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::{sync::Semaphore, task::JoinSet, time::sleep};

/// How many connect at a time.
const AT_ONCE: usize = 64;

pub(super) async fn run(idle: &Idle) -> Done {
    check_descriptors(idle.clients)?;
    let mut server = Child::start(&Served {
        ping_interval: idle.ping_interval,
        ping_timeout: 20_000,
    })?;
    let empty = server.resident()?;
    println!(
        "{} clients for {} s, pinged every {} ms",
        idle.clients, idle.seconds, idle.ping_interval
    );
    println!("empty: {}", kib(empty));
    let pings = Arc::new(AtomicU64::new(0));
    let mut clients = connect(idle.clients, server.address, &pings).await?;
    let all = idle.clients as u64;
    // The first heartbeat, and a moment for what is scheduled for it.
    watch(
        &mut clients,
        Duration::from_millis(idle.ping_interval + 5000),
    )
    .await?;
    let (first, before) = (server.resident()?, pings.load(Relaxed));
    let each = (first - empty) * 1024 / idle.clients;
    println!("all there: {}, {each} bytes a client", kib(first));
    if each > idle.each {
        return Err(format!("more than {} bytes", idle.each).into());
    }
    let begun = Instant::now();
    let mut most = first;
    while begun.elapsed() < Duration::from_secs(idle.seconds) {
        let rest = Duration::from_secs(idle.seconds).saturating_sub(begun.elapsed());
        watch(&mut clients, rest.min(Duration::from_secs(10))).await?;
        let now = server.resident()?;
        most = most.max(now);
        let numbers = server.numbers()?;
        println!(
            "{:>4} s: {}, {} sessions, {} pings",
            begun.elapsed().as_secs(),
            kib(now),
            numbers["sessions"],
            pings.load(Relaxed)
        );
        if numbers["sessions"] != all || numbers["sockets"] != all || numbers["closed"] != 0 {
            return Err(format!("clients were lost: {numbers:?}").into());
        }
    }
    let expected = begun.elapsed().as_millis() as u64 / idle.ping_interval * all;
    let heard = pings.load(Relaxed) - before;
    println!(
        "most: {}; {heard} pings, at least {expected} expected",
        kib(most)
    );
    if heard < expected {
        return Err("pings are missing".into());
    }
    let allowed = first + first * idle.growth / 1000;
    match most <= allowed {
        true => Ok(()),
        false => Err(format!("memory grew from {} to {}", kib(first), kib(most)).into()),
    }
}

type Clients = JoinSet<std::io::Result<()>>;

/// All of them connected and in `/`, each a task that answers pings.
async fn connect(count: usize, to: SocketAddr, pings: &Arc<AtomicU64>) -> Done<Clients> {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut clients = JoinSet::new();
    for n in 0..count {
        let (turns, pings) = (turns.clone(), pings.clone());
        clients.spawn(async move {
            let turn = turns.acquire().await;
            let mut client = Client::connect(n, to).await?;
            client.open().await?;
            client.join().await?;
            drop(turn);
            loop {
                client.rest();
                client.expect("2").await?;
                client.send("3").await?;
                pings.fetch_add(1, Relaxed);
            }
        });
    }
    // The last have their turn when all turns are free again.
    let all = tokio::select! {
        all = turns.acquire_many(AT_ONCE as u32) => all.map(drop),
        ended = clients.join_next() => return Err(lost(&ended)),
    };
    all?;
    Ok(clients)
}

/// Waits; the end of any client is an error.
async fn watch(clients: &mut Clients, time: Duration) -> Done {
    tokio::select! {
        () = sleep(time) => Ok(()),
        ended = clients.join_next() => Err(lost(&ended)),
    }
}

type Ended = Option<Result<std::io::Result<()>, tokio::task::JoinError>>;

fn lost(ended: &Ended) -> Box<dyn std::error::Error> {
    format!("a client was lost: {ended:?}").into()
}
