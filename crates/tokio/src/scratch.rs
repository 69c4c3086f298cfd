//! The read buffer of a worker thread.

use bytes::BufMut;
use std::{
    cell::Cell,
    future::Future,
    io,
    pin::pin,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncReadExt};

pub(crate) const SIZE: usize = 64 * 1024;

thread_local! {
    static SCRATCH: Cell<Option<Vec<u8>>> = const { Cell::new(None) };
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
    let mut bytes = ready!(take(most, io, cx))?;
    let result = feed(cx, &mut bytes);
    put_back(bytes);
    Poll::Ready(Ok(result))
}

/// Reads once from `io` into the thread's buffer, no more than `most` bytes, and hands that out; to be
/// followed by [`put_back`].
#[inline]
pub(crate) fn take<Io: AsyncRead + Unpin>(
    most: usize,
    io: &mut Io,
    cx: &mut Context<'_>,
) -> Poll<io::Result<Vec<u8>>> {
    let scratch = SCRATCH.take().unwrap_or_else(|| Vec::with_capacity(SIZE));
    fill(scratch, most, io, cx, put_back)
}

/// Reads once from `io` into `buffer`, which is empty, no more than `most` bytes, and hands it out; or else it
/// goes back.
#[inline]
pub(crate) fn fill<Io: AsyncRead + Unpin>(
    mut buffer: Vec<u8>,
    most: usize,
    io: &mut Io,
    cx: &mut Context<'_>,
    back: impl FnOnce(Vec<u8>),
) -> Poll<io::Result<Vec<u8>>> {
    let read = pin!(io.read_buf(&mut (&mut buffer).limit(most))).poll(cx);
    match read {
        Poll::Ready(Ok(_)) => Poll::Ready(Ok(buffer)),
        Poll::Ready(Err(e)) => {
            back(buffer);
            Poll::Ready(Err(e))
        }
        Poll::Pending => {
            back(buffer);
            Poll::Pending
        }
    }
}

/// Gives the thread a buffer back that [`take`] handed out, or any other.
#[inline]
pub(crate) fn put_back(mut bytes: Vec<u8>) {
    if bytes.capacity() == SIZE {
        bytes.clear();
        SCRATCH.set(Some(bytes));
    }
}
