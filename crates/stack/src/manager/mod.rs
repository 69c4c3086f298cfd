//! What a client keeps beyond one connection: its sockets, what they want to say, and when to come back.
//!
//! Above it is the application, below it whatever opens Engine.IO sessions and carries their messages.
//! How far a connection has come is in `line`, what its messages mean in `hear`, what the application
//! says in `emit`; `socket`, `tickets` and `wants` are the tables.

mod backoff;
mod emit;
mod event;
mod hear;
mod line;
mod options;
mod retry;
mod socket;
mod tickets;
mod wants;

pub use emit::Emit;
pub use event::{Dial, ManagerEvent, Owed, SocketKey, Ticket, Unanswered, Want};
pub use options::{Auth, ManagerOptions, Overflow, SocketOptions};

use alloc::{collections::VecDeque, sync::Arc, vec::Vec};
use backoff::Jitter;
use line::Line;
use siox_socketio::{DisconnectReason, Value};
use siox_wire::Instant;
use socket::{Socket, Stage};
use tickets::Tickets;
use wants::Wants;

/// The sockets of one server, over one connection after the other.
///
/// After every step, do what [`poll_want`](Self::poll_want) says, tell what
/// [`poll_event`](Self::poll_event) has, and come back at [`poll_timeout`](Self::poll_timeout).
///
/// ```
/// use siox_stack::{Emit, Manager, ManagerEvent, ManagerOptions, SocketOptions, Want};
/// use siox_socketio::{DisconnectReason, Encoded};
/// use siox_wire::Instant;
///
/// let now = Instant::from_millis(0);
/// let mut manager = Manager::new(ManagerOptions::default().into(), 7); // a fresh random seed
/// let socket = manager.socket("/", SocketOptions::default());
/// manager.connect(now, socket);
/// manager.emit(now, socket, Encoded::event("hello", &1)?, Emit::default())?; // It waits.
///
/// // 1. It wants a session: of `EngineClient`, wherever that lives.
/// let Some(Want::Open(dial)) = manager.poll_want() else { panic!() };
/// manager.handle_opened(now, dial, "the session's id");
/// assert_eq!(manager.poll_event(), Some(ManagerEvent::Opened));
///
/// // 2. Messages go out and come in.
/// assert_eq!(manager.poll_want(), Some(Want::Text("0".into())));
/// manager.handle_message(now, dial, r#"0{"sid":"x"}"#.into());
/// assert!(matches!(manager.poll_event(), Some(ManagerEvent::Connected { .. })));
/// assert_eq!(manager.poll_want(), Some(Want::Text(r#"2["hello",1]"#.into())));
///
/// // 3. The session is lost: another one is wanted after a second, give or take a half.
/// manager.handle_closed(now, dial, DisconnectReason::TransportClose, None);
/// let at = manager.poll_timeout().unwrap();
/// assert!((500..1_500).contains(&at.since(now).as_millis()));
/// manager.handle_timeout(at);
/// assert!(matches!(manager.poll_want(), Some(Want::Open(again)) if again != dial));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Manager {
    options: Arc<ManagerOptions>,
    jitter: Jitter,
    line: Line,
    /// Attempts since the connection was lost.
    attempts: u32,
    /// Whether the connection is to come back: not before the first failure, nor once it is closed.
    reconnecting: bool,
    dials: u32,
    /// How often credentials were asked for.
    asked: u32,
    sockets: Vec<Socket>,
    tickets: Tickets,
    wants: Wants,
    events: VecDeque<ManagerEvent>,
}

impl Manager {
    /// A manager that does nothing yet. The seed is what sets its waits apart from those of others.
    #[must_use]
    pub fn new(options: Arc<ManagerOptions>, seed: u64) -> Self {
        Self {
            wants: Wants::new(&options),
            options,
            jitter: Jitter::new(seed),
            line: Line::Closed,
            attempts: 0,
            reconnecting: false,
            dials: 0,
            asked: 0,
            sockets: Vec::new(),
            tickets: Tickets::default(),
            events: VecDeque::new(),
        }
    }

    /// The socket of a namespace, made if there is none; `options` are then its own.
    pub fn socket(&mut self, nsp: &str, options: SocketOptions) -> SocketKey {
        if let Some(socket) = self.sockets.iter().find(|socket| *socket.nsp == *nsp) {
            return socket.key;
        }
        let key = SocketKey(u32::try_from(self.sockets.len()).unwrap_or(u32::MAX));
        self.sockets.push(Socket::new(key, nsp, options));
        key
    }

    /// Changes the settings of a socket, for what it does from now on.
    pub fn set_options(&mut self, key: SocketKey, options: SocketOptions) {
        if let Some(socket) = self.get_mut(key) {
            socket.options = options;
        }
    }

    /// Changes the settings, for what is done from now on; those of the protocol hold from the next
    /// connection on. Where that says that a lost connection does not come back, one that is waited for
    /// does not.
    pub fn change_options(&mut self, change: impl FnOnce(&mut ManagerOptions)) {
        change(Arc::make_mut(&mut self.options));
        self.wants.follow(&self.options);
        if !self.options.reconnection && matches!(self.line, Line::Waiting { .. }) {
            self.give_up();
        }
    }

    fn get(&self, key: SocketKey) -> Option<&Socket> {
        self.sockets.get(usize::try_from(key.0).ok()?)
    }

    fn get_mut(&mut self, key: SocketKey) -> Option<&mut Socket> {
        self.sockets.get_mut(usize::try_from(key.0).ok()?)
    }

    /// Opens the connection without a socket to be connected.
    pub fn open(&mut self, now: Instant) {
        self.begin(now);
    }

    /// Connects a socket, now or as soon as there is a connection, and again whenever that comes back.
    pub fn connect(&mut self, now: Instant, key: SocketKey) {
        let Some(socket) = self.get_mut(key) else {
            return;
        };
        socket.active = true;
        if socket.stage == Stage::Idle {
            match self.line {
                Line::Open { .. } => self.ask(key),
                Line::Closed => self.begin(now),
                Line::Waiting { .. } | Line::Dialling { .. } => {}
            }
        }
    }

    /// Disconnects a socket; what waits in it is kept for its next connection. The connection is closed
    /// where no socket is left that wants one.
    pub fn disconnect(&mut self, now: Instant, key: SocketKey) {
        let Some(socket) = self.get_mut(key) else {
            return;
        };
        let (was, slot) = (socket.active, socket.slot());
        socket.active = false;
        if let (Some(slot), Line::Open { client, .. }) = (slot, &mut self.line) {
            // Refused only where the client is not in, which is what is wanted.
            let _ = client.disconnect(slot, &mut self.wants);
        }
        if let Some(socket) = self.get_mut(key) {
            socket.forget_session();
        }
        self.drop_out(key, DisconnectReason::IoClientDisconnect, None);
        if was {
            self.close_if_idle(now);
        }
    }

    /// Closes the connection, or stops trying. It stays closed until it is opened, or a socket connected.
    pub fn close(&mut self, _now: Instant) {
        self.hang_up(DisconnectReason::ForcedClose, None);
        self.give_up();
    }

    /// What a socket says of itself, asked for by [`ManagerEvent::Auth`]: an object, nothing, or why it
    /// cannot. The last is a [`ManagerEvent::ConnectError`], and final.
    pub fn authorize(
        &mut self,
        now: Instant,
        key: SocketKey,
        attempt: u32,
        auth: Result<Option<Value>, &str>,
    ) {
        let asked = self.get(key).map(|socket| socket.stage);
        if asked != Some(Stage::Authorizing(attempt)) {
            return;
        }
        match auth {
            Ok(auth) => self.send_connect(key, auth.as_ref()),
            Err(message) => {
                self.refused(key, message.into(), None);
                self.close_if_idle(now);
            }
        }
    }

    /// What the layer below is to do next. What it has no room for now goes
    /// [back](Self::put_back).
    pub fn poll_want(&mut self) -> Option<Want> {
        let want = self.wants.pop();
        self.refill();
        want
    }

    /// Whether the message that [`poll_want`](Self::poll_want) handed out last may be compressed, where the
    /// connection compresses: [`Encoded::compressed`](siox_socketio::Encoded::compressed).
    #[must_use]
    pub fn may_compress(&self) -> bool {
        self.wants.may_compress()
    }

    /// The layer below could not do it yet: it is wanted again, first of all.
    pub fn put_back(&mut self, want: Want) {
        self.wants.put_back(want);
    }

    /// What there is to tell; call until `None`.
    pub fn poll_event(&mut self) -> Option<ManagerEvent> {
        self.events.pop_front()
    }

    /// Whether there is nothing to do below and nothing to tell above.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.wants.is_empty() && self.events.is_empty()
    }

    /// What waits for the layer below to take it: bytes, and 32 for each message.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.wants.held()
    }

    /// Whether a socket is connected, or will be as soon as it can.
    #[must_use]
    pub fn is_active(&self, key: SocketKey) -> bool {
        self.get(key).is_some_and(|socket| socket.active)
    }

    /// Whether a socket is connected.
    #[must_use]
    pub fn is_connected(&self, key: SocketKey) -> bool {
        self.get(key)
            .is_some_and(|socket| socket.joined().is_some())
    }

    /// Whether a socket's last connection went on where the one before ended.
    #[must_use]
    pub fn is_recovered(&self, key: SocketKey) -> bool {
        self.get(key).is_some_and(|socket| socket.recovered)
    }

    /// The public id of a socket, while it is connected.
    #[must_use]
    pub fn id(&self, key: SocketKey) -> Option<&str> {
        self.get(key)?.sid.as_deref()
    }

    /// The namespace of a socket.
    #[must_use]
    pub fn nsp(&self, key: SocketKey) -> Option<&str> {
        self.get(key).map(|socket| &*socket.nsp)
    }

    /// How many events of a socket wait: for a connection, or for their acknowledgement.
    #[must_use]
    pub fn waiting(&self, key: SocketKey) -> usize {
        self.get(key).map_or(0, |socket| {
            socket.buffer.len().saturating_add(socket.retries.len())
        })
    }

    /// Whether the connection is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.line, Line::Open { .. })
    }

    /// Whether there is no connection, and none will be made unasked.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.line, Line::Closed)
    }

    /// The settings.
    #[must_use]
    pub fn options(&self) -> &Arc<ManagerOptions> {
        &self.options
    }
}
