//! What drives a WebSocket: one turn is what is due, one read and its messages, one write. The next message is
//! asked for in `ask`.

use super::{
    Chunk, CloseCode, Connection, Error, Message, SendError, WebSocket,
    linger::LINGER,
    rest::{self, Taken},
    warm,
};
use crate::{clock, codec, outlet, scratch};
use siox_websocket::{Close, Event};
use siox_wire::{Input, Instant};
use std::{
    convert::Infallible,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};
use tokio::io::{AsyncRead, AsyncWrite};

/// Slices of one vectored write.
const SLICES: usize = 64;
/// From this many queued bytes on, answers wait for no others.
const CORK: usize = 64 * 1024;
/// After so many reads in succession that brought little, little is expected of the next.
const LITTLE: u8 = 4;
/// Turns before other tasks have theirs.
const BUDGET: usize = 32;

/// The closing of a stream whose connection is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending {
    by: Instant,
    /// Our half is closed.
    shut: bool,
    /// The peer's half is.
    drained: bool,
}

impl Ending {
    const DONE: Self = Self {
        by: Instant::EPOCH,
        shut: true,
        drained: true,
    };

    pub(super) fn is_done(self) -> bool {
        self.shut && self.drained
    }
}

/// What became of a message to send.
pub(super) enum Begun {
    /// It is queued, and may wait for others.
    Held,
    /// It is queued, and to be written.
    Queued,
    /// There is no room for it: it is as it was.
    Full,
}

/// What handles messages: something of one ends the turn.
pub(super) trait OnMessage<T> {
    fn message(
        &mut self,
        connection: &mut Connection,
        message: Message<'_>,
    ) -> Result<Option<T>, Error>;

    /// A chunk of one that was begun in chunks.
    fn chunk(&mut self, connection: &mut Connection, chunk: Chunk<'_>) -> Result<Option<T>, Error>;

    /// For one that takes messages along, in memory of their own: what ends the turn where such a message is
    /// at hand, in what was read, and is better taken from there.
    fn at_hand(&mut self) -> Option<T> {
        None
    }

    /// Whether it answers on the spot, so that it hears nothing while there is no room for an answer.
    /// Whoever sends by itself waits for room there, and reads on: else two ends that both send more
    /// than the stream holds would wait for each other.
    fn needs_room(&self) -> bool {
        false
    }
}

/// Makes nothing of anything.
pub(super) struct Dropped;

impl OnMessage<Infallible> for Dropped {
    fn message(&mut self, _: &mut Connection, _: Message<'_>) -> Result<Option<Infallible>, Error> {
        Ok(None)
    }

    fn chunk(&mut self, _: &mut Connection, _: Chunk<'_>) -> Result<Option<Infallible>, Error> {
        Ok(None)
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> WebSocket<Io> {
    /// Whether an answer may wait for those to the messages that came with its question.
    #[inline]
    fn may_hold_back(&mut self) -> bool {
        self.rest.has_message() && self.pace.may_hold()
    }

    /// Takes turns until `on` makes something of a message, or the connection is over; why, is in
    /// `failure`.
    pub(super) fn poll_with<T>(
        &mut self,
        cx: &mut Context<'_>,
        on: &mut impl OnMessage<T>,
    ) -> Poll<Option<T>> {
        self.hold_back();
        self.away_since = None;
        codec::lend(&mut self.connection);
        // Only who answers on the spot queues much within a turn.
        let packs = on.needs_room();
        if packs {
            outlet::lend(&mut self.connection);
        }
        let polled = self.poll_turns(cx, on);
        if packs {
            outlet::release(&mut self.connection);
        }
        codec::release(&mut self.connection);
        match &polled {
            Poll::Ready(_) if self.connection.poll_timeout().is_some() => {
                self.away_since = Some(clock::now());
            }
            Poll::Ready(_) => {}
            Poll::Pending => warm::release(&mut self.connection),
        }
        polled
    }

    /// Tells of the time in which nothing was asked for, up to now.
    #[inline]
    fn hold_back(&mut self) {
        if let Some(since) = &mut self.away_since {
            let now = clock::now();
            self.connection.held_back(now.since(*since));
            *since = now;
        }
    }

    fn poll_turns<T>(
        &mut self,
        cx: &mut Context<'_>,
        on: &mut impl OnMessage<T>,
    ) -> Poll<Option<T>> {
        for _ in 0..BUDGET {
            if self.ending.is_some() {
                return self.poll_end(cx).map(|()| None);
            }
            match ready!(self.poll_turn(cx, on)) {
                Ok(Some(made)) => return Poll::Ready(Some(made)),
                Ok(None) => {}
                Err(e) => self.fail(e),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// One turn; ready when it got somewhere.
    fn poll_turn<T>(
        &mut self,
        cx: &mut Context<'_>,
        on: &mut impl OnMessage<T>,
    ) -> Poll<Result<Option<T>, Error>> {
        let mut progress = false;
        // What was queued between two reads leaves together, before the second, and before a deadline
        // forgets it.
        if !self.rest.has_message() && self.holds_output() {
            progress |= self.poll_write(cx)?.is_ready();
        }
        self.expire()?;
        if let Poll::Ready(read) = self.poll_read(cx, on)? {
            if read.is_some() {
                return Poll::Ready(Ok(read));
            }
            progress = true;
        }
        if self.holds_output() {
            progress |= self.poll_write(cx)?.is_ready();
        }
        if self.connection.is_finished() {
            self.begin_end();
            progress = true;
        }
        if !progress {
            ready!(self.timer.poll(self.connection.poll_timeout(), cx));
        }
        Poll::Ready(Ok(None))
    }

    /// What is due.
    #[inline]
    fn expire(&mut self) -> Result<(), Error> {
        self.hold_back();
        let Some(deadline) = self.connection.poll_timeout() else {
            return Ok(());
        };
        let now = clock::now();
        if deadline <= now {
            self.connection.handle_timeout(now)?;
        }
        Ok(())
    }

    fn poll_read<T>(
        &mut self,
        cx: &mut Context<'_>,
        on: &mut impl OnMessage<T>,
    ) -> Poll<Result<Option<T>, Error>> {
        let has_room = !on.needs_room() || !is_full(&self.connection);
        if !has_room || (self.eof && self.rest.is_empty()) {
            return Poll::Pending;
        }
        let mut taken = match self.rest.is_empty() {
            true => match ready!(self.poll_input(cx))? {
                Some(taken) => taken,
                None => return Poll::Ready(Ok(None)),
            },
            false => self.rest.take(clock::now()),
        };
        let mut feed = Feed {
            connection: &mut self.connection,
            goodbye: &mut self.goodbye,
            deaf: self.failure.is_some(),
        };
        if !feed.deaf
            && let Some(made) = on.at_hand()
        {
            match self.rest.hold(taken, feed.connection) {
                None => return Poll::Ready(Ok(Some(made))),
                Some(other) => taken = other,
            }
        }
        let mut input = taken.input();
        let made = feed.all(&mut input, on);
        let left = input.len();
        self.rest.put_back(taken, left, &self.connection);
        Poll::Ready(made)
    }

    /// Reads once. Nothing comes at the end of the stream, which the connection is told of.
    #[inline]
    pub(super) fn poll_input(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Taken>, Error>> {
        self.pace.end();
        let bytes = match self.little_reads >= LITTLE {
            true => ready!(warm::read(&mut self.io, cx))?,
            false => ready!(scratch::take(scratch::SIZE, &mut self.io, cx))?,
        };
        self.little_reads = match bytes.len() < warm::MOST {
            true => self.little_reads.saturating_add(1),
            false => 0,
        };
        let now = clock::now();
        if bytes.is_empty() {
            rest::give_back(bytes);
            self.eof = true;
            self.connection.handle_eof(now)?;
            return Poll::Ready(Ok(None));
        }
        self.pace.begin(now);
        Poll::Ready(Ok(Some(Taken::read(bytes, now))))
    }

    /// Whether anything is to be written, or let out by the stream.
    #[inline]
    pub(super) fn holds_output(&self) -> bool {
        self.connection.queued() > 0 || self.unflushed
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.connection.queued() == 0 {
            return self.poll_unflushed(cx);
        }
        let io = Pin::new(&mut self.io);
        let written = match self.connection.only_transmit() {
            Some(chunk) => io.poll_write(cx, chunk),
            None => write_chunks(io, cx, self.connection.poll_transmit()),
        };
        match ready!(written)? {
            0 => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            n => {
                self.unflushed = true;
                self.connection.handle_written(n);
                Poll::Ready(Ok(()))
            }
        }
    }

    /// Lets out what the stream itself still holds, as TLS does where the socket below was full. Ready
    /// when it fails.
    fn poll_unflushed(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.unflushed {
            ready!(Pin::new(&mut self.io).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Pending
    }

    /// Remembers the first failure. The close frame that the peer is owed is queued, and the turns go on
    /// until it has left; a broken stream ends at once.
    pub(super) fn fail(&mut self, error: Error) {
        match error {
            Error::Io(_) => self.ending = Some(Ending::DONE),
            Error::Send(_) => {
                self.queue_close(CloseCode::INTERNAL, "");
            }
            _ => {}
        }
        self.failure.get_or_insert(error);
    }

    fn begin_end(&mut self) {
        self.ending = Some(Ending {
            by: clock::now().after(LINGER),
            shut: false,
            drained: self.eof,
        });
    }

    /// Closes the stream, a server first its own half, a client first the peer's; not for long.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..BUDGET {
            let Some(Ending { by, shut, drained }) = self.ending else {
                return Poll::Ready(());
            };
            if self.ending.is_some_and(Ending::is_done) {
                return Poll::Ready(());
            }
            // A stream that fails here fails the next step too.
            let _ = self.poll_unflushed(cx);
            let step = if !shut && (drained || !self.is_client()) {
                let closed = Pin::new(&mut self.io).poll_shutdown(cx);
                closed.map_ok(|()| (true, drained))
            } else {
                let read = scratch::read(&mut self.io, cx, |_, bytes| bytes.is_empty());
                read.map_ok(|end| (shut, end))
            };
            self.ending = Some(match step {
                Poll::Ready(Ok((shut, drained))) => Ending { by, shut, drained },
                Poll::Ready(Err(_)) => Ending::DONE,
                Poll::Pending => {
                    ready!(self.timer.poll(Some(by), cx));
                    Ending::DONE
                }
            });
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// As [`begin_send`](Self::begin_send), for a short message in the most common case, taken out for speed.
    /// [`Begun::Full`] says that it is another one: nothing has happened.
    #[inline]
    pub(super) fn hold(&mut self, message: &Message<'_>) -> Begun {
        let is_plain = self.ending.is_none() && !codec::is_wanted(&self.connection);
        if !is_plain || !self.connection.message_below(CORK, message) {
            return Begun::Full;
        }
        if !self.may_hold_back() {
            return Begun::Queued;
        }
        self.last_words = Some(Self::write_last);
        Begun::Held
    }

    /// Queues `message` if there is room for it; a large one is moved out of it.
    pub(super) fn begin_send(&mut self, message: &mut Message<'_>) -> Result<Begun, SendError> {
        let queued = self.connection.queued();
        if queued > 0 && queued >= self.connection.limits().high_water {
            return Ok(Begun::Full);
        }
        self.put(message)?;
        if self.connection.queued() >= CORK || !self.may_hold_back() {
            return Ok(Begun::Queued);
        }
        self.last_words = Some(Self::write_last);
        Ok(Begun::Held)
    }

    /// Writes what was held back, as far as the stream takes it at once.
    fn write_last(&mut self) {
        let cx = &mut Context::from_waker(Waker::noop());
        while let Poll::Ready(Ok(())) = self.poll_write(cx) {}
        // Whatever comes of it, nobody is left to be told.
        let _ = Pin::new(&mut self.io).poll_flush(cx);
    }

    /// Writes until there is room for a message.
    pub(super) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_out(cx, |connection| {
            !is_full(connection) || connection.queued() == 0
        })
    }

    /// Writes until nothing is queued.
    pub(super) fn poll_flushed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_out(cx, |connection| connection.queued() == 0))?;
        ready!(Pin::new(&mut self.io).poll_flush(cx))?;
        self.unflushed = false;
        Poll::Ready(Ok(()))
    }

    fn poll_out(
        &mut self,
        cx: &mut Context<'_>,
        enough: impl Fn(&Connection) -> bool,
    ) -> Poll<Result<(), Error>> {
        while !enough(&self.connection) {
            if self.ending.is_some() {
                return Poll::Ready(Err(SendError::Closed.into()));
            }
            if let Err(e) = self.expire() {
                self.fail(e);
            }
            match self.poll_write(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(e)) => {
                    self.fail(Error::Io(e.kind().into()));
                    return Poll::Ready(Err(e.into()));
                }
                Poll::Pending => ready!(self.timer.poll(self.connection.poll_timeout(), cx)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// One write of what is queued.
#[inline(never)]
fn write_chunks<'c, Io: AsyncWrite>(
    io: Pin<&mut Io>,
    cx: &mut Context<'_>,
    chunks: impl Iterator<Item = &'c [u8]>,
) -> Poll<io::Result<usize>> {
    let mut slices = [IoSlice::new(&[]); SLICES];
    let mut used = 0;
    for (slice, chunk) in slices.iter_mut().zip(chunks) {
        *slice = IoSlice::new(chunk);
        used += 1;
    }
    io.poll_write_vectored(cx, &slices[..used])
}

fn is_full(connection: &Connection) -> bool {
    connection.queued() >= connection.limits().high_water
}

/// Where the messages of an input go.
struct Feed<'a> {
    connection: &'a mut Connection,
    goodbye: &'a mut Option<Box<Close<'static>>>,
    /// The application has failed: it hears nothing more.
    deaf: bool,
}

impl Feed<'_> {
    /// Handles messages until `on` makes something of one, there is no room for the answers it needs, or
    /// the input is eaten.
    fn all<T>(
        &mut self,
        input: &mut Input<'_>,
        on: &mut impl OnMessage<T>,
    ) -> Result<Option<T>, Error> {
        while !on.needs_room() || !is_full(self.connection) {
            match self.connection.handle_input(input)? {
                Some(Event::Message(_)) if self.deaf => {}
                Some(Event::Message(message)) => {
                    let made = on.message(self.connection, message)?;
                    if made.is_some() {
                        return Ok(made);
                    }
                }
                Some(Event::Chunk(_)) if self.deaf => {}
                Some(Event::Chunk(chunk)) => {
                    let made = on.chunk(self.connection, chunk)?;
                    if made.is_some() {
                        return Ok(made);
                    }
                }
                Some(Event::Close(close)) => {
                    *self.goodbye = close.map(|close| Box::new(close.into_owned()));
                }
                Some(Event::Ping(_) | Event::Pong(_)) => {}
                None => break,
            }
        }
        Ok(None)
    }
}
