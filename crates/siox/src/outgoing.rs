//! An event on its way out, as the catch-all for outgoing events sees it.

use crate::Bytes;
use siox_socketio::{Encoded, Value};
use std::fmt;

/// An event that is about to be queued for a client.
#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    /// The id of the socket it goes to.
    pub socket: &'a str,
    /// The event's name.
    pub event: &'a str,
    pub(crate) encoded: &'a Encoded,
}

impl Outgoing<'_> {
    /// The JSON text of the whole array, the name included; binary values are placeholders.
    #[must_use]
    pub fn json(&self) -> &str {
        self.encoded.json()
    }

    /// The binary attachments, in the order of their placeholders' numbers.
    #[must_use]
    pub fn attachments(&self) -> &[Bytes] {
        self.encoded.attachments()
    }

    /// The whole array as a dynamic value, the name first; binary values are placeholders.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.json().parse().unwrap_or_else(|_| Value::null())
    }
}

impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("socket", &self.socket)
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}
