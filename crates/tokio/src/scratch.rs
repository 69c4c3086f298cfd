//! The read buffer of a worker thread.

use std::{
    cell::Cell,
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, ReadBuf};

const SIZE: usize = 64 * 1024;

thread_local! {
    static SCRATCH: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

/// Reads once from `io` into the thread's buffer and gives `feed` what came (nothing at the end of the
/// stream). The buffer is taken, not borrowed: a handler polled in place may drive another connection.
pub(crate) fn read<Io: AsyncRead + Unpin, R>(
    io: &mut Io,
    cx: &mut Context<'_>,
    feed: impl FnOnce(&mut Context<'_>, &mut [u8]) -> R,
) -> Poll<io::Result<R>> {
    read_at_most(SIZE, io, cx, feed)
}

/// As [`read`], with no more than `most` bytes at once.
pub(crate) fn read_at_most<Io: AsyncRead + Unpin, R>(
    most: usize,
    io: &mut Io,
    cx: &mut Context<'_>,
    feed: impl FnOnce(&mut Context<'_>, &mut [u8]) -> R,
) -> Poll<io::Result<R>> {
    let mut scratch = SCRATCH.take().unwrap_or_else(|| vec![0; SIZE].into());
    let mut buf = ReadBuf::new(&mut scratch[..most.min(SIZE)]);
    let polled = Pin::new(io).poll_read(cx, &mut buf);
    let result = polled.map_ok(|()| feed(cx, buf.filled_mut()));
    SCRATCH.set(Some(scratch));
    result
}
