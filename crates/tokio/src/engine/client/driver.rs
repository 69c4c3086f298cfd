//! The task of a session: its connections and its deadlines.

use super::{
    ConnectOptions,
    line::{Conn, Dial},
    shared::{Shared, State},
};
use crate::{clock, timer::Timer, websocket::reach};
use siox_websocket::handshake::client::Url;
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// Turns of one poll before other tasks get theirs.
const BUDGET: usize = 32;

pub(super) struct Driver {
    shared: Arc<Shared>,
    url: Arc<Url>,
    options: ConnectOptions,
    conns: Vec<Conn>,
    timer: Timer,
}

impl Driver {
    pub(super) fn new(shared: Arc<Shared>, url: Url, options: ConnectOptions) -> Self {
        Self {
            shared,
            url: Arc::new(url),
            options,
            conns: Vec::new(),
            timer: Timer::default(),
        }
    }

    fn dial(&self) -> Dial {
        let (url, proxy) = (self.url.clone(), self.options.proxy.clone());
        #[cfg(feature = "tls")]
        let tls = self.options.tls.clone();
        Box::pin(async move {
            #[cfg(feature = "tls")]
            let reached = reach(&url, proxy.as_ref(), tls).await;
            #[cfg(not(feature = "tls"))]
            let reached = reach(&url, proxy.as_ref()).await;
            reached
        })
    }

    /// One turn of all; whether there may be more to do at once.
    fn turn(&mut self, state: &mut State, cx: &mut Context<'_>) -> bool {
        let now = clock::now();
        while let Some(event) = state.machine.handle_timeout(now) {
            state.push(event);
        }
        while let Some(line) = state.machine.poll_connect(now) {
            let dial = self.dial();
            self.conns.push(Conn::new(line, dial));
        }
        let mut moved = false;
        for conn in &mut self.conns {
            moved |= conn.turn(state, cx);
        }
        self.conns.retain(|conn| !conn.is_gone());
        moved
    }
}

impl Future for Driver {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let me = &mut *self;
        let shared = me.shared.clone();
        for _ in 0..BUDGET {
            let mut state = shared.lock();
            state.driver = Some(cx.waker().clone());
            let before = state.machine.queued();
            let moved = me.turn(&mut state, cx);
            let made_room = state.machine.queued() < before || state.machine.is_closed();
            let (over, deadline) = (state.machine.is_over(), state.machine.poll_timeout());
            drop(state);
            if made_room {
                shared.made_room();
            }
            if over {
                return Poll::Ready(());
            }
            if !moved && me.timer.poll(deadline, cx).is_pending() {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.shared.end();
    }
}
