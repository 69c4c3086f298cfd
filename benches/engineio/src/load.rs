//! Many clients at once, on one thread.

use crate::{client::Polling, input::Batch};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{task::JoinSet, time::sleep};

/// Polling sessions at once.
pub(crate) const SESSIONS: usize = 64;
/// Handshakes at once.
const SHAKING: usize = 16;

/// What came back so far.
#[derive(Debug, Default)]
struct Count {
    messages: AtomicU64,
    polls: AtomicU64,
    bytes: AtomicU64,
}

/// Keeps a server busy with echoes until it is stopped.
pub(crate) struct Load {
    count: Arc<Count>,
    stop: Arc<AtomicBool>,
    tasks: JoinSet<io::Result<()>>,
}

/// A look at the counters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) messages: u64,
    pub(crate) polls: u64,
    pub(crate) bytes: u64,
}

impl Load {
    pub(crate) async fn start(port: u16, batch: Batch) -> io::Result<Self> {
        let mut sessions = Vec::with_capacity(SESSIONS);
        for number in 0..SESSIONS {
            sessions.push(Polling::open(port, number, batch).await?);
        }
        let mut load = Self {
            count: Arc::default(),
            stop: Arc::default(),
            tasks: JoinSet::new(),
        };
        for mut session in sessions {
            let (count, stop) = (load.count.clone(), load.stop.clone());
            load.tasks.spawn(async move {
                while !stop.load(Relaxed) {
                    let (polled, received) = (session.polled, session.received());
                    session.turn().await?;
                    count.messages.fetch_add(batch.count as u64, Relaxed);
                    count.polls.fetch_add(session.polled - polled, Relaxed);
                    count
                        .bytes
                        .fetch_add(session.received() - received, Relaxed);
                }
                Ok(())
            });
        }
        Ok(load)
    }

    pub(crate) fn seen(&self) -> Seen {
        Seen {
            messages: self.count.messages.load(Relaxed),
            polls: self.count.polls.load(Relaxed),
            bytes: self.count.bytes.load(Relaxed),
        }
    }

    /// Ends it; the first failure of any session.
    pub(crate) async fn stop(mut self) -> io::Result<()> {
        self.stop.store(true, Relaxed);
        while let Some(task) = self.tasks.join_next().await {
            task??;
        }
        Ok(())
    }
}

/// Connects `count` clients, some at once.
pub(crate) async fn connect<F>(
    port: u16,
    count: usize,
    client: fn(u16, usize) -> F,
) -> io::Result<()>
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for lane in 0..SHAKING {
        tasks.spawn(async move {
            for number in 0..count / SHAKING {
                client(port, lane + number * SHAKING).await?;
            }
            io::Result::Ok(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    // What a close costs belongs to it.
    sleep(Duration::from_millis(30)).await;
    Ok(())
}
