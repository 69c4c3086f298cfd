//! A listener whose connections are TLS.

use crate::{App, Host, plain, plain::Peer, serve};
use siox_http1::Limits;
use std::{io, sync::Arc};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

/// As [`serve`](crate::serve), over TLS. A client has
/// [`head_deadline`](siox_http1::Limits::head_deadline) for the TLS handshake, and as long again for its
/// first request; one that does not finish it is hung up on. `config` offers the client HTTP/1.1 (ALPN),
/// whatever it offered before: nothing else is spoken here.
///
/// # Errors
/// When the listener itself breaks.
pub async fn serve_tls<A: App>(
    listener: TcpListener,
    config: Arc<ServerConfig>,
    host: Arc<Host<A>>,
) -> io::Result<()> {
    let mut config = Arc::unwrap_or_clone(config);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let own = host.clone();
    serve::accept(listener, host, move |io, peer, limits| {
        connection(own.clone(), acceptor.clone(), io, peer, limits)
    })
    .await
}

async fn connection<A: App>(
    host: Arc<Host<A>>,
    acceptor: TlsAcceptor,
    io: TcpStream,
    peer: Peer,
    limits: Arc<Limits>,
) {
    let alive = host.alive();
    // On the heap, so that the task of a connection has no room for it afterwards.
    let handshake = Box::pin(timeout(limits.head_deadline, acceptor.accept(io)));
    let shaken = tokio::select! {
        biased;
        () = host.closing() => return,
        shaken = handshake => shaken,
    };
    let io = match shaken {
        Ok(Ok(io)) => io,
        Ok(Err(error)) => return tracing::debug!(%error, "TLS handshake"),
        Err(_) => return tracing::debug!("TLS handshake: too late"),
    };
    let peer = Peer { tls: true, ..peer };
    drop(alive);
    plain::carry(host, io, peer, limits).await;
}
