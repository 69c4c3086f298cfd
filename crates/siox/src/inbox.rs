//! The order of one socket's handlers: they start in the order of arrival, a pending one does not hold
//! up the next, and what may not start yet waits, bounded, while the client is not read.

use crate::{
    BoxError, Socket,
    error::Fault,
    extract::{Incoming, Kind, Side},
    handler::{Called, Running},
    handlers::{Chain, Entry, List, Occasion},
    running::{End, PENDING, dropped, message_of, noop, poll_caught},
};
use siox_socketio::{DisconnectReason, Packet, Unchecked};
use std::{
    any::Any,
    collections::VecDeque,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, MutexGuard},
    task::{Context, Poll},
};

/// Something for the handlers of a socket.
pub(crate) enum Item<'a> {
    Event { packet: Packet<'a>, id: Option<u64> },
    Disconnected(DisconnectReason),
}

impl Item<'_> {
    fn into_owned(self) -> Item<'static> {
        match self {
            Self::Event { packet, id } => Item::Event {
                packet: packet.into_owned(),
                id,
            },
            Self::Disconnected(reason) => Item::Disconnected(reason),
        }
    }
}

/// Where a socket's handlers stand.
#[derive(Default)]
pub(crate) struct Inbox {
    /// `on_connect` has returned.
    open: bool,
    /// Somebody is starting handlers just now, and will go on until none can start.
    starting: bool,
    pending: usize,
    waiting: VecDeque<Item<'static>>,
    /// The client is not read because of this socket.
    stalled: bool,
    /// What the last event set off, for the next one of its name.
    recent: Option<Arc<Chain>>,
}

impl Inbox {
    fn may_start(&self) -> bool {
        self.open && self.pending < PENDING
    }

    /// Whether nothing waits, and nobody has to be told so.
    #[inline]
    fn is_quiet(&self) -> bool {
        self.waiting.is_empty() && self.pending < PENDING && !self.stalled
    }

    /// Whether the client must not be read, when that has changed.
    fn stall_changed(&mut self) -> Option<bool> {
        let stalled = match self.stalled {
            true => !self.waiting.is_empty(),
            false => self.pending >= PENDING || self.waiting.len() >= PENDING,
        };
        (stalled != self.stalled).then(|| {
            self.stalled = stalled;
            stalled
        })
    }
}

impl Socket {
    /// Starts the handlers of `item`, or lets it wait for its turn.
    pub(crate) fn receive(&self, item: Item<'_>) {
        match self.may_start() {
            Ok(_) => {
                self.start(&item);
                self.start_waiting();
            }
            Err(inbox) => self.let_wait(inbox, item.into_owned()),
        }
    }

    /// Starts the handlers of an event, or lets it wait for its turn.
    #[inline]
    pub(crate) fn receive_event(&self, packet: Packet<'_>, id: Option<u64>) {
        match self.may_start() {
            Ok(recent) => {
                let chain = self.chain_like(recent, packet.name());
                if let Some(chain) = &chain {
                    let _entered = self.span().enter();
                    self.set_off(chain, &packet, id);
                }
                self.started(chain);
            }
            Err(inbox) => self.let_wait(inbox, Item::Event { packet, id }.into_owned()),
        }
    }

    /// As [`receive_event`](Self::receive_event), of one whose arguments nobody has looked at yet. `false` if they are
    /// not right: nothing has come of it then.
    pub(crate) fn receive_unchecked(&self, event: &Unchecked<'_>) -> bool {
        match self.may_start() {
            Ok(recent) => {
                let chain = self.chain_like(recent, event.name());
                let is_right = match &chain {
                    Some(chain) => {
                        let _entered = self.span().enter();
                        self.set_off_unchecked(chain, event)
                    }
                    None => event.packet().is_some(),
                };
                self.started(chain);
                is_right
            }
            Err(inbox) => {
                drop(inbox);
                let packet = event.packet();
                let is_right = packet.is_some();
                packet
                    .into_iter()
                    .for_each(|packet| self.receive_event(packet, event.id()));
                is_right
            }
        }
    }

    /// What an event sets off has been: what waits behind it is next.
    #[inline(always)]
    fn started(&self, chain: Option<Arc<Chain>>) {
        let mut inbox = self.inbox();
        inbox.recent = chain;
        if inbox.is_quiet() {
            inbox.starting = false;
            return;
        }
        drop(inbox);
        self.start_waiting();
    }

    /// Whether a handler may start just now, before anything else does; the caller then starts what
    /// waits behind it too. With it comes what the last event set off.
    #[inline]
    fn may_start(&self) -> Result<Option<Arc<Chain>>, MutexGuard<'_, Inbox>> {
        let mut inbox = self.inbox();
        if !inbox.may_start() || inbox.starting || !inbox.waiting.is_empty() {
            return Err(inbox);
        }
        inbox.starting = true;
        Ok(inbox.recent.take())
    }

    #[cold]
    fn let_wait(&self, mut inbox: MutexGuard<'_, Inbox>, item: Item<'static>) {
        inbox.waiting.push_back(item);
        let stall = inbox.stall_changed();
        drop(inbox);
        self.tell_stall(stall);
    }

    /// Lets `item` wait, and starts it from a task: for whoever is not in the runtime.
    pub(crate) fn receive_later(&self, item: Item<'static>) {
        self.inbox().waiting.push_back(item);
        let socket = self.clone();
        self.runtime().spawn(async move { socket.resume() });
    }

    /// `on_connect` has returned.
    pub(crate) fn open(&self) {
        self.inbox().open = true;
        self.resume();
    }

    /// Starts what may start, unless somebody is at it.
    fn resume(&self) {
        let mut inbox = self.inbox();
        if inbox.starting {
            return;
        }
        inbox.starting = true;
        drop(inbox);
        self.start_waiting();
    }

    /// Starts what waits while it may. The caller has set `starting`.
    fn start_waiting(&self) {
        loop {
            let mut inbox = self.inbox();
            let item = if inbox.may_start() {
                inbox.waiting.pop_front()
            } else {
                None
            };
            let stall = inbox.stall_changed();
            inbox.starting = item.is_some();
            drop(inbox);
            self.tell_stall(stall);
            match item {
                Some(item) => self.start(&item),
                None => return,
            }
        }
    }

    fn start(&self, item: &Item<'_>) {
        let _entered = self.span().enter();
        match item {
            Item::Event { packet, id } => self.handle(packet, *id),
            Item::Disconnected(reason) => {
                // A handler may hold the socket.
                let recent = self.inbox().recent.take();
                drop(recent);
                for handler in self.handlers_at(Occasion::Disconnecting).iter() {
                    self.run(handler, "disconnecting", Kind::Disconnect((*reason).into()));
                }
                self.forget_rooms();
                for handler in self.handlers_at(Occasion::Disconnect).iter() {
                    self.run(handler, "disconnect", Kind::Disconnect((*reason).into()));
                }
            }
        }
    }

    fn handle(&self, packet: &Packet<'_>, id: Option<u64>) {
        if let Some(chain) = self.chain(packet.name()) {
            self.set_off(&chain, packet, id);
        }
    }

    #[inline]
    fn set_off(&self, chain: &Arc<Chain>, packet: &Packet<'_>, id: Option<u64>) {
        let event = packet.name();
        for handler in chain.any.iter() {
            self.run(
                handler,
                event,
                Kind::Event {
                    packet,
                    ack: id.into(),
                },
            );
        }
        if chain.packet.is_empty() {
            self.run_all(&chain.own, event, packet, id);
        } else {
            self.screen(chain, packet, id);
        }
    }

    /// `false` if the event is not right: nothing has come of it then.
    #[inline]
    fn set_off_unchecked(&self, chain: &Arc<Chain>, event: &Unchecked<'_>) -> bool {
        if let Some(handler) = chain.only_checking()
            && self.run_unchecked(handler, event)
        {
            return true;
        }
        let packet = event.packet();
        if let Some(packet) = &packet {
            self.set_off(chain, packet, event.id());
        }
        packet.is_some()
    }

    /// Calls a handler that checks the event; `false` if the event is not right or does not fit, so that it was not
    /// called.
    fn run_unchecked(&self, handler: &Entry, event: &Unchecked<'_>) -> bool {
        let Some(call) = handler.take_call() else {
            return false;
        };
        let incoming = Incoming {
            side: Side::Server(self),
            kind: Kind::Unchecked {
                event,
                ack: event.id().into(),
            },
        };
        let called = catch_unwind(AssertUnwindSafe(|| call(&incoming)));
        let was_called = !matches!(called, Ok(Err(_)));
        if was_called {
            self.came_to(event.name(), called);
        }
        was_called
    }

    #[inline]
    pub(crate) fn run_all(
        &self,
        handlers: &List,
        event: &str,
        packet: &Packet<'_>,
        id: Option<u64>,
    ) {
        let mut spent = false;
        for handler in handlers.iter() {
            self.run(
                handler,
                event,
                Kind::Event {
                    packet,
                    ack: id.into(),
                },
            );
            spent |= handler.is_spent();
        }
        if spent {
            self.drop_spent(event);
        }
    }

    /// Calls a handler and polls it once in place; only a pending one becomes a task.
    fn run(&self, handler: &Entry, event: &str, kind: Kind<'_>) {
        let Some(handler) = handler.take_call() else {
            return;
        };
        let incoming = Incoming {
            side: Side::Server(self),
            kind,
        };
        self.came_to(event, catch_unwind(AssertUnwindSafe(|| handler(&incoming))));
    }

    /// What a call came to.
    #[inline]
    fn came_to(&self, event: &str, called: Result<Result<Called, BoxError>, Box<dyn Any + Send>>) {
        match called {
            Err(panic) => self.panicked(event, &*panic),
            Ok(Err(e)) => self.report(event, Fault::Arguments(e)),
            Ok(Ok(Called::Done(result))) => self.returned(event, result),
            Ok(Ok(Called::Running(mut future))) => match poll_caught(&mut future, &mut noop()) {
                Poll::Ready(end) => self.ended(event, dropped(future, end)),
                Poll::Pending => self.spawn(event.to_owned(), future),
            },
        }
    }

    /// What is pending becomes a task, counted among the socket's.
    pub(crate) fn spawn(&self, event: String, mut future: Running) {
        self.inbox().pending += 1;
        let socket = self.clone();
        let span = self.span().clone();
        self.nsp().shared.tasks.spawn(self.runtime(), async move {
            let poll = |cx: &mut Context<'_>| span.in_scope(|| poll_caught(&mut future, cx));
            let end = poll_fn(poll).await;
            socket.ended(&event, dropped(future, end));
            socket.inbox().pending -= 1;
            socket.resume();
        });
    }

    pub(crate) fn ended(&self, event: &str, end: End) {
        match end {
            Ok(result) => self.returned(event, result),
            Err(panic) => self.panicked(event, &*panic),
        }
    }

    fn returned(&self, event: &str, result: Result<(), BoxError>) {
        if let Err(e) = result {
            self.report(event, Fault::Returned(e));
        }
    }

    /// A panic costs this socket, and nobody else.
    fn panicked(&self, event: &str, panic: &(dyn Any + Send)) {
        self.leave_namespace(DisconnectReason::ServerError);
        self.report(event, Fault::Panicked(message_of(panic)));
    }

    /// A watcher's panic costs nobody anything. It is told later, for something may be locked just now.
    pub(crate) fn watcher_panicked(&self, event: &str, panic: &(dyn Any + Send)) {
        let (socket, event) = (self.clone(), event.to_owned());
        let fault = Fault::Watcher(message_of(panic));
        self.runtime()
            .spawn(async move { socket.report(&event, fault) });
    }

    /// Calls what is not a handler of its own, with a panic as an error that has cost the socket.
    pub(crate) fn called(
        &self,
        call: impl FnOnce() -> Result<Called, BoxError>,
    ) -> Result<Called, BoxError> {
        catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| Err(self.broke(&*panic)))
    }

    /// The error that a panic is, after it has cost the socket.
    pub(crate) fn broke(&self, panic: &(dyn Any + Send)) -> BoxError {
        self.leave_namespace(DisconnectReason::ServerError);
        format!("a panic: {}", message_of(panic)).into()
    }
}
