//! The acknowledgement that an event asked for: a future, that a thread can wait for too.

use crate::{AckError, Args, SendError, watched::Watched};
use serde::de::DeserializeOwned;
use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

/// The answer to an event that asked for one.
pub(crate) type Reply = Result<Args, AckError>;

type Place = Arc<Watched<Option<Reply>>>;

/// Where a reply is awaited, and who is to give it.
pub(crate) fn awaited() -> (Waiter, Waiting) {
    let place = Place::default();
    (Waiter(Some(place.clone())), Waiting(place))
}

/// Who waits for a reply. One that is dropped gives [`AckError::Disconnected`].
pub(crate) struct Waiter(Option<Place>);

impl Waiter {
    /// Nobody may be waiting any more; then the reply is for nobody.
    pub(crate) fn tell(mut self, reply: Reply) {
        if let Some(place) = self.0.take() {
            place.change(|place| *place = Some(reply));
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if let Some(place) = self.0.take() {
            place.change(|place| *place = Some(Err(AckError::Disconnected)));
        }
    }
}

/// A reply that will come.
pub(crate) struct Waiting(Place);

/// A peer's acknowledgement, as it comes. The event has been sent already; dropping this does not take
/// it back.
#[must_use = "the event is sent, but nobody would hear the answer"]
pub struct Answer(Result<Waiting, SendError>);

impl Answer {
    pub(crate) fn new(waiting: Result<Waiting, SendError>) -> Self {
        Self(waiting)
    }

    pub(crate) fn typed<R>(self) -> TypedAnswer<R> {
        TypedAnswer {
            answer: self,
            to: PhantomData,
        }
    }

    /// Waits for it, in a thread.
    ///
    /// # Errors
    /// Those of the future.
    #[cfg(feature = "blocking")]
    pub fn wait(self) -> Result<Args, AckError> {
        let found = self.0?.0.wait(None, Option::take);
        found.unwrap_or(Err(AckError::Disconnected))
    }
}

impl Future for Answer {
    type Output = Reply;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Reply> {
        match &self.0 {
            Err(e) => Poll::Ready(Err(AckError::Send(*e))),
            Ok(Waiting(place)) => place.poll(cx, Option::take),
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}

/// A peer's acknowledgement, decoded like the arguments of an event: a tuple takes several.
#[must_use = "the event is sent, but nobody would hear the answer"]
pub struct TypedAnswer<R> {
    answer: Answer,
    to: PhantomData<fn() -> R>,
}

#[cfg(feature = "blocking")]
impl<R: DeserializeOwned> TypedAnswer<R> {
    /// Waits for it, in a thread.
    ///
    /// # Errors
    /// Those of the future.
    pub fn wait(self) -> Result<R, AckError> {
        self.answer.wait()?.decode().map_err(AckError::Decode)
    }
}

impl<R: DeserializeOwned> Future for TypedAnswer<R> {
    type Output = Result<R, AckError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let args = ready!(Pin::new(&mut self.answer).poll(cx))?;
        Poll::Ready(args.decode().map_err(AckError::Decode))
    }
}

impl<R> fmt::Debug for TypedAnswer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedAnswer")
    }
}
