//! The handlers of one socket, beside those of its namespace.

use super::Socket;
use crate::{
    Outgoing,
    handler::Handler,
    handlers::{Chain, List, Occasion, Watchers, join},
};
use siox_socketio::Encoded;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

impl Socket {
    /// Calls `handler` for each event of this name that this socket sends, after the handlers of its
    /// namespace. It costs memory for every socket: prefer [`Namespace::on`](crate::Namespace::on).
    pub fn on<M: 'static>(&self, event: impl Into<String>, handler: impl Handler<M>) -> &Self {
        self.extra().handlers.on(&event.into(), handler, false);
        self
    }

    /// Calls `handler` for the next event of this name that this socket sends, and then no more.
    pub fn once<M: 'static>(&self, event: impl Into<String>, handler: impl Handler<M>) -> &Self {
        self.extra().handlers.on(&event.into(), handler, true);
        self
    }

    /// Forgets this socket's own handlers of an event.
    pub fn off(&self, event: &str) -> &Self {
        self.extra().handlers.off(event);
        self
    }

    /// Calls `handler` for every event of this socket, before its other handlers.
    pub fn on_any<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.extra().handlers.add(Occasion::Any, handler);
        self
    }

    /// As [`on_any`](Self::on_any), before those there are.
    pub fn prepend_any<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.extra().handlers.prepend(Occasion::Any, handler);
        self
    }

    /// Forgets this socket's own handlers of every event.
    pub fn off_any(&self) -> &Self {
        self.extra().handlers.clear(Occasion::Any);
        self
    }

    /// Calls `watcher` for every event that is about to be queued for this socket; as
    /// [`Namespace::on_any_outgoing`](crate::Namespace::on_any_outgoing).
    pub fn on_any_outgoing(
        &self,
        watcher: impl Fn(&Outgoing<'_>) + Send + Sync + 'static,
    ) -> &Self {
        self.extra().handlers.watch(watcher);
        self
    }

    /// As [`on_any_outgoing`](Self::on_any_outgoing), before those there are.
    pub fn prepend_any_outgoing(
        &self,
        watcher: impl Fn(&Outgoing<'_>) + Send + Sync + 'static,
    ) -> &Self {
        self.extra().handlers.watch_first(watcher);
        self
    }

    /// Forgets those who watch what leaves for this socket.
    pub fn off_any_outgoing(&self) -> &Self {
        self.extra().handlers.clear_watchers();
        self
    }

    /// Asks `handler` before an event of this socket is handled; as
    /// [`Namespace::packet_middleware`](crate::Namespace::packet_middleware).
    pub fn packet_middleware<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.extra().handlers.add(Occasion::Packet, handler);
        self
    }

    /// Calls `handler` when this socket is going; as
    /// [`Namespace::on_disconnecting`](crate::Namespace::on_disconnecting).
    pub fn on_disconnecting<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.extra().handlers.add(Occasion::Disconnecting, handler);
        self
    }

    /// Calls `handler` when this socket has gone.
    pub fn on_disconnect<M: 'static>(&self, handler: impl Handler<M>) -> &Self {
        self.extra().handlers.add(Occasion::Disconnect, handler);
        self
    }

    /// All that an event of this name sets off, if anything.
    pub(crate) fn chain(&self, event: &str) -> Option<Arc<Chain>> {
        let nsp = self.0.nsp.chain(event);
        match self.extra_if_any() {
            Some(own) => Chain::both(nsp, own.handlers.chain(event)),
            None => nsp,
        }
    }

    /// The same, which is `recent` if that still holds.
    #[inline]
    pub(crate) fn chain_like(&self, recent: Option<Arc<Chain>>, event: &str) -> Option<Arc<Chain>> {
        match recent {
            Some(recent)
                if recent.is_for(event)
                    && self.extra_if_any().is_none()
                    && !self.0.nsp.has_parent() =>
            {
                Some(recent)
            }
            Some(_) | None => self.chain(event),
        }
    }

    pub(crate) fn handlers_at(&self, occasion: Occasion) -> List {
        let nsp = self.0.nsp.handlers_at(occasion);
        match self.extra_if_any() {
            Some(own) => join(nsp, own.handlers.at(occasion)),
            None => nsp,
        }
    }

    /// Forgets the handlers of `event` that have had their one call.
    pub(crate) fn drop_spent(&self, event: &str) {
        self.0.nsp.drop_spent(event);
        if let Some(own) = self.extra_if_any() {
            own.handlers.drop_spent(event);
        }
    }

    /// Whether anybody may watch what leaves.
    pub(crate) fn is_watched(&self) -> bool {
        let own = |e: &super::inner::Extra| e.handlers.is_watched();
        self.0.nsp.is_watched() || self.extra_if_any().is_some_and(own)
    }

    /// Tells those who watch what leaves: these of the namespace, and this socket's own.
    #[inline]
    pub(crate) fn tell_watchers(&self, nsp: Option<&Watchers>, event: &str, encoded: &Encoded) {
        let own = match self.extra_if_any() {
            Some(extra) => extra.handlers.watchers(),
            None => None,
        };
        if let Some(watchers) = nsp {
            self.tell(watchers, event, encoded);
        }
        if let Some(watchers) = &own {
            self.tell(watchers, event, encoded);
        }
    }

    fn tell(&self, watchers: &Watchers, event: &str, encoded: &Encoded) {
        for watcher in watchers.iter() {
            let outgoing = Outgoing {
                socket: &self.0.id,
                event,
                encoded,
            };
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| watcher(&outgoing))) {
                self.watcher_panicked(event, &*panic);
            }
        }
    }
}
