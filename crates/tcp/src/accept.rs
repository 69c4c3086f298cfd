//! The server's opening handshake.

use crate::{
    Error, WebSocket, clock, scratch,
    turn::linger,
    wait::{Wait, is_timeout},
};
use siox_websocket::{
    Connection, Limits,
    handshake::{HeadReader, server::Offer},
};
use siox_wire::{Input, Instant};
use std::{
    io::{self, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

/// The longest head of a handshake, in bytes.
const HEAD: usize = 16 * 1024;
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Reads the opening handshake from `io` and accepts it, whatever its path and origin. It may take 10
/// seconds.
///
/// # Errors
/// As [`Error`] says; the peer has been told why, where there was a peer to tell.
pub fn accept(io: TcpStream, limits: Arc<Limits>) -> Result<WebSocket, Error> {
    let by = clock::now().after(HANDSHAKE);
    // Without it the kernel may hold a small frame back.
    io.set_nodelay(true)?;
    let mut reader = HeadReader::new(HEAD);
    let (head, early) = loop {
        let read = read_by(&io, by, |bytes| {
            let mut input = Input::new(clock::now(), bytes);
            let head = reader.handle_input(&mut input)?;
            Ok(head.map(|head| (head, input.take_all().to_vec())))
        })?;
        match read {
            Ok(Some(whole)) => break whole,
            Ok(None) => {}
            Err(e) => {
                let answer = "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
                refuse(&io, by, answer.as_bytes())?;
                return Err(Error::HeadTooLarge(e));
            }
        }
    };
    match Offer::parse(&head).and_then(|(_, offer)| offer.accept()) {
        Ok(accept) => {
            write_by(&io, by, &accept.response(&[])?)?;
            Ok(WebSocket::new(io, Connection::server(limits), early))
        }
        Err(refusal) => {
            refuse(&io, by, &refusal.response())?;
            Err(Error::Refused(refusal))
        }
    }
}

fn refuse(io: &TcpStream, by: Instant, answer: &[u8]) -> Result<(), Error> {
    write_by(io, by, answer)?;
    linger(io, false);
    Ok(())
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
        match scratch::read(io, |bytes| feed.take().map(|feed| feed(bytes))) {
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
