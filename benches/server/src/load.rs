//! The generator's loads: each keeps a server busy until it is stopped, and counts what came back as it should. One thread;
//! all that is in flight on a connection is sent in one write.

use crate::{
    client::{self, Polling},
    event::{self, Event},
    link::Link,
};
use std::{cell::Cell, io, rc::Rc, time::Duration};
use tokio::{task::JoinSet, time::sleep};

/// Sessions opened at once.
const OPENING: usize = 16;
/// Connections of an echo.
pub(crate) const CONNECTIONS: usize = 100;
/// Members of the room.
pub(crate) const MEMBERS: usize = 1000;

/// How long after the last session has been opened a server is left alone.
const SETTLING: Duration = Duration::from_millis(150);

/// What a server is kept busy with; the figure is what is in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// An event echoed over WebSocket.
    Echo(Event, usize),
    /// Events to the room.
    Broadcast(usize),
    /// The small event, echoed over long-polling.
    Poll(usize),
}

/// Keeps a server busy until it is stopped or dropped. To be used within a `LocalSet`.
#[derive(Default)]
pub(crate) struct Load {
    done: Rc<Cell<u64>>,
    stop: Rc<Cell<bool>>,
    tasks: JoinSet<io::Result<()>>,
}

impl Load {
    pub(crate) async fn start(port: u16, work: Work) -> io::Result<Self> {
        let mut load = Self::default();
        match work {
            Work::Echo(event, in_flight) => load.echo(port, event, in_flight).await?,
            Work::Broadcast(in_flight) => load.broadcast(port, in_flight).await?,
            Work::Poll(in_flight) => load.poll(port, in_flight).await?,
        }
        Ok(load)
    }

    async fn echo(&mut self, port: u16, event: Event, in_flight: usize) -> io::Result<()> {
        let batch = Rc::new(event.batch(in_flight));
        for mut link in open_settled(port, CONNECTIONS).await? {
            let (batch, mut scratch) = (batch.clone(), Vec::new());
            self.keep(in_flight, async move || {
                link.turn(&batch, &mut scratch).await
            });
        }
        Ok(())
    }

    /// The first member shouts; each delivery counts.
    async fn broadcast(&mut self, port: u16, in_flight: usize) -> io::Result<()> {
        let batch = event::shouts(in_flight);
        let mut scratch = Vec::new();
        let mut members = open_settled(port, MEMBERS).await?;
        for member in &mut members {
            client::join(member).await?;
        }
        self.keep(in_flight * MEMBERS, async move || {
            members[0].write(&batch.ask).await?;
            for member in &mut members {
                member.expect(&batch.answer, &mut scratch).await?;
            }
            Ok(())
        });
        Ok(())
    }

    async fn poll(&mut self, port: u16, in_flight: usize) -> io::Result<()> {
        for number in 0..CONNECTIONS {
            let mut session = Polling::open(port, number, in_flight).await?;
            self.keep(in_flight, async move || session.turn().await);
        }
        Ok(())
    }

    fn keep(&mut self, each: usize, mut turn: impl AsyncFnMut() -> io::Result<()> + 'static) {
        let (done, stop) = (self.done.clone(), self.stop.clone());
        self.tasks.spawn_local(async move {
            while !stop.get() {
                turn().await?;
                done.set(done.get() + each as u64);
            }
            Ok(())
        });
    }

    /// Messages or deliveries so far.
    pub(crate) fn done(&self) -> u64 {
        self.done.get()
    }

    /// Waits until so many are done. A failure is told by [`stop`](Self::stop).
    pub(crate) async fn reach(&self, count: u64) {
        while self.done() < count && !self.tasks.is_empty() {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Ends it: all that was done, or the first failure of any connection.
    pub(crate) async fn stop(mut self) -> io::Result<u64> {
        self.stop.set(true);
        while let Some(task) = self.tasks.join_next().await {
            task??;
        }
        Ok(self.done())
    }
}

/// Opens `count` sessions on WebSockets, and leaves the server alone until it has said all that it says by itself, and has
/// the application's handlers in place: some servers answer CONNECT before.
pub(crate) async fn open_settled(port: u16, count: usize) -> io::Result<Vec<Link>> {
    let mut links = open_all(port, count, client::web_socket).await?;
    sleep(SETTLING).await;
    for link in &mut links {
        client::settle(link).await?;
    }
    Ok(links)
}

/// Opens `count` sessions.
pub(crate) async fn open_all<F>(
    port: u16,
    count: usize,
    open: fn(u16, usize) -> F,
) -> io::Result<Vec<Link>>
where
    F: Future<Output = io::Result<Link>> + 'static,
{
    let mut links = Vec::with_capacity(count);
    while links.len() < count {
        let mut some = JoinSet::new();
        for number in links.len()..count.min(links.len() + OPENING) {
            some.spawn_local(open(port, number));
        }
        while let Some(link) = some.join_next().await {
            links.push(link??);
        }
    }
    Ok(links)
}

/// Opens and closes `count` sessions.
pub(crate) async fn come_and_go<F>(
    port: u16,
    count: usize,
    open: fn(u16, usize) -> F,
) -> io::Result<()>
where
    F: Future<Output = io::Result<Link>> + 'static,
{
    let mut tasks = JoinSet::new();
    for lane in 0..OPENING {
        tasks.spawn_local(async move {
            for number in 0..count / OPENING {
                drop(open(port, lane + number * OPENING).await?);
            }
            io::Result::Ok(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    // What a close costs belongs to it.
    sleep(Duration::from_millis(100)).await;
    Ok(())
}
