//! What is registered, for a namespace or for one socket: lists of handlers by what they are called for.
//! Nothing is called here.

use crate::{
    Outgoing,
    handler::{Erased, Handler, erase},
    hash::Quick,
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
    /// Whether it checks an event by taking its arguments, and may be called with one that was not checked.
    checks: bool,
}

impl Entry {
    fn new<M: 'static>(handler: impl Handler<M>, once: bool) -> Arc<Self> {
        Arc::new(Self {
            checks: handler.checks() && !once,
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
    /// All that each event sets off: put together when something is registered, so that one look-up
    /// finds it. Its order is told to nobody.
    events: HashMap<Box<str>, Arc<Chain>, Quick>,
    /// All that an event without handlers of its own sets off, if anything.
    others: Option<Arc<Chain>>,
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

    /// The handlers of one event.
    fn own(&mut self, event: &str, change: impl FnOnce(&mut List)) {
        let mut own = match self.events.get(event) {
            Some(chain) => chain.own.clone(),
            None => List::default(),
        };
        change(&mut own);
        let before = if own.is_empty() {
            self.events.remove(event)
        } else {
            let chain = Arc::new(self.chain_of(Some(event.into()), own));
            self.events.insert(event.into(), chain)
        };
        before.iter().for_each(|chain| chain.outdate());
    }

    fn off(&mut self, event: &str) {
        let before = self.events.remove(event);
        before.iter().for_each(|chain| chain.outdate());
    }

    fn chain_of(&self, event: Option<Box<str>>, own: List) -> Chain {
        Chain {
            any: self.any.clone(),
            packet: self.packet.clone(),
            own,
            event,
            outdated: AtomicBool::new(false),
        }
    }

    /// What every event sets off has changed.
    fn put_together(&mut self) {
        let chain = self.chain_of(None, List::default());
        for own in self.events.values_mut() {
            own.outdate();
            *own = Arc::new(Chain {
                any: chain.any.clone(),
                packet: chain.packet.clone(),
                own: own.own.clone(),
                event: own.event.clone(),
                outdated: AtomicBool::new(false),
            });
        }
        self.others = (!chain.is_empty()).then(|| Arc::new(chain));
    }
}

/// All that an event sets off, in this order.
#[derive(Default)]
pub(crate) struct Chain {
    pub(crate) any: List,
    pub(crate) packet: List,
    pub(crate) own: List,
    /// The one event that it is of; none where it is of several, or put together of two.
    event: Option<Box<str>>,
    /// The table has another by now.
    outdated: AtomicBool,
}

impl Chain {
    fn outdate(&self) {
        self.outdated.store(true, Ordering::Release);
    }

    /// Whether it is what its table has for this event just now.
    #[inline]
    pub(crate) fn is_for(&self, event: &str) -> bool {
        self.event.as_deref() == Some(event) && !self.outdated.load(Ordering::Acquire)
    }

    /// The one handler of all, if it checks the event by taking its arguments.
    #[inline]
    pub(crate) fn only_checking(&self) -> Option<&Entry> {
        match (&*self.any, &*self.packet, &*self.own) {
            ([], [], [only]) if only.checks => Some(only),
            _ => None,
        }
    }

    fn is_empty(&self) -> bool {
        self.any.is_empty() && self.packet.is_empty() && self.own.is_empty()
    }

    /// The first one's, and then the second's.
    pub(crate) fn both(first: Option<Arc<Self>>, second: Option<Arc<Self>>) -> Option<Arc<Self>> {
        match (first, second) {
            (first, None) => first,
            (None, second) => second,
            (Some(first), Some(second)) => Some(Arc::new(Self {
                any: join(first.any.clone(), second.any.clone()),
                packet: join(first.packet.clone(), second.packet.clone()),
                own: join(first.own.clone(), second.own.clone()),
                ..Self::default()
            })),
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
pub(crate) struct Handlers {
    table: RwLock<Table>,
    /// Whether anybody was ever told of what leaves: the table need not be asked before.
    watched: AtomicBool,
}

impl Handlers {
    fn change(&self, change: impl FnOnce(&mut Table)) {
        change(&mut self.table.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn look<R>(&self, at: impl FnOnce(&Table) -> R) -> R {
        at(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn on<M: 'static>(&self, event: &str, handler: impl Handler<M>, once: bool) {
        let entry = Entry::new(handler, once);
        self.change(|t| t.own(event, |own| append(own, entry)));
    }

    pub(crate) fn off(&self, event: &str) {
        self.change(|t| t.off(event));
    }

    pub(crate) fn add<M: 'static>(&self, occasion: Occasion, handler: impl Handler<M>) {
        let entry = Entry::new(handler, false);
        self.change(|t| {
            append(t.at(occasion), entry);
            t.put_together();
        });
    }

    /// As [`add`](Self::add), before the others.
    pub(crate) fn prepend<M: 'static>(&self, occasion: Occasion, handler: impl Handler<M>) {
        let entry = Entry::new(handler, false);
        self.change(|t| {
            prepend(t.at(occasion), entry);
            t.put_together();
        });
    }

    pub(crate) fn clear(&self, occasion: Occasion) {
        self.change(|t| {
            *t.at(occasion) = List::default();
            t.put_together();
        });
    }

    pub(crate) fn watch(&self, watcher: impl Fn(&Outgoing<'_>) + Send + Sync + 'static) {
        let watcher: Arc<Watcher> = Arc::new(watcher);
        self.change(|t| append(&mut t.outgoing, watcher));
        self.watched.store(true, Ordering::Release);
    }

    /// As [`watch`](Self::watch), before the others.
    pub(crate) fn watch_first(&self, watcher: impl Fn(&Outgoing<'_>) + Send + Sync + 'static) {
        let watcher: Arc<Watcher> = Arc::new(watcher);
        self.change(|t| prepend(&mut t.outgoing, watcher));
        self.watched.store(true, Ordering::Release);
    }

    pub(crate) fn clear_watchers(&self) {
        self.change(|t| t.outgoing = Arc::default());
    }

    /// All that an event of this name sets off, if anything.
    pub(crate) fn chain(&self, event: &str) -> Option<Arc<Chain>> {
        self.look(|t| t.events.get(event).or(t.others.as_ref()).cloned())
    }

    pub(crate) fn at(&self, occasion: Occasion) -> List {
        self.look(|t| t.get(occasion).clone())
    }

    /// Whether anybody may be told of what leaves.
    pub(crate) fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Acquire)
    }

    /// Who is told of what leaves, if anybody.
    pub(crate) fn watchers(&self) -> Option<Watchers> {
        self.is_watched().then(|| self.look(|t| t.outgoing.clone()))
    }

    /// Forgets the handlers of `event` that have had their one call.
    pub(crate) fn drop_spent(&self, event: &str) {
        let unspent = |own: &mut List| {
            *own = own.iter().filter(|e| !e.is_spent()).cloned().collect();
        };
        self.change(|t| t.own(event, unspent));
    }
}

fn prepend<T: Clone>(list: &mut Arc<[T]>, new: T) {
    *list = [new].into_iter().chain(list.iter().cloned()).collect();
}

fn append<T: Clone>(list: &mut Arc<[T]>, new: T) {
    *list = list.iter().cloned().chain([new]).collect();
}
