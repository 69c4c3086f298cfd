//! Real sockets, one module a behaviour.

mod backpressure;
mod closing;
mod common;
mod deadlines;
mod halves;
mod hostile;
mod peers;
mod proxy;
mod serve;
mod streaming;
#[cfg(feature = "tls")]
mod tls;
#[cfg(unix)]
mod unix;
