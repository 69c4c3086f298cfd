//! Engine.IO on blocking threads, over real sockets.

mod caps;
mod closing;
mod common;
mod hooks;
mod requests;
mod sessions;
mod slow;
mod upgrade;
