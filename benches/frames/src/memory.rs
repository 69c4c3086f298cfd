//! What stands for the socket: a source that never ends and never blocks, and a sink that copies what it
//! takes, as a kernel does. Both serve blocking and async peers.

use bytes::{BufMut, BytesMut};
use std::{
    cell::RefCell,
    future::Future,
    io::{self, IoSlice, Read, Write},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The most that one read brings, in bytes, as from a socket whose buffer is full.
pub const AT_ONCE: usize = 64 * 1024;
/// A page, in bytes.
const PAGE: usize = 4096;

/// `bytes` at the beginning of a page, and where that is: how two buffers lie to each other within a page
/// decides how fast one is copied to the other.
pub(crate) fn aligned(bytes: &[u8]) -> (Vec<u8>, usize) {
    let mut room = vec![0; bytes.len() + PAGE];
    let from = room.as_ptr().align_offset(PAGE).min(PAGE);
    room.truncate(from);
    room.extend_from_slice(bytes);
    (room, from)
}

thread_local! {
    /// Where what is written goes, and where in it the kernel's buffer begins: one for all sides, since where a
    /// buffer lies in the processor's caches decides by some percent how fast a large payload is copied.
    static KERNEL: RefCell<(Vec<u8>, usize)> = RefCell::new(aligned(&[0; AT_ONCE]));
}

/// The same bytes over and over, fresh each time; what is written is copied away.
#[derive(Debug)]
pub struct Memory {
    bytes: Vec<u8>,
    at: usize,
    /// Bytes written so far.
    pub written: usize,
}

impl Memory {
    /// A stream of `bytes`, over and over; no read goes beyond their end.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            at: 0,
            written: 0,
        }
    }

    /// How many bytes it has before they come again.
    #[allow(clippy::len_without_is_empty, reason = "it never is")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    fn next(&mut self, most: usize) -> &[u8] {
        if self.at == self.bytes.len() {
            self.at = 0;
        }
        let len = most.min(AT_ONCE).min(self.bytes.len() - self.at);
        self.at += len;
        &self.bytes[self.at - len..self.at]
    }

    /// One read into `to`; says how many bytes came.
    pub fn fill(&mut self, to: &mut [u8]) -> usize {
        let bytes = self.next(to.len());
        to[..bytes.len()].copy_from_slice(bytes);
        bytes.len()
    }

    /// One read of at most `most` bytes behind what `to` holds.
    pub fn fill_behind(&mut self, to: &mut BytesMut, most: usize) {
        to.reserve(most);
        to.put_slice(self.next(most));
    }

    /// One write; all is taken, and told.
    pub fn drain(&mut self, bytes: &[u8]) -> usize {
        self.drain_all(&[IoSlice::new(bytes)])
    }

    /// One vectored write; all is taken.
    pub fn drain_all(&mut self, slices: &[IoSlice<'_>]) -> usize {
        let mut written = 0;
        KERNEL.with_borrow_mut(|(kernel, page)| {
            let kernel = &mut kernel[*page..];
            for now in slices.iter().flat_map(|slice| slice.chunks(AT_ONCE)) {
                kernel[..now.len()].copy_from_slice(now);
                written += now.len();
            }
        });
        self.written += written;
        written
    }
}

impl Read for Memory {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        Ok(self.fill(to))
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.drain(bytes);
        Ok(bytes.len())
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(self.drain_all(slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Memory {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let most = to.remaining();
        to.put_slice(self.next(most));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Memory {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.drain(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.drain_all(slices)))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Runs what never waits.
///
/// # Panics
/// If it waits.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("memory never waits"),
    }
}
