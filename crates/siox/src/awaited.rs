//! The acknowledgement that an event asked for, as a future.

use crate::{AckError, Args, SendError};
use serde::de::DeserializeOwned;
use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::sync::{mpsc, oneshot};

/// The answer to an event that asked for one.
pub(crate) type Reply = Result<Args, AckError>;

/// Who waits for one.
pub(crate) enum Waiter {
    One(oneshot::Sender<Reply>),
    /// One who asked many.
    Group(mpsc::UnboundedSender<Reply>),
}

impl Waiter {
    /// Nobody may be waiting any more; then the reply is for nobody.
    pub(crate) fn tell(self, reply: Reply) {
        match self {
            Self::One(sender) => drop(sender.send(reply)),
            Self::Group(sender) => drop(sender.send(reply)),
        }
    }
}

/// A client's acknowledgement, as it comes. The event has been sent already; dropping this does not take
/// it back.
#[must_use = "the event is sent, but nobody would hear the answer"]
pub struct Answer(Waiting);

enum Waiting {
    NotSent(SendError),
    For(oneshot::Receiver<Reply>),
}

impl Answer {
    pub(crate) fn new(waiting: Result<oneshot::Receiver<Reply>, SendError>) -> Self {
        Self(match waiting {
            Ok(receiver) => Waiting::For(receiver),
            Err(e) => Waiting::NotSent(e),
        })
    }

    pub(crate) fn typed<R>(self) -> TypedAnswer<R> {
        TypedAnswer {
            answer: self,
            to: PhantomData,
        }
    }
}

impl Future for Answer {
    type Output = Reply;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Reply> {
        match &mut self.0 {
            Waiting::NotSent(e) => Poll::Ready(Err(AckError::Send(*e))),
            Waiting::For(receiver) => {
                // The sender is dropped when the socket goes.
                let reply = ready!(Pin::new(receiver).poll(cx));
                Poll::Ready(reply.unwrap_or(Err(AckError::Disconnected)))
            }
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}

/// A client's acknowledgement, decoded like the arguments of an event: a tuple takes several.
#[must_use = "the event is sent, but nobody would hear the answer"]
pub struct TypedAnswer<R> {
    answer: Answer,
    to: PhantomData<fn() -> R>,
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
