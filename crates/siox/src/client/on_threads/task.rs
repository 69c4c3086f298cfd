//! What has begun, brought to its end by a thread of its own.

use super::{super::carrier::Task, named};
use std::{
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Wake, Waker},
    thread::{self, Thread},
};

/// Where the system gives no thread, it is done at once.
pub(super) fn spawn(task: Task) {
    let task = Arc::new(Mutex::new(Some(task)));
    let own = task.clone();
    if named("socket.io task", move || take_and_run(&own)).is_err() {
        take_and_run(&task);
    }
}

fn take_and_run(task: &Mutex<Option<Task>>) {
    let task = task.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(task) = task {
        run(task);
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn run(mut task: Task) {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    while task.as_mut().poll(&mut cx).is_pending() {
        thread::park();
    }
}
