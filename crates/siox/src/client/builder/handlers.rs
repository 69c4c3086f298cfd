//! What the client's handlers get, and the handlers that are there before it connects.

use super::ClientBuilder;
use crate::{
    Fault,
    client::{Client, Kind, Runs, core::Core},
    handler::Handler,
    handlers::Occasion,
};

impl<K: Kind> ClientBuilder<K> {
    /// A value for handlers that take a [`State`](crate::State) of its type.
    #[must_use]
    pub fn state<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.states.insert(value);
        self
    }

    /// Calls `hook` with the event's name when a handler fails. Default: a line in the log.
    #[must_use]
    pub fn on_error(
        mut self,
        hook: impl Fn(&Client<K>, &str, Fault) + Send + Sync + 'static,
    ) -> Self {
        self.on_error = Some(Box::new(move |core: &Core, event: &str, fault: Fault| {
            hook(&Client::new(core.clone()), event, fault);
        }));
        self
    }

    /// As [`Client::on`].
    #[must_use]
    pub fn on<M: 'static>(self, event: impl Into<String>, handler: impl Handler<M>) -> Self
    where
        K: Runs<M>,
    {
        self.handlers.on(&event.into(), handler, false);
        self
    }

    /// As [`Client::on_any`].
    #[must_use]
    pub fn on_any<M: 'static>(self, handler: impl Handler<M>) -> Self
    where
        K: Runs<M>,
    {
        self.handlers.add(Occasion::Any, handler);
        self
    }

    /// As [`Client::on_connect`].
    #[must_use]
    pub fn on_connect<M: 'static>(self, handler: impl Handler<M>) -> Self
    where
        K: Runs<M>,
    {
        self.handlers.add(Occasion::Connect, handler);
        self
    }

    /// As [`Client::on_connect_error`].
    #[must_use]
    pub fn on_connect_error<M: 'static>(self, handler: impl Handler<M>) -> Self
    where
        K: Runs<M>,
    {
        self.handlers.add(Occasion::ConnectError, handler);
        self
    }

    /// As [`Client::on_disconnect`].
    #[must_use]
    pub fn on_disconnect<M: 'static>(self, handler: impl Handler<M>) -> Self
    where
        K: Runs<M>,
    {
        self.handlers.add(Occasion::Disconnect, handler);
        self
    }
}
