//! A listener of our own and its connections, or connections that somebody else has accepted.

use crate::{
    App, Host,
    plain::{self, Peer},
};
use siox_http1::Limits;
use socket2::SockRef;
use std::{
    future::Future,
    io::{self, ErrorKind},
    pin::pin,
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};

/// How long no connection is accepted after the system has refused one for want of descriptors or
/// memory: those there are go on being served.
const BACK_OFF: Duration = Duration::from_millis(50);

/// Serves connections of `listener` for `host` until the host is closed. Requests for any other path are
/// answered 404.
///
/// # Errors
/// When the listener itself breaks.
pub async fn serve<A: App>(listener: TcpListener, host: Arc<Host<A>>) -> io::Result<()> {
    accept(&listener, &host, |io, peer, limits| {
        plain::carry(host.clone(), io, peer, limits)
    })
    .await
}

/// Serves one connection, on whatever stream: a Unix socket's, TLS of one's own. Ends when it has, or when
/// it has become a WebSocket, which goes on without it.
pub async fn serve_connection<A, Io>(io: Io, peer: Peer, host: Arc<Host<A>>)
where
    A: App,
    Io: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let limits = limits(&host);
    if let Some(driver) = plain::connection(host, io, peer, limits).await {
        tokio::spawn(driver.moved());
    }
}

fn limits<A: App>(host: &Host<A>) -> Arc<Limits> {
    Arc::new(host.front().options().http.clone())
}

/// Accepts connections until the host is closed, and gives each a task.
pub(crate) async fn accept<A, F>(
    listener: &TcpListener,
    host: &Arc<Host<A>>,
    carry: impl Fn(TcpStream, Peer, Arc<Limits>) -> F,
) -> io::Result<()>
where
    A: App,
    F: Future<Output = ()> + Send + 'static,
{
    let limits = limits(host);
    let mut promptness = Promptness::of(listener);
    let mut closing = pin!(host.closing());
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut closing => return Ok(()),
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((io, peer)) => {
                promptness.pass_on(&io);
                tokio::spawn(carry(io, peer.into(), limits.clone()));
            }
            Err(e) if is_about_one_connection(&e) => {}
            Err(e) => {
                tracing::warn!(error = %e, "accept");
                tokio::time::sleep(BACK_OFF).await;
            }
        }
    }
}

/// That small frames are not held back by the system. Where a connection has it from its listener, as on
/// Linux, it is not set again on each.
struct Promptness {
    /// Known from the first connection on.
    is_inherited: Option<bool>,
}

impl Promptness {
    fn of(listener: &TcpListener) -> Self {
        // Where it cannot be set, it is not inherited.
        let _ = SockRef::from(listener).set_tcp_nodelay(true);
        Self { is_inherited: None }
    }

    fn pass_on(&mut self, io: &TcpStream) {
        let look = || io.nodelay().unwrap_or(false);
        if !*self.is_inherited.get_or_insert_with(look) {
            // A socket that refuses the option still works.
            let _ = io.set_nodelay(true);
        }
    }
}

/// Whether the client has gone before it was accepted, which says nothing of the listener.
fn is_about_one_connection(e: &io::Error) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        e.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}
