//! The client's opening handshake, and all that comes before it, by one deadline.

use crate::{
    Error, MaybeTls, Options, Transport, WebSocket,
    accept::{read_some_by, write_by},
    clock,
    dial::dial,
    proxy::Proxy,
    tunnel::tunnel,
};
use siox_websocket::handshake::client::{Agreed, Answer, Url};
use siox_wire::{Input, Instant};
use std::io;
#[cfg(feature = "tls")]
use {rustls::ClientConfig, std::sync::Arc};

/// Connects to `url`, `ws://HOST[:PORT][/PATH][?QUERY]`, or `wss://…` with feature `tls`; through a proxy
/// if [`Options`] name one. Every address of the name is tried.
///
/// # Errors
/// As [`Error`] says.
pub fn connect(url: &str, options: &Options) -> Result<WebSocket<MaybeTls>, Error> {
    let by = clock::now().after(options.handshake);
    let url: Url = url.parse()?;
    if cfg!(not(feature = "tls")) && url.is_secure() {
        return Err(Error::NoTls);
    }
    #[cfg(feature = "tls")]
    let (io, early) = reach(&url, options.proxy.as_ref(), options.tls.clone(), by)?;
    #[cfg(not(feature = "tls"))]
    let (io, early) = reach(&url, options.proxy.as_ref(), by)?;
    shake_hands(io, early, url.host(), url.target(), options, by)
}

/// The stream to the server, and what the server has sent already.
pub(crate) fn reach(
    url: &Url,
    proxy: Option<&Proxy>,
    #[cfg(feature = "tls")] tls: Option<Arc<ClientConfig>>,
    by: Instant,
) -> Result<(MaybeTls, Vec<u8>), Error> {
    let (io, early) = match proxy {
        None => (dial(url.name(), url.port(), by)?, Vec::new()),
        Some(proxy) => {
            let mut io = dial(proxy.name(), proxy.port(), by)?;
            let early = tunnel(&mut io, proxy, url.name(), url.port(), by)?;
            (io, early)
        }
    };
    #[cfg(feature = "tls")]
    if url.is_secure() {
        let io = MaybeTls::tls(io, early, url.name(), tls)?;
        return Ok((io, Vec::new()));
    }
    Ok((MaybeTls::plain(io), early))
}

/// Makes a WebSocket of a transport that is connected already: a Unix socket, TLS of another kind. `host`
/// is what the `Host` header says, `target` is path and query. The options' proxy and TLS are not looked
/// at.
///
/// # Errors
/// As [`Error`] says.
pub fn open<S: Transport>(
    io: S,
    host: &str,
    target: &str,
    options: &Options,
) -> Result<WebSocket<S>, Error> {
    let by = clock::now().after(options.handshake);
    shake_hands(io, Vec::new(), host, target, options, by)
}

fn shake_hands<S: Transport>(
    mut io: S,
    early: Vec<u8>,
    host: &str,
    target: &str,
    options: &Options,
    by: Instant,
) -> Result<WebSocket<S>, Error> {
    io.set_nodelay()?;
    let (request, handshake) = options.wanted().request(host, target, random()?)?;
    write_by(&mut io, by, &request)?;
    let (agreed, early) = read_answer(&mut io, Answer::new(handshake), early, by)?;
    let connection = options.wanted().connection(&agreed, random()?);
    Ok(WebSocket::client(io, connection, early, agreed.protocol))
}

/// What the server agreed to, and what it sent behind its answer.
type Opened = (Agreed, Vec<u8>);

fn read_answer(
    io: &mut impl Transport,
    mut answer: Answer,
    mut early: Vec<u8>,
    by: Instant,
) -> Result<Opened, Error> {
    if !early.is_empty()
        && let Some(opened) = take(&mut answer, &mut early)?
    {
        return Ok(opened);
    }
    loop {
        let until = answer.poll_timeout().map_or(by, |at| by.min(at));
        match read_some_by(&mut *io, until, |bytes| take(&mut answer, bytes)) {
            Ok(Ok(Some(opened))) => return Ok(opened),
            Ok(Ok(None)) => {}
            Ok(Err(e)) => return Err(e),
            Err(e) => return Err(answer.give_up().map_or(e, Error::Rejected)),
        }
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
