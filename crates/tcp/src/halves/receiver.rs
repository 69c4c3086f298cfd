//! The half that receives, and drives the connection.

use super::both::{AT_ONCE, Both, LOOK};
use crate::{
    Chunk, Close, Connection, Deadline, Error, Message, Transport,
    chunks::EachChunk,
    clock,
    deadline::Until,
    machine::{OnMessage, WhenFull},
    rest::Rest,
    scratch,
    turn::LINGER,
    wait::{Wait, is_timeout},
};
use siox_wire::{Input, Instant};
use std::{
    fmt, io,
    net::{Shutdown, TcpStream},
    sync::Arc,
    task::Poll,
    time::Duration,
};

/// How long the receiver waits while the peer does not take what it has to write.
const RETRY: Duration = Duration::from_millis(50);

/// The half that receives.
pub struct Receiver<S = TcpStream> {
    both: Arc<Both<S>>,
    rest: Rest,
    wait: Wait,
    /// The end of the stream was read.
    eof: bool,
    /// The connection is over, and the transport is being closed until then.
    ending: Option<Instant>,
}

impl<S> Receiver<S> {
    pub(super) fn new(both: Arc<Both<S>>, rest: Rest, eof: bool, ending: Option<Instant>) -> Self {
        Self {
            both,
            rest,
            wait: Wait::unknown(),
            eof,
            ending,
        }
    }

    /// As [`WebSocket::goodbye`](crate::WebSocket::goodbye).
    #[must_use]
    pub fn goodbye(&self) -> Option<Close<'static>> {
        self.both.lock().machine.goodbye.as_deref().cloned()
    }

    /// The transport. Its timeouts are not to be changed.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.both.io
    }
}

impl<S> Receiver<S>
where
    for<'a> &'a S: Transport,
{
    /// As [`WebSocket::read`](crate::WebSocket::read).
    ///
    /// # Errors
    /// Those of [`WebSocket::read`](crate::WebSocket::read).
    pub fn read(&mut self) -> Result<Option<Message<'static>>, Error> {
        loop {
            if let Poll::Ready(read) = self.next(Until::Done)? {
                return Ok(read);
            }
        }
    }

    /// As [`WebSocket::read_by`](crate::WebSocket::read_by).
    ///
    /// # Errors
    /// Those of [`WebSocket::read_by`](crate::WebSocket::read_by).
    pub fn read_by(&mut self, by: impl Into<Deadline>) -> Result<Option<Message<'static>>, Error> {
        match self.next(Until::new(by.into()))? {
            Poll::Ready(read) => Ok(read),
            Poll::Pending => Err(Error::Timeout),
        }
    }

    /// As [`WebSocket::try_read`](crate::WebSocket::try_read), but it may wait for a millisecond, or a tick of the system's clock.
    ///
    /// # Errors
    /// Those of [`WebSocket::read`](crate::WebSocket::read).
    pub fn try_read(&mut self) -> Result<Poll<Option<Message<'static>>>, Error> {
        self.next(Until::Now)
    }

    fn next(&mut self, until: Until) -> Result<Poll<Option<Message<'static>>>, Error> {
        self.both.lock().machine.set_streaming(false);
        let mut on = |_: &mut Connection, message: Message<'_>| Ok(Some(message.into_owned()));
        self.drive(until, &mut on)
    }

    /// As [`WebSocket::read_chunk`](crate::WebSocket::read_chunk).
    ///
    /// # Errors
    /// Those of [`WebSocket::read_chunk`](crate::WebSocket::read_chunk).
    pub fn read_chunk(&mut self) -> Result<Option<Chunk<'static>>, Error> {
        loop {
            if let Poll::Ready(read) = self.next_chunk(Until::Done)? {
                return Ok(read);
            }
        }
    }

    /// As [`WebSocket::read_chunk_by`](crate::WebSocket::read_chunk_by).
    ///
    /// # Errors
    /// Those of [`WebSocket::read_chunk_by`](crate::WebSocket::read_chunk_by).
    pub fn read_chunk_by(
        &mut self,
        by: impl Into<Deadline>,
    ) -> Result<Option<Chunk<'static>>, Error> {
        match self.next_chunk(Until::new(by.into()))? {
            Poll::Ready(read) => Ok(read),
            Poll::Pending => Err(Error::Timeout),
        }
    }

    fn next_chunk(&mut self, until: Until) -> Result<Poll<Option<Chunk<'static>>>, Error> {
        if let Some(chunk) = self.both.lock().machine.begin_chunks() {
            return Ok(Poll::Ready(Some(chunk)));
        }
        self.drive(until, &mut EachChunk)
    }

    fn drive<T>(
        &mut self,
        until: Until,
        on: &mut impl OnMessage<T>,
    ) -> Result<Poll<Option<T>>, Error> {
        self.both.lock().machine.ask();
        let driven = self.drive_on(until, on);
        if let Ok(Poll::Ready(Some(_))) = driven {
            self.both.lock().machine.rest();
        }
        driven
    }

    fn drive_on<T>(
        &mut self,
        until: Until,
        on: &mut impl OnMessage<T>,
    ) -> Result<Poll<Option<T>>, Error> {
        loop {
            if let Some(told) = self.end_told() {
                return told.map(|()| Poll::Ready(None));
            }
            match self.turn(until, on) {
                Ok(Step::Made(made)) => return Ok(Poll::Ready(Some(made))),
                Ok(Step::Moved) if until.ends_busy() => return Ok(Poll::Pending),
                Ok(Step::Idle) if until.ends_idle() => return Ok(Poll::Pending),
                Ok(Step::Moved | Step::Idle) => {}
                Err(e) => self.both.lock().machine.fail(e),
            }
            if self.both.lock().machine.over {
                self.both.end();
            }
        }
    }

    /// How the connection ended, once it is over.
    fn end_told(&self) -> Option<Result<(), Error>> {
        let mut state = self.both.lock();
        let over = state.machine.over;
        over.then(|| state.machine.failure.take().map_or(Ok(()), Err))
    }

    fn turn<T>(&mut self, until: Until, on: &mut impl OnMessage<T>) -> Result<Step<T>, Error> {
        if let Some(by) = self.ending {
            return Ok(self.linger(until, by));
        }
        self.both.lock().machine.expire()?;
        if !self.rest.is_empty() {
            return self.read_rest(on);
        }
        if self.both.lock().is_left_alone() {
            // Only as far as the peer takes it at once: this half must go on reading. A failure is
            // remembered, and told by the next turn.
            let _ = self.both.write_all(Until::Now);
        }
        let (finished, owes, deadline) = {
            let state = self.both.lock();
            let finished = state.machine.connection.is_finished();
            (finished, state.is_left_alone(), state.machine.deadline())
        };
        if finished || self.eof {
            self.begin_end();
            return Ok(Step::Moved);
        }
        let most = match (until, owes) {
            (Until::Now, _) => AT_ONCE,
            (Until::Done | Until::Time(_), true) => RETRY,
            (Until::Done | Until::Time(_), false) => LOOK,
        };
        self.wait
            .read(&&self.both.io, until.or(deadline), Some(most))?;
        self.read_io(on)
    }

    fn read_rest<T>(&mut self, on: &mut impl OnMessage<T>) -> Result<Step<T>, Error> {
        let mut taken = self.rest.take();
        let mut input = Input::new(clock::now(), taken.as_mut_slice());
        let made = feed(&self.both, &mut input, on);
        let left = input.len();
        self.rest.put_back(taken, left);
        made
    }

    fn read_io<T>(&mut self, on: &mut impl OnMessage<T>) -> Result<Step<T>, Error> {
        let Self {
            both, rest, eof, ..
        } = self;
        let read = scratch::read(&both.io, |bytes| {
            if bytes.is_empty() {
                *eof = true;
                both.lock().machine.eof()?;
                return Ok(Step::Moved);
            }
            let mut input = Input::new(clock::now(), bytes);
            let made = feed(both, &mut input, on);
            rest.put(input.take_all());
            made
        });
        match read {
            Ok(made) => made,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(Step::Moved),
            Err(e) if is_timeout(&e) => Ok(Step::Idle),
            Err(e) => Err(e.into()),
        }
    }

    fn begin_end(&mut self) {
        if !self.both.lock().machine.is_client {
            let _ = (&self.both.io).shutdown(Shutdown::Write);
        }
        self.ending = Some(clock::now().after(LINGER));
    }

    /// Reads the peer's rest away once, and closes the transport when it has ended, or its time.
    fn linger<T>(&mut self, until: Until, by: Instant) -> Step<T> {
        let most = (until == Until::Now).then_some(AT_ONCE);
        let waiting = self.wait.read(&&self.both.io, until.or(Some(by)), most);
        let read = waiting.and_then(|()| scratch::read(&self.both.io, |bytes| bytes.is_empty()));
        let over = match read {
            Ok(end) => end,
            Err(e) => !is_timeout(&e),
        };
        if over || by <= clock::now() {
            // Whatever comes of it, the connection ends here.
            let _ = (&self.both.io).shutdown(Shutdown::Both);
            self.both.end();
            return Step::Moved;
        }
        Step::Idle
    }
}

/// What a turn of the receiver came to.
enum Step<T> {
    Made(T),
    /// It got somewhere.
    Moved,
    /// Nothing can be done without waiting longer.
    Idle,
}

/// Handles input until `on` makes something of it.
fn feed<S, T>(
    both: &Both<S>,
    input: &mut Input<'_>,
    on: &mut impl OnMessage<T>,
) -> Result<Step<T>, Error> {
    let made = both.lock().machine.feed(input, WhenFull::GoOn, on)?;
    Ok(made.map_or(Step::Moved, Step::Made))
}

impl<S> fmt::Debug for Receiver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
