//! TLS by rustls, feature `tls`: a [`Stream`] is a [`Transport`] over another, for either role.
//!
//! A server's is made and accepted so; the TLS handshake is part of [`accept`](crate::accept)'s time:
//!
//! ```no_run
//! # fn run(config: std::sync::Arc<rustls::ServerConfig>) -> Result<(), Box<dyn std::error::Error>> {
//! use siox_tcp::{Limits, tls};
//! use std::{net::TcpListener, sync::Arc};
//!
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let (stream, _) = listener.accept()?;
//! let stream = tls::Stream::server(config, stream)?;
//! let mut socket = siox_tcp::accept(stream, Arc::new(Limits::default()))?;
//! # Ok(())
//! # }
//! ```
//!
//! The end of the stream without TLS's own farewell (`close_notify`) reads as the end of the stream:
//! whether anything is missing is WebSocket's to judge, whose close frames say where a connection ends.

mod session;

pub use rustls;

use crate::Transport;
use rustls::{
    ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection,
    pki_types::ServerName,
};
use session::Session;
use std::{
    fmt,
    io::{self, IoSlice, Read, Write},
    net::{Shutdown, TcpStream},
    sync::Arc,
    time::Duration,
};

/// TLS over a transport.
///
/// As a [`Transport`] should, it reads once from below for each read, and says
/// [`Interrupted`](io::ErrorKind::Interrupted) when what came makes no plaintext. The handshake is made by
/// the first reads and writes.
///
/// A reader and a writer can use it at the same time: encryption and decryption take turns, waiting does
/// not. A reader does not write, but for the handshake: what TLS itself has to say later, the answer to
/// a key update for instance, leaves with the next write.
pub struct Stream<T = TcpStream> {
    io: T,
    session: Session,
}

impl<T> Stream<T> {
    /// A session whose handshake has begun or not, on the transport that it is for.
    pub fn new(connection: impl Into<Connection>, io: T) -> Self {
        Self {
            io,
            session: Session::new(connection.into()),
        }
    }

    /// A client's end; the server must prove that it is `name`. Application protocols (ALPN), if the
    /// configuration has any, should be `http/1.1` alone.
    ///
    /// # Errors
    /// Those of the configuration.
    pub fn client(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        io: T,
    ) -> Result<Self, rustls::Error> {
        Ok(Self::new(ClientConnection::new(config, name)?, io))
    }

    /// A server's end.
    ///
    /// # Errors
    /// Those of the configuration.
    pub fn server(config: Arc<ServerConfig>, io: T) -> Result<Self, rustls::Error> {
        Ok(Self::new(ServerConnection::new(config)?, io))
    }

    /// The transport below.
    pub fn get_ref(&self) -> &T {
        &self.io
    }

    /// Looks at the session: its version, the peer's certificates.
    pub fn with_session<R>(&self, look: impl FnOnce(&Connection) -> R) -> R {
        self.session.look(look)
    }
}

impl<T: Transport> Read for Stream<T> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.session.read(&mut self.io, buf)
    }
}

impl<T> Read for &Stream<T>
where
    for<'a> &'a T: Transport,
{
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.session.read(&self.io, buf)
    }
}

impl<T: Transport> Write for Stream<T> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(buf)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.session.write(&mut self.io, slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.session.flush(&mut self.io)
    }
}

impl<T> Write for &Stream<T>
where
    for<'a> &'a T: Transport,
{
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(buf)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.session.write(&self.io, slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.session.flush(&self.io)
    }
}

impl<T: Transport> Transport for Stream<T> {
    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.io.set_read_timeout(timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.io.set_write_timeout(timeout)
    }

    fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.io.set_nonblocking(nonblocking)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        self.session.shutdown(&mut self.io, how)
    }

    fn set_nodelay(&self) -> io::Result<()> {
        self.io.set_nodelay()
    }
}

impl<T> Transport for &Stream<T>
where
    for<'a> &'a T: Transport,
{
    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        (&self.io).set_read_timeout(timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        (&self.io).set_write_timeout(timeout)
    }

    fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        (&self.io).set_nonblocking(nonblocking)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        self.session.shutdown(&self.io, how)
    }

    fn set_nodelay(&self) -> io::Result<()> {
        (&self.io).set_nodelay()
    }
}

impl<T: fmt::Debug> fmt::Debug for Stream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("io", &self.io)
            .finish_non_exhaustive()
    }
}
