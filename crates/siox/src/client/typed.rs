//! Events declared as types, at a client.

use super::{Client, kind::Kind};
use crate::{SendError, TypedEvent, awaited::TypedAnswer};
use std::time::Duration;

impl<K: Kind> Client<K> {
    /// Sends an event of this type.
    ///
    /// # Errors
    /// As those of [`emit`](Self::emit).
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
