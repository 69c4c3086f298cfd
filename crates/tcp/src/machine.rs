//! The machine of `siox-websocket` with what a socket must remember beside it. No IO here: a socket for
//! one thread and the halves for two drive it alike.

use crate::{Chunk, CloseCode, Connection, Error, Message, SendError, clock, codec};
use bytes::Bytes;
use siox_websocket::{Close, Event, Remainder};
use siox_wire::{Admit, Input, Instant, Lead, Shared, Sink};
use std::sync::Arc;

/// What handles messages: something of one ends the turn.
pub(crate) trait OnMessage<T> {
    fn message(
        &mut self,
        connection: &mut Connection,
        message: Message<'_>,
    ) -> Result<Option<T>, Error>;

    /// A chunk of a message, while streaming.
    fn chunk(&mut self, connection: &mut Connection, chunk: Chunk<'_>) -> Result<Option<T>, Error>;
}

/// Handles whole messages only.
impl<T, F: FnMut(&mut Connection, Message<'_>) -> Result<Option<T>, Error>> OnMessage<T> for F {
    fn message(
        &mut self,
        connection: &mut Connection,
        message: Message<'_>,
    ) -> Result<Option<T>, Error> {
        self(connection, message)
    }

    fn chunk(&mut self, _: &mut Connection, _: Chunk<'_>) -> Result<Option<T>, Error> {
        Ok(None)
    }
}

/// Whether messages are handled while the peer has too many answers to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenFull {
    /// Who reads answers too, and is to wait.
    Stop,
    /// Others answer, and wait themselves.
    GoOn,
}

#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) connection: Connection,
    pub(crate) is_client: bool,
    /// Nothing is to be read or written any more.
    pub(crate) over: bool,
    /// What was queued will not be written.
    pub(crate) abandoned: bool,
    /// Why, until it is told.
    pub(crate) failure: Option<Error>,
    /// What the peer's close frame said.
    pub(crate) goodbye: Option<Box<Close<'static>>>,
    /// Messages are handled in chunks as they come.
    streaming: bool,
    /// What has come in chunks of a message that is wanted whole.
    begun: Remainder,
    /// Since when nothing was asked for, where a deadline runs.
    away_since: Option<Instant>,
}

impl Machine {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            connection,
            is_client: false,
            over: false,
            abandoned: false,
            failure: None,
            goodbye: None,
            streaming: false,
            begun: Remainder::default(),
            away_since: None,
        }
    }

    /// Whether messages are handled in chunks, or whole: then also one that began in chunks.
    pub(crate) fn set_streaming(&mut self, streaming: bool) {
        self.streaming = streaming;
        self.connection.set_streaming(streaming);
    }

    /// Messages are handled in chunks from here on. What was put together of one that was wanted whole
    /// is the first.
    pub(crate) fn begin_chunks(&mut self) -> Option<Chunk<'static>> {
        self.set_streaming(true);
        self.begun.take()
    }

    /// The application asks for what has come: from here on the peer is waited for.
    pub(crate) fn ask(&mut self) {
        self.hold_back();
        self.away_since = None;
    }

    /// It has what it asked for: until it asks again, nothing is read.
    pub(crate) fn rest(&mut self) {
        self.away_since = self.deadline().map(|_| clock::now());
    }

    /// Tells of the time in which nothing was asked for, up to now.
    fn hold_back(&mut self) {
        if let Some(since) = &mut self.away_since {
            let now = clock::now();
            self.connection.held_back(now.since(*since));
            *since = now;
        }
    }

    /// What is due.
    pub(crate) fn expire(&mut self) -> Result<(), Error> {
        self.hold_back();
        let Some(deadline) = self.connection.poll_timeout() else {
            return Ok(());
        };
        let now = clock::now();
        if deadline <= now {
            self.or_abandon(|connection| connection.handle_timeout(now).map(|_| ()))?;
        }
        Ok(())
    }

    /// The stream has ended.
    pub(crate) fn eof(&mut self) -> Result<(), Error> {
        self.or_abandon(|connection| connection.handle_eof(clock::now()).map(|_| ()))
    }

    /// A step that may give up the queue.
    fn or_abandon(
        &mut self,
        step: impl FnOnce(&mut Connection) -> Result<(), siox_websocket::Error>,
    ) -> Result<(), Error> {
        let queued = self.connection.queued();
        let stepped = step(&mut self.connection);
        self.abandoned |= queued > 0 && self.connection.queued() == 0;
        Ok(stepped?)
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.connection.poll_timeout()
    }

    /// Handles messages until `on` makes something of one, the peer takes no more answers, or the input
    /// is eaten. An application that has failed hears nothing more.
    pub(crate) fn feed<T>(
        &mut self,
        input: &mut Input<'_>,
        when_full: WhenFull,
        on: &mut impl OnMessage<T>,
    ) -> Result<Option<T>, Error> {
        let (deaf, goodbye) = (self.failure.is_some(), &mut self.goodbye);
        let (streaming, begun) = (self.streaming, &mut self.begun);
        codec::turn(&mut self.connection, |connection| {
            while when_full == WhenFull::GoOn || !is_full(connection) {
                match connection.handle_input(input)? {
                    Some(Event::Message(_)) if deaf => {}
                    Some(Event::Message(message)) => {
                        let made = on.message(connection, message)?;
                        if made.is_some() {
                            return Ok(made);
                        }
                    }
                    Some(Event::Chunk(_)) if deaf => {}
                    Some(Event::Chunk(chunk)) => {
                        let made = match streaming {
                            true => on.chunk(connection, chunk)?,
                            false => match begun.join(connection, clock::now(), chunk)? {
                                Some(message) => on.message(connection, message)?,
                                None => None,
                            },
                        };
                        if made.is_some() {
                            return Ok(made);
                        }
                    }
                    Some(Event::Close(close)) => {
                        *goodbye = close.map(|close| Box::new(close.into_owned()));
                    }
                    Some(Event::Ping(_) | Event::Pong(_)) => {}
                    None => break,
                }
            }
            Ok(None)
        })
    }

    /// Remembers the first failure. The close frame that the peer is owed is queued, and the turns go on
    /// until it has left; a broken transport ends at once.
    pub(crate) fn fail(&mut self, error: Error) {
        match error {
            Error::WebSocket(_) => {}
            Error::Send(_) => {
                self.queue_close(CloseCode::INTERNAL, "");
            }
            _ => self.over = true,
        }
        self.failure.get_or_insert(error);
    }

    pub(crate) fn is_full(&self) -> bool {
        is_full(&self.connection)
    }

    pub(crate) fn queue(&mut self, message: Message<'_>) -> Result<(), SendError> {
        self.put(|connection| match message {
            Message::Text(text) => connection.text(&text),
            Message::Binary(bytes) => connection.binary(bytes.into_owned().into()),
        })
    }

    pub(crate) fn queue_bytes(&mut self, payload: Bytes) -> Result<(), SendError> {
        self.put(|connection| connection.binary(payload))
    }

    pub(crate) fn queue_shared(&mut self, group: &Arc<Shared>) -> Result<(), SendError> {
        self.put(|connection| {
            connection.admit(Admit::Normal)?;
            connection.put_shared(group, Lead::NONE);
            Ok(())
        })
    }

    pub(crate) fn put(
        &mut self,
        put: impl FnOnce(&mut Connection) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        match self.over {
            true => Err(SendError::Closed),
            false => codec::turn(&mut self.connection, put),
        }
    }

    pub(crate) fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        match self.over {
            true => Err(SendError::Closed),
            false => self.connection.ping(payload),
        }
    }

    /// Queues the close frame, behind what is queued; `false` if the connection is closing already.
    pub(crate) fn queue_close(&mut self, code: CloseCode, reason: &str) -> bool {
        !self.over && self.connection.close(clock::now(), code, reason).is_ok()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.over || self.connection.is_closed()
    }
}

fn is_full(connection: &Connection) -> bool {
    connection.queued() >= connection.limits().high_water
}

#[cfg(test)]
mod tests {
    use crate::{Connection, Error, Limits, Message, WebSocket, clock};
    use std::{
        io::Write,
        net::{TcpListener, TcpStream},
        sync::Arc,
        time::Duration,
    };

    /// Beyond what any machine takes for what is here.
    const IDLE: Duration = Duration::from_secs(3600);

    /// A server that has read the first part of a message, of which the rest lies in its socket.
    fn halfway() -> (WebSocket<TcpStream>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let io = listener.accept().unwrap().0;
        let limits = Limits {
            message_idle: Some(IDLE),
            ..Limits::default()
        };
        let mut server = WebSocket::new(io, Connection::server(Arc::new(limits)), Vec::new());
        client.write_all(b"\x01\x82\0\0\0\0ab").unwrap();
        server.read_chunk().unwrap();
        client.write_all(b"\x80\x82\0\0\0\0cd").unwrap();
        (server, client)
    }

    #[test]
    fn time_in_which_no_chunk_was_asked_for_is_not_the_peers() {
        let (mut server, _client) = halfway();
        clock::advance(2 * IDLE);
        server.flush().unwrap();
        assert_eq!(server.read().unwrap(), Some(Message::from("cd")));

        let (server, _client) = halfway();
        clock::advance(2 * IDLE);
        let (sender, mut receiver) = server.split();
        sender.flush().unwrap();
        assert_eq!(receiver.read().unwrap(), Some(Message::from("cd")));
    }

    #[test]
    fn time_in_which_it_was_asked_for_is() {
        let (mut server, _client) = halfway();
        server.machine.ask();
        clock::advance(2 * IDLE);
        let expected = siox_websocket::Error::Timeout(siox_websocket::Timeout::MessageIdle);
        let end = server.machine.expire();
        assert!(
            matches!(end, Err(Error::WebSocket(e)) if e == expected),
            "{end:?}"
        );
    }
}
