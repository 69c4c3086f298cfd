//! What a client receives, as a stream for those who prefer that to handlers.

use super::shared::Shared;
use crate::{Ack, Args, ConnectError, DisconnectReason};
use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};
use tokio::sync::mpsc;

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
    Disconnected(DisconnectReason),
}

struct End {
    sender: mpsc::UnboundedSender<Received>,
    waiting: Arc<AtomicUsize>,
}

/// The streams of a socket that somebody still reads.
#[derive(Default)]
pub(super) struct Streams(Mutex<Vec<End>>);

impl Streams {
    fn lock(&self) -> MutexGuard<'_, Vec<End>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn open(&self, shared: Arc<Shared>) -> Events {
        let (sender, receiver) = mpsc::unbounded_channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        self.lock().push(End {
            sender,
            waiting: waiting.clone(),
        });
        Events {
            receiver,
            waiting,
            shared,
        }
    }

    pub(super) fn tell(&self, what: impl Fn() -> Received) {
        self.lock().retain(|end| {
            end.waiting.fetch_add(1, Ordering::AcqRel);
            end.sender.send(what()).is_ok()
        });
    }

    pub(super) fn is_full(&self) -> bool {
        let mut ends = self.lock();
        ends.retain(|end| !end.sender.is_closed());
        ends.iter()
            .any(|end| end.waiting.load(Ordering::Acquire) >= WAITING)
    }

    /// Nothing more will come.
    pub(super) fn end(&self) {
        self.lock().clear();
    }
}

/// What a client receives, in order ([`Client::events`](super::Client::events)). When 256 wait in it,
/// nothing more is read from the server until some are taken.
pub struct Events {
    receiver: mpsc::UnboundedReceiver<Received>,
    waiting: Arc<AtomicUsize>,
    shared: Arc<Shared>,
}

impl Events {
    /// The next one; `None` once the client's runtime is gone. Nothing is lost when the future is
    /// dropped.
    pub async fn next(&mut self) -> Option<Received> {
        poll_fn(|cx| self.poll_received(cx)).await
    }

    fn poll_received(&mut self, cx: &mut Context<'_>) -> Poll<Option<Received>> {
        let polled = self.receiver.poll_recv(cx);
        if let Poll::Ready(Some(_)) = &polled
            && self.waiting.fetch_sub(1, Ordering::AcqRel) == WAITING
        {
            self.shared.nudge.notify_one();
        }
        polled
    }
}

impl futures_core::Stream for Events {
    type Item = Received;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Received>> {
        self.poll_received(cx)
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.receiver.close();
        self.shared.nudge.notify_one();
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}
