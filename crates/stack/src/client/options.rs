//! What a client asks for, and what it allows the server.

use alloc::{
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use core::time::Duration;
use siox_engineio as engineio;
use siox_http1 as http1;
#[cfg(feature = "deflate")]
use siox_websocket::deflate;
use siox_websocket::{self as websocket, handshake::client::Url};

/// Which requests carry the time, so that no cache answers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timestamps {
    /// None.
    Never,
    /// GETs and POSTs.
    #[default]
    Polling,
    /// WebSocket handshakes too.
    Always,
}

/// What a client asks for, and what it allows the server.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientOptions {
    /// The settings of the session: protocol version, transports, upgrade, time limits.
    pub engine: engineio::ClientConfig,
    /// Where the server lives, unless the URL has a path of its own (other than `/`). Default
    /// `/engine.io`.
    pub path: String,
    /// Whether the path ends with a slash, be it the URL's own. Default true.
    pub trailing_slash: bool,
    /// Pairs for the query of every request, not encoded yet. The protocol's own names (`EIO`,
    /// `transport`, `sid`, `b64`, `j`, and the timestamp's) are left out. Default none.
    pub query: Vec<(String, String)>,
    /// Headers for every request: `Origin`, `Cookie`, `Authorization`. None that HTTP or the WebSocket
    /// handshake writes itself. Default none.
    pub headers: Vec<(String, String)>,
    /// Whether cookies that the server sets are kept for the session and sent back. Default false.
    pub cookies: bool,
    /// Which requests carry the time. Default: GETs and POSTs.
    pub timestamps: Timestamps,
    /// The name of the parameter that carries it. Default `t`.
    pub timestamp_param: String,
    /// Subprotocols of the WebSocket, the preferred first. Default none.
    pub protocols: Vec<String>,
    /// What an answer's head may cost.
    pub http: Arc<http1::Limits>,
    /// The limits of the WebSocket. Default: messages of 64 MiB, and the queue's limits of a session's
    /// defaults.
    pub websocket: Arc<websocket::Limits>,
    /// permessage-deflate, if it is to be offered. Default none.
    #[cfg(feature = "deflate")]
    pub deflate: Option<deflate::Config>,
    /// Whether the answers to polls may be compressed, by gzip. What one makes when it is decompressed is
    /// limited like an answer that is not. Default false.
    #[cfg(feature = "compression")]
    pub compression: bool,
    /// How long an HTTP connection may lie idle before it is closed rather than used again; zero gives
    /// each request a connection of its own. Keep it well below what the server allows, whose closing
    /// may cross a request. Default 2 s.
    pub keep_alive: Duration,
}

impl Default for ClientOptions {
    fn default() -> Self {
        let engine = engineio::ClientConfig::default();
        let websocket = websocket::Limits {
            message: engine.max_response,
            high_water: engine.high_water,
            hard_cap: engine.hard_cap,
            ..websocket::Limits::default()
        };
        Self {
            engine,
            path: "/engine.io".to_string(),
            trailing_slash: true,
            query: Vec::new(),
            headers: Vec::new(),
            cookies: false,
            timestamps: Timestamps::default(),
            timestamp_param: "t".to_string(),
            protocols: Vec::new(),
            http: Arc::default(),
            websocket: Arc::new(websocket),
            #[cfg(feature = "deflate")]
            deflate: None,
            #[cfg(feature = "compression")]
            compression: false,
            keep_alive: Duration::from_secs(2),
        }
    }
}

impl ClientOptions {
    /// Whether answers to polls may be compressed.
    pub(super) const fn takes_gzip(&self) -> bool {
        #[cfg(feature = "compression")]
        let takes = self.compression;
        #[cfg(not(feature = "compression"))]
        let takes = false;
        takes
    }

    /// Path and query of all requests to the server of `url`, up to where the session's own pairs go.
    pub(super) fn target(&self, url: &Url) -> String {
        let (path, query) = url.target().split_once('?').unwrap_or((url.target(), ""));
        let path = if path == "/" { &self.path } else { path };
        let path = path.trim_matches('/');
        let mut target = String::from("/");
        target.push_str(path);
        if self.trailing_slash && !path.is_empty() {
            target.push('/');
        }
        target.push('?');
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let name = pair.split('=').next().unwrap_or_default();
            if !self.is_own(name) {
                target.push_str(pair);
                target.push('&');
            }
        }
        for (name, value) in self.query.iter().filter(|(name, _)| !self.is_own(name)) {
            encode(name, &mut target);
            target.push('=');
            encode(value, &mut target);
            target.push('&');
        }
        target
    }

    fn is_own(&self, name: &str) -> bool {
        let own = ["EIO", "transport", "sid", "b64", "j"];
        own.contains(&name)
            || (self.timestamps != Timestamps::Never && name == self.timestamp_param)
    }
}

/// Percent-encodes what may not stand in a query's name or value (RFC 3986, 2.3).
pub(super) fn encode(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let digit = |nibble: u8| {
                HEX.get(usize::from(nibble))
                    .copied()
                    .map_or('0', char::from)
            };
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

/// The URL of a server: `http`, `https`, `ws` and `wss` are all good.
///
/// # Errors
/// [`BadUrl`](websocket::handshake::client::BadUrl) as for a WebSocket's URL.
pub fn parse_url(url: &str) -> Result<Url, websocket::handshake::client::BadUrl> {
    let rest = match url.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => Some(("ws:", rest)),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => Some(("wss:", rest)),
        Some(_) | None => None,
    };
    match rest {
        Some((scheme, rest)) => [scheme, rest].concat().parse(),
        None => url.parse(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str, options: &ClientOptions) -> String {
        options.target(&parse_url(url).unwrap())
    }

    #[test]
    fn where_requests_go() {
        let options = ClientOptions::default();
        for (url, expected) in [
            ("http://a", "/engine.io/?"),
            ("https://a/", "/engine.io/?"),
            ("ws://a/?x=1", "/engine.io/?x=1&"),
            ("wss://a/my/path", "/my/path/?"),
            (
                "http://a/my/path//?sid=1&EIO=3&t=5&b=%20&&transport",
                "/my/path/?b=%20&",
            ),
        ] {
            assert_eq!(target(url, &options), expected, "{url}");
        }
        let options = ClientOptions {
            path: "x/".into(),
            trailing_slash: false,
            timestamps: Timestamps::Never,
            query: [("a b", "é&="), ("sid", "1"), ("t", "2")]
                .map(|(n, v)| (n.into(), v.into()))
                .into(),
            ..options
        };
        assert_eq!(target("ws://a", &options), "/x?a%20b=%C3%A9%26%3D&t=2&");
    }

    #[test]
    fn urls_of_either_kind() {
        for (url, secure) in [
            ("http://a", false),
            ("HTTPS://a", true),
            ("ws://a", false),
            ("wss://a", true),
        ] {
            assert_eq!(parse_url(url).unwrap().is_secure(), secure);
        }
        for bad in ["ftp://a", "a", "http:/a", "http://", "httpx://a"] {
            assert!(parse_url(bad).is_err(), "{bad}");
        }
    }
}
