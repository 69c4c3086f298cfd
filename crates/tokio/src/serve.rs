//! A listener of our own and its connections.

use crate::{App, Host, plain};
use std::{io, pin::pin, sync::Arc, time::Duration};
use tokio::net::TcpListener;

/// How long no connection is accepted after the system has refused one for want of descriptors or
/// memory: those there are go on being served.
const BACK_OFF: Duration = Duration::from_millis(50);

/// Serves connections of `listener` for `host` until the host is closed. Requests for any other path are
/// answered 404.
///
/// # Errors
/// When the listener itself breaks.
pub async fn serve<A: App>(listener: TcpListener, host: Arc<Host<A>>) -> io::Result<()> {
    let limits = Arc::new(host.front().options().http.clone());
    let mut closing = pin!(host.closing());
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut closing => return Ok(()),
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((io, peer)) => {
                // Without it the kernel may hold a small frame back.
                let _ = io.set_nodelay(true);
                tokio::spawn(plain::connection(host.clone(), io, peer, limits.clone()));
            }
            Err(e) if is_about_one_connection(&e) => {}
            Err(e) => {
                tracing::warn!(error = %e, "accept");
                tokio::time::sleep(BACK_OFF).await;
            }
        }
    }
}

/// Whether the client has gone before it was accepted, which says nothing of the listener.
fn is_about_one_connection(e: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        e.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}
