//! What has come of a client and nobody has asked for yet, and who waits for it.

use super::Event;
use siox_engineio::CloseReason;
use std::{
    collections::VecDeque,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// How many messages of a client are kept for an application that does not ask for them.
pub const QUEUE: usize = 256;

#[derive(Debug)]
pub(super) struct Inbox {
    state: Mutex<State>,
    /// The most bytes that are kept.
    most: usize,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Event>,
    bytes: usize,
    closed: Option<CloseReason>,
    /// Those who wait for an event.
    receivers: Vec<Waker>,
    /// Those who wait for room among what is sent.
    senders: Vec<Waker>,
    /// Those who wait for room among the events.
    readers: Vec<Waker>,
}

impl State {
    fn is_full(&self, most: usize) -> bool {
        self.closed.is_none() && (self.events.len() >= QUEUE || self.bytes >= most)
    }
}

impl Inbox {
    pub(super) fn new(most: usize) -> Self {
        Self {
            state: Mutex::default(),
            most,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, event: Event) {
        let mut state = self.lock();
        let mut wake = mem::take(&mut state.receivers);
        match &event {
            Event::Message(message) => state.bytes += message.as_bytes().len(),
            Event::Heartbeat | Event::Upgrading | Event::Upgraded => {}
            Event::Closed(reason) => {
                state.closed = Some(*reason);
                wake.append(&mut state.senders);
                wake.append(&mut state.readers);
            }
        }
        state.events.push_back(event);
        drop(state);
        wake.into_iter().for_each(Waker::wake);
    }

    /// The next event; `None` behind the last.
    pub(super) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let mut state = self.lock();
        let Some(event) = state.events.pop_front() else {
            if state.closed.is_some() {
                return Poll::Ready(None);
            }
            wait(&mut state.receivers, cx);
            return Poll::Pending;
        };
        if let Event::Message(message) = &event {
            state.bytes -= message.as_bytes().len();
        }
        let wake = match state.is_full(self.most) {
            true => Vec::new(),
            false => mem::take(&mut state.readers),
        };
        drop(state);
        wake.into_iter().for_each(Waker::wake);
        Poll::Ready(Some(event))
    }

    /// Waits for room for another message.
    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if !state.is_full(self.most) {
            return Poll::Ready(());
        }
        wait(&mut state.readers, cx);
        Poll::Pending
    }

    pub(super) fn closed(&self) -> Option<CloseReason> {
        self.lock().closed
    }

    /// The client has taken something.
    pub(super) fn drained(&self) {
        let wake = mem::take(&mut self.lock().senders);
        wake.into_iter().for_each(Waker::wake);
    }

    /// To be woken when the client has taken something.
    pub(super) fn wait_drained(&self, cx: &mut Context<'_>) {
        wait(&mut self.lock().senders, cx);
    }
}

fn wait(wakers: &mut Vec<Waker>, cx: &mut Context<'_>) {
    if !wakers.iter().any(|w| w.will_wake(cx.waker())) {
        wakers.push(cx.waker().clone());
    }
}
