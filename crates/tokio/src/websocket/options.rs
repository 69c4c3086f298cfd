//! What a client asks for.

use siox_http1::proxy::Proxy;
#[cfg(feature = "deflate")]
use siox_websocket::deflate;
use siox_websocket::{Limits, handshake::client::Wanted};
use std::{sync::Arc, time::Duration};
#[cfg(feature = "tls")]
use tokio_rustls::rustls;

/// What a client asks for, and what it allows the server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Headers of the caller's own: `Origin`, `Cookie`, `Authorization`. Default none.
    pub headers: Vec<(String, String)>,
    /// Subprotocols, the preferred first. Default none.
    pub protocols: Vec<String>,
    /// How long all may take until there is a WebSocket: the name's resolution, the TCP connection, the
    /// proxy, TLS and the handshake together. Default 10 s.
    pub handshake: Duration,
    /// The limits and deadlines of the connection.
    pub limits: Arc<Limits>,
    /// permessage-deflate, if it is to be offered. Default none.
    #[cfg(feature = "deflate")]
    pub deflate: Option<deflate::Config>,
    /// The proxy that [`connect`](super::connect) goes through. Default none; no environment variable is
    /// looked at.
    pub proxy: Option<Proxy>,
    /// How [`connect`](super::connect) speaks TLS for `wss`: private roots, client certificates. Default
    /// none: rustls' own choice of versions and ciphers, and the roots that Mozilla trusts. Application
    /// protocols (ALPN), if there are any, should be `http/1.1` alone.
    #[cfg(feature = "tls")]
    pub tls: Option<Arc<rustls::ClientConfig>>,
}

impl Options {
    pub(super) fn wanted(&self) -> Wanted<'_> {
        let wanted = Wanted::new(&self.headers, &self.protocols, &self.limits);
        #[cfg(feature = "deflate")]
        let wanted = wanted.with_deflate(self.deflate.as_ref());
        wanted
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
            proxy: None,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}
