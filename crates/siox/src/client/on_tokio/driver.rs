//! The task of a connection: it opens sessions, hears them, and knows the time.

use super::super::{
    carrier::outlet,
    options::connect_options,
    refusal,
    shared::{Counted, Shared},
    state::{self, State},
    steps::{self, Below},
    tell,
};
use siox_engineio::ClientEvent;
use siox_stack::Dial;
use siox_tokio::engine::{self, ConnectError, ConnectOptions, Sender};
use siox_wire::{Message, SendError};
use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

type Opening = Pin<Box<dyn Future<Output = Result<engine::Client, ConnectError>> + Send>>;
type Sending = Pin<Box<dyn Future<Output = Result<(), SendError>> + Send>>;

/// What woke the driver.
enum Woken {
    Opened(Dial, Result<engine::Client, ConnectError>),
    Heard(Dial, Option<ClientEvent<'static>>),
    Sent(Dial),
    /// Time, or a step of somebody else.
    Looked,
}

pub(super) struct Driver {
    shared: Arc<Shared>,
    opening: Option<(Dial, Opening, Counted)>,
    session: Option<(Dial, engine::Client, Counted)>,
    sending: Option<(Dial, Sending)>,
}

impl Driver {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            opening: None,
            session: None,
            sending: None,
        }
    }

    pub(super) async fn run(mut self) {
        let shared = self.shared.clone();
        loop {
            steps::turn(&shared, &mut self);
            tell::all(&shared);
            if shared.is_over() {
                return;
            }
            let woken = self.wait().await;
            self.handle(woken);
        }
    }

    /// Waits for whatever comes first.
    async fn wait(&mut self) -> Woken {
        let shared = self.shared.clone();
        let armed = shared.lock().armed;
        let wait = armed.map(|at| at.since(siox_tokio::now()));
        let mut sleep = pin!(tokio::time::sleep(wait.unwrap_or(Duration::MAX / 4)));
        let relief = shared.relief.look(|relief| *relief);
        poll_fn(|cx| {
            if is_called(&shared, relief, cx) {
                return Poll::Ready(Woken::Looked);
            }
            if let Some((dial, opening, _)) = &mut self.opening
                && let Poll::Ready(opened) = opening.as_mut().poll(cx)
            {
                return Poll::Ready(Woken::Opened(*dial, opened));
            }
            if let Some((dial, sending)) = &mut self.sending
                && sending.as_mut().poll(cx).is_ready()
            {
                return Poll::Ready(Woken::Sent(*dial));
            }
            if let Some((dial, client, _)) = &mut self.session
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
            Woken::Sent(dial) => {
                self.sending = None;
                state.sent(dial);
            }
            Woken::Opened(dial, Ok(client)) => {
                let counted = self.opening.take().map(|(_, _, counted)| counted);
                let session = client.opened().map(|opened| opened.sid.to_string());
                let outlet = Box::new(client.sender());
                let wanted = state.opened(now, dial, &session.unwrap_or_default(), outlet);
                if wanted && let Some(counted) = counted {
                    self.session = Some((dial, client, counted));
                }
            }
            Woken::Opened(dial, Err(error)) => {
                self.opening = None;
                let rejection = error.rejection();
                let after = rejection.and_then(siox_tokio::websocket::Rejection::retry_after);
                let message = refusal::words(&error, rejection.map(|r| &r.body[..]));
                match error {
                    ConnectError::Url(_) | ConnectError::NoTls | ConnectError::InvalidHeader => {
                        state.failed_for_good(now, dial, &message);
                    }
                    _ => state.failed(now, dial, &message, after),
                }
            }
            Woken::Heard(dial, event) => {
                let session = self.session.as_ref();
                let cause = || session.and_then(|(_, client, _)| client.cause());
                let details = state::details(event.as_ref(), cause);
                state.heard(now, dial, event, details.as_deref());
                if state.live != Some(dial) {
                    self.forget(dial);
                }
            }
        }
    }
}

/// Whether anybody has something for the driver.
fn is_called(shared: &Shared, relief: u64, cx: &Context<'_>) -> bool {
    let take = |called: &mut bool| std::mem::take(called).then_some(());
    let nudged = shared.nudge.poll(cx, take).is_ready();
    let news = shared.news.poll(cx, take).is_ready();
    let relieved = |now: &mut u64| (*now != relief).then_some(());
    let relieved = shared.relief.poll(cx, relieved).is_ready();
    nudged || news || relieved
}

impl Below for Driver {
    fn open(&mut self, state: &mut State, dial: Dial) {
        let url = self.shared.target.engine();
        let options = connect_options!(ConnectOptions, self.shared, state);
        let opening = Box::pin(async move { engine::connect(&url, &options).await });
        self.opening = Some((dial, opening, Counted::new(&self.shared)));
    }

    fn send(&mut self, dial: Dial, message: Message<'static>, compress: bool) {
        if let Some((_, client, _)) = &self.session {
            let sender = client.sender().compress(compress);
            self.sending = Some((dial, Box::pin(async move { sender.send(message).await })));
        }
    }

    /// A session that is closed ends once what is queued in it is sent.
    fn forget(&mut self, dial: Dial) {
        self.opening.take_if(|(own, ..)| *own == dial);
        if let Some((_, client, counted)) = self.session.take_if(|(own, ..)| *own == dial) {
            self.shared.carrier.spawn(Box::pin(async move {
                client.ended().await;
                drop(counted);
            }));
        }
        self.sending.take_if(|(own, _)| *own == dial);
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.shared.end();
    }
}

outlet!(Sender);
