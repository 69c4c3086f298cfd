//! The client's opening handshake, and all that comes before it, by one deadline.

use super::{Error, MaybeTls, Options, WebSocket, dial::dial, linger::write_all, tunnel::tunnel};
use crate::{clock, scratch};
use siox_http1::proxy::Proxy;
use siox_websocket::handshake::client::{Agreed, Answer, Url};
use siox_wire::Input;
use std::{future::poll_fn, io};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, timeout_at},
};
#[cfg(feature = "tls")]
use {std::sync::Arc, tokio_rustls::rustls::ClientConfig};

/// Connects to `url`, `ws://HOST[:PORT][/PATH][?QUERY]`, or `wss://…` with feature `tls`; through a proxy
/// if [`Options`] name one. Every address of the name is tried.
///
/// # Errors
/// As [`Error`] says.
pub async fn connect(url: &str, options: &Options) -> Result<WebSocket<MaybeTls>, Error> {
    let by = Instant::now() + options.handshake;
    let url: Url = url.parse()?;
    if cfg!(not(feature = "tls")) && url.is_secure() {
        return Err(Error::NoTls);
    }
    #[cfg(feature = "tls")]
    let reached = reach(&url, options.proxy.as_ref(), options.tls.clone());
    #[cfg(not(feature = "tls"))]
    let reached = reach(&url, options.proxy.as_ref());
    let io = timeout_at(by, reached)
        .await
        .map_err(|_| Error::Timeout)??;
    shake_hands(io, url.host(), url.target(), options, by).await
}

/// The stream to the server. The deadline is the caller's.
pub(crate) async fn reach(
    url: &Url,
    proxy: Option<&Proxy>,
    #[cfg(feature = "tls")] tls: Option<Arc<ClientConfig>>,
) -> Result<MaybeTls, Error> {
    let io = match proxy {
        None => MaybeTls::plain(dialled(url.name(), url.port()).await?, Vec::new()),
        Some(proxy) => {
            let mut io = dialled(proxy.name(), proxy.port()).await?;
            let early = tunnel(&mut io, proxy, url.name(), url.port()).await?;
            MaybeTls::plain(io, early)
        }
    };
    #[cfg(feature = "tls")]
    if url.is_secure() {
        return io.into_tls(url.name(), tls).await;
    }
    Ok(io)
}

async fn dialled(name: &str, port: u16) -> io::Result<TcpStream> {
    let io = dial(name, port).await?;
    // Without it the kernel may hold a small frame back.
    let _ = io.set_nodelay(true);
    Ok(io)
}

/// Makes a WebSocket of a stream that is connected already, over a Unix socket or TLS of another kind or
/// in memory. `host` is what the `Host` header says, `target` is path and query. The options' proxy and
/// TLS are not looked at.
///
/// # Errors
/// As [`Error`] says.
pub async fn open<Io>(
    io: Io,
    host: &str,
    target: &str,
    options: &Options,
) -> Result<WebSocket<Io>, Error>
where
    Io: AsyncRead + AsyncWrite + Unpin,
{
    let by = Instant::now() + options.handshake;
    shake_hands(io, host, target, options, by).await
}

async fn shake_hands<Io>(
    mut io: Io,
    host: &str,
    target: &str,
    options: &Options,
    by: Instant,
) -> Result<WebSocket<Io>, Error>
where
    Io: AsyncRead + AsyncWrite + Unpin,
{
    let (request, handshake) = options.wanted().request(host, target, random()?)?;
    timeout_at(by, write_all(&mut io, &request))
        .await
        .map_err(|_| Error::Timeout)??;
    let (agreed, early) = read_answer(&mut io, Answer::new(handshake), by).await?;
    let connection = options.wanted().connection(&agreed, random()?);
    Ok(WebSocket::client(io, connection, early, agreed.protocol))
}

/// What the server agreed to, and what it sent behind its answer.
type Opened = (Agreed, Vec<u8>);

async fn read_answer<Io>(io: &mut Io, mut answer: Answer, by: Instant) -> Result<Opened, Error>
where
    Io: AsyncRead + Unpin,
{
    loop {
        let until = answer.poll_timeout().map_or(by, |at| by.min(clock::at(at)));
        let read = poll_fn(|cx| scratch::read(io, cx, |_, bytes| take(&mut answer, bytes)));
        let failure = match timeout_at(until, read).await {
            Ok(Ok(Ok(Some(opened)))) => return Ok(opened),
            Ok(Ok(Ok(None))) => continue,
            Ok(Ok(Err(e))) => return Err(e),
            Ok(Err(e)) => Error::Io(e),
            Err(_) => Error::Timeout,
        };
        return Err(answer.give_up().map_or(failure, Error::Rejected));
    }
}

/// Gives the answer the next bytes, none at the end of the stream.
fn take(answer: &mut Answer, bytes: &mut [u8]) -> Result<Option<Opened>, Error> {
    if bytes.is_empty() {
        let eof = || io::Error::from(io::ErrorKind::UnexpectedEof).into();
        return Err(answer.handle_eof().map_or_else(eof, Error::Rejected));
    }
    let mut input = Input::new(clock::now(), bytes);
    let agreed = answer.handle_input(&mut input)?;
    Ok(agreed.map(|agreed| (agreed, input.take_all().to_vec())))
}

fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
    Ok(bytes)
}
