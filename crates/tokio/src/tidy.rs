//! Memory of sessions that have gone, on its way back to the system.
//!
//! An allocator gives back what is free behind the last block in use. Of each small size it keeps a few freed
//! blocks for the next who asks, wherever they lie: after ten thousand sessions have gone, some of those lie at
//! the far end, and all that is free before them stays. So once most sessions have gone, blocks of each size
//! are taken and returned in the order of their places: those that are kept are then near the front. One large
//! block, returned last, makes the allocator look at what it can give back. An allocator that works otherwise
//! loses nothing by it.
//!
//! The queue of a runtime of one thread never shrinks. It would grow when all sessions go at once, to wherever there
//! is room then, and hold all that is free before it: so it is made to grow while there are few.

use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::yield_now,
    time::sleep,
};

/// The memory of fewer sessions than this is less than what an allocator keeps anyway.
const MANY: usize = 100;
/// What part of the sessions must be left at most.
const LEFT: usize = 8;
/// After the last goodbyes.
const LATER: Duration = Duration::from_secs(2);
/// Each brings what is kept nearer to the front.
const ROUNDS: usize = 32;
/// Blocks of one size, taken at a time.
const BLOCKS: usize = 64;
/// The sizes of which blocks are kept, in bytes.
const SMALLEST: usize = 24;
const LARGEST: usize = 1032;
const STEP: usize = 16;
/// A block large enough to be looked at, and small enough to lie among the others.
const LARGE: usize = 96 * 1024;

/// From so many sessions on, what the queue may come to hold is worth its growing beforehand: that needs some 4 MB for a
/// moment, which so many more sessions fill again.
const CROWD: usize = 1000;
/// Tasks for which a queue needs a block so large that it does not lie among the others.
const QUEUE: usize = 16 * 1024;

/// The most sessions that there were.
#[derive(Debug, Default)]
pub(crate) struct Tide {
    most: AtomicUsize,
    /// It is about to be done, for those too who go meanwhile: however they come and go, it costs a few
    /// milliseconds in [`LATER`] at most.
    awaited: Arc<AtomicBool>,
    /// The runtime's queue has grown.
    has_room: AtomicBool,
}

impl Tide {
    /// There are so many sessions now, one more than before.
    pub(crate) fn rises(&self, sessions: usize) {
        if sessions > self.most.load(Relaxed) {
            self.most.fetch_max(sessions, Relaxed);
            if sessions >= CROWD && !self.has_room.swap(true, Relaxed) {
                widen_queue();
            }
        }
    }

    /// There are so many now, one less than before. Most having gone, their memory follows.
    pub(crate) fn falls(&self, sessions: usize) {
        let most = self.most.load(Relaxed);
        if most < MANY || sessions > most / LEFT {
            return;
        }
        let is_first = self.most.compare_exchange(most, sessions, Relaxed, Relaxed);
        if let (Ok(_), Ok(runtime)) = (is_first, Handle::try_current())
            && !self.awaited.swap(true, Relaxed)
        {
            // Each thread keeps blocks of its own.
            for _ in 0..runtime.metrics().num_workers() {
                runtime.spawn(tidy(self.awaited.clone()));
            }
        }
    }
}

/// Has many tasks ready at once, which takes a few milliseconds. With more threads, the queues are of one size.
#[cold]
fn widen_queue() {
    if let Ok(runtime) = Handle::try_current()
        && runtime.runtime_flavor() == RuntimeFlavor::CurrentThread
    {
        for _ in 0..=QUEUE {
            runtime.spawn(async {});
        }
    }
}

async fn tidy(awaited: Arc<AtomicBool>) {
    sleep(LATER).await;
    awaited.store(false, Relaxed);
    for _ in 0..ROUNDS {
        sort_kept();
        yield_now().await;
    }
}

/// One round.
fn sort_kept() {
    for size in (SMALLEST..=LARGEST).step_by(STEP) {
        let take = |_| black_box(Vec::<u8>::with_capacity(size));
        let mut blocks: Vec<Vec<u8>> = (0..BLOCKS).map(take).collect();
        blocks.sort_by_key(|block| block.as_ptr() as usize);
        // In order: the first to be returned are those that are kept.
        drop(blocks);
    }
    drop(black_box(Vec::<u8>::with_capacity(LARGE)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_done_once_when_most_have_gone() {
        let runtime = Handle::current();
        let tasks = || runtime.metrics().num_alive_tasks();
        let tide = Tide::default();
        tide.rises(MANY - 1);
        tide.falls(0);
        assert_eq!(tasks(), 0, "too few");
        tide.rises(2 * MANY);
        tide.falls(2 * MANY / LEFT + 1);
        assert_eq!(tasks(), 0, "not yet");
        tide.falls(2 * MANY / LEFT);
        assert_eq!(tasks(), runtime.metrics().num_workers());
        tide.falls(2 * MANY / LEFT - 1);
        tide.rises(MANY);
        tide.falls(0);
        assert_eq!(tasks(), runtime.metrics().num_workers(), "once");
        sleep(2 * LATER).await;
        assert_eq!(tasks(), 0, "it ends");
        tide.rises(MANY);
        tide.falls(0);
        assert_eq!(tasks(), runtime.metrics().num_workers(), "again");
    }

    #[tokio::test(start_paused = true)]
    async fn room_is_made_once_for_a_crowd() {
        let runtime = Handle::current();
        let tasks = || runtime.metrics().num_alive_tasks();
        let tide = Tide::default();
        tide.rises(CROWD - 1);
        assert_eq!(tasks(), 0, "too few");
        tide.rises(CROWD);
        assert!(tasks() > QUEUE);
        sleep(LATER).await;
        assert_eq!(tasks(), 0, "they do nothing");
        tide.falls(0);
        tide.rises(2 * CROWD);
        assert!(tasks() < QUEUE, "once");
    }
}
