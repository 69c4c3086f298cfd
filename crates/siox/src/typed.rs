//! Events declared once as types: the name, the arguments and the answer, checked where they are sent
//! and where they are handled.

use crate::BoxError;
use serde::{Serialize, de::DeserializeOwned};

/// An event as a type. Declared with [`events!`](crate::events), or by hand.
pub trait TypedEvent: 'static {
    /// Its name on the wire.
    const NAME: &'static str;
    /// Its arguments: a tuple of as many members as there are arguments.
    type Args: Serialize + DeserializeOwned + Send + 'static;
    /// The arguments of its acknowledgement: `()` for none, a tuple for several.
    type Ack: Serialize + DeserializeOwned + Send + 'static;
}

/// Declares events, each as a type that stands for it.
///
#[cfg_attr(feature = "tokio", doc = "```")]
#[cfg_attr(not(feature = "tokio"), doc = "```ignore")]
/// siox::events! {
///     /// Somebody says something.
///     pub Say = "say"(String);
///     /// Two numbers, and their sum for an answer.
///     pub Sum = "sum"(i64, i64) -> i64;
/// }
///
/// let io = siox::Server::new();
/// let nsp = io.namespace("/");
/// nsp.on_typed(Sum, async |_, (a, b)| a + b);
/// nsp.on_typed(Say, async |socket, said| socket.broadcast().emit_typed(Say, &said));
/// nsp.emit_typed(Say, &("hello".to_owned(),))?;
/// # Ok::<_, siox::SendError>(())
/// ```
///
/// Arguments of other types do not compile:
///
#[cfg_attr(feature = "tokio", doc = "```compile_fail")]
#[cfg_attr(not(feature = "tokio"), doc = "```ignore")]
/// siox::events! { Sum = "sum"(i64, i64) -> i64; }
/// siox::Server::new().namespace("/").emit_typed(Sum, &("1".to_owned(), 2)).ok();
/// ```
#[macro_export]
macro_rules! events {
    ($($(#[$about:meta])* $vis:vis $name:ident = $event:literal ($($arg:ty),* $(,)?) $(-> $ack:ty)?;)*) => {
        $(
            $(#[$about])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            $vis struct $name;

            impl $crate::TypedEvent for $name {
                const NAME: &'static str = $event;
                type Args = ($($arg,)*);
                type Ack = $crate::events!(@ack $($ack)?);
            }
        )*
    };
    (@ack) => { () };
    (@ack $ack:ty) => { $ack };
}

/// What the handler of a [`TypedEvent`] may return: the answer, or a result of it.
pub trait TypedOutcome<A> {
    /// As a result.
    ///
    /// # Errors
    /// The handler's own; no acknowledgement is sent then.
    fn outcome(self) -> Result<A, BoxError>;
}

impl<A> TypedOutcome<A> for A {
    fn outcome(self) -> Result<A, BoxError> {
        Ok(self)
    }
}

impl<A, E: Into<BoxError>> TypedOutcome<A> for Result<A, E> {
    fn outcome(self) -> Result<A, BoxError> {
        self.map_err(Into::into)
    }
}
