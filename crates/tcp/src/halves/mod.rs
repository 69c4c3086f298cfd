//! A WebSocket in two halves, each for a thread of its own.

mod both;

use crate::{
    Close, CloseCode, Connection, Deadline, Error, Message, SendError, Transport, WebSocket, clock,
    deadline::Until,
    machine::WhenFull,
    rest::Rest,
    scratch,
    turn::LINGER,
    wait::{Wait, is_timeout},
};
use both::{AT_ONCE, Both, LOOK};
use bytes::Bytes;
use siox_wire::{Input, Instant, Shared};
use std::{
    fmt, io,
    net::{Shutdown, TcpStream},
    sync::Arc,
    task::Poll,
    time::Duration,
};

/// How long the receiver waits while the peer does not take what it has to write.
const RETRY: Duration = Duration::from_millis(50);

impl<S> WebSocket<S>
where
    for<'a> &'a S: Transport,
{
    /// Two halves, each for a thread of its own: a send waits for no read, and no read for a send. The
    /// receiver is what drives the connection: without one that reads, no ping is answered and no closing
    /// handshake ends. The deadlines of [`Limits`](crate::Limits) are kept to within a second.
    #[must_use]
    pub fn split(self) -> (Sender<S>, Receiver<S>) {
        let both = Arc::new(Both::new(self.io, self.machine));
        let receiver = Receiver {
            both: both.clone(),
            rest: self.rest,
            wait: Wait::unknown(),
            eof: self.eof,
            ending: self.ending,
        };
        (Sender { both }, receiver)
    }
}

/// The half that sends. Clones of it send from further threads, one message after the other.
pub struct Sender<S = TcpStream> {
    both: Arc<Both<S>>,
}

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

impl<S> Sender<S> {
    /// As [`WebSocket::queue`]; whoever writes next writes it too.
    ///
    /// # Errors
    /// Those of [`WebSocket::queue`].
    pub fn queue<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.both.lock().machine.queue(message.into())
    }

    /// As [`WebSocket::queue_bytes`].
    ///
    /// # Errors
    /// Those of [`WebSocket::queue`].
    pub fn queue_bytes(&self, payload: Bytes) -> Result<(), SendError> {
        self.both.lock().machine.queue_bytes(payload)
    }

    /// As [`WebSocket::queue_shared`].
    ///
    /// # Errors
    /// Those of [`WebSocket::queue`].
    pub fn queue_shared(&self, group: &Arc<Shared>) -> Result<(), SendError> {
        self.both.lock().machine.queue_shared(group)
    }

    /// As [`WebSocket::set_compress`], for all senders of the connection.
    #[cfg(feature = "deflate")]
    pub fn set_compress(&self, wanted: bool) {
        self.both.lock().machine.connection.set_compress(wanted);
    }

    /// As [`WebSocket::ping`].
    ///
    /// # Errors
    /// Those of [`WebSocket::ping`].
    pub fn ping(&self, payload: &[u8]) -> Result<(), SendError> {
        self.both.lock().machine.ping(payload)
    }

    /// As [`WebSocket::queued`].
    #[must_use]
    pub fn queued(&self) -> usize {
        self.both.lock().machine.connection.queued()
    }

    /// As [`WebSocket::is_closed`].
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.both.lock().machine.is_closed()
    }

    /// The transport. Its timeouts are not to be changed.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.both.io
    }
}

impl<S> Sender<S>
where
    for<'a> &'a S: Transport,
{
    /// As [`WebSocket::send`], whatever the receiver does.
    ///
    /// # Errors
    /// Those of [`WebSocket::send`].
    pub fn send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        self.both.send(message.into(), Until::Done)
    }

    /// As [`WebSocket::send_by`]. A deadline that has passed lets it wait for a millisecond, or a tick
    /// of the system's clock, as every such call of a half.
    ///
    /// # Errors
    /// Those of [`WebSocket::send_by`].
    pub fn send_by<'m>(
        &self,
        message: impl Into<Message<'m>>,
        by: impl Into<Deadline>,
    ) -> Result<(), Error> {
        self.both.send(message.into(), Until::new(by.into()))
    }

    /// As [`WebSocket::flush`].
    ///
    /// # Errors
    /// Those of [`WebSocket::send`].
    pub fn flush(&self) -> Result<(), Error> {
        self.both.write_all(Until::Done).map(|_| ())
    }

    /// As [`WebSocket::flush_by`].
    ///
    /// # Errors
    /// Those of [`WebSocket::flush_by`].
    pub fn flush_by(&self, by: impl Into<Deadline>) -> Result<(), Error> {
        match self.both.write_all(Until::new(by.into()))? {
            true => Ok(()),
            false => Err(Error::Timeout),
        }
    }

    /// Says goodbye, and waits until it is written; the receiver ends when the peer has answered, or
    /// [`Limits::close_wait`](crate::Limits::close_wait) is over.
    ///
    /// # Errors
    /// Those of [`WebSocket::send`].
    pub fn close(&self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.both.lock().machine.queue_close(code, reason);
        self.flush()
    }
}

impl<S> Receiver<S> {
    /// As [`WebSocket::goodbye`].
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
    /// As [`WebSocket::read`].
    ///
    /// # Errors
    /// Those of [`WebSocket::read`].
    pub fn read(&mut self) -> Result<Option<Message<'static>>, Error> {
        loop {
            if let Poll::Ready(read) = self.next(Until::Done)? {
                return Ok(read);
            }
        }
    }

    /// As [`WebSocket::read_by`].
    ///
    /// # Errors
    /// Those of [`WebSocket::read_by`].
    pub fn read_by(&mut self, by: impl Into<Deadline>) -> Result<Option<Message<'static>>, Error> {
        match self.next(Until::new(by.into()))? {
            Poll::Ready(read) => Ok(read),
            Poll::Pending => Err(Error::Timeout),
        }
    }

    /// As [`WebSocket::try_read`], but it may wait for a millisecond, or a tick of the system's clock.
    ///
    /// # Errors
    /// Those of [`WebSocket::read`].
    pub fn try_read(&mut self) -> Result<Poll<Option<Message<'static>>>, Error> {
        self.next(Until::Now)
    }

    fn next(&mut self, until: Until) -> Result<Poll<Option<Message<'static>>>, Error> {
        loop {
            if let Some(told) = self.end_told() {
                return told.map(|()| Poll::Ready(None));
            }
            match self.turn(until) {
                Ok(Step::Made(message)) => return Ok(Poll::Ready(Some(message))),
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

    fn turn(&mut self, until: Until) -> Result<Step, Error> {
        if let Some(by) = self.ending {
            return Ok(self.linger(until, by));
        }
        self.both.lock().machine.expire()?;
        if !self.rest.is_empty() {
            return self.read_rest();
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
        self.read_io()
    }

    fn read_rest(&mut self) -> Result<Step, Error> {
        let mut taken = self.rest.take();
        let mut input = Input::new(clock::now(), taken.as_mut_slice());
        let made = feed(&self.both, &mut input);
        let left = input.len();
        self.rest.put_back(taken, left);
        made
    }

    fn read_io(&mut self) -> Result<Step, Error> {
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
            let made = feed(both, &mut input);
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
    fn linger(&mut self, until: Until, by: Instant) -> Step {
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
enum Step {
    Made(Message<'static>),
    /// It got somewhere.
    Moved,
    /// Nothing can be done without waiting longer.
    Idle,
}

/// Handles input up to a message.
fn feed<S>(both: &Both<S>, input: &mut Input<'_>) -> Result<Step, Error> {
    let mut on = |_: &mut Connection, message: Message<'_>| Ok(Some(message.into_owned()));
    let made = both.lock().machine.feed(input, WhenFull::GoOn, &mut on)?;
    Ok(made.map_or(Step::Moved, Step::Made))
}

impl<S> Clone for Sender<S> {
    fn clone(&self) -> Self {
        Self {
            both: self.both.clone(),
        }
    }
}

impl<S> fmt::Debug for Sender<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for Receiver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
