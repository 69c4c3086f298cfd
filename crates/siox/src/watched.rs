//! A value that others wait for: tasks, by their wakers, and threads.

#[cfg(any(feature = "blocking", test))]
use std::time::Instant;
use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

pub(crate) struct Watched<T> {
    state: Mutex<State<T>>,
    threads: Condvar,
}

struct State<T> {
    value: T,
    /// Mostly there is one.
    task: Option<Waker>,
    tasks: Vec<Waker>,
    /// How many threads wait.
    parked: usize,
}

impl<T: Default> Default for Watched<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Watched<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            state: Mutex::new(State {
                value,
                task: None,
                tasks: Vec::new(),
                parked: 0,
            }),
            threads: Condvar::new(),
        }
    }

    /// A panic under the lock is the value's own, which is whole.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the value, and wakes all who wait.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let mut state = self.lock();
        let made = change(&mut state.value);
        let (task, tasks) = (state.task.take(), std::mem::take(&mut state.tasks));
        let parked = state.parked > 0;
        drop(state);
        if parked {
            self.threads.notify_all();
        }
        task.into_iter().chain(tasks).for_each(Waker::wake);
        made
    }

    /// Looks at the value, or takes from it what nobody waits for.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&mut T) -> R) -> R {
        look(&mut self.lock().value)
    }

    /// What `ready` finds; else the task is woken by the next change.
    pub(crate) fn poll<R>(
        &self,
        cx: &Context<'_>,
        ready: impl FnOnce(&mut T) -> Option<R>,
    ) -> Poll<R> {
        let mut state = self.lock();
        if let Some(found) = ready(&mut state.value) {
            return Poll::Ready(found);
        }
        let waker = cx.waker();
        if state.task.is_none() {
            state.task = Some(waker.clone());
        } else if !state
            .task
            .iter()
            .chain(&state.tasks)
            .any(|w| w.will_wake(waker))
        {
            state.tasks.push(waker.clone());
        }
        Poll::Pending
    }

    /// Waits, in a thread, until `ready` finds something; `None` when it does not by `by`.
    #[cfg(any(feature = "blocking", test))]
    pub(crate) fn wait<R>(
        &self,
        by: Option<Instant>,
        mut ready: impl FnMut(&mut T) -> Option<R>,
    ) -> Option<R> {
        let mut state = self.lock();
        loop {
            if let Some(found) = ready(&mut state.value) {
                return Some(found);
            }
            let left = by.map(|by| by.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return None;
            }
            state.parked += 1;
            state = match left {
                None => self
                    .threads
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(left) => {
                    let waited = self.threads.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
            state.parked -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        task::Wake,
        thread,
        time::Duration,
    };

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn some(value: &mut Option<u32>) -> Option<u32> {
        value.take()
    }

    #[test]
    fn tasks_are_woken_once_for_a_change() {
        let watched = Watched::<Option<u32>>::default();
        let counts: Vec<Arc<Count>> = (0..3).map(|_| Arc::default()).collect();
        for count in &counts {
            let waker = Waker::from(count.clone());
            for _ in 0..2 {
                assert!(
                    watched
                        .poll(&Context::from_waker(&waker), some)
                        .is_pending()
                );
            }
        }
        watched.change(|value| *value = Some(7));
        watched.change(|_| ());
        for count in &counts {
            assert_eq!(count.0.load(Ordering::Relaxed), 1);
        }
        let noop = Context::from_waker(Waker::noop());
        assert_eq!(watched.poll(&noop, some), Poll::Ready(7));
        assert!(watched.poll(&noop, some).is_pending());
    }

    #[test]
    fn threads_are_woken() {
        let watched = Arc::new(Watched::<Option<u32>>::default());
        let own = watched.clone();
        let thread = thread::spawn(move || own.wait(None, some));
        watched.change(|value| *value = Some(7));
        assert_eq!(thread.join().unwrap(), Some(7));
        let past = Instant::now();
        assert_eq!(watched.wait(Some(past), some), None);
        let soon = Instant::now() + Duration::from_millis(1);
        assert_eq!(watched.wait(Some(soon), some), None);
    }
}
