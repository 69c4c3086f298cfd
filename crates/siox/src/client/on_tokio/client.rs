//! What is awaited of a client.

use super::super::{
    Client, ClientBuilder, Events, Manager, Received, auth::AskAuth, core::Status, kind::Tokio,
};
use crate::{Ack, BoxError, ConnectError, Data, SendError, TypedEvent, TypedOutcome};
use serde::Serialize;
use std::{
    future::{Future, poll_fn},
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll},
};

impl Client<Tokio> {
    /// Waits until it is connected.
    ///
    /// # Errors
    /// Why it is not, once it does not try any more.
    pub async fn ready(&self) -> Result<(), ConnectError> {
        let status = &self.core.inner.status;
        poll_fn(|cx| status.poll(cx, Status::outcome)).await
    }

    /// Sends an event; where too much waits already, as soon as there is room.
    ///
    /// # Errors
    /// As [`SendError`] says, [`SendError::Full`] excepted while there is a connection.
    pub async fn emit_when_ready<T: Serialize + ?Sized>(
        &self,
        event: &str,
        args: &T,
    ) -> Result<(), SendError> {
        loop {
            match self.emit_or_wait(event, args) {
                ControlFlow::Break(done) => return done,
                ControlFlow::Continue(seen) => {
                    let changed = |room: &mut u64| (*room != seen).then_some(());
                    poll_fn(|cx| self.core.shared().room.poll(cx, changed)).await;
                }
            }
        }
    }

    /// Calls `handler` for each event of this type; what it returns is the acknowledgement, if the server
    /// asked for one.
    pub fn on_typed<E, F, O>(
        &self,
        _: E,
        handler: impl Fn(Self, E::Args) -> F + Send + Sync + 'static,
    ) -> &Self
    where
        E: TypedEvent,
        F: Future<Output = O> + Send + 'static,
        O: TypedOutcome<E::Ack>,
    {
        self.on(
            E::NAME,
            move |client: Self, Data(args): Data<E::Args>, ack: Ack| {
                let answer = handler(client, args);
                async move {
                    let answer = answer.await.outcome()?;
                    ack.send(&answer)?;
                    Ok::<(), BoxError>(())
                }
            },
        )
    }
}

impl Manager<Tokio> {
    /// Waits until no session is left: what was sent before it was [closed](Self::close), or its last client
    /// disconnected, has left. To be awaited where the process ends, and its runtime with it; a server that does
    /// not read may hold it up until it is taken for dead.
    pub async fn closed(&self) {
        let none = |sessions: &mut usize| (*sessions == 0).then_some(());
        let shared = self.shared();
        poll_fn(|cx| shared.sessions.poll(cx, none)).await;
    }
}

impl ClientBuilder<Tokio> {
    /// As [`auth`](Self::auth), asked anew for each attempt. An error is told as a `connect_error`, and is
    /// final.
    #[must_use]
    pub fn auth_with<F, T, E>(self, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Serialize,
        E: Into<BoxError>,
    {
        self.ask_auth(AskAuth::new(ask))
    }
}

impl Events<Tokio> {
    /// The next one; `None` once the client's runtime is gone. Nothing is lost when the future is
    /// dropped.
    pub async fn next(&mut self) -> Option<Received> {
        poll_fn(|cx| self.poll_received(cx)).await
    }
}

impl futures_core::Stream for Events<Tokio> {
    type Item = Received;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Received>> {
        self.poll_received(cx)
    }
}
