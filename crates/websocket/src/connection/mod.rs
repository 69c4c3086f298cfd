//! The machine: bytes in, events out; messages in, bytes out. The parts are elsewhere; here they are
//! put together, with time and the end of the stream. [`receive`] and [`at_once`] read, [`send`] writes; [`stream`]
//! and [`fragments`] do so for messages in chunks, and `compressed` leads all through the codec.

mod at_once;
#[cfg(feature = "deflate")]
mod compressed;
mod fragments;
mod receive;
mod send;
mod stream;

pub use at_once::Ahead;

use crate::{
    Error, Event, Limits, Timeout,
    assembly::Assembly,
    control::Control,
    frame::Opcode,
    keepalive::Due,
    outgoing::Outgoing,
    reader::Reader,
    state::{Passed, State},
};
use alloc::{boxed::Box, collections::VecDeque, sync::Arc};
use bytes::Bytes;
use core::{sync::atomic::AtomicBool, time::Duration};
use siox_wire::Instant;

/// One end of a WebSocket connection, after the opening handshake.
///
/// It holds no memory beside itself while nothing is incomplete and nothing is queued (a client holds
/// its key generator).
#[derive(Debug)]
pub struct Connection {
    limits: Arc<Limits>,
    /// A message taken in one piece has fewer bytes: what the limits say, as far as it can be said so.
    too_long: u32,
    /// So has the queue to which one more message is put without further questions.
    room: u32,
    reader: Reader,
    assembly: Option<Box<Assembly>>,
    state: State,
    control: Control,
    outgoing: Outgoing,
    /// The last `admit` found room, and nothing but puts came since: they are one group, and the hard
    /// cap was judged for all of it.
    admitted: AtomicBool,
    /// Messages that begin from now on are handed on in chunks.
    streaming: bool,
    writing: Option<fragments::Writing>,
    #[cfg(feature = "deflate")]
    compression: crate::deflate::Compression,
}

impl Connection {
    /// The server's end.
    #[must_use]
    pub fn server(limits: Arc<Limits>) -> Self {
        Self::new(limits, Outgoing::server())
    }

    /// The client's end. Its mask keys come from `seed`, which must be fresh and secret: 32 bytes of
    /// the system's randomness (RFC 6455 §10.3).
    #[must_use]
    pub fn client(limits: Arc<Limits>, seed: [u8; 32]) -> Self {
        Self::new(limits, Outgoing::client(seed))
    }

    fn new(limits: Arc<Limits>, outgoing: Outgoing) -> Self {
        let most = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let longest = Some(limits.message).filter(|_| limits.fragments > 0);
        Self {
            too_long: longest.map_or(0, |longest| most(longest).saturating_add(1)),
            room: most(limits.high_water.min(limits.hard_cap)),
            limits,
            reader: Reader::new(),
            assembly: None,
            state: State::Open(Default::default()),
            control: Control::default(),
            outgoing,
            admitted: AtomicBool::new(false),
            streaming: false,
            writing: None,
            #[cfg(feature = "deflate")]
            compression: Default::default(),
        }
    }

    /// Enters the failed state and queues the close frame that is owed.
    fn fail(&mut self, error: Error, now: Option<Instant>) -> Error {
        let by = now.map(|now| now.after(self.limits.close_wait));
        if self.state.fail(error, by) {
            self.outgoing.close(error.close_code(), error.reason());
        }
        self.forget_input();
        error
    }

    /// Drops what was kept of the peer's messages and pings.
    fn forget_input(&mut self) {
        self.assembly = None;
        self.control.forget();
        self.writing = None;
        #[cfg(feature = "deflate")]
        self.compression.forget();
    }

    /// Whether the peer may set the first reserved bit.
    #[inline]
    fn accepts_rsv1(&self) -> bool {
        #[cfg(feature = "deflate")]
        return self.compression.is_agreed();
        #[cfg(not(feature = "deflate"))]
        false
    }

    /// What is put from here on was not judged by the last `admit`.
    #[inline]
    fn end_group(&mut self) {
        *self.admitted.get_mut() = false;
    }

    /// Tells the machine that `now` has come. Never yields an event today; the form is that of every
    /// machine: call until `Ok(None)`.
    ///
    /// # Errors
    /// [`Error::Timeout`] when the peer took too long; any failure that a send caused and that was
    /// not told yet.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<Option<Event<'static>>, Error> {
        self.end_group();
        if self.state.is_open() {
            return self.open_timeout(now).map(|()| None);
        }
        match self.state.closing_timeout(now, &self.limits) {
            Passed::Nothing => Ok(None),
            Passed::Tell(error) => Err(error),
            Passed::Abandon(error) => {
                self.outgoing.outbox_mut().clear();
                self.forget_input();
                error.map_or(Ok(None), Err)
            }
        }
    }

    fn open_timeout(&mut self, now: Instant) -> Result<(), Error> {
        if let Some((by, timeout)) = self.message_by()
            && by <= now
        {
            return Err(self.fail(Error::Timeout(timeout), Some(now)));
        }
        let State::Open(keep_alive) = &mut self.state else {
            return Ok(());
        };
        match keep_alive.due(now, &self.limits) {
            Due::Nothing => {}
            Due::Ping if self.outgoing.outbox().held() < self.limits.hard_cap => {
                self.outgoing.frame(Opcode::Ping, &[]);
            }
            Due::Ping => {} // what waits already will draw a sign of life, or none
            Due::Dead => return Err(self.fail(Error::Timeout(Timeout::Pong), Some(now))),
        }
        Ok(())
    }

    /// Tells the machine that for so long nothing was read by the caller's own will, as where the
    /// application was not ready for more of a message: to the limits of an incomplete message, that
    /// time does not count.
    pub fn held_back(&mut self, held: Duration) {
        if let Some(assembly) = &mut self.assembly {
            assembly.trickle.held(held);
        }
    }

    /// When what is incomplete has taken too long, and by which limit.
    fn message_by(&self) -> Option<(Instant, Timeout)> {
        let assembly = self.assembly.as_ref()?;
        assembly.trickle.deadline(assembly.received(), &self.limits)
    }

    /// Tells the machine that the byte stream from the peer ended.
    ///
    /// # Errors
    /// [`Error::UnexpectedEof`] unless the closing handshake was done.
    pub fn handle_eof(&mut self, now: Instant) -> Result<Option<Event<'static>>, Error> {
        self.end_group();
        let told = self.state.eof(now, &self.limits);
        if let State::Gone(_) = self.state {
            self.outgoing.outbox_mut().clear();
        }
        self.forget_input();
        told.map(|()| None)
    }

    /// Tells the machine that the socket took `n` bytes.
    #[inline]
    pub fn handle_written(&mut self, n: usize) {
        self.end_group();
        self.outgoing.outbox_mut().advance(n);
        if self.control.owes_pongs() {
            self.pongs_written(n);
        }
    }

    /// Of what was written, some may have been pongs: there may be room for the one kept aside.
    #[cold]
    fn pongs_written(&mut self, n: usize) {
        self.control.written(n);
        if self.state.is_open() {
            self.outgoing.flush_aside(&mut self.control, &self.limits);
        }
    }

    /// The slices of the next vectored write, in order.
    #[inline]
    pub fn poll_transmit(&self) -> impl Iterator<Item = &[u8]> {
        self.outgoing.outbox().chunks()
    }

    /// The only slice of the next write, where there is but one.
    #[inline]
    #[must_use]
    pub fn only_transmit(&self) -> Option<&[u8]> {
        self.outgoing.outbox().only_chunk()
    }

    /// Whether [`poll_transmit`](Self::poll_transmit) has anything. What
    /// [`take_transmit`](Self::take_transmit) has handed out does not count.
    #[inline]
    #[must_use]
    pub fn wants_write(&self) -> bool {
        self.outgoing.outbox().has_chunks()
    }

    /// Hands out what is queued, for a writer that must not hold a lock; it counts until
    /// [`handle_written`](Self::handle_written).
    pub fn take_transmit(&mut self) -> VecDeque<Bytes> {
        self.outgoing.outbox_mut().take()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout); a time that has passed means now.
    #[inline]
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let no_deadline = self.assembly.is_none() && self.limits.ping_interval.is_none();
        match no_deadline && self.state.is_open() {
            true => None,
            false => self.next_deadline(),
        }
    }

    #[inline(never)]
    fn next_deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Open(keep_alive) => {
                let ping = keep_alive.deadline(&self.limits);
                match (ping, self.message_by()) {
                    (Some(a), Some((b, _))) => Some(a.min(b)),
                    (a, b) => a.or(b.map(|(by, _)| by)),
                }
            }
            State::CloseSent { .. }
            | State::Closed { .. }
            | State::Failed { .. }
            | State::Gone(_) => self
                .state
                .closing_deadline(self.outgoing.outbox().is_empty()),
        }
    }

    /// What is queued, in bytes, and 32 for each piece that is kept by reference.
    #[inline]
    #[must_use]
    pub fn queued(&self) -> usize {
        self.outgoing.outbox().held()
    }

    /// Whether no more messages can be sent: closing, closed or failed.
    #[inline]
    #[must_use]
    pub fn is_closed(&self) -> bool {
        !self.state.is_open()
    }

    /// Whether the TCP connection may be closed: the closing handshake is done, or the connection
    /// failed and the caller was told, and what was queued is written or its deadline has passed.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.state.is_finished(self.outgoing.outbox().is_empty())
    }

    /// The limits of this connection.
    #[must_use]
    pub fn limits(&self) -> &Arc<Limits> {
        &self.limits
    }
}
