//! Events declared as types, at a server.

use crate::{
    Ack, BoxError, Broadcast, Data, Namespace, SendError, Socket, TypedEvent, TypedOutcome,
    awaited::TypedAnswer,
};
use std::{future::Future, time::Duration};

impl Namespace {
    /// Calls `handler` for each event of this type; what it returns is the acknowledgement, if the client
    /// asked for one.
    pub fn on_typed<E, F, O>(
        &self,
        _: E,
        handler: impl Fn(Socket, E::Args) -> F + Send + Sync + 'static,
    ) -> &Self
    where
        E: TypedEvent,
        F: Future<Output = O> + Send + 'static,
        O: TypedOutcome<E::Ack>,
    {
        self.on(
            E::NAME,
            move |socket: Socket, Data(args): Data<E::Args>, ack: Ack| {
                let answer = handler(socket, args);
                async move {
                    let answer = answer.await.outcome()?;
                    ack.send(&answer)?;
                    Ok::<(), BoxError>(())
                }
            },
        )
    }

    /// Sends an event of this type to every socket here.
    ///
    /// # Errors
    /// As [`SendError`] says of the event itself.
    pub fn emit_typed<E: TypedEvent>(&self, _: E, args: &E::Args) -> Result<(), SendError> {
        self.emit(E::NAME, args)
    }
}

impl Broadcast {
    /// Sends an event of this type to the selection as it is now.
    ///
    /// # Errors
    /// As [`SendError`] says of the event itself.
    pub fn emit_typed<E: TypedEvent>(&self, _: E, args: &E::Args) -> Result<(), SendError> {
        self.emit(E::NAME, args)
    }
}

impl Socket {
    /// Sends an event of this type.
    ///
    /// # Errors
    /// As [`SendError`] says; nothing was sent.
    pub fn emit_typed<E: TypedEvent>(&self, _: E, args: &E::Args) -> Result<(), SendError> {
        self.emit(E::NAME, args)
    }

    /// Sends an event of this type and waits for its acknowledgement; as
    /// [`emit_with_ack`](Self::emit_with_ack).
    pub fn ask_typed<E: TypedEvent>(
        &self,
        _: E,
        args: &E::Args,
        timeout: Option<Duration>,
    ) -> TypedAnswer<E::Ack> {
        self.emit_with_ack(E::NAME, args, timeout)
    }
}
