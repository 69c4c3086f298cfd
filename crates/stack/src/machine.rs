//! The one shape that a runtime drives, whatever protocol stands on top.

use crate::{Agreed, Config, Error};
#[cfg(feature = "deflate")]
use alloc::boxed::Box;
use alloc::{collections::VecDeque, vec::Vec};
use bytes::Bytes;
use core::time::Duration;
use siox_engineio::{
    CloseReason, Decision, Handshake, Lane, Payload, Request, Response, Sid, Transport,
};
#[cfg(feature = "deflate")]
use siox_websocket::deflate::Codec;
use siox_wire::{Input, Instant};

/// For how long a runtime lets other connections of a client be first where
/// [`misses_poll`](Machine::misses_poll) says so.
pub const COURTESY: Duration = Duration::from_millis(25);

/// Whether anything waits for the WebSocket of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Not one that carries the session while both are open; or that is not told.
    Unknown,
    /// This lane carries the session, both are open, and nothing waits: no deadline moves by what is sent.
    Idle(Lane),
    /// The same, and something waits.
    Waiting(Lane),
}

/// A session that lives on HTTP requests, on a WebSocket, or on its way from one to the other.
///
/// The four kinds of methods are those of every siox machine. Each `handle_*` that returns an event is
/// to be called until it returns `Ok(None)`; after an `Err` the lane it was called for is over (a
/// failed probe leaves the session alive on polling), and what the peer is owed is still to be written.
pub trait Machine: Sized {
    /// What the application hears.
    type Event<'b>;

    /// A session opened by a GET; the response carries the open packet.
    fn polling_for(
        now: Instant,
        config: &Config,
        sid: Sid,
        handshake: &Handshake,
    ) -> (Self, Response);

    /// A session opened by a WebSocket, whose lane is returned; the open packet is queued.
    fn socket_for(now: Instant, config: &Config, sid: Sid, handshake: &Handshake) -> (Self, Lane);

    /// [`polling_for`](Self::polling_for) a plain handshake of v4.
    fn polling(now: Instant, config: &Config, sid: Sid) -> (Self, Response) {
        Self::polling_for(now, config, sid, &Handshake::v4(Transport::Polling))
    }

    /// [`socket_for`](Self::socket_for) a plain handshake of v4.
    fn socket(now: Instant, config: &Config, sid: Sid) -> (Self, Lane) {
        Self::socket_for(now, config, sid, &Handshake::v4(Transport::WebSocket))
    }

    /// The handshake of the WebSocket `lane`, which has just begun, agreed to this, which
    /// [`Config::accept`] told. Before anything is read of the socket; the open packet, which may be
    /// queued already, leaves as it is.
    fn agree(&mut self, config: &Config, lane: Lane, agreed: Agreed);

    /// A step begins that may read or send on the WebSocket: it is lent a codec, as
    /// [`Connection::lend_codec`](siox_websocket::Connection::lend_codec) says. Nothing where there is
    /// no WebSocket or it did not agree to permessage-deflate.
    #[cfg(feature = "deflate")]
    fn lend_codec(&mut self, pool: &mut Option<Box<Codec>>) {
        let _ = pool;
    }

    /// The step has ended: what the WebSocket need not keep of the codec goes back.
    #[cfg(feature = "deflate")]
    fn release_codec(&mut self, pool: &mut Option<Box<Codec>>) {
        let _ = pool;
    }

    /// A turn begins: what is copied for the WebSocket until [`release_buffer`](Self::release_buffer) goes
    /// into the caller's buffer. A runtime keeps one per thread.
    fn lend_buffer(&mut self, pool: &mut Vec<u8>) {
        let _ = pool;
    }

    /// The turn ends: gives the buffer back, empty.
    fn release_buffer(&mut self, pool: &mut Vec<u8>) {
        let _ = pool;
    }

    /// Whether `event` says that the session has ended; it is the last one, and is told once.
    fn is_last(event: &Self::Event<'_>) -> bool;

    /// Says what to do with a request that names this session.
    fn handle_request(&mut self, now: Instant, request: &Request<'_>) -> Decision;

    /// One step through the body of a POST.
    ///
    /// # Errors
    /// What the body did wrong; to be given to [`finish_post`](Self::finish_post).
    fn handle_body<'b>(
        &mut self,
        now: Instant,
        lane: Lane,
        body: &mut Payload<'b>,
    ) -> Result<Option<Self::Event<'b>>, Error>;

    /// The application reads nothing more until [`resume`](Self::resume), and its peer's signs of life wait
    /// unread: that time does not count against it, within
    /// [`max_hold`](siox_engineio::Config::max_hold).
    fn hold(&mut self, now: Instant);

    /// The application reads on.
    fn resume(&mut self, now: Instant);

    /// Part of the body of the POST `lane` came, and it is not whole yet: a client that sends so
    /// slowly is not dead. Call for each part, at once or as they come.
    fn handle_progress(&mut self, now: Instant, lane: Lane);

    /// Whether the POST `lane` ends the session and the poll that its peer has under way is still missing:
    /// see [`misses_poll`](siox_engineio::Session::misses_poll).
    fn misses_poll(&self, lane: Lane, body: &[u8]) -> bool;

    /// The body has been worked off: the answer to the POST.
    fn finish_post(&mut self, lane: Lane, result: Result<(), Error>) -> Response;

    /// The body passed the limit: the answer to the POST. The session lives on.
    fn body_too_large(&mut self, lane: Lane) -> Response;

    /// The connection of a request went away before its answer.
    fn handle_abandoned(&mut self, lane: Lane);

    /// One step through bytes of the WebSocket `lane`.
    ///
    /// # Errors
    /// [`Error::Stale`] when the socket is no longer the session's, or what the peer did wrong.
    fn handle_input<'b>(
        &mut self,
        lane: Lane,
        input: &mut Input<'b>,
    ) -> Result<Option<Self::Event<'b>>, Error>;

    /// The time has come to `now`.
    ///
    /// # Errors
    /// What a passed deadline ended.
    fn handle_timeout(&mut self, now: Instant) -> Result<Option<Self::Event<'static>>, Error>;

    /// The peer will send nothing more on `lane`.
    fn handle_eof(&mut self, now: Instant, lane: Lane);

    /// The socket of `lane` is gone; whatever it had not taken is lost.
    fn handle_socket_gone(&mut self, lane: Lane);

    /// The socket of `lane` took `n` bytes.
    fn handle_written(&mut self, lane: Lane, n: usize);

    /// The slices of the next vectored write to the WebSocket.
    fn poll_transmit(&self) -> impl Iterator<Item = &[u8]>;

    /// The only slice of the next write, where there is but one; `None` may be said of any.
    fn only_transmit(&self) -> Option<&[u8]> {
        None
    }

    /// Whether there is anything to write to the WebSocket.
    fn wants_write(&self) -> bool {
        self.poll_transmit().next().is_some()
    }

    /// All that is to be written, handed out; it stays counted until
    /// [`handle_written`](Self::handle_written).
    fn take_transmit(&mut self) -> VecDeque<Bytes>;

    /// The answer to a parked GET, once there is one.
    fn poll_response(&mut self) -> Option<(Lane, Response)>;

    /// What carries messages just now; `None` once the session has ended.
    fn transport(&self) -> Option<Transport>;

    /// How its WebSocket is getting on.
    fn flow(&self) -> Flow {
        Flow::Unknown
    }

    /// Writes what waits for the WebSocket `lane`, if that is one slice: `write` says how many bytes the socket
    /// took. Whether that was all, and how much waited, counted as in [`queued`](Self::queued). `None`, and
    /// nothing was written, where it is otherwise or [`flow`](Self::flow) is not known.
    fn write_one(
        &mut self,
        lane: Lane,
        write: impl FnOnce(&[u8]) -> usize,
    ) -> Option<(bool, usize)> {
        let _ = (lane, write);
        None
    }

    /// What waits for the peer, in whichever queue holds it: bytes, and 32 for each piece.
    fn queued(&self) -> usize;

    /// When [`handle_timeout`](Self::handle_timeout) is due. In the past when something is to be told.
    fn poll_timeout(&self) -> Option<Instant>;

    /// Ends the session.
    fn close(&mut self, now: Instant, reason: CloseReason);

    /// As [`close`](Self::close), for a server that will not be there for long: a session between two polls
    /// for which nothing waits ends at once. What its next poll is to be answered, should it come, is
    /// returned.
    fn part(&mut self, now: Instant, reason: CloseReason) -> Option<Response>;

    /// Ends the session at once: what its peer has not taken is lost, and its socket is no longer its own.
    /// The reason of an earlier [`close`](Self::close) stands.
    fn abort(&mut self);

    /// Whether the session has ended (its last event may still be untold).
    fn is_closed(&self) -> bool;

    /// Whether nothing is left to do on the socket of `lane`: it can be closed.
    fn is_finished(&self, lane: Lane) -> bool;
}
