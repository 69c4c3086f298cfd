//! A server's WebSocket inside somebody's HTTP server: hyper's, and so axum's.

use super::{AcceptOptions, Connection, Error, Refusal, WebSocket};
use http::{Request, Response};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use siox_websocket::handshake::http::accept;
use std::{fmt, io};

/// The stream of a connection that was HTTP.
pub type Upgraded = TokioIo<hyper::upgrade::Upgraded>;

/// Judges a request of hyper's: the answer to be given, to which the caller may add headers, and what
/// becomes a WebSocket once it is given. In `options`, the fields that concern the reading of a request
/// (`head`, `handshake`, `on_request`) have no effect.
///
/// ```
/// use siox_tokio::websocket::{self, AcceptOptions, respond};
///
/// async fn handle<B>(mut request: http::Request<B>) -> http::Response<String> {
///     match websocket::upgrade(&mut request, &AcceptOptions::default()) {
///         Ok((response, upgrading)) => {
///             tokio::spawn(async move {
///                 let mut socket = upgrading.open().await?;
///                 socket.send("hello").await
///             });
///             response.map(|()| String::new())
///         }
///         Err(refusal) => respond(refusal).map(String::from),
///     }
/// }
/// ```
///
/// # Errors
/// The first [`Refusal`] there is; answer it with [`respond`](super::respond).
pub fn upgrade<B>(
    request: &mut Request<B>,
    options: &AcceptOptions,
) -> Result<(Response<()>, Upgrading), Refusal> {
    let (response, agreed) = accept(request, options)?;
    let upgrading = Upgrading {
        on: hyper::upgrade::on(request),
        connection: options.connection(&agreed),
        protocol: agreed.protocol,
    };
    Ok((response, upgrading))
}

/// A WebSocket as soon as the answer has left. Not to be awaited by what gives the answer.
pub struct Upgrading {
    on: OnUpgrade,
    connection: Connection,
    protocol: Option<String>,
}

impl Upgrading {
    /// Waits for the answer to leave.
    ///
    /// # Errors
    /// [`Error::Io`] when the connection broke before, when the answer was not given, or when the
    /// request is not of a server that can upgrade.
    pub async fn open(self) -> Result<WebSocket<Upgraded>, Error> {
        let io = self.on.await.map_err(io::Error::other)?;
        let io = TokioIo::new(io);
        Ok(WebSocket::server(
            io,
            self.connection,
            Vec::new(),
            self.protocol,
        ))
    }
}

impl fmt::Debug for Upgrading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrading").finish_non_exhaustive()
    }
}
