//! A deadline of a task's own, armed as late as can be.

use crate::clock;
use siox_wire::Instant;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::time::{Sleep, sleep_until};

/// A deadline armed late: it is moved when it fires or when it must come sooner, never per message.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
    /// When it fires, once it was polled.
    armed: Option<Instant>,
}

impl Timer {
    /// Whether it was polled for a deadline, and not without one since.
    #[inline]
    pub(crate) fn is_set(&self) -> bool {
        self.sleep.is_some()
    }

    /// Ready when `deadline` has come.
    #[inline]
    pub(crate) fn poll(&mut self, deadline: Option<Instant>, cx: &mut Context<'_>) -> Poll<()> {
        match deadline {
            Some(due) => self.poll_until(due, cx),
            None => {
                if self.is_set() {
                    *self = Self::default();
                }
                Poll::Pending
            }
        }
    }

    fn poll_until(&mut self, due: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if let (Some(sleep), Some(armed)) = (&self.sleep, self.armed)
            && armed <= due
            && !sleep.is_elapsed()
        {
            // It wakes its task, which is the one that polled it before.
            return Poll::Pending;
        }
        let deadline = clock::at(due);
        self.armed = Some(due);
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        while sleep.as_mut().poll(cx).is_ready() {
            if sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}
