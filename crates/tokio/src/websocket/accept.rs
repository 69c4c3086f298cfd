//! The server's opening handshake on a stream of its own.

use super::{
    Error, WebSocket,
    linger::{linger, write_all},
};
use crate::{clock, scratch};
use siox_websocket::{
    Connection, Limits,
    handshake::{HeadReader, HeadTooLarge, server::Offer},
};
use siox_wire::Input;
use std::{future::poll_fn, io, sync::Arc, time::Duration};
use tokio::io::{AsyncRead, AsyncWrite};

/// The longest head of a handshake, in bytes.
const HEAD: usize = 16 * 1024;
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Reads the opening handshake from `io` and accepts it, whatever its path and origin. It may take 10
/// seconds.
///
/// # Errors
/// As [`Error`] says; the peer has been told why, where there was a peer to tell.
pub async fn accept<Io>(io: Io, limits: Arc<Limits>) -> Result<WebSocket<Io>, Error>
where
    Io: AsyncRead + AsyncWrite + Unpin,
{
    match tokio::time::timeout(HANDSHAKE, handshake(io, limits)).await {
        Ok(result) => result,
        Err(_) => Err(Error::Timeout),
    }
}

async fn handshake<Io>(mut io: Io, limits: Arc<Limits>) -> Result<WebSocket<Io>, Error>
where
    Io: AsyncRead + AsyncWrite + Unpin,
{
    let mut reader = HeadReader::new(HEAD);
    let (head, early) = loop {
        let read = poll_fn(|cx| scratch::read(&mut io, cx, |_, bytes| head(&mut reader, bytes)));
        match read.await? {
            Ok(Some(whole)) => break whole,
            Ok(None) => {}
            Err(HeadFault::Eof) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            Err(HeadFault::TooLarge(e)) => {
                let answer = "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
                refuse(&mut io, answer.as_bytes()).await?;
                return Err(Error::HeadTooLarge(e));
            }
        }
    };
    match Offer::parse(&head).and_then(|(_, offer)| offer.accept()) {
        Ok(accept) => {
            write_all(&mut io, &accept.response(&[])?).await?;
            Ok(WebSocket::new(io, Connection::server(limits), early))
        }
        Err(refusal) => {
            refuse(&mut io, &refusal.response()).await?;
            Err(Error::Refused(refusal))
        }
    }
}

enum HeadFault {
    Eof,
    TooLarge(HeadTooLarge),
}

/// A whole head, and what came behind it.
type WholeHead = (Vec<u8>, Vec<u8>);

/// Collects the head.
fn head(reader: &mut HeadReader, bytes: &mut [u8]) -> Result<Option<WholeHead>, HeadFault> {
    if bytes.is_empty() {
        return Err(HeadFault::Eof);
    }
    let mut input = Input::new(clock::now(), bytes);
    let head = reader
        .handle_input(&mut input)
        .map_err(HeadFault::TooLarge)?;
    Ok(head.map(|head| (head, input.take_all().to_vec())))
}

async fn refuse<Io: AsyncRead + AsyncWrite + Unpin>(io: &mut Io, answer: &[u8]) -> io::Result<()> {
    write_all(io, answer).await?;
    linger(io).await;
    Ok(())
}
