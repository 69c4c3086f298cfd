//! The WebSocket that an application holds: its verbs. How they are driven is in `turn`.

use super::{
    Close, CloseCode, Connection, Error, Message, SendError,
    pace::Pace,
    rest::Rest,
    sending::Sending,
    turn::{Dropped, Ending},
};
use crate::{clock, codec, timer::Timer};
use bytes::Bytes;
use siox_websocket::Remainder;
use siox_wire::{Admit, Instant, Lead, Shared, Sink};
use std::{borrow::Cow, convert::Infallible, fmt, future::poll_fn, mem, sync::Arc};
use tokio::io::{AsyncRead, AsyncWrite};

/// Below this, a message is copied to where it leaves from: cheaper than to keep it.
pub(super) const COPIED: usize = 4096;

/// A WebSocket on a stream.
///
/// It does something only while one of its methods is polled: [`next`](Self::next) reads, and also
/// writes what is queued, answers pings and keeps the deadlines. Every future is cancel-safe: dropped
/// before its end, it has lost no message, and what it has queued stays queued.
pub struct WebSocket<Io> {
    pub(super) io: Io,
    pub(super) connection: Connection,
    pub(super) rest: Rest,
    pub(super) pace: Pace,
    /// Writes what was held back, should nothing else come; set where that can be.
    pub(super) last_words: Option<fn(&mut Self)>,
    pub(super) timer: Timer,
    /// Since when nothing was asked for, where a deadline runs.
    pub(super) away_since: Option<Instant>,
    /// So many reads in succession brought little.
    pub(super) little_reads: u8,
    /// The end of the stream was read.
    pub(super) eof: bool,
    is_client: bool,
    /// The stream has taken what it may not have let out.
    pub(super) unflushed: bool,
    /// There are no more messages; the stream is being closed.
    pub(super) ending: Option<Ending>,
    /// Why, until it is told.
    pub(super) failure: Option<Error>,
    /// What the peer's close frame said.
    pub(super) goodbye: Option<Box<Close<'static>>>,
    /// What has come in chunks of a message that is wanted whole.
    pub(super) begun: Remainder,
    protocol: Option<Box<str>>,
}

impl<Io> WebSocket<Io> {
    /// A server's WebSocket, or a client's on a transport of its own, whose handshake is done; `early`
    /// is what the peer sent behind it.
    #[must_use]
    pub fn new(io: Io, connection: Connection, early: Vec<u8>) -> Self {
        Self {
            io,
            connection,
            rest: Rest::early(early),
            pace: Pace::default(),
            last_words: None,
            timer: Timer::default(),
            away_since: None,
            little_reads: u8::MAX,
            eof: false,
            is_client: false,
            unflushed: false,
            ending: None,
            failure: None,
            goodbye: None,
            begun: Remainder::default(),
            protocol: None,
        }
    }

    /// A server's end, with what was agreed to.
    pub(super) fn server(
        io: Io,
        connection: Connection,
        early: Vec<u8>,
        protocol: Option<String>,
    ) -> Self {
        let mut socket = Self::new(io, connection, early);
        socket.protocol = protocol.map(String::into_boxed_str);
        socket
    }

    /// The end that lets the other close the stream first (RFC 6455 §7.1.1).
    pub(super) fn client(
        io: Io,
        connection: Connection,
        early: Vec<u8>,
        protocol: Option<String>,
    ) -> Self {
        let mut socket = Self::server(io, connection, early, protocol);
        socket.is_client = true;
        socket
    }

    pub(super) fn is_client(&self) -> bool {
        self.is_client
    }

    /// The subprotocol that a client and its server agreed to.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// What the peer's close frame said, if it has come and was not empty.
    #[must_use]
    pub fn goodbye(&self) -> Option<&Close<'static>> {
        self.goodbye.as_deref()
    }

    /// Bytes that wait for the peer; 32 more for each piece kept by reference.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.connection.queued()
    }

    /// Whether nothing can be sent any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.connection.is_closed() || self.ending.is_some()
    }

    /// The stream.
    #[must_use]
    pub fn get_ref(&self) -> &Io {
        &self.io
    }

    /// Queues a message, which leaves with the next [`flush`](Self::flush), [`send`](Self::send) or
    /// [`next`](Self::next): many small ones in one write.
    ///
    /// # Errors
    /// [`SendError::Full`] from [`Limits::high_water`](super::Limits::high_water) on: wait for
    /// [`ready`](Self::ready). [`SendError::Closed`].
    #[inline]
    pub fn queue<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.put(&mut message.into())
    }

    /// Queues a message; a large one is moved out of it.
    #[inline]
    pub(super) fn put(&mut self, message: &mut Message<'_>) -> Result<(), SendError> {
        if self.ending.is_some() {
            return Err(SendError::Closed);
        }
        codec::turn(&mut self.connection, |connection| match message {
            Message::Text(Cow::Owned(text)) if text.len() >= COPIED => {
                connection.shared_text(mem::take(text).into())
            }
            Message::Text(text) => connection.text(text),
            Message::Binary(Cow::Owned(bytes)) if bytes.len() >= COPIED => {
                connection.binary(mem::take(bytes).into())
            }
            Message::Binary(bytes) => connection.binary_copied(bytes),
        })
    }

    /// Queues a binary message as [`queue`](Self::queue) does; a server keeps a large one by reference.
    ///
    /// # Errors
    /// Those of [`queue`](Self::queue).
    pub fn queue_bytes(&mut self, payload: Bytes) -> Result<(), SendError> {
        match self.ending {
            None => codec::turn(&mut self.connection, |c| c.binary(payload)),
            Some(_) => Err(SendError::Closed),
        }
    }

    /// Queues messages that were made once for many receivers, as one group: each form on the wire,
    /// compressed or not, is made for the first receiver that needs it, and shared by the others. A
    /// client, and a connection with context takeover, make their own.
    ///
    /// # Errors
    /// Those of [`queue`](Self::queue).
    pub fn queue_shared(&mut self, group: &Arc<Shared>) -> Result<(), SendError> {
        if self.ending.is_some() {
            return Err(SendError::Closed);
        }
        self.connection.admit(Admit::Normal)?;
        codec::turn(&mut self.connection, |connection| {
            connection.put_shared(group, Lead::NONE);
        });
        Ok(())
    }

    /// Whether messages queued from here on are compressed, if permessage-deflate was agreed to and
    /// they reach its threshold: `true` until told otherwise.
    #[cfg(feature = "deflate")]
    pub fn set_compress(&mut self, wanted: bool) {
        self.connection.set_compress(wanted);
    }

    /// Queues a ping of the caller's own, at most 125 bytes.
    ///
    /// # Errors
    /// [`SendError::TooBig`], and those of [`queue`](Self::queue).
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.connection.ping(payload)
    }

    /// Queues the close frame, behind what is queued; `false` if the connection is closing already.
    pub(super) fn queue_close(&mut self, code: CloseCode, reason: &str) -> bool {
        self.ending.is_none() && self.connection.close(clock::now(), code, reason).is_ok()
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> WebSocket<Io> {
    /// The next message. `None` after the closing handshake, and ever after.
    ///
    /// It reads however much waits for the peer: whoever answers with [`send`](Self::send), or waits for
    /// [`ready`](Self::ready), does not read meanwhile, and so a peer that does not read is not read.
    ///
    /// # Errors
    /// When the stream broke, or a rule or limit was; told once, after the peer was told.
    #[inline]
    pub async fn next(&mut self) -> Option<Result<Message<'static>, Error>> {
        poll_fn(|cx| self.poll_message(cx)).await
    }

    /// Waits until there is room for a message, sends it, and waits until the peer's side of the stream
    /// has taken it. Dropped before its end, it has queued the message whole or not at all.
    ///
    /// Answers to messages that came together leave together: while [`next`](Self::next) has another
    /// message at hand, which was read with the one before, `send` does not wait for the write. The
    /// answers leave as soon as there is no further message at hand, or 64 KiB are queued, or anything
    /// else writes: [`next`](Self::next) before it reads, [`flush`](Self::flush),
    /// [`close`](Self::close), and the drop of the socket as far as the stream takes them at once. An
    /// application that takes longer than 5 ms over what one read brought is not kept waiting: this is
    /// looked at with every eighth answer, first with the sixteenth where the read before was answered
    /// quickly, and from then on each leaves at once until the application is quick again. Where a long
    /// wait follows a message that must leave before it, [`flush`](Self::flush).
    ///
    /// It does not read. Where both ends send more than the stream holds before they read, each waits
    /// for the other: [`queue`](Self::queue) and [`next`](Self::next), or [`split`](Self::split), do not.
    ///
    /// # Errors
    /// [`Error::Send`] when the connection is closing or closed ([`next`](Self::next) says why);
    /// [`Error::Io`].
    #[inline]
    pub fn send<'s, 'm>(&'s mut self, message: impl Into<Message<'m>>) -> Sending<'s, 'm, Io> {
        Sending::new(self, message.into())
    }

    /// Waits until there is room for a message, writing what is queued.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub async fn ready(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.poll_room(cx)).await
    }

    /// Waits until all that is queued is written.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.poll_flushed(cx)).await
    }

    /// Makes the closing handshake and closes the stream. What the peer still sends is dropped. With
    /// [`CloseCode::NO_STATUS`] the close frame is empty. Done again, it ends what was begun.
    ///
    /// # Errors
    /// What the peer did wrong before it answered, or that it did not answer in time.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.queue_close(code, reason);
        poll_fn(|cx| self.poll_with(cx, &mut Dropped)).await;
        self.failure.take().map_or(Ok(()), Err)
    }

    /// Calls `handler` for every message until the connection has ended. What the handler sends leaves
    /// together, after the read that brought the messages. While more than the high-water mark waits
    /// for the peer, no further message is handled and nothing is read.
    ///
    /// # Errors
    /// When the stream breaks, the peer breaks a rule, or the handler cannot send, which ends the
    /// connection with 1011; after a closing handshake there is none.
    pub async fn run<H>(mut self, mut handler: H) -> Result<(), Error>
    where
        H: FnMut(&mut Connection, Message<'_>) -> Result<(), SendError>,
    {
        let mut on = |connection: &mut Connection, message: Message<'_>| {
            handler(connection, message)
                .map(|()| None::<Infallible>)
                .map_err(Error::Send)
        };
        poll_fn(|cx| self.poll_whole(cx, None, &mut on)).await;
        self.failure.take().map_or(Ok(()), Err)
    }
}

impl<Io> Drop for WebSocket<Io> {
    fn drop(&mut self) {
        if let Some(write) = self.last_words
            && self.connection.queued() > 0
            && self.ending.is_none()
        {
            write(self);
        }
    }
}

impl<Io> fmt::Debug for WebSocket<Io> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}
