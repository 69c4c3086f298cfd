//! Real sockets, one module a behaviour.

mod backpressure;
mod closing;
mod common;
mod deadlines;
mod halves;
mod hostile;
mod peers;
mod serve;
