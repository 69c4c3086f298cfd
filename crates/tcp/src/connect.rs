//! The client's opening handshake.

use crate::{
    Error, WebSocket,
    accept::{read_some_by, write_by},
    clock,
    dial::dial,
};
#[cfg(feature = "deflate")]
use siox_websocket::deflate;
use siox_websocket::{
    Connection, Limits,
    handshake::{
        InvalidHeader,
        client::{Agreed, Answer, Handshake, Request, Url},
    },
};
use siox_wire::{Input, Instant};
use std::{io, net::TcpStream, sync::Arc, time::Duration};

/// What a client asks for, and what it allows the server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Headers of the caller's own: `Origin`, `Cookie`, `Authorization`. Default none.
    pub headers: Vec<(String, String)>,
    /// Subprotocols, the preferred first. Default none.
    pub protocols: Vec<String>,
    /// How long all may take until there is a WebSocket: the name's resolution, the TCP connection and
    /// the handshake together. Default 10 s. Where the system's resolver is slower, the thread it runs
    /// on outlives the call.
    pub handshake: Duration,
    /// The limits and deadlines of the connection.
    pub limits: Arc<Limits>,
    /// permessage-deflate, if it is to be offered. Default none.
    #[cfg(feature = "deflate")]
    pub deflate: Option<deflate::Config>,
}

impl Options {
    /// The request's bytes, and what its answer must be.
    fn request(
        &self,
        host: &str,
        target: &str,
        nonce: [u8; 16],
    ) -> Result<(Vec<u8>, Handshake), InvalidHeader> {
        let headers: Vec<(&str, &str)> = self.headers.iter().map(|(n, v)| (&**n, &**v)).collect();
        let protocols: Vec<&str> = self.protocols.iter().map(String::as_str).collect();
        let request = Request {
            headers: &headers,
            protocols: &protocols,
            ..Request::new(host, target)
        };
        #[cfg(feature = "deflate")]
        if let Some(config) = &self.deflate {
            return request.build_with_deflate(nonce, config);
        }
        request.build(nonce)
    }

    /// The connection that was agreed to. `seed` is 32 fresh random bytes.
    fn connection(&self, agreed: &Agreed, seed: [u8; 32]) -> Connection {
        let connection = Connection::client(self.limits.clone(), seed);
        #[cfg(feature = "deflate")]
        if let (Some(agreed), Some(config)) = (&agreed.deflate, &self.deflate) {
            return connection.with_deflate(agreed, config);
        }
        let _ = agreed;
        connection
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            headers: Vec::new(),
            protocols: Vec::new(),
            handshake: Duration::from_secs(10),
            limits: Arc::default(),
            #[cfg(feature = "deflate")]
            deflate: None,
        }
    }
}

/// Connects to `url`, `ws://HOST[:PORT][/PATH][?QUERY]`.
///
/// # Errors
/// As [`Error`] says.
pub fn connect(url: &str, options: &Options) -> Result<WebSocket, Error> {
    let url: Url = url.parse()?;
    if url.is_secure() {
        return Err(Error::NoTls);
    }
    let by = clock::now().after(options.handshake);
    let io = dial(url.name(), url.port(), by)?;
    shake_hands(io, url.host(), url.target(), options, by)
}

/// Makes a WebSocket of a socket that is connected already, through a proxy for instance. `host` is
/// what the `Host` header says, `target` is path and query.
///
/// # Errors
/// As [`Error`] says.
pub fn open(
    io: TcpStream,
    host: &str,
    target: &str,
    options: &Options,
) -> Result<WebSocket, Error> {
    let by = clock::now().after(options.handshake);
    shake_hands(io, host, target, options, by)
}

fn shake_hands(
    io: TcpStream,
    host: &str,
    target: &str,
    options: &Options,
    by: Instant,
) -> Result<WebSocket, Error> {
    // Without it the kernel may hold a small frame back.
    io.set_nodelay(true)?;
    let (request, handshake) = options.request(host, target, random()?)?;
    write_by(&io, by, &request)?;
    let (agreed, early) = read_answer(&io, Answer::new(handshake), by)?;
    let connection = options.connection(&agreed, random()?);
    Ok(WebSocket::client(io, connection, early, agreed.protocol))
}

/// What the server agreed to, and what it sent behind its answer.
type Opened = (Agreed, Vec<u8>);

fn read_answer(io: &TcpStream, mut answer: Answer, by: Instant) -> Result<Opened, Error> {
    loop {
        let until = answer.poll_timeout().map_or(by, |at| by.min(at));
        match read_some_by(io, until, |bytes| take(&mut answer, bytes)) {
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
