//! What threads wait for at a client.

use super::super::{
    Client, ClientBuilder, Events, Manager, Received, auth::AskAuth, core::Status, kind::Threads,
};
use crate::{Ack, BoxError, ConnectError, Data, SendError, TypedEvent, TypedOutcome};
use serde::Serialize;
use siox_tcp::engine::NotYet;
use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

impl Client<Threads> {
    /// Waits until it is connected.
    ///
    /// # Errors
    /// Why it is not, once it does not try any more.
    pub fn ready(&self) -> Result<(), ConnectError> {
        let status = &self.core.inner.status;
        status.wait(None, Status::outcome).unwrap_or(Ok(()))
    }

    /// As [`ready`](Self::ready), no longer than `time`.
    ///
    /// # Errors
    /// Why it is not, also if it goes on trying.
    pub fn ready_within(&self, time: Duration) -> Result<(), ConnectError> {
        let by = Instant::now().checked_add(time);
        let outcome = self.core.inner.status.wait(by, Status::outcome);
        outcome.unwrap_or_else(|| Err(ConnectError::new("not connected in time")))
    }

    /// Sends an event; where too much waits already, as soon as there is room.
    ///
    /// # Errors
    /// As [`SendError`] says, [`SendError::Full`] excepted while there is a connection.
    pub fn emit_when_ready<T: Serialize + ?Sized>(
        &self,
        event: &str,
        args: &T,
    ) -> Result<(), SendError> {
        loop {
            match self.emit_or_wait(event, args) {
                ControlFlow::Break(done) => return done,
                ControlFlow::Continue(seen) => {
                    let changed = |room: &mut u64| (*room != seen).then_some(());
                    self.core.shared().room.wait(None, changed);
                }
            }
        }
    }

    /// Calls `handler` for each event of this type; what it returns is the acknowledgement, if the server
    /// asked for one.
    pub fn on_typed<E, O>(
        &self,
        _: E,
        handler: impl Fn(Self, E::Args) -> O + Send + Sync + 'static,
    ) -> &Self
    where
        E: TypedEvent,
        O: TypedOutcome<E::Ack>,
    {
        self.on(
            E::NAME,
            move |client: Self, Data(args): Data<E::Args>, ack: Ack| {
                let answer = handler(client, args).outcome()?;
                ack.send(&answer)?;
                Ok::<(), BoxError>(())
            },
        )
    }
}

impl Manager<Threads> {
    /// Waits until no session is left, no longer than `time`: what was sent before it was
    /// [closed](Self::close), or its last client disconnected, has left. Whether that was in time. To be called
    /// where the process ends, and its threads with it.
    #[must_use]
    pub fn closed_within(&self, time: Duration) -> bool {
        let by = Instant::now().checked_add(time);
        let none = |sessions: &mut usize| (*sessions == 0).then_some(());
        let shared = self.shared();
        !shared.lock().machine.is_open() && shared.sessions.wait(by, none).is_some()
    }
}

impl ClientBuilder<Threads> {
    /// As [`auth`](Self::auth), asked anew for each attempt, in a thread of its own. An error is told as a
    /// `connect_error`, and is final.
    #[must_use]
    pub fn auth_with<T, E>(self, ask: impl Fn() -> Result<T, E> + Send + Sync + 'static) -> Self
    where
        T: Serialize,
        E: Into<BoxError>,
    {
        self.ask_auth(AskAuth::plain(ask))
    }
}

impl Iterator for Events<Threads> {
    type Item = Received;

    /// Waits for the next one; `None` once the client's threads are gone.
    fn next(&mut self) -> Option<Received> {
        self.wait_received(None).flatten()
    }
}

impl Events<Threads> {
    /// As [`next`](Self::next), no longer than `time`.
    ///
    /// # Errors
    /// [`NotYet`]; nothing is lost.
    pub fn next_within(&mut self, time: Duration) -> Result<Option<Received>, NotYet> {
        let by = Instant::now().checked_add(time);
        self.wait_received(by).ok_or(NotYet)
    }
}
