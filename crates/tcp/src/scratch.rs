//! The read buffers of a thread.

use std::{
    cell::RefCell,
    io::{self, Read},
};

const SIZE: usize = 64 * 1024;
/// As many are kept: a read through TLS takes two.
const KEPT: usize = 2;

thread_local! {
    static SCRATCH: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
}

/// Gives `f` a buffer of the thread. It is taken, not borrowed: a handler may drive another connection.
pub(crate) fn with<R>(f: impl FnOnce(&mut [u8]) -> R) -> R {
    let kept = SCRATCH.with_borrow_mut(Vec::pop);
    let mut scratch = kept.unwrap_or_else(|| vec![0; SIZE].into());
    let result = f(&mut scratch);
    SCRATCH.with_borrow_mut(|kept| {
        if kept.len() < KEPT {
            kept.push(scratch);
        }
    });
    result
}

/// Reads once from `io` into a buffer of the thread and gives `feed` what came (nothing at the end of the
/// stream).
pub(crate) fn read<R>(io: impl Read, feed: impl FnOnce(&mut [u8]) -> R) -> io::Result<R> {
    read_at_most(SIZE, io, feed)
}

/// As [`read`], with no more than `most` bytes at once.
pub(crate) fn read_at_most<R>(
    most: usize,
    mut io: impl Read,
    feed: impl FnOnce(&mut [u8]) -> R,
) -> io::Result<R> {
    with(|scratch| {
        let n = io.read(&mut scratch[..most.min(SIZE)])?;
        Ok(feed(&mut scratch[..n]))
    })
}
