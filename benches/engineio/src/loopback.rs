//! The rounds over loopback: every server once a round, so that what disturbs the machine disturbs all alike.

use crate::{
    client,
    input::Batch,
    load::{self, Load, SESSIONS},
    peers::PEERS,
    process::Server,
    rounds::median,
};
use std::{
    io,
    time::{Duration, Instant},
};
use tokio::time::sleep;

const BATCHES: [Batch; 4] = [
    Batch::text(1, 20),
    Batch::text(1, 1024),
    Batch::text(16, 20),
    Batch::text(16, 1024),
];

/// How long and how often.
#[derive(Debug)]
pub(crate) struct Plan {
    rounds: usize,
    time: Duration,
    connections: usize,
}

pub(crate) const FULL: Plan = Plan {
    rounds: 7,
    time: Duration::from_millis(400),
    connections: 1600,
};

pub(crate) const QUICK: Plan = Plan {
    rounds: 1,
    time: Duration::from_millis(100),
    connections: 160,
};

/// What was measured of one server, a figure a round.
#[derive(Debug, Default)]
struct Figures {
    echo: [Echo; BATCHES.len()],
    /// Nanoseconds of processor time a connection: by polling with the upgrade, and by WebSocket.
    connect: [Vec<f64>; 2],
}

/// By message, but for `busy`.
#[derive(Debug, Default)]
struct Echo {
    nanos: Vec<f64>,
    polls: Vec<f64>,
    bytes: Vec<f64>,
    /// The server's processor time by the time that passed: the generator is the slower one where it is far below 1.
    busy: Vec<f64>,
}

pub(crate) fn run(plan: &Plan) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut all: [Figures; PEERS.len()] = Default::default();
    for round in 0..plan.rounds {
        for turn in 0..PEERS.len() {
            let at = (round + turn) % PEERS.len();
            let (name, _) = PEERS[at];
            eprintln!("round {} of {}: {name}", round + 1, plan.rounds);
            let measured = runtime.block_on(measure(name, plan, &mut all[at]));
            measured.map_err(|why| io::Error::new(why.kind(), format!("{name}: {why}")))?;
        }
    }
    report(&all, plan);
    Ok(())
}

async fn measure(name: &str, plan: &Plan, figures: &mut Figures) -> io::Result<()> {
    let server = Server::start(name)?;
    for (batch, echo) in BATCHES.into_iter().zip(&mut figures.echo) {
        let load = Load::start(server.port, batch).await?;
        sleep(plan.time / 4).await;
        let (start, cpu, before) = (Instant::now(), server.cpu()?, load.seen());
        sleep(plan.time).await;
        let (cpu, after, time) = (server.cpu()? - cpu, load.seen(), start.elapsed());
        load.stop().await?;
        let messages = (after.messages - before.messages).max(1) as f64;
        echo.nanos.push(cpu.as_nanos() as f64 / messages);
        echo.polls
            .push((after.polls - before.polls) as f64 / messages);
        echo.bytes
            .push((after.bytes - before.bytes) as f64 / messages);
        echo.busy.push(cpu.as_secs_f64() / time.as_secs_f64());
    }
    let [upgraded, direct] = &mut figures.connect;
    upgraded.push(connections(&server, plan.connections, client::upgrade).await?);
    direct.push(connections(&server, plan.connections, client::web_socket).await?);
    Ok(())
}

async fn connections<F>(
    server: &Server,
    count: usize,
    client: fn(u16, usize) -> F,
) -> io::Result<f64>
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    load::connect(server.port, count / 4, client).await?;
    let before = server.cpu()?;
    load::connect(server.port, count, client).await?;
    Ok((server.cpu()? - before).as_nanos() as f64 / count as f64)
}

fn report(all: &[Figures], plan: &Plan) {
    println!(
        "Over loopback: processor time of the server's process as the scheduler accounts it, medians of {} interleaved \
         rounds; the ratios are medians of the ratios of each round. Every server is one thread of tokio in a process of \
         its own, with its library's default settings; the requests are the same to the byte, but for the length of the \
         session's id. {SESSIONS} polling sessions, each with two connections kept alive: a poll is sent, then a POST with \
         all messages in flight, then polls until all have come back, every byte of them compared.\n",
        plan.rounds
    );
    for (name, about) in PEERS {
        println!("- {name}: {about}");
    }
    let titles = BATCHES.map(Batch::title);
    let echo = |title: &str, unit, digits, pick: fn(&Echo) -> &Vec<f64>| {
        let series: Vec<Vec<&Vec<f64>>> = all
            .iter()
            .map(|f| f.echo.iter().map(pick).collect())
            .collect();
        table(title, &titles, &series, unit, digits);
    };
    echo("Polling echo, µs a message", 1000.0, 2, |echo| &echo.nanos);
    echo("Polls a message", 1.0, 2, |echo| &echo.polls);
    echo("Bytes of the server a message", 1.0, 0, |echo| &echo.bytes);
    echo("The server's share of a processor", 1.0, 2, |echo| {
        &echo.busy
    });
    let series: Vec<Vec<&Vec<f64>>> = all.iter().map(|f| f.connect.iter().collect()).collect();
    table(
        "Connect, one echo over the WebSocket, gone; µs a connection",
        &["by polling, upgraded".to_owned(), "by WebSocket".to_owned()],
        &series,
        1000.0,
        1,
    );
}

/// A line a server, a column a case; below, ours by the last one, the peer.
fn table(title: &str, columns: &[String], series: &[Vec<&Vec<f64>>], unit: f64, digits: usize) {
    println!("\n### {title}\n\n| server | {} |", columns.join(" | "));
    println!("|---|{}", "--:|".repeat(columns.len()));
    for ((name, _), series) in PEERS.iter().zip(series) {
        let cells = series
            .iter()
            .map(|one| format!(" {:.digits$} |", median(one) / unit));
        println!("| {name} |{}", cells.collect::<String>());
    }
    // Counts speak for themselves.
    let Some((peer, ours)) = series.split_last().filter(|_| unit > 1.0) else {
        return;
    };
    for ((name, _), ours) in PEERS.iter().zip(ours) {
        let cells = ours.iter().zip(peer).map(|(ours, peer)| {
            let ratios: Vec<f64> = ours.iter().zip(peer.iter()).map(|(a, b)| a / b).collect();
            format!(" {:.2} |", median(&ratios))
        });
        println!("| {name} ÷ engineioxide |{}", cells.collect::<String>());
    }
}
