//! What can be a handler: functions and closures, sync or async, of up to six extracted arguments.

use crate::{
    ArgsRef, BoxError, Incoming,
    extract::{FromEvent, Look},
};
use std::{future::Future, pin::Pin};

/// A handler's future once its arguments have been extracted: it owns all it needs.
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

/// What calling a handler came to.
pub enum Called {
    /// A sync handler has returned.
    Done(Result<(), BoxError>),
    /// An async handler has begun.
    Running(Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>),
}

impl std::fmt::Debug for Called {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Done(result) => f.debug_tuple("Done").field(result).finish(),
            Self::Running(_) => f.write_str("Running"),
        }
    }
}

/// What a handler may return: nothing, or a result whose error goes to the server's error hook.
pub trait Outcome {
    /// As a result.
    ///
    /// # Errors
    /// The handler's own.
    fn outcome(self) -> Result<(), BoxError>;
}

impl Outcome for () {
    fn outcome(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> Outcome for Result<(), E> {
    fn outcome(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// A function or closure whose arguments are extractors, in any order: [`Socket`](crate::Socket),
/// [`Data`](crate::Data), [`Ack`](crate::Ack), [`State`](crate::State) and the others of this crate. One that is not
/// async may take [`ArgsRef`] behind them, which borrows the event's arguments; [`borrowing`](crate::borrowing) is for
/// typed arguments that borrow.
///
/// It returns `()` or a `Result<(), E>`, or a future of either. A closure that captures and is async
/// is written `move |s: Socket| { let db = db.clone(); async move { .. } }`. `M` tells the forms apart
/// and is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no siox handler",
    note = "a handler is a function of up to six extractors (Socket, Data<T>, Ack, State<T>, ...) that returns (), Result<(), E> or a Send + 'static future of either"
)]
pub trait Handler<M>: Send + Sync + 'static {
    /// Extracts the arguments and calls.
    ///
    /// # Errors
    /// When the event does not fit the arguments' types: the handler was not called.
    fn call(&self, incoming: &Incoming<'_>) -> Result<Called, BoxError>;

    /// Whether its arguments are taken by decoding all of the event's, and from nothing else of it: what is no JSON is
    /// then found there, before it is called.
    #[doc(hidden)]
    fn checks(&self) -> bool {
        false
    }
}

/// Whether extractors that look at this check an event.
pub(crate) fn check(looks: &[Look]) -> bool {
    looks.contains(&Look::Decoding) && !looks.contains(&Look::Checked)
}

/// Tells a handler that returns at once.
#[derive(Debug)]
pub struct Sync_;
/// Tells a handler that returns at once and borrows the event's arguments.
#[derive(Debug)]
pub struct Lent_;
/// Tells a handler that returns a future.
#[derive(Debug)]
pub struct Async_;

macro_rules! handlers {
    ($($arg:ident)*) => {
        impl<F, O, $($arg),*> Handler<(Sync_, ($($arg,)*))> for F
        where
            F: Fn($($arg),*) -> O + Send + Sync + 'static,
            O: Outcome,
            $($arg: FromEvent,)*
        {
            fn call(&self, incoming: &Incoming<'_>) -> Result<Called, BoxError> {
                let _ = incoming;
                Ok(Called::Done(self($($arg::from_event(incoming)?),*).outcome()))
            }

            fn checks(&self) -> bool {
                check(&[$($arg::LOOK),*])
            }
        }

        impl<F, O, $($arg),*> Handler<(Lent_, ($($arg,)*))> for F
        where
            F: for<'a> Fn($($arg,)* ArgsRef<'a>) -> O + Send + Sync + 'static,
            O: Outcome,
            $($arg: FromEvent,)*
        {
            fn call(&self, incoming: &Incoming<'_>) -> Result<Called, BoxError> {
                let args = ArgsRef::of(incoming)?;
                Ok(Called::Done(self($($arg::from_event(incoming)?,)* args).outcome()))
            }
        }

        impl<F, U, O, $($arg),*> Handler<(Async_, ($($arg,)*))> for F
        where
            F: Fn($($arg),*) -> U + Send + Sync + 'static,
            U: Future<Output = O> + Send + 'static,
            O: Outcome,
            $($arg: FromEvent,)*
        {
            fn call(&self, incoming: &Incoming<'_>) -> Result<Called, BoxError> {
                let _ = incoming;
                let future = self($($arg::from_event(incoming)?),*);
                Ok(Called::Running(Box::pin(async move { future.await.outcome() })))
            }

            fn checks(&self) -> bool {
                check(&[$($arg::LOOK),*])
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

/// A handler whose type has been forgotten.
pub(crate) type Erased = dyn Fn(&Incoming<'_>) -> Result<Called, BoxError> + Send + Sync;

pub(crate) fn erase<M: 'static>(handler: impl Handler<M>) -> std::sync::Arc<Erased> {
    std::sync::Arc::new(move |incoming| handler.call(incoming))
}
