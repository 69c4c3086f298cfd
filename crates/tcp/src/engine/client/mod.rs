//! The client: a handle for the application, and threads that move bytes and know the time. All that is
//! decided is decided by the machine they share.

mod error;
mod keeper;
mod line;
mod options;
mod shared;

pub use error::{Cause, ConnectError};
pub use options::ConnectOptions;

use crate::{Deadline, clock, deadline::Until};
use keeper::Keeper;
use shared::Shared;
use siox_engineio::{ClientEvent, Opened, Transport};
use siox_stack::{EngineClient, Outbound, parse_url};
use siox_wire::{Message, SendError};
use std::{
    sync::Arc,
    task::Poll,
    thread,
    time::{Duration, SystemTime},
};

/// Opens a session with the server of `url`: `http://HOST[:PORT][/PATH][?QUERY]`, or `https`, `ws`, `wss`
/// (the secure ones with feature `tls`). A path other than `/` says where the server lives, in place of
/// the options'.
///
/// # Errors
/// As [`ConnectError`] says, once no transport that may be tried is left.
pub fn connect(url: &str, options: &ConnectOptions) -> Result<Client, ConnectError> {
    let url = parse_url(url)?;
    if cfg!(not(feature = "tls")) && url.is_secure() {
        return Err(ConnectError::NoTls);
    }
    let unix = SystemTime::UNIX_EPOCH.elapsed().unwrap_or(Duration::ZERO);
    let asked = Arc::new(options.client.clone());
    let machine = EngineClient::new(clock::now(), unix, &url, asked)?;
    let shared = Arc::new(Shared::new(machine, options.inbox));
    let keeper = Keeper::new(shared.clone(), url, options.clone());
    thread::Builder::new()
        .name("engine.io".into())
        .spawn(move || keeper.run())
        .map_err(ConnectError::Thread)?;
    let mut client = Client { shared };
    match client.event() {
        Some(ClientEvent::Closed { reason, error }) => Err(ConnectError::NotOpened {
            reason,
            error,
            cause: client.cause(),
        }),
        _ => Ok(client),
    }
}

/// A session with a server.
///
/// Messages wait in it until they are [received](Self::event): when more wait than
/// [`ConnectOptions::inbox`] says, nothing is read until some are taken. A server that hears no answer to
/// its pings then ends the session. Dropped, it closes the session; what is queued is still sent, as long
/// as the process lives.
#[derive(Debug)]
pub struct Client {
    shared: Arc<Shared>,
}

/// Sends messages of a session, and ends it, beside its [`Client`].
#[derive(Debug, Clone)]
pub struct Sender {
    shared: Arc<Shared>,
    compress: bool,
}

/// Nothing came by the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotYet;

impl std::fmt::Display for NotYet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("nothing came by the deadline")
    }
}

impl std::error::Error for NotYet {}

impl Client {
    /// The next message; `None` when the session is over. Other events are passed over.
    pub fn recv(&mut self) -> Option<Message<'static>> {
        loop {
            if let ClientEvent::Message(message) = self.event()? {
                return Some(message);
            }
        }
    }

    /// As [`recv`](Self::recv), by `by`.
    ///
    /// # Errors
    /// [`NotYet`]; nothing is lost.
    pub fn recv_by(&mut self, by: impl Into<Deadline>) -> Result<Option<Message<'static>>, NotYet> {
        let by = by.into();
        loop {
            match self.event_by(by)? {
                Some(ClientEvent::Message(message)) => return Ok(Some(message)),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }

    /// What comes next: messages, the outcome of the upgrade, and the end of the session, behind which
    /// there is `None`.
    pub fn event(&mut self) -> Option<ClientEvent<'static>> {
        loop {
            if let Poll::Ready(event) = self.shared.take(Until::Done) {
                return event;
            }
        }
    }

    /// As [`event`](Self::event), by `by`.
    ///
    /// # Errors
    /// [`NotYet`]; nothing is lost.
    pub fn event_by(
        &mut self,
        by: impl Into<Deadline>,
    ) -> Result<Option<ClientEvent<'static>>, NotYet> {
        match self.shared.take(Until::new(by.into())) {
            Poll::Ready(event) => Ok(event),
            Poll::Pending => Err(NotYet),
        }
    }

    /// Queues a message; waits while the queue is full.
    ///
    /// # Errors
    /// [`SendError::Closed`].
    pub fn send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.shared.send(&message.into().into(), Until::Done)
    }

    /// Queues a message, by `by`.
    ///
    /// # Errors
    /// [`SendError::Closed`], or [`SendError::Full`] if there was no room by then.
    pub fn send_by<'m>(
        &self,
        message: impl Into<Message<'m>>,
        by: impl Into<Deadline>,
    ) -> Result<(), SendError> {
        self.shared
            .send(&message.into().into(), Until::new(by.into()))
    }

    /// Queues a message, if the queue is not full.
    ///
    /// # Errors
    /// [`SendError::Closed`] or [`SendError::Full`].
    pub fn try_send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.shared.send(&message.into().into(), Until::Now)
    }

    /// Waits until nothing waits to be sent: all is with the system. Nothing tells whether the server has
    /// it.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the session ends before.
    pub fn flush(&self) -> Result<(), SendError> {
        self.shared.flush(Until::Done)
    }

    /// As [`flush`](Self::flush), but waits no longer than `by`.
    ///
    /// # Errors
    /// [`SendError::Full`] when something still waited then; [`SendError::Closed`].
    pub fn flush_by(&self, by: impl Into<Deadline>) -> Result<(), SendError> {
        self.shared.flush(Until::new(by.into()))
    }

    /// Another handle to send by.
    #[must_use]
    pub fn sender(&self) -> Sender {
        Sender {
            shared: self.shared.clone(),
            compress: true,
        }
    }

    /// As [`Sender::compress`].
    #[must_use]
    pub fn compress(&self, wanted: bool) -> Sender {
        self.sender().compress(wanted)
    }

    /// Ends the session. What is queued is still sent; [`event`](Self::event) tells the end.
    pub fn close(&self) {
        self.shared.with(|machine| machine.close(clock::now()));
    }

    /// Ends the session, and waits until what is queued has left and its connections are gone. What comes
    /// meanwhile is dropped. A server that does not read may hold it up until it is taken for dead.
    pub fn ended(self) {
        self.shared.abandon();
        self.shared.wait_over();
    }

    /// What the server told when it opened the session. `None` never, once [`connect`] has returned.
    #[must_use]
    pub fn opened(&self) -> Option<Opened> {
        self.shared
            .look(|machine| machine.session().opened().cloned())
    }

    /// What carries messages just now; `None` after the end.
    #[must_use]
    pub fn transport(&self) -> Option<Transport> {
        self.shared.look(|machine| machine.session().transport())
    }

    /// The bytes that wait to be sent.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.shared.look(EngineClient::queued)
    }

    /// Whether a WebSocket served this session last: what
    /// [`remembered_upgrade`](siox_engineio::ClientConfig::remembered_upgrade) of the next one may be.
    #[must_use]
    pub fn websocket_works(&self) -> bool {
        self.shared
            .look(|machine| machine.session().websocket_works())
    }

    /// What went wrong last below the session. It says more than the error of an event.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        self.shared.cause()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.shared.abandon();
    }
}

impl Sender {
    /// A handle of the same session, and whether what is sent by it may be compressed on the WebSocket,
    /// which it may be by any other: see [`Outbound::compressed`](siox_stack::Outbound::compressed).
    #[must_use]
    pub fn compress(&self, wanted: bool) -> Self {
        Self {
            shared: self.shared.clone(),
            compress: wanted,
        }
    }

    fn outbound<'m>(&self, message: impl Into<Message<'m>>) -> Outbound<'m> {
        Outbound::from(message.into()).compressed(self.compress)
    }

    /// As [`Client::send`].
    ///
    /// # Errors
    /// [`SendError::Closed`].
    pub fn send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.shared.send(&self.outbound(message), Until::Done)
    }

    /// As [`Client::try_send`].
    ///
    /// # Errors
    /// [`SendError::Closed`] or [`SendError::Full`].
    pub fn try_send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.shared.send(&self.outbound(message), Until::Now)
    }

    /// As [`Client::flush`].
    ///
    /// # Errors
    /// [`SendError::Closed`] when the session ends before.
    pub fn flush(&self) -> Result<(), SendError> {
        self.shared.flush(Until::Done)
    }

    /// As [`Client::close`].
    pub fn close(&self) {
        self.shared.with(|machine| machine.close(clock::now()));
    }

    /// Whether the server is dead, though nobody has told so yet, since the threads or the process were
    /// held up: what is sent would be lost. Time that the system's monotonic clock does not count (on Linux,
    /// that of a suspended machine) is not seen.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.shared
            .look(|machine| machine.session().is_expired(clock::now()))
    }

    /// As [`Client::websocket_works`].
    #[must_use]
    pub fn websocket_works(&self) -> bool {
        self.shared
            .look(|machine| machine.session().websocket_works())
    }
}
