//! What drives a WebSocket: one turn is what is due, one write of all that is queued, one read and its
//! messages.

use crate::{
    CloseCode, Connection, Error, Message, WebSocket, clock, codec, scratch,
    wait::{Wait, is_timeout},
};
use siox_websocket::{Close, Event};
use siox_wire::Input;
use std::{
    io::{self, IoSlice, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

/// Slices of one vectored write.
const SLICES: usize = 64;
/// How long a socket that has said its last word is read on, so that a reset does not eat that word.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// What handles a message: something of it ends the turn.
pub(crate) trait OnMessage<T>:
    FnMut(&mut Connection, Message<'_>) -> Result<Option<T>, Error>
{
}

impl<T, F: FnMut(&mut Connection, Message<'_>) -> Result<Option<T>, Error>> OnMessage<T> for F {}

impl WebSocket {
    /// Takes turns until `on` makes something of a message, or the connection is over.
    pub(crate) fn drive<T>(&mut self, on: &mut impl OnMessage<T>) -> Result<Option<T>, Error> {
        while !self.over {
            match self.turn(on) {
                Ok(Some(made)) => return Ok(Some(made)),
                Ok(None) => {}
                Err(e) => self.fail(e),
            }
        }
        self.failure.take().map_or(Ok(None), Err)
    }

    fn turn<T>(&mut self, on: &mut impl OnMessage<T>) -> Result<Option<T>, Error> {
        self.expire()?;
        if !self.rest.is_empty() && !is_full(&self.connection) {
            return self.read_rest(on);
        }
        // What was queued between two reads leaves together, before the second.
        self.write_all()?;
        if self.connection.is_finished() || (self.eof && self.rest.is_empty()) {
            linger(&self.io, self.is_client);
            self.over = true;
            return Ok(None);
        }
        match self.rest.is_empty() {
            true => self.read_socket(on),
            false => Ok(None),
        }
    }

    /// What is due.
    fn expire(&mut self) -> Result<(), Error> {
        let Some(deadline) = self.connection.poll_timeout() else {
            return Ok(());
        };
        let now = clock::now();
        if deadline <= now {
            self.connection.handle_timeout(now)?;
        }
        Ok(())
    }

    fn read_rest<T>(&mut self, on: &mut impl OnMessage<T>) -> Result<Option<T>, Error> {
        let mut taken = self.rest.take();
        let mut input = Input::new(clock::now(), taken.as_mut_slice());
        let deaf = self.failure.is_some();
        let made = feed(
            &mut self.connection,
            &mut self.goodbye,
            deaf,
            &mut input,
            on,
        );
        let left = input.len();
        self.rest.put_back(taken, left);
        made
    }

    fn read_socket<T>(&mut self, on: &mut impl OnMessage<T>) -> Result<Option<T>, Error> {
        self.reading
            .read(&self.io, self.connection.poll_timeout())?;
        let deaf = self.failure.is_some();
        let Self {
            io,
            connection,
            rest,
            eof,
            goodbye,
            ..
        } = self;
        let read = scratch::read(&*io, |bytes| {
            if bytes.is_empty() {
                *eof = true;
                connection.handle_eof(clock::now())?;
                return Ok(None);
            }
            let mut input = Input::new(clock::now(), bytes);
            let made = feed(connection, goodbye, deaf, &mut input, on);
            rest.put(input.take_all());
            made
        });
        match read {
            Ok(made) => made,
            Err(e) if is_timeout(&e) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Writes all that is queued, as much of it as can be in one call.
    pub(crate) fn write_all(&mut self) -> Result<(), Error> {
        loop {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let mut used = 0;
            for (slice, chunk) in slices.iter_mut().zip(self.connection.poll_transmit()) {
                *slice = IoSlice::new(chunk);
                used += 1;
            }
            if used == 0 {
                return Ok(());
            }
            self.writing
                .write(&self.io, self.connection.poll_timeout())?;
            match (&self.io).write_vectored(&slices[..used]) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(n) => self.connection.handle_written(n),
                Err(e) if is_timeout(&e) => {}
                Err(e) => return Err(e.into()),
            }
            self.expire()?;
        }
    }

    /// Remembers the first failure. The close frame that the peer is owed is queued, and the turns go on
    /// until it has left; a broken socket ends at once.
    pub(crate) fn fail(&mut self, error: Error) {
        match error {
            Error::Io(_) => self.over = true,
            Error::Send(_) => {
                self.queue_close(CloseCode::INTERNAL, "");
            }
            _ => {}
        }
        self.failure.get_or_insert(error);
    }
}

fn is_full(connection: &Connection) -> bool {
    connection.queued() >= connection.limits().high_water
}

/// Handles messages until `on` makes something of one, the peer takes no more answers, or the input is
/// eaten. An application that has failed is `deaf`: it hears nothing more.
fn feed<T>(
    connection: &mut Connection,
    goodbye: &mut Option<Box<Close<'static>>>,
    deaf: bool,
    input: &mut Input<'_>,
    on: &mut impl OnMessage<T>,
) -> Result<Option<T>, Error> {
    codec::turn(connection, |connection| {
        feed_messages(connection, goodbye, deaf, input, on)
    })
}

fn feed_messages<T>(
    connection: &mut Connection,
    goodbye: &mut Option<Box<Close<'static>>>,
    deaf: bool,
    input: &mut Input<'_>,
    on: &mut impl OnMessage<T>,
) -> Result<Option<T>, Error> {
    while !is_full(connection) {
        match connection.handle_input(input)? {
            Some(Event::Message(_)) if deaf => {}
            Some(Event::Message(message)) => {
                let made = on(connection, message)?;
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
}

/// Closes the socket: a server first its own half, a client first the peer's (RFC 6455 §7.1.1). The
/// peer's rest is read away for a while, so that a reset does not eat what was said last.
pub(crate) fn linger(io: &TcpStream, is_client: bool) {
    // Whatever comes of it, the connection ends here.
    if !is_client {
        let _ = io.shutdown(Shutdown::Write);
    }
    let by = clock::now().after(LINGER);
    while clock::now() < by && Wait::default().read(io, Some(by)).is_ok() {
        match scratch::read(io, |bytes| bytes.is_empty()) {
            Ok(false) => {}
            Err(e) if is_timeout(&e) => {}
            Ok(true) | Err(_) => break,
        }
    }
    let _ = io.shutdown(Shutdown::Both);
}
