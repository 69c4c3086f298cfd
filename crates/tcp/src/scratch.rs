//! The read buffer of a thread.

use std::{
    cell::Cell,
    io::{self, Read},
};

const SIZE: usize = 64 * 1024;

thread_local! {
    static SCRATCH: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

/// Reads once from `io` into the thread's buffer and gives `feed` what came (nothing at the end of the
/// stream). The buffer is taken, not borrowed: a handler may drive another connection.
pub(crate) fn read<R>(io: impl Read, feed: impl FnOnce(&mut [u8]) -> R) -> io::Result<R> {
    read_at_most(SIZE, io, feed)
}

/// As [`read`], with no more than `most` bytes at once.
pub(crate) fn read_at_most<R>(
    most: usize,
    mut io: impl Read,
    feed: impl FnOnce(&mut [u8]) -> R,
) -> io::Result<R> {
    let mut scratch = SCRATCH.take().unwrap_or_else(|| vec![0; SIZE].into());
    let read = io.read(&mut scratch[..most.min(SIZE)]);
    let result = read.map(|n| feed(&mut scratch[..n]));
    SCRATCH.set(Some(scratch));
    result
}
