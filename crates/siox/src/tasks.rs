//! The tasks of a server's handlers: counted, and cut off when the server closes.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};
use tokio::{runtime::Handle, sync::watch};

/// Counts the tasks: each holds a receiver, which hears of the end.
#[derive(Debug)]
pub(crate) struct Tasks(watch::Sender<bool>);

impl Default for Tasks {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Tasks {
    /// Runs `task` to its end, or until all are cut off.
    pub(crate) fn spawn(&self, runtime: &Handle, task: impl Future<Output = ()> + Send + 'static) {
        let mut alive = self.0.subscribe();
        runtime.spawn(async move {
            let mut task = pin!(task);
            // The sender may be gone, with the server: then nobody cuts it off.
            let mut cut = pin!(alive.wait_for(|cut| *cut));
            poll_fn(|cx| match task.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(()),
                Poll::Pending => cut.as_mut().poll(cx).map(drop),
            })
            .await;
        });
    }

    /// Ends when none is left.
    pub(crate) async fn ended(&self) {
        self.0.closed().await;
    }

    /// Cuts off those there are, and those that come.
    pub(crate) fn cut_off(&self) {
        self.0.send_replace(true);
    }
}
