//! The two kinds of clients, and what is asked of each.

use super::{carrier::Carrier, shared::Shared};
use std::sync::Arc;

/// What a client runs on, and by that how its methods wait: [`Tokio`] or [`Threads`].
pub trait Kind: sealed::Begin + std::fmt::Debug + Send + Sync + 'static {}

/// Tasks on tokio: [`siox::Client`](crate::Client).
#[cfg(feature = "tokio")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokio {}

/// Threads: [`blocking::Client`](crate::blocking::Client).
#[cfg(feature = "blocking")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {}

/// A kind of client whose handlers may be of the form that `M` tells: all of them, or for [`Threads`] those
/// that are not async.
#[diagnostic::on_unimplemented(
    message = "this handler does not fit this kind of client",
    note = "a handler of a blocking client is a plain function or closure that is not async"
)]
pub trait Runs<M>: Kind {}

#[cfg(feature = "tokio")]
impl Kind for Tokio {}
#[cfg(feature = "tokio")]
impl<M> Runs<M> for Tokio {}

#[cfg(feature = "blocking")]
impl Kind for Threads {}
#[cfg(feature = "blocking")]
impl<A> Runs<(crate::handler::Sync_, A)> for Threads {}
#[cfg(feature = "blocking")]
impl<A> Runs<(crate::handler::Lent_, A)> for Threads {}

/// Which one it is, once types are forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    #[cfg(feature = "tokio")]
    Tokio,
    #[cfg(feature = "blocking")]
    Threads,
}

pub(super) mod sealed {
    use super::{Arc, Carrier, Shared, Which};

    pub trait Begin {
        const WHICH: Which;

        fn carrier() -> Arc<dyn Carrier>;

        /// Has the connection driven, until nobody wants anything of it.
        fn drive(shared: &Arc<Shared>);
    }
}
