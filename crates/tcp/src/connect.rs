//! The client's opening handshake.

use crate::{
    BadUrl, Error, WebSocket,
    accept::{read_some_by, write_by},
    answer::Answer,
    clock,
};
use http::Uri;
use siox_websocket::{Connection, Limits, handshake::client::Request};
use siox_wire::Instant;
use std::{
    io,
    net::{TcpStream, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

/// What a client asks for, and what it allows the server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Headers of the caller's own: `Origin`, `Cookie`, `Authorization`. Default none.
    pub headers: Vec<(String, String)>,
    /// Subprotocols, the preferred first. Default none.
    pub protocols: Vec<String>,
    /// How long the TCP connection and the handshake may take together. Default 10 s.
    pub handshake: Duration,
    /// The limits and deadlines of the connection.
    pub limits: Arc<Limits>,
    /// permessage-deflate, offered to the server. Default none.
    #[cfg(feature = "deflate")]
    pub deflate: Option<siox_websocket::deflate::Config>,
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
    let url = Url::parse(url).map_err(Error::Url)?;
    let addresses = (url.address(), url.port).to_socket_addrs()?;
    let by = clock::now().after(options.handshake);
    let mut failure = Error::Io(io::Error::new(
        io::ErrorKind::NotFound,
        "the name has no address",
    ));
    for address in addresses {
        let left = by.since(clock::now());
        if left.is_zero() {
            return Err(Error::Timeout);
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(io) => return shake_hands(io, &url.host, &url.target, options, by),
            Err(e) if e.kind() == io::ErrorKind::TimedOut => failure = Error::Timeout,
            Err(e) => failure = Error::Io(e),
        }
    }
    Err(failure)
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
    let headers: Vec<(&str, &str)> = options.headers.iter().map(|(n, v)| (&**n, &**v)).collect();
    let protocols: Vec<&str> = options.protocols.iter().map(String::as_str).collect();
    let request = Request {
        headers: &headers,
        protocols: &protocols,
        ..Request::new(host, target)
    };
    #[cfg(feature = "deflate")]
    let (request, handshake) = match &options.deflate {
        Some(config) => request.build_with_deflate(random()?, config)?,
        None => request.build(random()?)?,
    };
    #[cfg(not(feature = "deflate"))]
    let (request, handshake) = request.build(random()?)?;
    let mut answer = Answer::new(handshake);
    write_by(&io, by, &request)?;
    let (agreed, early) = loop {
        match read_some_by(&io, by, |bytes| answer.handle_input(bytes)) {
            Ok(Ok(Some(opened))) => break opened,
            Ok(Ok(None)) => {}
            Ok(Err(e)) => return Err(e),
            Err(Error::Timeout) => return Err(answer.give_up()),
            Err(e) => return Err(e),
        }
    };
    let connection = Connection::client(options.limits.clone(), random()?);
    #[cfg(feature = "deflate")]
    let connection = match (&agreed.deflate, &options.deflate) {
        (Some(agreed), Some(config)) => connection.with_deflate(agreed, config),
        _ => connection,
    };
    Ok(WebSocket::client(io, connection, early, agreed.protocol))
}

fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
    Ok(bytes)
}

/// The parts of a URL (RFC 6455 §3).
#[derive(Debug, PartialEq, Eq)]
struct Url {
    /// As the `Host` header says it: with a port where it is not the scheme's own.
    host: String,
    port: u16,
    target: String,
    name: String,
}

impl Url {
    fn parse(url: &str) -> Result<Self, BadUrl> {
        if url.contains('#') {
            return Err(BadUrl::Fragment);
        }
        let uri: Uri = url.parse().map_err(|_| BadUrl::Syntax)?;
        match uri.scheme_str() {
            Some(scheme) if scheme.eq_ignore_ascii_case("ws") => {}
            Some(_) => return Err(BadUrl::Scheme),
            None => return Err(BadUrl::Syntax),
        }
        let authority = uri.authority().ok_or(BadUrl::Syntax)?;
        if authority.as_str().contains('@') {
            return Err(BadUrl::UserInfo);
        }
        let name = authority.host();
        if name.is_empty() {
            return Err(BadUrl::Syntax);
        }
        let port = match (authority.port(), authority.as_str().len() > name.len()) {
            (Some(port), _) => port.as_u16(),
            (None, true) => return Err(BadUrl::Syntax), // a colon, and no port behind it
            (None, false) => 80,
        };
        let query = uri
            .query()
            .map_or(String::new(), |query| format!("?{query}"));
        let path = match uri.path() {
            "" => "/",
            path => path,
        };
        Ok(Self {
            host: match port {
                80 => name.to_owned(),
                port => format!("{name}:{port}"),
            },
            port,
            target: format!("{path}{query}"),
            name: name.to_owned(),
        })
    }

    /// The host as the resolver takes it: an IPv6 address without its brackets.
    fn address(&self) -> &str {
        let bare = self.name.strip_prefix('[');
        bare.and_then(|name| name.strip_suffix(']'))
            .unwrap_or(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let table = [
            ("ws://a", Ok(("a", "a", 80, "/"))),
            ("WS://a:80/x", Ok(("a", "a", 80, "/x"))),
            (
                "ws://a.b:9001/x/y?z=1&q",
                Ok(("a.b:9001", "a.b", 9001, "/x/y?z=1&q")),
            ),
            ("ws://a?b=c", Ok(("a", "a", 80, "/?b=c"))),
            ("ws://[::1]:8080/", Ok(("[::1]:8080", "::1", 8080, "/"))),
            ("ws://a/#b", Err(BadUrl::Fragment)),
            ("wss://a/", Err(BadUrl::Scheme)),
            ("http://a/", Err(BadUrl::Scheme)),
            ("ws://me@a/", Err(BadUrl::UserInfo)),
            ("ws://", Err(BadUrl::Syntax)),
            ("ws://:80/", Err(BadUrl::Syntax)),
            ("ws://a:65536/", Err(BadUrl::Syntax)),
            ("ws://a:/", Err(BadUrl::Syntax)),
            ("/x", Err(BadUrl::Syntax)),
            ("a:1", Err(BadUrl::Syntax)),
            ("ws://a/ b", Err(BadUrl::Syntax)),
        ];
        for (url, expected) in table {
            let parsed = Url::parse(url);
            let parts = parsed
                .as_ref()
                .map(|url| (&*url.host, url.address(), url.port, &*url.target));
            assert_eq!(parts, expected.as_ref().copied(), "{url}");
        }
    }
}
