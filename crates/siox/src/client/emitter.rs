//! A client with what is wished of the events that it sends next.

use super::{Client, kind::Kind};
use crate::{
    Args, SendError,
    awaited::{Answer, TypedAnswer},
};
use serde::{Serialize, de::DeserializeOwned};
use siox_socketio::Encoded;
use siox_stack::Emit;
use std::{fmt, time::Duration};

/// A client with what is wished of the events that it sends next. To be reused at will.
#[must_use = "nothing is sent until something is emitted"]
pub struct Emitter<K> {
    client: Client<K>,
    compress: bool,
    how: Emit,
}

impl<K> Clone for Emitter<K> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            ..*self
        }
    }
}

impl<K: Kind> Client<K> {
    pub(super) fn emitter(&self) -> Emitter<K> {
        Emitter {
            client: self.clone(),
            compress: true,
            how: Emit::default(),
        }
    }

    /// Whether what is sent next may be compressed, where the connection compresses. It may unless told
    /// otherwise.
    pub fn compress(&self, wanted: bool) -> Emitter<K> {
        self.emitter().compress(wanted)
    }

    /// Sends only what can be sent at once: better lost than late.
    pub fn volatile(&self) -> Emitter<K> {
        self.emitter().volatile()
    }

    /// How long acknowledgements may take; without it, as long as the builder's
    /// [`ack_timeout`](super::ClientBuilder::ack_timeout) says.
    pub fn timeout(&self, timeout: Duration) -> Emitter<K> {
        self.emitter().timeout(timeout)
    }
}

impl<K: Kind> Emitter<K> {
    /// As [`Client::compress`].
    pub fn compress(mut self, wanted: bool) -> Self {
        self.compress = wanted;
        self
    }

    /// As [`Client::volatile`].
    pub fn volatile(mut self) -> Self {
        self.how.volatile = true;
        self
    }

    /// As [`Client::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        self.wait(Some(timeout))
    }

    pub(super) fn wait(mut self, timeout: Option<Duration>) -> Self {
        self.how.timeout = timeout;
        self
    }

    /// As [`Client::emit`].
    ///
    /// # Errors
    /// As [`SendError`] says; a volatile event that is lost is [`SendError::Full`] or
    /// [`SendError::Closed`].
    pub fn emit<T: Serialize + ?Sized>(&self, event: &str, args: &T) -> Result<(), SendError> {
        self.put(event, Encoded::event(event, args)?)
    }

    /// As [`Client::relay`].
    ///
    /// # Errors
    /// As those of [`emit`](Self::emit).
    pub fn relay(&self, event: &str, args: &Args) -> Result<(), SendError> {
        self.put(event, Encoded::relay_event(event, &args.0)?)
    }

    /// As [`Client::emit_with_ack`].
    pub fn emit_with_ack<R: DeserializeOwned>(
        &self,
        event: &str,
        args: &(impl Serialize + ?Sized),
    ) -> TypedAnswer<R> {
        self.emit_with_ack_args(event, args).typed()
    }

    /// As [`Client::emit_with_ack_args`].
    pub fn emit_with_ack_args(&self, event: &str, args: &(impl Serialize + ?Sized)) -> Answer {
        self.ask(event, Encoded::event(event, args))
    }

    /// As [`Client::relay_with_ack`].
    pub fn relay_with_ack(&self, event: &str, args: &Args) -> Answer {
        self.ask(event, Encoded::relay_event(event, &args.0))
    }

    fn put(&self, event: &str, encoded: Encoded) -> Result<(), SendError> {
        let encoded = encoded.compressed(self.compress);
        self.client.core.put(event, encoded, self.how)
    }

    fn ask(&self, event: &str, encoded: Result<Encoded, SendError>) -> Answer {
        Answer::new(encoded.and_then(|encoded| {
            let encoded = encoded.compressed(self.compress);
            self.client.core.ask(event, encoded, self.how)
        }))
    }
}

impl<K> fmt::Debug for Emitter<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emitter")
            .field("client", &self.client)
            .field("compress", &self.compress)
            .field("how", &self.how)
            .finish()
    }
}
