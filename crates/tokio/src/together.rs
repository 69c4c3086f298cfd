//! Sending to many at once: their drivers are not woken one by one, but one task writes for all of them,
//! when whoever is running just now has had its turn. So what one turn sends leaves each socket in one
//! write, and an idle session's task need not run for it.

use crate::{App, Conn, codec, traffic::Sum};
use std::{
    cell::RefCell,
    collections::VecDeque,
    fmt,
    future::poll_fn,
    mem,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    vec,
};
use tokio::runtime::Handle;

/// For so few it is not worth a task: their drivers are woken.
const FEW: usize = 3;
/// Sessions that are written for in one poll before other tasks get their turn.
const BUDGET: usize = 256;

/// Sessions of one app for which something is to be written.
trait Dirty: Send {
    /// Writes for at most so many of them. For how many it was.
    fn write(&mut self, most: usize) -> usize;
}

impl<A: App> Dirty for vec::IntoIter<Arc<Conn<A>>> {
    fn write(&mut self, most: usize) -> usize {
        let mut sum = Sum::default();
        let before = self.len();
        for conn in self.by_ref().take(most) {
            conn.write_aside(&mut sum);
        }
        before - self.len()
    }
}

type All = VecDeque<Box<dyn Dirty>>;

/// What the task of a thread is to write; none once it has begun.
#[derive(Clone, Default)]
struct Batch(Arc<Mutex<Option<All>>>);

thread_local! {
    static BATCH: RefCell<Batch> = RefCell::default();
}

impl Batch {
    fn with<R>(&self, f: impl FnOnce(&mut Option<All>) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts `more` behind what the task will write; gives it back when there is no such task.
    fn join<A: App>(&self, more: Vec<Arc<Conn<A>>>) -> Result<(), Vec<Arc<Conn<A>>>> {
        self.with(|batch| match batch {
            Some(all) => {
                all.push_back(Box::new(more.into_iter()));
                Ok(())
            }
            None => Err(more),
        })
    }
}

/// Collects the sessions that were sent something, and sees that it is written once this is dropped.
///
/// [`App::drained`] is not told of what is written so.
pub struct Together<A: App> {
    dirty: Vec<Arc<Conn<A>>>,
}

impl<A: App> Default for Together<A> {
    fn default() -> Self {
        Self { dirty: Vec::new() }
    }
}

impl<A: App> Together<A> {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One step of a session's machine, under its lock, which does nothing but send. What it queues leaves
    /// soon.
    #[inline]
    pub fn with<R>(&mut self, conn: &Arc<Conn<A>>, step: impl FnOnce(&mut A::Machine) -> R) -> R {
        let (result, aside) = conn.cell.with_aside(|machine| codec::step(machine, step));
        if aside {
            self.dirty.push(conn.clone());
        }
        result
    }
}

impl<A: App> Drop for Together<A> {
    fn drop(&mut self) {
        let dirty = mem::take(&mut self.dirty);
        if dirty.is_empty() {
            return;
        }
        let runtime = Handle::try_current().ok();
        let dirty = BATCH.with_borrow(|batch| match &runtime {
            Some(_) => batch.join(dirty),
            None => Err(dirty),
        });
        match (dirty, runtime) {
            (Ok(()), _) => {}
            (Err(dirty), Some(runtime)) if dirty.len() > FEW => {
                let first: Box<dyn Dirty> = Box::new(dirty.into_iter());
                let batch = Batch(Arc::new(Mutex::new(Some(VecDeque::from([first])))));
                BATCH.set(batch.clone());
                runtime.spawn(write_all(batch));
            }
            (Err(dirty), _) => dirty.iter().for_each(|conn| conn.cell.wake_driver()),
        }
    }
}

/// Lets every task that is ready now have its turn, then writes for all.
async fn write_all(batch: Batch) {
    let mut all: Option<All> = None;
    let mut waited = false;
    poll_fn(|cx| {
        if !mem::replace(&mut waited, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let all = all.get_or_insert_with(|| batch.with(Option::take).unwrap_or_default());
        let mut left = BUDGET;
        while let Some(some) = all.front_mut() {
            left -= some.write(left);
            if left == 0 {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            all.pop_front();
        }
        Poll::Ready(())
    })
    .await;
}

impl<A: App> fmt::Debug for Together<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Together")
            .field("dirty", &self.dirty.len())
            .finish()
    }
}
