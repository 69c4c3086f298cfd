//! What a client receives, in line for those who prefer that to handlers.

use super::{core::Core, kind::Kind, shared::Shared};
use crate::{Ack, Args, CloseDetails, ConnectError, DisconnectReason, watched::Watched};
use std::{
    collections::VecDeque,
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many may wait in a stream before nothing more is read from the server.
const WAITING: usize = 256;

/// What a client received.
#[derive(Debug)]
#[non_exhaustive]
pub enum Received {
    /// It is connected.
    Connected {
        /// Its id in the namespace. [`Client::id`](super::Client::id) knows none once it is disconnected
        /// again, which may be before this is read.
        id: Box<str>,
        /// Whether it goes on where it was; what it missed follows.
        recovered: bool,
    },
    /// It could not connect. It tries again unless [`Client::is_active`](super::Client::is_active) says
    /// otherwise.
    ConnectError(ConnectError),
    /// The server emitted an event.
    Event {
        /// Its name.
        name: String,
        /// Its arguments.
        args: Args,
        /// The acknowledgement, if the server wants one. Of several streams, and handlers, the first one
        /// to send it is heard.
        ack: Ack,
    },
    /// It is not connected any more.
    Disconnected {
        /// Why.
        reason: DisconnectReason,
        /// What else is known of it.
        details: CloseDetails,
    },
}

#[derive(Default)]
struct Line {
    waiting: VecDeque<Received>,
    /// Nobody reads it, or nothing more will come.
    over: bool,
}

impl Line {
    fn take(&mut self) -> Option<Option<Received>> {
        match self.waiting.pop_front() {
            None if self.over => Some(None),
            None => None,
            some => Some(some),
        }
    }
}

/// The streams of a socket that somebody still reads.
#[derive(Default)]
pub(super) struct Streams(Mutex<Vec<Arc<Watched<Line>>>>);

impl Streams {
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Watched<Line>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Arc<Watched<Line>> {
        let line = Arc::<Watched<Line>>::default();
        self.lock().push(line.clone());
        line
    }

    pub(super) fn tell(&self, what: impl Fn() -> Received) {
        let lines: Vec<_> = self.lock().clone();
        for line in lines {
            let received = what();
            // What nobody reads is dropped when nothing is locked: a handle may go with it.
            let unread = line.change(|line| match line.over {
                true => Some(received),
                false => {
                    line.waiting.push_back(received);
                    None
                }
            });
            drop(unread);
        }
    }

    pub(super) fn is_full(&self) -> bool {
        let is_full = |line: &mut Line| !line.over && line.waiting.len() >= WAITING;
        self.lock().iter().any(|line| line.look(is_full))
    }

    fn close(&self, line: &Arc<Watched<Line>>) {
        self.lock().retain(|own| !Arc::ptr_eq(own, line));
        let unread = line.change(|line| {
            line.over = true;
            std::mem::take(&mut line.waiting)
        });
        drop(unread);
    }

    /// Nothing more will come.
    pub(super) fn end(&self) {
        let lines = std::mem::take(&mut *self.lock());
        for line in lines {
            line.change(|line| line.over = true);
        }
    }
}

/// What a client receives, in order ([`Client::events`](super::Client::events)). When 256 wait in it,
/// nothing more is read from the server until some are taken.
///
/// Of a client on tokio it is a stream, of one on threads an iterator.
pub struct Events<K> {
    line: Arc<Watched<Line>>,
    inner: Arc<super::core::Inner>,
    shared: Arc<Shared>,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Events<K> {
    pub(super) fn open(core: &Core) -> Self {
        Self {
            line: core.inner.streams.open(),
            inner: core.inner.clone(),
            shared: core.shared().clone(),
            kind: PhantomData,
        }
    }

    fn taken(&self) {
        if self.line.look(|line| line.waiting.len()) == WAITING - 1 {
            self.shared.relieve();
        }
    }

    #[cfg(feature = "tokio")]
    pub(super) fn poll_received(
        &mut self,
        cx: &std::task::Context<'_>,
    ) -> std::task::Poll<Option<Received>> {
        let polled = self.line.poll(cx, Line::take);
        self.taken();
        polled
    }

    #[cfg(feature = "blocking")]
    pub(super) fn wait_received(
        &mut self,
        by: Option<std::time::Instant>,
    ) -> Option<Option<Received>> {
        let received = self.line.wait(by, Line::take);
        self.taken();
        received
    }
}

impl<K> Drop for Events<K> {
    fn drop(&mut self) {
        self.inner.streams.close(&self.line);
        self.shared.relieve();
    }
}

impl<K> fmt::Debug for Events<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}
