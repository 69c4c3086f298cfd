//! The client whose methods block: threads, on sessions of `siox_tcp::engine`.
//!
//! A connection has two threads as long as it lives: one knows the time and opens sessions (`driver`), one
//! calls handlers. Each session has one that opens and hears it (`line`).

mod client;
mod driver;
mod line;
mod task;

use super::{
    carrier::{Carrier, Task},
    kind::{Threads, Which, sealed::Begin},
    shared::Shared,
    tell,
};
use driver::Driver;
use siox_wire::Instant;
use std::{io, sync::Arc, thread};

struct OnThreads;

impl Carrier for OnThreads {
    fn now(&self) -> Instant {
        siox_tcp::now()
    }

    fn spawn(&self, task: Task) {
        task::spawn(task);
    }
}

impl Begin for Threads {
    const WHICH: Which = Which::Threads;

    fn carrier() -> Arc<dyn Carrier> {
        Arc::new(OnThreads)
    }

    fn drive(shared: &Arc<Shared>) {
        let (drives, tells) = (Ending(shared.clone()), Ending(shared.clone()));
        let started = named("socket.io", move || Driver::new(drives.0.clone()).run())
            .and_then(|()| named("socket.io news", move || tell_news(&tells.0)));
        if let Err(error) = started {
            tracing::error!(%error, "no thread for a client");
            shared.end();
        }
    }
}

/// With either thread the connection ends.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end();
    }
}

fn tell_news(shared: &Arc<Shared>) {
    while !shared.lock().over {
        shared
            .news
            .wait(None, |news| std::mem::take(news).then_some(()));
        tell::all(shared);
        if shared.is_abandoned() {
            // The driver waits for the last word to be told.
            shared.nudge();
        }
    }
}

fn named(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new()
        .name(name.into())
        .spawn(run)
        .map(drop)
}
