//! What [`connect`](crate::connect) has connected: a TCP socket, with or without TLS on it.

use crate::Transport;
use std::{
    io::{self, IoSlice, Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};
#[cfg(feature = "tls")]
use {
    crate::{BadUrl, Error, tls},
    rustls::{ClientConfig, Connection, pki_types::ServerName},
    std::sync::Arc,
};

/// A TCP socket, with or without TLS on it: one type for `ws` and `wss`.
#[derive(Debug)]
pub struct MaybeTls {
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    Plain(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<tls::Stream>),
}

/// The same expression with either stream.
macro_rules! either {
    ($inner:expr, $stream:ident => $do:expr) => {
        match $inner {
            Inner::Plain($stream) => $do,
            #[cfg(feature = "tls")]
            Inner::Tls($stream) => $do,
        }
    };
}

/// The same with a reference to either, which is a transport itself.
macro_rules! either_ref {
    ($maybe:expr, $stream:ident => $do:expr) => {
        match &$maybe.inner {
            Inner::Plain(stream) => {
                let mut $stream = stream;
                $do
            }
            #[cfg(feature = "tls")]
            Inner::Tls(stream) => {
                let mut $stream = &**stream;
                $do
            }
        }
    };
}

impl MaybeTls {
    pub(crate) fn plain(io: TcpStream) -> Self {
        Self {
            inner: Inner::Plain(io),
        }
    }

    /// With TLS to the server of that name; `early` was read already.
    #[cfg(feature = "tls")]
    pub(crate) fn tls(
        io: TcpStream,
        early: Vec<u8>,
        name: &str,
        config: Option<Arc<ClientConfig>>,
    ) -> Result<Self, Error> {
        let name = ServerName::try_from(name.to_owned()).map_err(|_| BadUrl::Syntax)?;
        let config = config.map_or_else(tls::default_config, Ok);
        let stream = tls::Stream::client(config.map_err(Error::Tls)?, name, io);
        let stream = stream.map_err(Error::Tls)?.with_early(early);
        Ok(Self {
            inner: Inner::Tls(Box::new(stream)),
        })
    }

    /// The socket below.
    #[must_use]
    pub fn get_ref(&self) -> &TcpStream {
        match &self.inner {
            Inner::Plain(stream) => stream,
            #[cfg(feature = "tls")]
            Inner::Tls(stream) => stream.get_ref(),
        }
    }

    /// Whether there is TLS on it.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        match &self.inner {
            Inner::Plain(_) => false,
            #[cfg(feature = "tls")]
            Inner::Tls(_) => true,
        }
    }

    /// Looks at the TLS session, if there is one: its version, the server's certificates.
    #[cfg(feature = "tls")]
    pub fn with_session<R>(&self, look: impl FnOnce(&Connection) -> R) -> Option<R> {
        match &self.inner {
            Inner::Plain(_) => None,
            Inner::Tls(stream) => Some(stream.with_session(look)),
        }
    }
}

impl Read for MaybeTls {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        either!(&mut self.inner, stream => stream.read(buf))
    }
}

impl Read for &MaybeTls {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        either_ref!(self, stream => stream.read(buf))
    }
}

impl Write for MaybeTls {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        either!(&mut self.inner, stream => stream.write(buf))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        either!(&mut self.inner, stream => stream.write_vectored(slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        either!(&mut self.inner, stream => stream.flush())
    }
}

impl Write for &MaybeTls {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        either_ref!(self, stream => stream.write(buf))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        either_ref!(self, stream => stream.write_vectored(slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        either_ref!(self, stream => stream.flush())
    }
}

impl Transport for MaybeTls {
    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.get_ref().set_read_timeout(timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.get_ref().set_write_timeout(timeout)
    }

    fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.get_ref().set_nonblocking(nonblocking)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        either!(&mut self.inner, stream => Transport::shutdown(stream, how))
    }

    fn set_nodelay(&self) -> io::Result<()> {
        Transport::set_nodelay(self.get_ref())
    }
}

impl Transport for &MaybeTls {
    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.get_ref().set_read_timeout(timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.get_ref().set_write_timeout(timeout)
    }

    fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.get_ref().set_nonblocking(nonblocking)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        either_ref!(self, stream => Transport::shutdown(&mut stream, how))
    }

    fn set_nodelay(&self) -> io::Result<()> {
        Transport::set_nodelay(self.get_ref())
    }
}
