//! The WebSocket that an application holds: its verbs. How they are driven is in `turn`.

use crate::{Close, CloseCode, Connection, Error, Message, SendError, clock, codec, wait::Wait};
use bytes::Bytes;
use siox_wire::{Admit, Lead, Shared, Sink};
use std::{convert::Infallible, mem, net::TcpStream, sync::Arc};

/// A WebSocket on a TCP socket, for one thread.
///
/// It does something only within its methods: [`read`](Self::read) also writes what is queued, answers
/// pings and keeps the deadlines.
#[derive(Debug)]
pub struct WebSocket {
    pub(crate) io: TcpStream,
    pub(crate) connection: Connection,
    pub(crate) rest: Rest,
    pub(crate) reading: Wait,
    pub(crate) writing: Wait,
    /// The end of the stream was read.
    pub(crate) eof: bool,
    pub(crate) is_client: bool,
    /// Nothing is to be read or written any more.
    pub(crate) over: bool,
    /// Why, until it is told.
    pub(crate) failure: Option<Error>,
    /// What the peer's close frame said.
    pub(crate) goodbye: Option<Box<Close<'static>>>,
    protocol: Option<Box<str>>,
}

impl WebSocket {
    /// A server's end whose handshake is done; `early` is what the peer sent behind it. The socket's
    /// timeouts are set as the deadlines demand.
    #[must_use]
    pub fn new(io: TcpStream, connection: Connection, early: Vec<u8>) -> Self {
        Self {
            io,
            connection,
            rest: Rest {
                bytes: early,
                at: 0,
            },
            reading: Wait::unknown(),
            writing: Wait::unknown(),
            eof: false,
            is_client: false,
            over: false,
            failure: None,
            goodbye: None,
            protocol: None,
        }
    }

    /// A server's end, with what was agreed to.
    pub(crate) fn server(
        io: TcpStream,
        connection: Connection,
        early: Vec<u8>,
        protocol: Option<String>,
    ) -> Self {
        Self {
            protocol: protocol.map(String::into_boxed_str),
            ..Self::new(io, connection, early)
        }
    }

    /// The end that lets the other close the socket first (RFC 6455 §7.1.1).
    pub(crate) fn client(
        io: TcpStream,
        connection: Connection,
        early: Vec<u8>,
        protocol: Option<String>,
    ) -> Self {
        Self {
            is_client: true,
            protocol: protocol.map(String::into_boxed_str),
            ..Self::new(io, connection, early)
        }
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
        self.connection.is_closed() || self.over
    }

    /// The socket. Its timeouts are not to be changed.
    #[must_use]
    pub fn get_ref(&self) -> &TcpStream {
        &self.io
    }

    /// Waits for the next message. `None` after the closing handshake, and ever after.
    ///
    /// # Errors
    /// When the socket broke, or a rule or limit was; told once, after the peer was told.
    pub fn read(&mut self) -> Result<Option<Message<'static>>, Error> {
        self.drive(&mut |_: &mut Connection, message: Message<'_>| Ok(Some(message.into_owned())))
    }

    /// Sends a message and waits until the socket has taken it, and all that was queued before.
    ///
    /// # Errors
    /// [`Error::Send`] when the connection is closing or closed ([`read`](Self::read) says why);
    /// [`Error::Io`], [`Error::WebSocket`].
    pub fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        let message = message.into();
        if self.connection.queued() >= self.connection.limits().high_water {
            self.flush()?;
        }
        self.queue(message)?;
        self.flush()
    }

    /// Queues a message, which leaves with the next [`flush`](Self::flush), [`send`](Self::send) or
    /// [`read`](Self::read): many small ones in one write.
    ///
    /// # Errors
    /// [`SendError::Full`] from [`Limits::high_water`](crate::Limits::high_water) on; [`SendError::Closed`].
    pub fn queue<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        if self.over {
            return Err(SendError::Closed);
        }
        codec::turn(&mut self.connection, |connection| match message.into() {
            Message::Text(text) => connection.text(&text),
            Message::Binary(bytes) => connection.binary(bytes.into_owned().into()),
        })
    }

    /// Queues a binary message as [`queue`](Self::queue) does; a server keeps a large one by reference.
    ///
    /// # Errors
    /// Those of [`queue`](Self::queue).
    pub fn queue_bytes(&mut self, payload: Bytes) -> Result<(), SendError> {
        match self.over {
            true => Err(SendError::Closed),
            false => codec::turn(&mut self.connection, |c| c.binary(payload)),
        }
    }

    /// Queues messages that were made once for many receivers, as one group: each form on the wire,
    /// compressed or not, is made for the first receiver that needs it, and shared by the others. A
    /// client, and a connection with context takeover, make their own.
    ///
    /// # Errors
    /// Those of [`queue`](Self::queue).
    pub fn queue_shared(&mut self, group: &Arc<Shared>) -> Result<(), SendError> {
        if self.over {
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

    /// Waits until the socket has taken all that is queued.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub fn flush(&mut self) -> Result<(), Error> {
        if self.over {
            return match self.connection.queued() {
                0 => Ok(()),
                _ => Err(SendError::Closed.into()),
            };
        }
        let written = self.write_all();
        match written {
            Err(Error::Io(e)) => {
                self.fail(Error::Io(e.kind().into()));
                Err(e.into())
            }
            Err(Error::WebSocket(e)) => {
                self.fail(e.into());
                Err(e.into())
            }
            other => other,
        }
    }

    /// Makes the closing handshake and closes the socket. What the peer still sends is dropped. With
    /// [`CloseCode::NO_STATUS`] the close frame is empty.
    ///
    /// # Errors
    /// What the peer did wrong before it answered, or that it did not answer in time.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.queue_close(code, reason);
        self.drive(&mut |_: &mut Connection, _: Message<'_>| Ok(None::<Infallible>))
            .map(|_| ())
    }

    /// Calls `handler` for every message until the connection has ended, without an allocation for one
    /// that arrived whole. What the handler sends leaves together, after the read that brought the
    /// messages. While more than the high-water mark waits for the peer, no further message is handled
    /// and nothing is read.
    ///
    /// # Errors
    /// When the socket breaks, the peer breaks a rule, or the handler cannot send, which ends the
    /// connection with 1011; after a closing handshake there is none.
    pub fn run<H>(mut self, mut handler: H) -> Result<(), Error>
    where
        H: FnMut(&mut Connection, Message<'_>) -> Result<(), SendError>,
    {
        let mut on = |connection: &mut Connection, message: Message<'_>| {
            handler(connection, message)
                .map(|()| None::<Infallible>)
                .map_err(Error::Send)
        };
        self.drive(&mut on).map(|_| ())
    }

    /// Queues the close frame, behind what is queued; `false` if the connection is closing already.
    pub(crate) fn queue_close(&mut self, code: CloseCode, reason: &str) -> bool {
        !self.over && self.connection.close(clock::now(), code, reason).is_ok()
    }
}

/// Bytes that were read, and that nobody has asked for yet. No memory while there are none.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    bytes: Vec<u8>,
    /// Where they begin.
    at: usize,
}

impl Rest {
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// All of it. To be followed by [`put_back`](Self::put_back).
    pub(crate) fn take(&mut self) -> Self {
        mem::take(self)
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.bytes[self.at..]
    }

    /// Makes the last `left` bytes of `taken` the rest.
    pub(crate) fn put_back(&mut self, mut taken: Self, left: usize) {
        if left > 0 {
            taken.at = taken.bytes.len().saturating_sub(left);
            *self = taken;
        }
    }

    /// Copies what is left of a read.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }
}
