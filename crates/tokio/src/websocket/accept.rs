//! The server's opening handshake on a stream of its own.

use super::{
    Error, WebSocket,
    linger::{LINGER, linger, write_all},
};
use crate::{clock, scratch};
use siox_websocket::{
    Limits,
    handshake::{
        Origins,
        server::{AcceptOptions, Accepted, Handshake, Rejected},
    },
};
use siox_wire::Input;
use std::{future::poll_fn, io, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout, timeout_at},
};

/// How much is read at once, so that no more is kept of what a peer sends behind its request.
const EARLY: usize = 16 * 1024;

/// Reads the opening handshake from `io` and accepts it, whatever its path and origin, without
/// subprotocol and extension. It may take 10 seconds.
///
/// # Errors
/// As [`Error`] says; the peer has been told why, where there was a peer to tell.
pub async fn accept<Io>(io: Io, limits: Arc<Limits>) -> Result<WebSocket<Io>, Error>
where
    Io: AsyncRead + AsyncWrite + Unpin,
{
    let options = AcceptOptions {
        limits,
        origins: Origins::Any,
        ..AcceptOptions::default()
    };
    accept_with(io, &options).await
}

/// Reads the opening handshake from `io`, and accepts what `options` allow.
///
/// # Errors
/// As [`Error`] says; the peer has been told why, where there was a peer to tell.
pub async fn accept_with<Io>(io: Io, options: &AcceptOptions) -> Result<WebSocket<Io>, Error>
where
    Io: AsyncRead + AsyncWrite + Unpin,
{
    // On its own, so that the task of a connection does not keep the handshake's room for ever.
    Box::pin(shake_hands(io, options)).await
}

async fn shake_hands<Io>(mut io: Io, options: &AcceptOptions) -> Result<WebSocket<Io>, Error>
where
    Io: AsyncRead + AsyncWrite + Unpin,
{
    let by = Instant::now() + options.handshake;
    let mut handshake = Handshake::new(options);
    let requested = timeout_at(by, request(&mut io, &mut handshake)).await;
    match requested.unwrap_or_else(|_| Ok(Err(handshake.give_up())))? {
        Ok((
            Accepted {
                answer,
                connection,
                agreed,
            },
            early,
        )) => {
            let written = timeout_at(by, write_all(&mut io, &answer)).await;
            written.map_err(|_| Error::Timeout)??;
            Ok(WebSocket::server(io, connection, early, agreed.protocol))
        }
        Err(Rejected { answer, error }) => {
            if !answer.is_empty() {
                // A peer that does not read its refusal does not get it.
                let _ = timeout(LINGER, write_all(&mut io, &answer)).await;
                linger(&mut io).await;
            }
            Err(error.into())
        }
    }
}

/// What came of a request; with it, what the peer sent behind it.
type Requested = Result<(Accepted, Vec<u8>), Rejected>;

async fn request<Io>(io: &mut Io, handshake: &mut Handshake<'_>) -> io::Result<Requested>
where
    Io: AsyncRead + Unpin,
{
    loop {
        let read = poll_fn(|cx| {
            scratch::read_at_most(EARLY, io, cx, |_, bytes| {
                if bytes.is_empty() {
                    return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
                }
                let mut input = Input::new(clock::now(), bytes);
                let done = handshake.handle_input(&mut input);
                Ok(done.map(|done| done.map(|accepted| (accepted, input.take_all().to_vec()))))
            })
        });
        match read.await?? {
            Ok(Some(accepted)) => return Ok(Ok(accepted)),
            Ok(None) => {}
            Err(rejected) => return Ok(Err(rejected)),
        }
    }
}
