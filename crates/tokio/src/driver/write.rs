//! Writes of a session's socket, straight from its machine. When to write is decided elsewhere.

use super::Socket;
use crate::{
    line::Aside,
    traffic::{Meter, Sum},
};
use siox_stack::{Flow, Machine};
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
    meter: &Meter,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    while let Some(opening) = &mut socket.opening
        && !opening.answer.is_empty()
    {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let chunks = std::iter::once(&*opening.answer).chain(machine.poll_transmit());
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
        let answer = n.min(opening.answer.len());
        meter.wrote(answer);
        opening.answer.drain(..answer);
        if opening.answer.is_empty() {
            socket.opening.take_if(|opening| opening.is_over());
            return Poll::Ready(Ok(n - answer));
        }
    }
    write(socket, machine, cx)
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
    let mut n = 0;
    let written = machine.write_one(io.lane(), |slice| {
        n = io.write(slice).unwrap_or(0);
        n
    });
    if let Some((is_all, waited)) = written {
        sum.wrote(io.meter(), waited, n);
        return is_all;
    }
    write_many_aside(machine, io, sum)
}

#[inline(never)]
fn write_many_aside<M: Machine>(machine: &mut M, io: &Aside, sum: &mut Sum) -> bool {
    match machine.flow() {
        Flow::Waiting(lane) if lane == io.lane() => {}
        Flow::Idle(_) => return true,
        Flow::Waiting(_) | Flow::Unknown => return false,
    }
    let waited = machine.queued();
    let n = write_many(machine, |slices| io.write_vectored(slices)).unwrap_or(0);
    sum.wrote(io.meter(), waited, n);
    machine.handle_written(io.lane(), n);
    n > 0 && !machine.wants_write()
}
