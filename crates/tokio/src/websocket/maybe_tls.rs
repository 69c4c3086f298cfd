//! What [`connect`](super::connect) has connected: a TCP socket, with or without TLS on it.

use std::{
    fmt,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
#[cfg(feature = "tls")]
use {
    super::Error,
    siox_websocket::handshake::client::BadUrl,
    std::sync::{Arc, LazyLock},
    tokio_rustls::{
        TlsConnector,
        client::TlsStream,
        rustls::{
            self, ClientConfig, ClientConnection, RootCertStore, crypto::ring,
            pki_types::ServerName,
        },
    },
};

/// A TCP socket, with or without TLS on it: one type for `ws` and `wss`.
pub struct MaybeTls {
    inner: Inner,
}

enum Inner {
    Plain(Tunnelled),
    #[cfg(feature = "tls")]
    Tls(Box<TlsStream<Tunnelled>>),
}

impl MaybeTls {
    /// Without TLS. `early` was read already.
    pub(super) fn plain(io: TcpStream, early: Vec<u8>) -> Self {
        Self {
            inner: Inner::Plain(Tunnelled { io, early }),
        }
    }

    /// The socket below.
    #[must_use]
    pub fn get_ref(&self) -> &TcpStream {
        match &self.inner {
            Inner::Plain(stream) => &stream.io,
            #[cfg(feature = "tls")]
            Inner::Tls(stream) => &stream.get_ref().0.io,
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

    /// The TLS session, if there is one: its version, the server's certificates.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn session(&self) -> Option<&ClientConnection> {
        match &self.inner {
            Inner::Plain(_) => None,
            Inner::Tls(stream) => Some(stream.get_ref().1),
        }
    }

    /// Makes the TLS handshake with the server of that name.
    #[cfg(feature = "tls")]
    pub(super) async fn into_tls(
        self,
        name: &str,
        config: Option<Arc<ClientConfig>>,
    ) -> Result<Self, Error> {
        let Inner::Plain(io) = self.inner else {
            return Ok(self);
        };
        let name = ServerName::try_from(name.to_owned()).map_err(|_| BadUrl::Syntax)?;
        let config = config.map_or_else(default_config, Ok).map_err(Error::Tls)?;
        let stream = TlsConnector::from(config).connect(name, io).await;
        Ok(Self {
            inner: Inner::Tls(Box::new(stream.map_err(tls_error)?)),
        })
    }
}

/// rustls' defaults with the roots of Mozilla, made once.
#[cfg(feature = "tls")]
fn default_config() -> Result<Arc<ClientConfig>, rustls::Error> {
    static DEFAULT: LazyLock<Result<Arc<ClientConfig>, rustls::Error>> = LazyLock::new(|| {
        let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        // Named, so that it does not depend on what other crates have made the process's default.
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    });
    DEFAULT.clone()
}

/// What rustls says, out of what the stream made of it.
#[cfg(feature = "tls")]
fn tls_error(e: io::Error) -> Error {
    let said = e.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
    said.cloned().map_or(Error::Io(e), Error::Tls)
}

impl AsyncRead for MaybeTls {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            // Without TLS's own farewell the stream ends as one without TLS does: whether anything is
            // missing is for the close frames to say.
            #[cfg(feature = "tls")]
            Inner::Tls(stream) => match Pin::new(stream).poll_read(cx, buf) {
                Poll::Ready(Err(e)) if e.kind() == io::ErrorKind::UnexpectedEof => {
                    Poll::Ready(Ok(()))
                }
                polled => polled,
            },
        }
    }
}

impl AsyncWrite for MaybeTls {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            #[cfg(feature = "tls")]
            Inner::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            #[cfg(feature = "tls")]
            Inner::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.inner {
            Inner::Plain(stream) => stream.is_write_vectored(),
            #[cfg(feature = "tls")]
            Inner::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_flush(cx),
            #[cfg(feature = "tls")]
            Inner::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            #[cfg(feature = "tls")]
            Inner::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

impl fmt::Debug for MaybeTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaybeTls")
            .field("tls", &self.is_tls())
            .field("io", self.get_ref())
            .finish()
    }
}

/// A socket, and what was read from it together with the proxy's last answer.
struct Tunnelled {
    io: TcpStream,
    early: Vec<u8>,
}

impl AsyncRead for Tunnelled {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.early.is_empty() {
            return Pin::new(&mut self.io).poll_read(cx, buf);
        }
        let n = self.early.len().min(buf.remaining());
        buf.put_slice(&self.early[..n]);
        self.early.drain(..n);
        if self.early.is_empty() {
            self.early = Vec::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tunnelled {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
