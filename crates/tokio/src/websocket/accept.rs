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
        server::{AcceptOptions, Handshake, Pending, Rejected, Request, Verdict},
    },
};
use siox_wire::Input;
use std::{
    future::{Future, poll_fn, ready},
    io,
    sync::Arc,
};
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
    let judge = |request: &Request<'_>| ready(options.judge(request));
    Box::pin(shake_hands(io, options, judge)).await
}

/// As [`accept_with`], for a server that must look something up before it lets a client in: in place of
/// the options' hook `judge` is called for a request that is otherwise in order, and what it returns is
/// awaited before the answer. The time of the handshake covers both; a client whose verdict does not come
/// by then is told 503.
///
/// ```
/// # use siox_tokio::websocket::{self, AcceptOptions, Denial, Error};
/// # async fn is_known(cookie: Vec<u8>) -> bool { !cookie.is_empty() }
/// # async fn serve(io: tokio::net::TcpStream, options: &AcceptOptions) -> Result<(), Error> {
/// let socket = websocket::accept_if(io, options, |request| {
///     let cookie = request.header("cookie").unwrap_or_default().to_vec();
///     async move {
///         match is_known(cookie).await {
///             true => Ok(Vec::new()),
///             false => Err(Denial::new(401)),
///         }
///     }
/// })
/// .await?;
/// # drop(socket);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`Error`] says; the peer has been told why, where there was a peer to tell.
pub async fn accept_if<Io, J, F>(
    io: Io,
    options: &AcceptOptions,
    judge: J,
) -> Result<WebSocket<Io>, Error>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    J: FnOnce(&Request<'_>) -> F,
    F: Future<Output = Verdict>,
{
    Box::pin(shake_hands(io, options, judge)).await
}

async fn shake_hands<Io, J, F>(
    mut io: Io,
    options: &AcceptOptions,
    judge: J,
) -> Result<WebSocket<Io>, Error>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    J: FnOnce(&Request<'_>) -> F,
    F: Future<Output = Verdict>,
{
    let by = Instant::now() + options.handshake;
    let mut handshake = Handshake::new(options);
    let requested = timeout_at(by, request(&mut io, &mut handshake, judge)).await;
    let judged = match requested.unwrap_or_else(|_| Ok(Err(handshake.give_up())))? {
        Ok((pending, verdict, early)) => match timeout_at(by, verdict).await {
            Ok(verdict) => pending.decide(verdict).map(|accepted| (accepted, early)),
            Err(_) => Err(pending.give_up()),
        },
        Err(rejected) => Err(rejected),
    };
    match judged {
        Ok((accepted, early)) => {
            let written = timeout_at(by, write_all(&mut io, &accepted.answer)).await;
            written.map_err(|_| Error::Timeout)??;
            let (connection, protocol) = (accepted.connection, accepted.agreed.protocol);
            Ok(WebSocket::server(io, connection, early, protocol))
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

/// What came of a request: the verdict that it waits for, and what the peer sent behind it.
type Requested<'o, F> = Result<(Pending<'o>, F, Vec<u8>), Rejected>;

async fn request<'o, Io, F>(
    io: &mut Io,
    handshake: &mut Handshake<'o>,
    judge: impl FnOnce(&Request<'_>) -> F,
) -> io::Result<Requested<'o, F>>
where
    Io: AsyncRead + Unpin,
{
    let mut judge = Some(judge);
    loop {
        let read = poll_fn(|cx| {
            scratch::read_at_most(EARLY, io, cx, |_, bytes| {
                if bytes.is_empty() {
                    return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
                }
                let mut input = Input::new(clock::now(), bytes);
                let read = |request: &Request<'_>| judge.take().map(|judge| judge(request));
                let done = handshake.handle_request(&mut input, read);
                Ok(done.map(|done| {
                    done.map(|(pending, verdict)| (pending, verdict, input.take_all().to_vec()))
                }))
            })
        });
        match read.await?? {
            Ok(Some((pending, Some(verdict), early))) => return Ok(Ok((pending, verdict, early))),
            // There is one request only.
            Ok(Some((_, None, _)) | None) => {}
            Err(rejected) => return Ok(Err(rejected)),
        }
    }
}
