//! Handlers that have begun: polled in place, with panics as values.

use crate::{BoxError, handler::Running};
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    task::{Context, Poll, Waker},
};

/// Handlers of one socket that may be pending, and events that may wait for `on_connect`, before its
/// client is no longer read.
pub(crate) const PENDING: usize = 256;

/// How a handler ended: with a result of its own, or with a panic.
pub(crate) type End = Result<Result<(), BoxError>, Box<dyn Any + Send>>;

pub(crate) fn message_of(panic: &(dyn Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        (None, None) => "a panic without a message".to_owned(),
    }
}

/// A context for the first poll, in place: a future that is pending after it is polled again at once, by
/// the task it becomes.
pub(crate) fn noop() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// Drops what has ended; a panic of that is the handler's too.
pub(crate) fn dropped(future: Running, end: End) -> End {
    match catch_unwind(AssertUnwindSafe(|| drop(future))) {
        Ok(()) => end,
        Err(panic) => end.and(Err(panic)),
    }
}

/// Polls, with a panic as a value. The future is not touched again after one.
pub(crate) fn poll_caught(future: &mut Running, cx: &mut Context<'_>) -> Poll<End> {
    match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    }
}
