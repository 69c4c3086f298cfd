//! Handlers whose arguments borrow from the event, decoded before they are called.

use crate::{
    BoxError, Incoming,
    extract::{FromEvent, Look},
    handler::{Called, Handler, Outcome, check},
};
use serde::Deserialize;
use std::{fmt, marker::PhantomData};

/// Arguments that borrow from the event they came with, named without their lifetime; see [`borrowing`].
pub trait Borrowing: 'static {
    /// The same, with the lifetime.
    type Of<'a>: Deserialize<'a>;
}

/// A handler that is lent the event's arguments as a type of the application, behind up to six extractors: what
/// [`Data`](crate::Data) is to other handlers, without a copy of each string. It is not async.
///
#[cfg_attr(feature = "tokio", doc = "```")]
#[cfg_attr(not(feature = "tokio"), doc = "```ignore")]
/// use siox::{Borrowing, Socket, borrowing};
///
/// #[derive(serde::Deserialize)]
/// struct Order<'a> {
///     #[serde(borrow)]
///     customer: std::borrow::Cow<'a, str>,
///     total: f64,
/// }
///
/// impl Borrowing for Order<'static> {
///     type Of<'a> = Order<'a>;
/// }
///
/// let io = siox::Server::new();
/// io.namespace("/").on(
///     "order",
///     borrowing::<Order<'_>, _>(|socket: Socket, order: Order<'_>| {
///         socket.emit("ordered", &(order.customer, order.total))
///     }),
/// );
/// ```
pub fn borrowing<T: Borrowing, F>(handler: F) -> Lending<T, F> {
    Lending {
        handler,
        of: PhantomData,
    }
}

/// What [`borrowing`] makes.
pub struct Lending<T, F> {
    handler: F,
    of: PhantomData<fn() -> T>,
}

impl<T, F> fmt::Debug for Lending<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lending").finish_non_exhaustive()
    }
}

/// Tells a handler that is lent typed arguments.
#[derive(Debug)]
pub struct Borrowing_;

macro_rules! handlers {
    ($($arg:ident)*) => {
        impl<T, F, O, $($arg),*> Handler<(Borrowing_, ($($arg,)*))> for Lending<T, F>
        where
            T: Borrowing,
            F: for<'a> Fn($($arg,)* T::Of<'a>) -> O + Send + Sync + 'static,
            O: Outcome,
            $($arg: FromEvent,)*
        {
            fn call(&self, incoming: &Incoming<'_>) -> Result<Called, BoxError> {
                let args = incoming.decode()?;
                Ok(Called::Done((self.handler)($($arg::from_event(incoming)?,)* args).outcome()))
            }

            fn checks(&self) -> bool {
                check(&[Look::Decoding, $($arg::LOOK),*])
            }
        }
    };
}

handlers!();
handlers!(A);
handlers!(A B);
handlers!(A B C);
handlers!(A B C D);
handlers!(A B C D E);
handlers!(A B C D E G);
