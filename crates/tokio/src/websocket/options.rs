//! What a client asks for.

use siox_http1::proxy::Proxy;
#[cfg(feature = "deflate")]
use siox_websocket::deflate;
use siox_websocket::{
    Connection, Limits,
    handshake::{
        InvalidHeader,
        client::{Agreed, Handshake, Request},
    },
};
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
    /// The request's bytes, and what its answer must be.
    pub(super) fn request(
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
    pub(super) fn connection(&self, agreed: &Agreed, seed: [u8; 32]) -> Connection {
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
            proxy: None,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}
