//! The server's opening handshake.

use crate::{
    Error, Transport, WebSocket, clock, scratch,
    turn::{LINGER, linger},
    wait::{Wait, is_timeout},
};
use siox_websocket::{
    Limits,
    handshake::{
        Origins,
        server::{AcceptOptions, Handshake},
    },
};
use siox_wire::{Input, Instant};
use std::{io, sync::Arc};

/// How much is read at once, so that no more is kept of what a peer sends behind its request.
const EARLY: usize = 16 * 1024;

/// Reads the opening handshake from `io` and accepts it, whatever its path and origin, without
/// subprotocol and extension. It may take 10 seconds, that of TLS included, if it is to be made.
///
/// # Errors
/// As [`Error`] says; the peer has been told why, where there was a peer to tell.
pub fn accept<S: Transport>(io: S, limits: Arc<Limits>) -> Result<WebSocket<S>, Error> {
    let options = AcceptOptions {
        limits,
        origins: Origins::Any,
        ..AcceptOptions::default()
    };
    accept_with(io, &options)
}

/// Reads the opening handshake from `io`, and accepts what `options` allow.
///
/// # Errors
/// As [`Error`] says; the peer has been told why, where there was a peer to tell.
pub fn accept_with<S: Transport>(
    mut io: S,
    options: &AcceptOptions,
) -> Result<WebSocket<S>, Error> {
    let by = clock::now().after(options.handshake);
    io.set_nodelay()?;
    let mut handshake = Handshake::new(options);
    let rejected = loop {
        let read = read_by(&mut io, by, |bytes| {
            let mut input = Input::new(clock::now(), bytes);
            let done = handshake.handle_input(&mut input);
            done.map(|done| done.map(|accepted| (accepted, input.take_all().to_vec())))
        });
        match read {
            Ok(Ok(Some((accepted, early)))) => {
                write_by(&mut io, by, &accepted.answer)?;
                let (connection, protocol) = (accepted.connection, accepted.agreed.protocol);
                return Ok(WebSocket::server(io, connection, early, protocol));
            }
            Ok(Ok(None)) => {}
            Ok(Err(rejected)) => break rejected,
            Err(Error::Timeout) => break handshake.give_up(),
            Err(e) => return Err(e),
        }
    };
    if !rejected.answer.is_empty() {
        // A peer that does not read its refusal does not get it.
        let _ = write_by(&mut io, clock::now().after(LINGER), &rejected.answer);
        linger(io);
    }
    Err(rejected.error.into())
}

/// Reads once; the end of the stream is an error.
fn read_by<R>(
    io: impl Transport,
    by: Instant,
    feed: impl FnOnce(&mut [u8]) -> R,
) -> Result<R, Error> {
    let read = read_some_by(io, by, |bytes| match bytes {
        [] => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
        bytes => Ok(feed(bytes)),
    });
    Ok(read??)
}

/// Reads once; nothing is read at the end of the stream.
pub(crate) fn read_some_by<R>(
    mut io: impl Transport,
    by: Instant,
    feed: impl FnOnce(&mut [u8]) -> R,
) -> Result<R, Error> {
    let mut feed = Some(feed);
    loop {
        if by <= clock::now() {
            return Err(Error::Timeout);
        }
        Wait::default().both(&io, Some(by))?;
        match scratch::read_at_most(EARLY, &mut io, |bytes| feed.take().map(|feed| feed(bytes))) {
            Ok(Some(made)) => return Ok(made),
            Ok(None) => return Err(Error::Timeout),
            Err(e) if is_timeout(&e) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

/// Writes and flushes.
pub(crate) fn write_by(mut io: impl Transport, by: Instant, mut bytes: &[u8]) -> Result<(), Error> {
    loop {
        if by <= clock::now() {
            return Err(Error::Timeout);
        }
        Wait::default().both(&io, Some(by))?;
        let written = match bytes {
            [] => io.flush().map(|()| None),
            bytes => io.write(bytes).map(Some),
        };
        match written {
            Ok(None) => return Ok(()),
            Ok(Some(0)) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
            Ok(Some(n)) => bytes = &bytes[n..],
            Err(e) if is_timeout(&e) => {}
            Err(e) => return Err(e.into()),
        }
    }
}
