//! What a client asks for.

use siox_http1::proxy::Proxy;
use siox_stack::ClientOptions;
#[cfg(feature = "tls")]
use std::sync::Arc;

/// What a client asks for, and how it reaches the server.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// The session, its requests, and what the server may cost.
    pub client: ClientOptions,
    /// How much may wait to be received, in bytes, and 32 more for each message, before nothing more is
    /// read. Default 1 MiB.
    pub inbox: usize,
    /// The proxy that all connections go through. Default none; no environment variable is looked at.
    pub proxy: Option<Proxy>,
    /// How TLS is spoken: private roots, client certificates. Default none: rustls' own choice of
    /// versions and ciphers, and the roots that Mozilla trusts. Application protocols (ALPN), if there
    /// are any, should be `http/1.1` alone.
    #[cfg(feature = "tls")]
    pub tls: Option<Arc<rustls::ClientConfig>>,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            client: ClientOptions::default(),
            inbox: 1 << 20,
            proxy: None,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}
