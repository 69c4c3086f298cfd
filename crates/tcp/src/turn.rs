//! What drives a WebSocket: one turn is what is due, one write of all that is queued, one read and its
//! messages; at the end, the closing of the transport.

use crate::{
    Error, SendError, Transport, WebSocket, clock,
    deadline::Until,
    machine::{OnMessage, WhenFull},
    scratch,
    wait::{Wait, is_timeout},
};
use siox_wire::{Input, Instant};
use std::{
    io::{self, IoSlice},
    net::Shutdown,
    task::Poll,
    time::Duration,
};

/// Slices of one vectored write.
pub(crate) const SLICES: usize = 64;
/// How long a transport that has said its last word is read on, so that a reset does not eat that word.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// What a turn came to.
enum Turn<T> {
    Made(T),
    /// It got somewhere.
    Moved,
    /// Nothing can be done without waiting longer.
    Idle,
}

impl<S: Transport> WebSocket<S> {
    /// Takes turns until `on` makes something of a message, the connection is over, or `until` says so:
    /// then nothing is lost, and it goes on where it stopped.
    pub(crate) fn drive<T>(
        &mut self,
        until: Until,
        on: &mut impl OnMessage<T>,
    ) -> Result<Poll<Option<T>>, Error> {
        self.machine.ask();
        let driven = self.drive_on(until, on);
        if let Ok(Poll::Ready(Some(_))) = driven {
            self.machine.rest();
        }
        driven
    }

    fn drive_on<T>(
        &mut self,
        until: Until,
        on: &mut impl OnMessage<T>,
    ) -> Result<Poll<Option<T>>, Error> {
        self.patiently(until, |socket| {
            while !socket.machine.over {
                match socket.turn(until, on) {
                    Ok(Turn::Made(made)) => return Ok(Poll::Ready(Some(made))),
                    Ok(Turn::Moved) if until.ends_busy() => return Ok(Poll::Pending),
                    Ok(Turn::Idle) if until.ends_idle() => return Ok(Poll::Pending),
                    Ok(Turn::Moved | Turn::Idle) => {}
                    Err(e) => socket.machine.fail(e),
                }
            }
            let failure = socket.machine.failure.take();
            failure.map_or(Ok(Poll::Ready(None)), Err)
        })
    }

    /// Calls `f` with a transport that blocks, or does not, as `until` says.
    fn patiently<T>(
        &mut self,
        until: Until,
        f: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if until != Until::Now || self.machine.over {
            return f(self);
        }
        self.io.set_nonblocking(true)?;
        let done = f(self);
        // A transport on which this fails is broken, and the next call on it says so.
        let _ = self.io.set_nonblocking(false);
        done
    }

    fn turn<T>(&mut self, until: Until, on: &mut impl OnMessage<T>) -> Result<Turn<T>, Error> {
        if let Some(by) = self.ending {
            return Ok(self.end(until, by));
        }
        self.machine.expire()?;
        if !self.rest.is_empty() && !self.machine.is_full() {
            return Ok(self.read_rest(on)?.map_or(Turn::Moved, Turn::Made));
        }
        // What was queued between two reads leaves together, before the second.
        if !self.write_all(until)? {
            return Ok(Turn::Idle);
        }
        if self.machine.connection.is_finished() || (self.eof && self.rest.is_empty()) {
            self.begin_end();
            return Ok(Turn::Moved);
        }
        match self.rest.is_empty() {
            true => self.read_io(until, on),
            false => Ok(Turn::Moved),
        }
    }

    fn read_rest<T>(&mut self, on: &mut impl OnMessage<T>) -> Result<Option<T>, Error> {
        let mut taken = self.rest.take();
        let mut input = Input::new(clock::now(), taken.as_mut_slice());
        let made = self.machine.feed(&mut input, WhenFull::Stop, on);
        let left = input.len();
        self.rest.put_back(taken, left);
        made
    }

    fn read_io<T>(&mut self, until: Until, on: &mut impl OnMessage<T>) -> Result<Turn<T>, Error> {
        let deadline = until.or(self.machine.deadline());
        self.wait(until, deadline)?;
        let Self {
            io,
            machine,
            rest,
            eof,
            ..
        } = self;
        let read = scratch::read(io, |bytes| {
            if bytes.is_empty() {
                *eof = true;
                machine.eof()?;
                return Ok(None);
            }
            let mut input = Input::new(clock::now(), bytes);
            let made = machine.feed(&mut input, WhenFull::Stop, on);
            rest.put(input.take_all());
            made
        });
        match read {
            Ok(made) => Ok(made?.map_or(Turn::Moved, Turn::Made)),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(Turn::Moved),
            Err(e) if is_timeout(&e) => Ok(Turn::Idle),
            Err(e) => Err(e.into()),
        }
    }

    /// Makes the next call on the transport return by `deadline`.
    fn wait(&mut self, until: Until, deadline: Option<Instant>) -> io::Result<()> {
        match until {
            Until::Now => Ok(()),
            Until::Done | Until::Time(_) => self.wait.both(&self.io, deadline),
        }
    }

    /// Writes until nothing is queued; `false` if `until` said so before.
    pub(crate) fn flush_until(&mut self, until: Until) -> Result<bool, Error> {
        self.patiently(until, |socket| {
            let written = socket.write_all(until);
            let written = written.inspect_err(|e| socket.machine.fail(e.again()))?;
            match socket.machine.abandoned {
                true => Err(SendError::Closed.into()),
                false => Ok(written),
            }
        })
    }

    /// Writes all that is queued, as much of it as can be in one call; `false` if `until` said so before.
    fn write_all(&mut self, until: Until) -> Result<bool, Error> {
        loop {
            let deadline = until.or(self.machine.deadline());
            self.wait(until, deadline)?;
            let mut slices = [IoSlice::new(&[]); SLICES];
            let mut used = 0;
            let chunks = self.machine.connection.poll_transmit();
            for (slice, chunk) in slices.iter_mut().zip(chunks) {
                *slice = IoSlice::new(chunk);
                used += 1;
            }
            let written = match used {
                0 => self.io.flush().map(|()| None),
                _ => self.io.write_vectored(&slices[..used]).map(Some),
            };
            match written {
                Ok(None) => return Ok(true),
                Ok(Some(0)) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(Some(n)) => self.machine.connection.handle_written(n),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if is_timeout(&e) && until.ends_idle() => return Ok(false),
                Err(e) if is_timeout(&e) => {}
                Err(e) => return Err(e.into()),
            }
            if until.ends_busy() {
                return Ok(false);
            }
            self.machine.expire()?;
        }
    }

    /// The end of the transport begins: a server closes its half first, a client awaits the peer's
    /// (RFC 6455 §7.1.1).
    fn begin_end(&mut self) {
        if !self.machine.is_client {
            let _ = self.io.shutdown(Shutdown::Write);
        }
        self.ending = Some(clock::now().after(LINGER));
    }

    /// Reads the peer's rest away once, and closes the transport when it has ended, or its time.
    fn end<T>(&mut self, until: Until, by: Instant) -> Turn<T> {
        let waiting = self.wait(until, until.or(Some(by)));
        let read = match waiting {
            Ok(()) => scratch::read(&mut self.io, |bytes| bytes.is_empty()),
            Err(e) => Err(e),
        };
        let over = match read {
            Ok(end) => end,
            Err(e) => !is_timeout(&e),
        };
        if over || by <= clock::now() {
            // Whatever comes of it, the connection ends here.
            let _ = self.io.shutdown(Shutdown::Both);
            self.machine.over = true;
            return Turn::Moved;
        }
        Turn::Idle
    }
}

/// Closes our half, then reads the peer's rest away for a while, so that a reset does not eat what was
/// said last.
pub(crate) fn linger(mut io: impl Transport) {
    // Whatever comes of it, the connection ends here.
    let _ = io.shutdown(Shutdown::Write);
    let by = clock::now().after(LINGER);
    while clock::now() < by && Wait::default().both(&io, Some(by)).is_ok() {
        match scratch::read(&mut io, |bytes| bytes.is_empty()) {
            Ok(false) => {}
            Err(e) if is_timeout(&e) => {}
            Ok(true) | Err(_) => break,
        }
    }
    let _ = io.shutdown(Shutdown::Both);
}
