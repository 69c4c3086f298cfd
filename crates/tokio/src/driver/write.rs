//! Writes of a session's socket, straight from its machine. When to write is decided elsewhere.

use super::Socket;
use crate::{line::Aside, traffic::Sum};
use siox_stack::Machine;
use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::AsyncWrite;

/// Slices of one vectored write.
const SLICES: usize = 64;

/// One vectored write straight from the machine: the socket never blocks, so the lock may be held.
pub(super) fn write<M: Machine, Io: AsyncWrite + Unpin>(
    socket: &mut Socket<Io>,
    machine: &M,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let io = Pin::new(&mut socket.io);
    let written = with_slices(machine, |slices| match slices {
        [one] => io.poll_write(cx, one),
        many => io.poll_write_vectored(cx, many),
    });
    match written {
        None => {
            if socket.unflushed {
                ready!(Pin::new(&mut socket.io).poll_flush(cx))?;
                socket.unflushed = false;
            }
            Poll::Pending
        }
        Some(written) => match ready!(written) {
            Ok(0) => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            other => {
                socket.unflushed = socket.flushes;
                Poll::Ready(other)
            }
        },
    }
}

/// The first writes: the answer to the upgrade, and frames behind it. How many bytes of frames there were.
#[cold]
pub(super) fn write_answer<M: Machine, Io: AsyncWrite + Unpin>(
    socket: &mut Socket<Io>,
    machine: &M,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    loop {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let chunks = std::iter::once(&*socket.answer).chain(machine.poll_transmit());
        let mut used = 0;
        for (slice, chunk) in slices.iter_mut().zip(chunks) {
            *slice = IoSlice::new(chunk);
            used += 1;
        }
        let io = Pin::new(&mut socket.io);
        let n = ready!(io.poll_write_vectored(cx, &slices[..used]))?;
        if n == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        socket.unflushed = socket.flushes;
        let Some(frames) = n.checked_sub(socket.answer.len()) else {
            socket.answer.drain(..n);
            continue;
        };
        socket.answer = Vec::new();
        return Poll::Ready(Ok(frames));
    }
}

/// Calls `write` with the slices of the next write, if there are any.
#[inline]
fn with_slices<M: Machine, R>(machine: &M, write: impl FnOnce(&[IoSlice<'_>]) -> R) -> Option<R> {
    if let Some(only) = machine.only_transmit() {
        return Some(write(&[IoSlice::new(only)]));
    }
    machine.wants_write().then(|| write_many(machine, write))
}

#[inline(never)]
fn write_many<M: Machine, R>(machine: &M, write: impl FnOnce(&[IoSlice<'_>]) -> R) -> R {
    let mut slices = [IoSlice::new(&[]); SLICES];
    let mut used = 0;
    for (slice, chunk) in slices.iter_mut().zip(machine.poll_transmit()) {
        *slice = IoSlice::new(chunk);
        used += 1;
    }
    write(&slices[..used])
}

/// Writes once in the place of the driver. Whether all is written and nothing else is to be done.
#[inline]
pub(crate) fn write_aside<M: Machine>(machine: &mut M, io: &Aside, sum: &mut Sum) -> bool {
    let lane = io.lane();
    if machine.open_lane() != Some(lane) {
        return false;
    }
    match with_slices(machine, |slices| io.write(slices)) {
        Some(Ok(n)) if n > 0 => {
            sum.wrote(io.meter(), machine.queued(), n);
            machine.handle_written(lane, n);
            !machine.wants_write()
        }
        Some(Ok(_) | Err(_)) => false,
        None => true,
    }
}
