//! The server's opening handshake.

use crate::{
    Error, WebSocket, clock, scratch,
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
use std::{
    io::{self, Write},
    net::TcpStream,
    sync::Arc,
};

/// How much is read at once, so that no more is kept of what a peer sends behind its request.
const EARLY: usize = 16 * 1024;

/// Reads the opening handshake from `io` and accepts it, whatever its path and origin, without
/// subprotocol and extension. It may take 10 seconds.
///
/// # Errors
/// As [`Error`] says; the peer has been told why, where there was a peer to tell.
pub fn accept(io: TcpStream, limits: Arc<Limits>) -> Result<WebSocket, Error> {
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
pub fn accept_with(io: TcpStream, options: &AcceptOptions) -> Result<WebSocket, Error> {
    let by = clock::now().after(options.handshake);
    // Without it the kernel may hold a small frame back.
    io.set_nodelay(true)?;
    let mut handshake = Handshake::new(options);
    let rejected = loop {
        let read = read_by(&io, by, |bytes| {
            let mut input = Input::new(clock::now(), bytes);
            let done = handshake.handle_input(&mut input);
            done.map(|done| done.map(|accepted| (accepted, input.take_all().to_vec())))
        });
        match read {
            Ok(Ok(Some((accepted, early)))) => {
                write_by(&io, by, &accepted.answer)?;
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
        let _ = write_by(&io, clock::now().after(LINGER), &rejected.answer);
        linger(&io, false);
    }
    Err(rejected.error.into())
}

/// Reads once; the end of the stream is an error.
fn read_by<R>(io: &TcpStream, by: Instant, feed: impl FnOnce(&mut [u8]) -> R) -> Result<R, Error> {
    let read = read_some_by(io, by, |bytes| match bytes {
        [] => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
        bytes => Ok(feed(bytes)),
    });
    Ok(read??)
}

/// Reads once; nothing is read at the end of the stream.
pub(crate) fn read_some_by<R>(
    io: &TcpStream,
    by: Instant,
    feed: impl FnOnce(&mut [u8]) -> R,
) -> Result<R, Error> {
    let mut feed = Some(feed);
    loop {
        if by <= clock::now() {
            return Err(Error::Timeout);
        }
        Wait::default().read(io, Some(by))?;
        match scratch::read_at_most(EARLY, io, |bytes| feed.take().map(|feed| feed(bytes))) {
            Ok(Some(made)) => return Ok(made),
            Ok(None) => return Err(Error::Timeout),
            Err(e) if is_timeout(&e) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

pub(crate) fn write_by(mut io: &TcpStream, by: Instant, mut bytes: &[u8]) -> Result<(), Error> {
    while !bytes.is_empty() {
        if by <= clock::now() {
            return Err(Error::Timeout);
        }
        Wait::default().write(io, Some(by))?;
        match io.write(bytes) {
            Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
            Ok(n) => bytes = &bytes[n..],
            Err(e) if is_timeout(&e) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}
