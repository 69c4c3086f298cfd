//! WebSocket sockets on tokio, client against server, in memory and on TCP.

mod accepting;
mod backpressure;
mod both_ways;
mod cancel;
mod closing;
mod corking;
mod flush;
mod halves;
mod handshake;
mod masks;
mod peers;
mod proxy;
mod reads;
mod streaming;
#[cfg(feature = "tls")]
mod tls;

use siox_tokio::websocket::{self, Limits, Options, WebSocket};
use std::{
    future::Future,
    sync::Arc,
    task::{Context, Poll, Waker},
};
use tokio::io::DuplexStream;

/// Our client and our server on a stream that holds `room` bytes each way.
async fn pair(room: usize, limits: Limits) -> (WebSocket<DuplexStream>, WebSocket<DuplexStream>) {
    let limits = Arc::new(limits);
    let options = Options {
        limits: limits.clone(),
        ..Options::default()
    };
    let (ours, theirs) = tokio::io::duplex(room);
    let (client, server) = tokio::join!(
        websocket::open(ours, "localhost", "/", &options),
        websocket::accept(theirs, limits)
    );
    (client.unwrap(), server.unwrap())
}

/// Polls `future` once and drops it.
fn poll_once<T>(future: impl Future<Output = T>) -> Poll<T> {
    let mut future = std::pin::pin!(future);
    future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
}
