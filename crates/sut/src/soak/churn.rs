//! Clients that are abandoned at six points of their lives.

use super::{Child, Churn, Done, Served, check_descriptors, client::Client, kib};
use std::{
    io::Result,
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{io::AsyncWriteExt, task::JoinSet, time::sleep};

/// How long the server may take to forget the last of them.
const FORGET: Duration = Duration::from_secs(30);

pub(super) async fn run(churn: &Churn) -> Done {
    check_descriptors(churn.at_once)?;
    let mut server = Child::start(&Served {
        ping_interval: 1000,
        ping_timeout: 1000,
    })?;
    let empty = server.resident()?;
    println!(
        "{} cycles, {} at a time; empty: {}",
        churn.cycles,
        churn.at_once,
        kib(empty)
    );
    let tenth = churn.cycles / 10;
    cycles(0..tenth, churn.at_once, server.address).await?;
    let first = forgotten(&mut server).await?;
    println!("after {tenth}: {}", kib(first));
    let begun = Instant::now();
    let mut last = first;
    for part in 1..10 {
        let more = part * tenth..(part + 1) * tenth;
        cycles(more.clone(), churn.at_once, server.address).await?;
        let busy = server.resident()?;
        last = forgotten(&mut server).await?;
        println!(
            "after {}: {}, {} when all had gone",
            more.end,
            kib(busy),
            kib(last)
        );
    }
    println!("{} s in all", begun.elapsed().as_secs());
    match last <= first + churn.growth {
        true => Ok(()),
        false => Err(format!("memory grew from {} to {}", kib(first), kib(last)).into()),
    }
}

/// Waits until no session is left; what memory is left then, in KiB.
async fn forgotten(server: &mut Child) -> Done<usize> {
    let begun = Instant::now();
    loop {
        let numbers = server.numbers()?;
        if ["sessions", "sockets", "rooms", "queued"]
            .iter()
            .all(|n| numbers[*n] == 0)
        {
            return server.resident();
        }
        if begun.elapsed() > FORGET {
            return Err(format!("something is left: {numbers:?}").into());
        }
        sleep(Duration::from_millis(100)).await;
    }
}

async fn cycles(which: std::ops::Range<usize>, at_once: usize, to: SocketAddr) -> Done {
    let mut under_way = JoinSet::new();
    for n in which {
        if under_way.len() >= at_once
            && let Some(ended) = under_way.join_next().await
        {
            ended??;
        }
        under_way.spawn(cycle(n, to));
    }
    while let Some(ended) = under_way.join_next().await {
        ended??;
    }
    Ok(())
}

async fn cycle(n: usize, to: SocketAddr) -> Result<()> {
    let mut client = Client::connect(n, to).await?;
    match n % 6 {
        0 => {}
        1 => {
            let head = b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHo";
            client.io.write_all(head).await?;
        }
        2 => drop(client.poll_open().await?),
        3 => {
            let sid = client.poll_open().await?;
            let mut socket = Client::connect(n, to).await?;
            socket.upgrade(Some(&sid)).await?;
            socket.send("2probe").await?;
            socket.expect("3probe").await?;
            socket.abandon((n / 6).is_multiple_of(2));
        }
        4 => client.open().await?,
        _ => {
            client.open().await?;
            client.join().await?;
            client.send("42[\"owe\"]").await?;
            client.expect("42").await?;
        }
    }
    client.abandon((n / 6).is_multiple_of(2));
    Ok(())
}
