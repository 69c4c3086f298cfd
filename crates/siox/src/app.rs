//! Socket.IO on the runtime's sessions: events of a client find their socket here.

use crate::{
    AckError, Args, Socket, connect, door,
    handshake::Handshake,
    metrics::Count,
    namespace::{Namespace, Shared},
    namespaces::Namespaces,
    socket::Arrival,
};
use siox_engineio::CloseReason;
use siox_socketio::{DisconnectReason, Event as SocketEvent, Raw, Revision, Slot, Unchecked};
use siox_stack::{Event, Session};
use siox_tokio::{
    About, Admit, App, Conn, Hooks,
    front::{Fields, Refused},
};
use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicIsize, AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
};
use tokio::runtime::Handle;

/// The app of a server's host.
pub(crate) struct Io {
    pub(crate) shared: Arc<Shared>,
    pub(crate) namespaces: Namespaces,
    hooks: Hooks,
    next: AtomicU64,
}

impl fmt::Debug for Io {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Io")
    }
}

/// What is kept of one client, whatever namespaces it is in.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) handshake: Arc<Handshake>,
    pub(crate) runtime: Handle,
    pub(crate) gate: Gate,
    sockets: Mutex<Vec<(Slot, Socket)>>,
}

impl Client {
    fn sockets(&self) -> MutexGuard<'_, Vec<(Slot, Socket)>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, socket: Socket) {
        let mut sockets = self.sockets();
        sockets.reserve_exact(1);
        sockets.push((socket.slot(), socket));
    }

    fn find(&self, slot: Slot) -> Option<Socket> {
        self.sockets()
            .iter()
            .find(|(s, _)| *s == slot)
            .map(|(_, socket)| socket.clone())
    }

    pub(crate) fn remove(&self, slot: Slot) {
        self.sockets().retain(|(s, _)| *s != slot);
    }

    fn take_all(&self) -> Vec<(Slot, Socket)> {
        std::mem::take(&mut *self.sockets())
    }
}

/// Whether the client may be read: not while one of its sockets has too much to handle.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    /// How many sockets are stalled. Below zero for a moment where the end of a stall is told before its
    /// beginning, and for good once the client has gone.
    stalled: AtomicIsize,
    wakers: Mutex<Vec<Waker>>,
}

impl Gate {
    pub(crate) fn set(&self, stalled: bool) {
        self.add(if stalled { 1 } else { -1 });
    }

    /// The client has gone: nothing that it still sends is handled, so nothing has to wait.
    fn open_for_good(&self) {
        self.add(isize::MIN / 2);
    }

    fn add(&self, change: isize) {
        let before = self.stalled.fetch_add(change, Ordering::AcqRel);
        if before.wrapping_add(change) <= 0 {
            let wakers = std::mem::take(&mut *self.wakers());
            wakers.into_iter().for_each(Waker::wake);
        }
    }

    fn is_open(&self) -> bool {
        self.stalled.load(Ordering::Acquire) <= 0
    }

    fn wakers(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_open() {
            return Poll::Ready(());
        }
        let mut wakers = self.wakers();
        // Looked at again under the lock: the one who opens the gate takes the wakers under it.
        if self.is_open() {
            return Poll::Ready(());
        }
        if !wakers.iter().any(|w| w.will_wake(cx.waker())) {
            wakers.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl Io {
    pub(crate) fn new(shared: Shared, hooks: Hooks, clean: bool) -> Self {
        Self {
            shared: Arc::new(shared),
            namespaces: Namespaces::new(clean),
            hooks,
            next: AtomicU64::new(0),
        }
    }

    /// The namespace of this name, made when it is not there.
    pub(crate) fn namespace(&self, name: &str) -> Namespace {
        self.namespaces.get_or_make(name, &self.shared)
    }

    /// A client asks for a namespace. In place, where nothing has to be asked for first.
    fn connect(
        self: &Arc<Self>,
        conn: &Arc<Conn<Self>>,
        slot: Slot,
        name: &str,
        query: Option<&str>,
        auth: Option<&str>,
    ) {
        let found = self.namespaces.find(name);
        let revision = conn.with(|m| m.revision());
        let recovers =
            revision == Revision::V5 && found.as_ref().is_some_and(|stay| stay.nsp().0.recovers);
        let id = match (revision, name) {
            (Revision::V5, _) => siox_tokio::random_id(),
            (Revision::V4, "/") => Some(conn.sid().as_str().to_owned()),
            (Revision::V4, _) => Some(format!("{name}#{}", conn.sid().as_str())),
        };
        let Some(id) = id else {
            return door::refuse(self, conn, slot, "server error");
        };
        let handshake = query.map(|query| conn.data().handshake.with_query(query));
        let arrival = Arrival {
            number: self.next.fetch_add(1, Ordering::Relaxed),
            id,
            revision,
            conn: conn.clone(),
            slot,
            auth: auth.map(Into::into),
            handshake: handshake.map(Arc::new),
        };
        match found {
            Some(stay) if !recovers => connect::begin(Socket::new(arrival, stay, None, None), None),
            found => door::arrive(self.clone(), found, name.to_owned(), arrival),
        }
    }
}

impl App for Io {
    type Machine = Session;
    type Data = Client;

    fn admit(self: &Arc<Self>, about: &About<'_>) -> Admit {
        self.hooks.admit(about)
    }

    fn initial_headers(&self, _: &Conn<Self>, about: &About<'_>, fields: &mut Fields) {
        self.hooks.initial_headers(about, fields);
    }

    fn headers(&self, _: &Conn<Self>, about: &About<'_>, fields: &mut Fields) {
        self.hooks.headers(about, fields);
    }

    fn open(&self, about: &About<'_>) -> Client {
        Client {
            handshake: Arc::new(Handshake::new(about)),
            runtime: Handle::current(),
            gate: Gate::default(),
            sockets: Mutex::default(),
        }
    }

    fn connection_error(&self, about: &About<'_>, refused: &Refused) {
        let code = refused.refusal.code;
        self.shared.counts.refused(code);
        let address = about.peer.map(tracing::field::display);
        let context = refused.refusal.context.name();
        tracing::debug!(
            address,
            code = code as u8,
            context,
            "request refused: {code}"
        );
        self.hooks.connection_error(about, refused);
    }

    #[inline]
    fn handle_event(
        self: &Arc<Self>,
        conn: &Arc<Conn<Self>>,
        cx: &mut Context<'_>,
        event: Event<'_>,
    ) {
        match event {
            Event::Socket(SocketEvent::Event { slot, id, packet }) => {
                self.shared.counts.one(Count::EventIn);
                if let Some(socket) = conn.data().find(slot) {
                    socket.receive_event(packet, id);
                }
            }
            Event::Unchecked(slot, event) => self.handle_unchecked(conn, cx, slot, &event),
            other => self.handle_other(conn, other),
        }
    }

    fn poll_ready(&self, conn: &Conn<Self>, cx: &mut Context<'_>) -> Poll<()> {
        conn.data().gate.poll(cx)
    }
}

impl Io {
    #[inline(never)]
    fn handle_unchecked(
        self: &Arc<Self>,
        conn: &Arc<Conn<Self>>,
        cx: &mut Context<'_>,
        slot: Slot,
        event: &Unchecked<'_>,
    ) {
        let is_right = match conn.data().find(slot) {
            Some(socket) => socket.receive_unchecked(event),
            None => event.packet().is_some(),
        };
        match is_right {
            true => self.shared.counts.one(Count::EventIn),
            false => self.check(conn, cx, event.text()),
        }
    }

    /// What was told unchecked is not right, or looks uncommon.
    #[cold]
    #[inline(never)]
    fn check(self: &Arc<Self>, conn: &Arc<Conn<Self>>, cx: &mut Context<'_>, text: &str) {
        match conn.with(|m| m.handle_text(siox_tokio::now(), text)) {
            Ok(Some(event)) => self.handle_event(conn, cx, event),
            Ok(None) => {}
            Err(e) => tracing::debug!(error = %e, "socket"),
        }
    }

    /// Whatever is no event of a client's.
    #[inline(never)]
    fn handle_other(self: &Arc<Self>, conn: &Arc<Conn<Self>>, event: Event<'_>) {
        match event {
            Event::Socket(SocketEvent::Connect {
                slot,
                nsp,
                query,
                auth,
            }) => {
                let auth = auth.as_ref().map(Raw::as_str);
                self.connect(conn, slot, &nsp, query.as_deref(), auth);
            }
            // Handled where it came.
            Event::Socket(SocketEvent::Event { .. }) | Event::Unchecked(..) => {}
            Event::Socket(SocketEvent::Ack { slot, id, packet }) => {
                self.shared.counts.one(Count::AckIn);
                if let Some(socket) = conn.data().find(slot) {
                    socket.acknowledged(id, Ok(Args(packet.into_owned())));
                }
            }
            Event::Socket(SocketEvent::AckTimeout { slot, id }) => {
                self.shared.counts.one(Count::AckTimeout);
                if let Some(socket) = conn.data().find(slot) {
                    socket.acknowledged(id, Err(AckError::Timeout));
                }
            }
            Event::Socket(SocketEvent::Disconnect { slot, reason }) => {
                if let Some(socket) = conn.data().find(slot) {
                    socket.gone(reason);
                }
            }
            Event::Upgraded => self.shared.counts.one(Count::Upgrade),
            Event::Closed(reason) => {
                self.shared.counts.closed(reason);
                let address = conn.data().handshake.address().map(tracing::field::display);
                tracing::debug!(address, %reason, "session closed");
                conn.data().gate.open_for_good();
                for (_, socket) in conn.data().take_all() {
                    socket.gone(reason_of(reason));
                }
            }
        }
    }
}

fn reason_of(reason: CloseReason) -> DisconnectReason {
    match reason {
        CloseReason::TransportError => DisconnectReason::TransportError,
        CloseReason::TransportClose => DisconnectReason::TransportClose,
        // The server's own word; the reference calls it so at this layer.
        CloseReason::ForcedClose => DisconnectReason::ForcedServerClose,
        CloseReason::PingTimeout => DisconnectReason::PingTimeout,
        CloseReason::ParseError => DisconnectReason::ParseError,
        CloseReason::ServerShuttingDown => DisconnectReason::ServerShuttingDown,
        CloseReason::SlowConsumer => DisconnectReason::SlowConsumer,
        _ => DisconnectReason::TransportError,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::atomic::AtomicUsize, task::Wake};

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Whether `gate` is open, and how often a task that found it shut is woken by `change`.
    fn woken(gate: &Gate, change: impl FnOnce()) -> (bool, usize) {
        let count = Arc::new(Count::default());
        let waker = Waker::from(count.clone());
        let open = gate.poll(&mut Context::from_waker(&waker)).is_ready();
        change();
        (open, count.0.load(Ordering::Relaxed))
    }

    #[test]
    fn the_last_stalled_socket_opens_the_gate() {
        let gate = Gate::default();
        assert_eq!(woken(&gate, || gate.set(true)), (true, 0));
        assert_eq!(woken(&gate, || gate.set(true)), (false, 0));
        assert_eq!(woken(&gate, || gate.set(false)), (false, 0));
        assert_eq!(woken(&gate, || gate.set(false)), (false, 1));
        assert_eq!(woken(&gate, || ()), (true, 0));
    }

    /// Two threads that leave a socket's inbox one after the other may tell of it in the other order.
    #[test]
    fn a_stall_whose_end_is_told_first_leaves_the_gate_open() {
        let gate = Gate::default();
        gate.set(false);
        assert_eq!(woken(&gate, || gate.set(true)), (true, 0));
        assert_eq!(woken(&gate, || ()), (true, 0));
    }

    #[test]
    fn a_client_that_has_gone_is_not_waited_for() {
        let gate = Gate::default();
        gate.set(true);
        assert_eq!(woken(&gate, || gate.open_for_good()), (false, 1));
        gate.set(true);
        assert_eq!(woken(&gate, || ()), (true, 0));
    }
}
