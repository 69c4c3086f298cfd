//! The way to a server through a proxy: HTTP `CONNECT` (RFC 9110 §9.3.6) and SOCKS5 (RFC 1928, with the
//! user names and passwords of RFC 1929). The proxy resolves the server's name.
//!
//! ```
//! use siox_http1::proxy::Proxy;
//! use siox_wire::{Input, Instant};
//!
//! // Connect to `proxy.name()` and `proxy.port()`, then ask for the tunnel.
//! let proxy: Proxy = "http://me:secret@proxy.example:3128".parse()?;
//! let mut tunnel = proxy.tunnel("server.example", 80)?;
//! loop {
//!     let wire: Vec<u8> = tunnel.poll_transmit().flatten().copied().collect();
//!     tunnel.handle_written(wire.len());
//!     // Write it, then read.
//!     let mut read = *b"HTTP/1.1 200 OK\r\n\r\nhello";
//!     let mut input = Input::new(Instant::EPOCH, &mut read);
//!     if tunnel.handle_input(&mut input)?.is_some() {
//!         assert_eq!(input.peek(), b"hello"); // the server's first bytes
//!         break;
//!     }
//! }
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Limits
//! An answer to `CONNECT` is bounded as [`Limits`](crate::Limits) says by default, its body is not read;
//! the answers of SOCKS5 are bounded by their form. Time is the caller's to limit. No TLS to the proxy,
//! no SOCKS4, no GSSAPI, neither `BIND` nor UDP. Names and passwords never show in `Debug` or an error.

mod connect;
mod credentials;
mod error;
mod socks5;
mod url;

pub use error::{BadProxy, Error, Refusal, Reply};

use alloc::{boxed::Box, string::String};
use connect::Connect;
use credentials::Credentials;
use siox_wire::{Input, Outbox};
use socks5::Socks5;

/// What a proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1 `CONNECT`.
    Http,
    /// SOCKS version 5.
    Socks5,
}

/// A proxy, parsed from `http://[USER:PASSWORD@]HOST[:PORT]` or `socks5://…` (`socks5h://…` is the
/// same). A name and password are percent-decoded. The port is 80, or 1080 for SOCKS5, where none is
/// given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    protocol: Protocol,
    name: String,
    port: u16,
    credentials: Option<Credentials>,
}

impl Proxy {
    /// What it speaks.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The host to connect to; an IPv6 address stands without brackets.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port to connect to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// With a user name and a password: `Basic` for HTTP (RFC 7617), RFC 1929 for SOCKS5.
    ///
    /// # Errors
    /// [`BadProxy::Credentials`] for a colon in a user name of HTTP, for control characters there, and
    /// for what is not 1 to 255 bytes long in SOCKS5.
    pub fn with_credentials(mut self, user: &str, password: &str) -> Result<Self, BadProxy> {
        let credentials = Credentials::new(self.protocol, user.into(), password.into())?;
        self.credentials = Some(credentials);
        Ok(self)
    }

    /// Asks the proxy for a tunnel to a server; an IPv6 address stands without brackets.
    ///
    /// # Errors
    /// [`Error::Server`] where the name cannot be sent: it is empty, longer than 255 bytes, or holds what
    /// stands in no host name.
    pub fn tunnel(&self, name: &str, port: u16) -> Result<Tunnel, Error> {
        let mut out = Outbox::default();
        let credentials = self.credentials.as_ref();
        let asked = match self.protocol {
            Protocol::Http => Asked::Http(Connect::new(name, port, credentials, &mut out)?),
            Protocol::Socks5 => Asked::Socks5(Box::new(Socks5::new(
                name,
                port,
                credentials.cloned(),
                &mut out,
            )?)),
        };
        Ok(Tunnel {
            asked,
            out,
            failed: None,
        })
    }
}

enum Asked {
    Http(Connect),
    Socks5(Box<Socks5>),
}

/// A tunnel on its way: write what there is to write, read, until it is [`Open`].
pub struct Tunnel {
    asked: Asked,
    out: Outbox,
    failed: Option<Error>,
}

/// The tunnel is open: what is left of the input, and all that comes, is the server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open;

impl Tunnel {
    /// Takes what belongs to the proxy's answers. The runtime gives no more once the tunnel is open.
    ///
    /// # Errors
    /// [`Error`]; the same again at each later call.
    pub fn handle_input(&mut self, input: &mut Input<'_>) -> Result<Option<Open>, Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let done = match &mut self.asked {
            Asked::Http(connect) => connect.handle_input(input),
            Asked::Socks5(socks) => socks.handle_input(input, &mut self.out),
        };
        done.inspect_err(|error| self.failed = Some(error.clone()))
    }

    /// What is to be written now.
    pub fn poll_transmit(&self) -> impl Iterator<Item = &[u8]> {
        self.out.chunks()
    }

    /// So many bytes of it were written.
    pub fn handle_written(&mut self, n: usize) {
        self.out.advance(n);
    }
}

impl core::fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let protocol = match &self.asked {
            Asked::Http(_) => Protocol::Http,
            Asked::Socks5(_) => Protocol::Socks5,
        };
        f.debug_struct("Tunnel")
            .field("protocol", &protocol)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}
