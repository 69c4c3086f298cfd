//! Counters that many threads add to and few read. What is counted is the user's business.

use std::{
    cell::Cell,
    fmt,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
};

/// Rows of a tally; a power of two.
const ROWS: usize = 16;

thread_local! {
    /// Which row is this thread's; beyond the rows there are until it has one.
    static ROW: Cell<usize> = const { Cell::new(usize::MAX) };
}

static THREADS: AtomicUsize = AtomicUsize::new(0);

#[cold]
fn take_row() -> usize {
    let row = THREADS.fetch_add(1, Relaxed) % ROWS;
    ROW.set(row);
    row
}

fn row() -> usize {
    match ROW.get() {
        row if row < ROWS => row,
        _ => take_row(),
    }
}

/// One thread's part, on cache lines of its own.
#[repr(align(128))]
struct Row<const N: usize>([AtomicU64; N]);

/// `N` counters that only grow. To add costs one atomic addition that is seldom contended: sixteen threads
/// have a part of the counters each, and more share them.
pub struct Tally<const N: usize>(Box<[Row<N>; ROWS]>);

impl<const N: usize> Tally<N> {
    /// All of them zero.
    #[must_use]
    pub fn new() -> Self {
        Self(Box::new(std::array::from_fn(|_| {
            Row(std::array::from_fn(|_| AtomicU64::new(0)))
        })))
    }

    /// Adds `n` to the counter of this index; nothing where there is none.
    #[inline]
    pub fn add(&self, index: usize, n: u64) {
        if let Some(counter) = self.0[row() % ROWS].0.get(index) {
            counter.fetch_add(n, Relaxed);
        }
    }

    /// What the counters have come to. What other threads add meanwhile may be in it or not.
    #[must_use]
    pub fn read(&self) -> [u64; N] {
        std::array::from_fn(|i| self.0.iter().map(|row| row.0[i].load(Relaxed)).sum())
    }
}

impl<const N: usize> Default for Tally<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Debug for Tally<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tally").field(&self.read()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_threads_add_is_the_sum() {
        let tally = Tally::<3>::new();
        std::thread::scope(|scope| {
            for _ in 0..3 * ROWS {
                scope.spawn(|| {
                    for n in 0..100 {
                        tally.add(1, n);
                        tally.add(2, 1);
                        tally.add(3, 1);
                    }
                });
            }
        });
        let threads = 3 * ROWS as u64;
        assert_eq!(tally.read(), [0, threads * 4950, threads * 100]);
    }
}
