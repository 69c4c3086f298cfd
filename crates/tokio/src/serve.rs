//! A listener of our own and its connections, or connections that somebody else has accepted.

use crate::{
    App, Host,
    plain::{self, Peer},
};
use siox_http1::Limits;
use socket2::SockRef;
use std::{
    future::{Future, poll_fn},
    io::{self, ErrorKind},
    net::SocketAddr,
    panic::resume_unwind,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
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
    let own = host.clone();
    accept(listener, host, move |io, peer, limits| {
        plain::carry(own.clone(), io, peer, limits)
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

/// Accepts connections until the host is closed, and gives each a task. As a task itself, so that what is kept of a
/// connection from its beginning on lies beside what its own task keeps: where `serve` is waited for by a thread that does
/// nothing else, as the one that a program begins with, that would be memory of another arena of the allocator.
pub(crate) async fn accept<A, F>(
    listener: TcpListener,
    host: Arc<Host<A>>,
    carry: impl Fn(TcpStream, Peer, Arc<Limits>) -> F + Send + 'static,
) -> io::Result<()>
where
    A: App,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = Arc::new(Mutex::new(Some(listener)));
    let task = tokio::spawn(accept_all(listener.clone(), host, carry));
    let mut accepting = Accepting { listener, task };
    match (&mut accepting.task).await {
        Ok(result) => result,
        Err(e) => match e.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(e) => Err(e.into()),
        },
    }
}

/// None once nothing more is to be accepted.
type Listening = Arc<Mutex<Option<TcpListener>>>;

/// The task that accepts. With this, it ends, and its listener is closed at once.
struct Accepting {
    listener: Listening,
    task: JoinHandle<io::Result<()>>,
}

impl Drop for Accepting {
    fn drop(&mut self) {
        drop(lock(&self.listener).take());
        self.task.abort();
    }
}

fn lock(listener: &Listening) -> MutexGuard<'_, Option<TcpListener>> {
    listener.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The next connection; none when the listener is closed.
async fn next(listener: &Listening) -> Option<io::Result<(TcpStream, SocketAddr)>> {
    poll_fn(|cx| match &*lock(listener) {
        Some(listener) => listener.poll_accept(cx).map(Some),
        None => Poll::Ready(None),
    })
    .await
}

async fn accept_all<A, F>(
    listener: Listening,
    host: Arc<Host<A>>,
    carry: impl Fn(TcpStream, Peer, Arc<Limits>) -> F,
) -> io::Result<()>
where
    A: App,
    F: Future<Output = ()> + Send + 'static,
{
    let limits = limits(&host);
    let mut promptness = lock(&listener)
        .as_ref()
        .map(Promptness::of)
        .unwrap_or_default();
    let mut closing = pin!(host.closing());
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut closing => return Ok(()),
            accepted = next(&listener) => accepted,
        };
        match accepted {
            Some(Ok((io, peer))) => {
                promptness.pass_on(&io);
                tokio::spawn(carry(io, peer.into(), limits.clone()));
            }
            Some(Err(e)) if is_about_one_connection(&e) => {}
            Some(Err(e)) => {
                tracing::warn!(error = %e, "accept");
                tokio::time::sleep(BACK_OFF).await;
            }
            None => return Ok(()),
        }
    }
}

/// That small frames are not held back by the system. Where a connection has it from its listener, as on
/// Linux, it is not set again on each.
#[derive(Debug, Default)]
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
