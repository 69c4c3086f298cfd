//! The client: a handle for the application, and a task that moves bytes and knows the time. All that is
//! decided is decided by the machine they share.

mod driver;
mod error;
mod line;
mod options;
mod shared;

pub use error::{Cause, ConnectError};
pub use options::ConnectOptions;

use crate::clock;
use driver::Driver;
use shared::Shared;
use siox_engineio::{ClientEvent, Opened, Transport};
use siox_stack::{EngineClient, Outbound, parse_url};
use siox_wire::{Message, SendError};
use std::{
    future::poll_fn,
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Opens a session with the server of `url`: `http://HOST[:PORT][/PATH][?QUERY]`, or `https`, `ws`, `wss`
/// (the secure ones with feature `tls`). A path other than `/` says where the server lives, in place of
/// the options'. To be called inside a tokio runtime.
///
/// # Errors
/// As [`ConnectError`] says, once no transport that may be tried is left.
pub async fn connect(url: &str, options: &ConnectOptions) -> Result<Client, ConnectError> {
    let url = parse_url(url)?;
    if cfg!(not(feature = "tls")) && url.is_secure() {
        return Err(ConnectError::NoTls);
    }
    let unix = SystemTime::UNIX_EPOCH.elapsed().unwrap_or(Duration::ZERO);
    let client = Arc::new(options.client.clone());
    let machine = EngineClient::new(clock::now(), unix, &url, client)?;
    let shared = Arc::new(Shared::new(machine, options.inbox));
    tokio::spawn(Driver::new(shared.clone(), url, options.clone()));
    let mut client = Client { shared };
    match client.event().await {
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
/// [`ConnectOptions::inbox`] says, nothing is read until some are taken. A server that hears no answer to its
/// pings then ends the session. Dropped, it closes the session; what is queued is still sent.
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

impl Client {
    /// The next message; `None` when the session is over. Other events are passed over. Nothing is lost
    /// when the future is dropped.
    pub async fn recv(&mut self) -> Option<Message<'static>> {
        loop {
            if let ClientEvent::Message(message) = self.event().await? {
                return Some(message);
            }
        }
    }

    /// What comes next: messages, the outcome of the upgrade, and the end of the session, behind which
    /// there is `None`. Nothing is lost when the future is dropped.
    pub async fn event(&mut self) -> Option<ClientEvent<'static>> {
        poll_fn(|cx| self.shared.poll_event(cx)).await
    }

    /// Queues a message; waits while the queue is full.
    ///
    /// # Errors
    /// [`SendError::Closed`].
    pub async fn send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.shared.send(&Outbound::from(message.into())).await
    }

    /// Queues a message, if the queue is not full.
    ///
    /// # Errors
    /// [`SendError::Closed`] or [`SendError::Full`].
    pub fn try_send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.shared.try_send(&Outbound::from(message.into()))
    }

    /// Waits until nothing waits to be sent: all is with the system. Nothing tells whether the server has
    /// it.
    ///
    /// # Errors
    /// [`SendError::Closed`] when the session ends before.
    pub async fn flush(&self) -> Result<(), SendError> {
        self.shared.flush().await
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
    pub async fn ended(self) {
        self.shared.abandon();
        poll_fn(|cx| self.shared.poll_over(cx)).await;
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
    pub async fn send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.shared.send(&self.outbound(message)).await
    }

    /// As [`Client::try_send`].
    ///
    /// # Errors
    /// [`SendError::Closed`] or [`SendError::Full`].
    pub fn try_send<'m>(&self, message: impl Into<Message<'m>>) -> Result<(), SendError> {
        self.shared.try_send(&self.outbound(message))
    }

    /// As [`Client::flush`].
    ///
    /// # Errors
    /// [`SendError::Closed`] when the session ends before.
    pub async fn flush(&self) -> Result<(), SendError> {
        self.shared.flush().await
    }

    /// As [`Client::close`].
    pub fn close(&self) {
        self.shared.with(|machine| machine.close(clock::now()));
    }

    /// Whether the server is dead, though nobody has told so yet, since the task or the process was
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
