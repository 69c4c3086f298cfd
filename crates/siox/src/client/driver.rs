//! The task of a connection: it opens sessions, hears them, and knows the time.

use super::{
    manager::Direction,
    shared::{Shared, State},
};
use crate::{DisconnectReason, client::tell};
use siox_engineio::{ClientEvent, CloseReason};
use siox_stack::{Dial, Manager as Machine, Want};
use siox_tokio::engine::{self, ConnectError};
use siox_wire::{Message, SendError};
use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

type Opening = Pin<Box<dyn Future<Output = Result<engine::Client, ConnectError>> + Send>>;
type Sending = Pin<Box<dyn Future<Output = Result<(), SendError>> + Send>>;

/// What woke the driver.
enum Woken {
    Opened(Dial, Result<engine::Client, ConnectError>),
    Heard(Dial, Option<ClientEvent<'static>>),
    Sent,
    /// Time, or a step of somebody else.
    Looked,
}

pub(super) struct Driver {
    shared: Arc<Shared>,
    opening: Option<(Dial, Opening)>,
    session: Option<(Dial, engine::Client)>,
    sending: Option<Sending>,
    /// Whether the session before ended on a WebSocket.
    worked: bool,
}

impl Driver {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            opening: None,
            session: None,
            sending: None,
            worked: false,
        }
    }

    pub(super) async fn run(mut self) {
        let shared = self.shared.clone();
        loop {
            self.turn();
            tell::all(&shared);
            if self.is_over() {
                return;
            }
            let woken = self.wait().await;
            self.handle(woken);
        }
    }

    /// Nobody is left to want anything, and nothing is under way.
    fn is_over(&self) -> bool {
        let state = self.shared.lock();
        self.shared.is_abandoned() && state.machine.is_closed() && state.machine.is_quiet()
    }

    /// Does what is due, and what is wanted.
    fn turn(&mut self) {
        let shared = self.shared.clone();
        let mut state = shared.lock();
        state.machine.handle_timeout(siox_tokio::now());
        loop {
            state.pump();
            if state.blocked {
                break;
            }
            let Some(want) = state.machine.poll_want() else {
                break;
            };
            self.do_one(&mut state, want);
        }
        state.armed = state.machine.poll_timeout();
    }

    fn do_one(&mut self, state: &mut State, want: Want) {
        match want {
            Want::Open(dial) => {
                let url = self.shared.target.engine();
                let options = self.shared.options.connect(self.worked);
                let opening = Box::pin(async move { engine::connect(&url, &options).await });
                self.opening = Some((dial, opening));
            }
            Want::Close(dial) => {
                if self.opening.as_ref().is_some_and(|(own, _)| *own == dial) {
                    self.opening = None;
                }
                if self.session.as_ref().is_some_and(|(own, _)| *own == dial) {
                    self.forget_session(state);
                }
            }
            // The session has no room: whatever comes later waits behind it.
            Want::Text(text) => self.send_later(state, Message::Text(text.into())),
            Want::Binary(bytes) => self.send_later(state, Message::Binary(bytes.to_vec().into())),
        }
    }

    fn send_later(&mut self, state: &mut State, message: Message<'static>) {
        if let Some((_, sender)) = state.sender.clone() {
            state.tap(Direction::Sent, &message);
            state.blocked = true;
            self.sending = Some(Box::pin(async move { sender.send(message).await }));
        }
    }

    /// Dropped, it is closed; what is queued in it is still sent.
    fn forget_session(&mut self, state: &mut State) {
        if let Some((_, client)) = self.session.take() {
            self.worked = client.websocket_works();
        }
        state.sender = None;
        state.blocked = false;
        self.sending = None;
    }

    /// Waits for whatever comes first.
    async fn wait(&mut self) -> Woken {
        let shared = self.shared.clone();
        let armed = shared.lock().armed;
        let wait = armed.map(|at| at.since(siox_tokio::now()));
        let mut sleep = pin!(tokio::time::sleep(wait.unwrap_or(Duration::MAX / 4)));
        let mut nudge = pin!(shared.nudge.notified());
        poll_fn(|cx| {
            if nudge.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Woken::Looked);
            }
            if let Some((dial, opening)) = &mut self.opening
                && let Poll::Ready(opened) = opening.as_mut().poll(cx)
            {
                return Poll::Ready(Woken::Opened(*dial, opened));
            }
            if let Some(sending) = &mut self.sending
                && sending.as_mut().poll(cx).is_ready()
            {
                return Poll::Ready(Woken::Sent);
            }
            if let Some((dial, client)) = &mut self.session
                && !shared.is_stalled()
                && let Poll::Ready(event) = pin!(client.event()).poll(cx)
            {
                return Poll::Ready(Woken::Heard(*dial, event));
            }
            if wait.is_some() && sleep.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Woken::Looked);
            }
            Poll::Pending
        })
        .await
    }

    fn handle(&mut self, woken: Woken) {
        let shared = self.shared.clone();
        let mut state = shared.lock();
        let now = siox_tokio::now();
        match woken {
            Woken::Looked => {}
            Woken::Sent => {
                self.sending = None;
                state.blocked = false;
                shared.room.notify_waiters();
            }
            Woken::Opened(dial, Ok(client)) => {
                self.opening = None;
                let session = client.opened().map(|opened| opened.sid.to_string());
                state.sender = Some((dial, client.sender()));
                self.session = Some((dial, client));
                let session = session.unwrap_or_default();
                state.machine.handle_opened(now, dial, &session);
            }
            Woken::Opened(dial, Err(error)) => {
                self.opening = None;
                let message = error.to_string();
                state.machine.handle_failed(now, dial, &message, None);
            }
            Woken::Heard(dial, event) => self.heard(&mut state, dial, event),
        }
    }

    fn heard(&mut self, state: &mut State, dial: Dial, event: Option<ClientEvent<'static>>) {
        let now = siox_tokio::now();
        if let Some(ClientEvent::Message(message)) = &event {
            state.tap(Direction::Received, message);
        }
        let machine: &mut Machine = &mut state.machine;
        match event {
            Some(ClientEvent::Message(message)) => machine.handle_message(now, dial, message),
            Some(ClientEvent::Closed { reason, .. }) => {
                machine.handle_closed(now, dial, reason_of(reason));
                self.forget_session(state);
            }
            None => {
                machine.handle_closed(now, dial, DisconnectReason::TransportClose);
                self.forget_session(state);
            }
            Some(
                ClientEvent::Opened
                | ClientEvent::Heartbeat
                | ClientEvent::Upgrading
                | ClientEvent::Upgraded
                | ClientEvent::UpgradeFailed(_),
            ) => {}
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.shared.end();
    }
}

/// In the words of the reference's client.
fn reason_of(reason: CloseReason) -> DisconnectReason {
    match reason {
        CloseReason::TransportError => DisconnectReason::TransportError,
        CloseReason::TransportClose => DisconnectReason::TransportClose,
        CloseReason::ForcedClose => DisconnectReason::ForcedClose,
        CloseReason::PingTimeout => DisconnectReason::PingTimeout,
        CloseReason::ParseError => DisconnectReason::ParseError,
        CloseReason::ServerShuttingDown => DisconnectReason::TransportClose,
        CloseReason::SlowConsumer => DisconnectReason::SlowConsumer,
        _ => DisconnectReason::TransportError,
    }
}
