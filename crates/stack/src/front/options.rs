//! What a server lets its operator choose beyond the sessions' own settings.

#[cfg(feature = "compression")]
use super::Compression;
use super::{ClientFiles, Cookie, Cors};
use crate::Caps;
use alloc::{string::String, sync::Arc};
use core::{fmt, time::Duration};
use siox_http1::Limits;

/// With which ends of the path a request is for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrailingSlash {
    /// `/engine.io` and `/engine.io/`.
    #[default]
    Either,
    /// `/engine.io/` only.
    With,
    /// `/engine.io` only.
    Without,
}

impl TrailingSlash {
    /// Whether what stands behind the path without its slash fits.
    pub(super) fn fits(self, rest: &str) -> bool {
        match self {
            Self::Either => matches!(rest, "" | "/"),
            Self::With => rest == "/",
            Self::Without => rest.is_empty(),
        }
    }
}

/// The options of a server; those of its sessions are in [`Config`](crate::Config).
#[derive(Debug, Clone)]
pub struct Options {
    /// The request path, with or without its trailing slash. Default: `/engine.io/`.
    pub path: String,
    /// With which end of the path a request is for the server. Default: either.
    pub trailing_slash: TrailingSlash,
    /// Which pages of other origins may connect, and read the answers. Default: none.
    pub cors: Option<Cors>,
    /// A cookie with the session's id, in the first answer. Default: none.
    pub cookie: Option<Cookie>,
    /// How the answers to polls are compressed. Default: not at all, since an attacker who can have
    /// something sent beside a secret learns of it from lengths.
    #[cfg(feature = "compression")]
    pub compression: Option<Compression>,
    /// How many proxies before the server are trusted: where there are any, `X-Forwarded-Host` counts as
    /// the host of the server, and the client's address is taken from `X-Forwarded-For`, that many places
    /// from its end. Default: 0.
    pub trusted_proxies: u8,
    /// How long an upgrade for another path may go unanswered before it is cut. Default: 1 s.
    pub destroy_upgrade: Option<Duration>,
    /// The files of the browser's client, served beneath the path. Default: none, since no JavaScript comes
    /// with this server.
    pub client: Option<Arc<ClientFiles>>,
    /// How many sessions there may be, in all and of one address, where
    /// [`trusted_proxies`](Self::trusted_proxies) says what that is. Default: any number.
    pub caps: Caps,
    /// What a peer may cost an HTTP connection of the server's own listener: sizes and deadlines. Default:
    /// those of [`Limits`].
    pub http: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            path: "/engine.io/".into(),
            trailing_slash: TrailingSlash::Either,
            cors: None,
            cookie: None,
            #[cfg(feature = "compression")]
            compression: None,
            trusted_proxies: 0,
            destroy_upgrade: Some(Duration::from_secs(1)),
            client: None,
            caps: Caps::default(),
            http: Limits::default(),
        }
    }
}

impl Options {
    /// The defaults, at `path`.
    #[must_use]
    pub fn at(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            ..Self::default()
        }
    }

    pub(super) fn check(&self) -> Result<(), InvalidOption> {
        let is_path = |b: u8| b.is_ascii_graphic() && !matches!(b, b'?' | b'#');
        if !self.path.starts_with('/') || !self.path.bytes().all(is_path) {
            return Err(InvalidOption::Path);
        }
        self.cookie.as_ref().map_or(Ok(()), Cookie::check)
    }
}

/// Which option cannot be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidOption {
    /// The path does not begin with a slash, or holds what no path holds.
    Path,
    /// The cookie's name is no token, or its path or domain would end the attribute.
    Cookie,
    /// An origin, a method or a header of CORS is none, or the status of the preflight is not of 2xx.
    Cors,
}

impl fmt::Display for InvalidOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path => "the path must begin with a slash and hold neither query nor space",
            Self::Cookie => "the cookie's name, path or domain cannot stand in a header",
            Self::Cors => "an origin, method, header or status of CORS cannot be sent",
        })
    }
}

impl core::error::Error for InvalidOption {}

#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "std")]
impl From<InvalidOption> for std::io::Error {
    fn from(invalid: InvalidOption) -> Self {
        Self::new(std::io::ErrorKind::InvalidInput, invalid)
    }
}
