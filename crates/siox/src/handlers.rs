//! What is registered, for a namespace or for one socket: lists of handlers by what they are called for.
//! Nothing is called here.

use crate::{
    Outgoing,
    handler::{Erased, Handler, erase},
};
use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

/// A handler and whether it may still be called.
pub(crate) struct Entry {
    call: Arc<Erased>,
    /// For a handler that is called once: whether it has been.
    once: Option<AtomicBool>,
}

impl Entry {
    fn new<M: 'static>(handler: impl Handler<M>, once: bool) -> Arc<Self> {
        Arc::new(Self {
            call: erase(handler),
            once: once.then(AtomicBool::default),
        })
    }

    /// The handler, unless it has had its one call; asking is calling.
    pub(crate) fn take_call(&self) -> Option<&Arc<Erased>> {
        match &self.once {
            Some(called) if called.swap(true, Ordering::AcqRel) => None,
            Some(_) | None => Some(&self.call),
        }
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.once
            .as_ref()
            .is_some_and(|called| called.load(Ordering::Acquire))
    }
}

pub(crate) type List = Arc<[Arc<Entry>]>;
/// Told of an event that leaves.
type Watcher = dyn Fn(&Outgoing<'_>) + Send + Sync;
pub(crate) type Watchers = Arc<[Arc<Watcher>]>;

/// What a handler that is not of one event is called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// Before a client is let in.
    Enter,
    Connect,
    Disconnecting,
    Disconnect,
    /// Any event that came.
    Any,
    /// Before an event is handled.
    Packet,
    /// A client could not connect.
    ConnectError,
}

#[derive(Default)]
struct Table {
    /// Looked up, never iterated.
    events: HashMap<Box<str>, List>,
    enter: List,
    connect: List,
    disconnecting: List,
    disconnect: List,
    any: List,
    packet: List,
    connect_error: List,
    outgoing: Watchers,
}

impl Table {
    fn at(&mut self, occasion: Occasion) -> &mut List {
        match occasion {
            Occasion::Enter => &mut self.enter,
            Occasion::Connect => &mut self.connect,
            Occasion::Disconnecting => &mut self.disconnecting,
            Occasion::Disconnect => &mut self.disconnect,
            Occasion::Any => &mut self.any,
            Occasion::Packet => &mut self.packet,
            Occasion::ConnectError => &mut self.connect_error,
        }
    }

    fn get(&self, occasion: Occasion) -> &List {
        match occasion {
            Occasion::Enter => &self.enter,
            Occasion::Connect => &self.connect,
            Occasion::Disconnecting => &self.disconnecting,
            Occasion::Disconnect => &self.disconnect,
            Occasion::Any => &self.any,
            Occasion::Packet => &self.packet,
            Occasion::ConnectError => &self.connect_error,
        }
    }
}

/// All that an event sets off, in this order.
#[derive(Clone, Default)]
pub(crate) struct Chain {
    pub(crate) any: List,
    pub(crate) packet: List,
    pub(crate) own: List,
}

impl Chain {
    /// This one's, and then the other's.
    pub(crate) fn then(self, other: Self) -> Self {
        Self {
            any: join(self.any, other.any),
            packet: join(self.packet, other.packet),
            own: join(self.own, other.own),
        }
    }
}

/// One list of two, without a copy where one of them is empty.
pub(crate) fn join<T: Clone>(first: Arc<[T]>, second: Arc<[T]>) -> Arc<[T]> {
    match (first.is_empty(), second.is_empty()) {
        (true, _) => second,
        (_, true) => first,
        (false, false) => first.iter().chain(second.iter()).cloned().collect(),
    }
}

/// The handlers of a namespace, or of one socket.
#[derive(Default)]
pub(crate) struct Handlers(RwLock<Table>);

impl Handlers {
    fn change(&self, change: impl FnOnce(&mut Table)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn look<R>(&self, at: impl FnOnce(&Table) -> R) -> R {
        at(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn on<M: 'static>(&self, event: &str, handler: impl Handler<M>, once: bool) {
        let entry = Entry::new(handler, once);
        self.change(|t| append(t.events.entry(event.into()).or_default(), entry));
    }

    pub(crate) fn off(&self, event: &str) {
        self.change(|t| drop(t.events.remove(event)));
    }

    pub(crate) fn add<M: 'static>(&self, occasion: Occasion, handler: impl Handler<M>) {
        let entry = Entry::new(handler, false);
        self.change(|t| append(t.at(occasion), entry));
    }

    /// As [`add`](Self::add), before the others.
    pub(crate) fn prepend<M: 'static>(&self, occasion: Occasion, handler: impl Handler<M>) {
        let entry = Entry::new(handler, false);
        self.change(|t| prepend(t.at(occasion), entry));
    }

    pub(crate) fn clear(&self, occasion: Occasion) {
        self.change(|t| *t.at(occasion) = List::default());
    }

    pub(crate) fn watch(&self, watcher: impl Fn(&Outgoing<'_>) + Send + Sync + 'static) {
        let watcher: Arc<Watcher> = Arc::new(watcher);
        self.change(|t| append(&mut t.outgoing, watcher));
    }

    /// As [`watch`](Self::watch), before the others.
    pub(crate) fn watch_first(&self, watcher: impl Fn(&Outgoing<'_>) + Send + Sync + 'static) {
        let watcher: Arc<Watcher> = Arc::new(watcher);
        self.change(|t| prepend(&mut t.outgoing, watcher));
    }

    pub(crate) fn clear_watchers(&self) {
        self.change(|t| t.outgoing = Arc::default());
    }

    /// All that an event of this name sets off.
    pub(crate) fn chain(&self, event: &str) -> Chain {
        self.look(|t| Chain {
            any: t.any.clone(),
            packet: t.packet.clone(),
            own: t.events.get(event).cloned().unwrap_or_default(),
        })
    }

    pub(crate) fn at(&self, occasion: Occasion) -> List {
        self.look(|t| t.get(occasion).clone())
    }

    pub(crate) fn watchers(&self) -> Watchers {
        self.look(|t| t.outgoing.clone())
    }

    /// Forgets the handlers of `event` that have had their one call.
    pub(crate) fn drop_spent(&self, event: &str) {
        self.change(|t| {
            if let Some(list) = t.events.get_mut(event) {
                *list = list.iter().filter(|e| !e.is_spent()).cloned().collect();
                if list.is_empty() {
                    t.events.remove(event);
                }
            }
        });
    }
}

fn prepend<T: Clone>(list: &mut Arc<[T]>, new: T) {
    *list = [new].into_iter().chain(list.iter().cloned()).collect();
}

fn append<T: Clone>(list: &mut Arc<[T]>, new: T) {
    *list = list.iter().cloned().chain([new]).collect();
}
