//! What idle connections of a server hold, and what it keeps when they have gone.

use crate::{client, event::Event, link::Link, load, peers::Peer};
use std::{io, time::Duration};
use tokio::time::sleep;

/// Turns at once.
const TURNS: usize = 64;
/// How long a server is left alone before its memory is looked at.
const REST: Duration = Duration::from_millis(500);
/// How long it has to give memory back.
const GONE: Duration = Duration::from_secs(4);

/// Resident bytes a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Connected, nothing said yet.
    pub(crate) opened: f64,
    /// After an event of 30 B and one of 1 KiB have been echoed on each.
    pub(crate) echoed: f64,
    /// After all have gone.
    pub(crate) gone: f64,
}

/// Measures a server of its own.
pub(crate) async fn measure(peer: Peer, count: usize) -> io::Result<Memory> {
    let server = peer.start()?;
    let mut warm = load::open_settled(server.port, 1).await?;
    echo(&mut warm).await?;
    drop(warm);
    sleep(REST).await;
    let before = server.memory()?;
    let mut links = load::open_settled(server.port, count).await?;
    sleep(REST).await;
    let opened = server.memory()?;
    echo(&mut links).await?;
    sleep(REST).await;
    let echoed = server.memory()?;
    drop(links);
    sleep(GONE).await;
    let gone = server.memory()?;
    let each = |bytes: u64| bytes.saturating_sub(before) as f64 / count as f64;
    Ok(Memory {
        opened: each(opened),
        echoed: each(echoed),
        gone: each(gone),
    })
}

async fn echo(links: &mut [Link]) -> io::Result<()> {
    for event in [Event::Small, Event::Object("echo")] {
        let batch = event.batch(1);
        for some in links.chunks_mut(TURNS) {
            for link in &mut *some {
                link.write(&batch.ask).await?;
            }
            for link in some {
                client::patient_answer(link, &batch).await?;
                link.settle();
            }
        }
    }
    Ok(())
}
