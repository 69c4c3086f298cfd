//! What a client wants of a connection, from its request to its machine: what every runtime does with the
//! settings of its callers.

use super::{Agreed, Handshake, Request};
use crate::{Connection, Limits, handshake::InvalidHeader};
use alloc::{string::String, sync::Arc, vec::Vec};

/// What a client wants of a connection, lent from a caller's settings.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    headers: &'a [(String, String)],
    protocols: &'a [String],
    limits: &'a Arc<Limits>,
    #[cfg(feature = "deflate")]
    deflate: Option<&'a crate::deflate::Config>,
}

impl<'a> Wanted<'a> {
    /// Headers of the caller's own, as in [`Request::headers`]; subprotocols, the preferred first; the
    /// limits and deadlines of the connection.
    #[must_use]
    pub fn new(
        headers: &'a [(String, String)],
        protocols: &'a [String],
        limits: &'a Arc<Limits>,
    ) -> Self {
        Self {
            headers,
            protocols,
            limits,
            #[cfg(feature = "deflate")]
            deflate: None,
        }
    }

    /// With an offer of permessage-deflate.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn with_deflate(mut self, config: Option<&'a crate::deflate::Config>) -> Self {
        self.deflate = config;
        self
    }

    /// The request's bytes, and what its answer must be. `nonce` is 16 fresh random bytes.
    ///
    /// # Errors
    /// [`InvalidHeader`] for a host, target, subprotocol or header that is none.
    pub fn request(
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
        if let Some(config) = self.deflate {
            return request.build_with_deflate(nonce, config);
        }
        request.build(nonce)
    }

    /// The client's end of the connection that was agreed to. `seed` is 32 fresh random bytes.
    #[must_use]
    pub fn connection(&self, agreed: &Agreed, seed: [u8; 32]) -> Connection {
        let connection = Connection::client(self.limits.clone(), seed);
        #[cfg(feature = "deflate")]
        if let (Some(agreed), Some(config)) = (&agreed.deflate, self.deflate) {
            return connection.with_deflate(agreed, config);
        }
        let _ = agreed;
        connection
    }
}
