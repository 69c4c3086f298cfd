//! The server's opening handshake.

use crate::{
    Error, Transport, WebSocket, clock, scratch,
    turn::linger,
    wait::{Wait, is_timeout},
};
use siox_websocket::{
    Connection, Limits,
    handshake::{HeadReader, server::Offer},
};
use siox_wire::{Input, Instant};
use std::{io, sync::Arc, time::Duration};

/// The longest head of a handshake, in bytes.
const HEAD: usize = 16 * 1024;
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Reads the opening handshake from `io` and accepts it, whatever its path and origin. It may take 10
/// seconds, that of TLS included, if it is to be made.
///
/// # Errors
/// As [`Error`] says; the peer has been told why, where there was a peer to tell.
pub fn accept<S: Transport>(mut io: S, limits: Arc<Limits>) -> Result<WebSocket<S>, Error> {
    let by = clock::now().after(HANDSHAKE);
    io.set_nodelay()?;
    let mut reader = HeadReader::new(HEAD);
    let (head, early) = loop {
        let read = read_by(&mut io, by, |bytes| {
            let mut input = Input::new(clock::now(), bytes);
            let head = reader.handle_input(&mut input)?;
            Ok(head.map(|head| (head, input.take_all().to_vec())))
        })?;
        match read {
            Ok(Some(whole)) => break whole,
            Ok(None) => {}
            Err(e) => {
                let answer = "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
                refuse(&mut io, by, answer.as_bytes())?;
                return Err(Error::HeadTooLarge(e));
            }
        }
    };
    match Offer::parse(&head).and_then(|(_, offer)| offer.accept()) {
        Ok(accept) => {
            write_by(&mut io, by, &accept.response(&[])?)?;
            Ok(WebSocket::new(io, Connection::server(limits), early))
        }
        Err(refusal) => {
            refuse(&mut io, by, &refusal.response())?;
            Err(Error::Refused(refusal))
        }
    }
}

fn refuse(io: &mut impl Transport, by: Instant, answer: &[u8]) -> Result<(), Error> {
    write_by(&mut *io, by, answer)?;
    linger(io);
    Ok(())
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
        match scratch::read(&mut io, |bytes| feed.take().map(|feed| feed(bytes))) {
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
