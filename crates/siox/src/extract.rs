//! The arguments of a handler, each taken from the event before the handler runs: here is the only copy.

use crate::{
    BoxError, CloseDetails, ConnectError, SendError,
    client::{Client, Core, Kind as ClientKind},
    scratch,
};
#[cfg(feature = "tokio")]
use crate::{Namespace, Socket};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use siox_socketio::{DecodeError, DisconnectReason, Encoded, Packet, Unchecked, Value};
use siox_stack::Owed;
use std::{any::type_name, fmt};

/// What a handler is called for.
#[derive(Debug)]
pub struct Incoming<'a> {
    pub(crate) side: Side<'a>,
    pub(crate) kind: Kind<'a>,
}

/// Whose handler it is: one of a server's socket, or one of a client.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side<'a> {
    #[cfg(feature = "tokio")]
    Server(&'a Socket),
    Client(&'a Core),
}

impl<'a> Incoming<'a> {
    #[cfg(feature = "tokio")]
    fn socket(&self) -> Result<&'a Socket, Missing> {
        match self.side {
            Side::Server(socket) => Ok(socket),
            Side::Client(_) => Err(Missing("a client's handler has no socket of a server")),
        }
    }

    fn client(&self) -> Result<&'a Core, Missing> {
        match self.side {
            Side::Client(client) => Ok(client),
            #[cfg(feature = "tokio")]
            Side::Server(_) => Err(Missing("a server's handler has no client of its own")),
        }
    }
}

impl<'a> Incoming<'a> {
    /// The arguments of an event.
    pub(crate) fn decode<T: Deserialize<'a>>(&self) -> Result<T, BoxError> {
        match self.kind {
            Kind::Event { packet, .. } => Ok(packet.decode()?),
            Kind::Unchecked { event, .. } => Ok(event.decode().ok_or(UNCHECKED)?),
            Kind::Connect | Kind::Disconnect(_) | Kind::ConnectError(_) => {
                Err(Missing("only an event has arguments").into())
            }
        }
    }
}

#[derive(Debug)]
pub(crate) enum Kind<'a> {
    Connect,
    Event {
        packet: &'a Packet<'a>,
        ack: Wanted,
    },
    /// For handlers that check it by taking its arguments.
    #[cfg_attr(
        not(feature = "tokio"),
        expect(dead_code, reason = "only a server is told of events unchecked")
    )]
    Unchecked {
        event: &'a Unchecked<'a>,
        ack: Wanted,
    },
    Disconnect(Ended<'a>),
    ConnectError(&'a ConnectError),
}

/// The end of a connection, as far as anything is known of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended<'a> {
    pub(crate) reason: DisconnectReason,
    pub(crate) details: Option<&'a CloseDetails>,
}

#[cfg(feature = "tokio")]
impl From<DisconnectReason> for Ended<'_> {
    fn from(reason: DisconnectReason) -> Self {
        Self {
            reason,
            details: None,
        }
    }
}

/// The acknowledgement that the peer waits for, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Nothing,
    #[cfg(feature = "tokio")]
    OfServer(u64),
    OfClient(Owed),
}

#[cfg(feature = "tokio")]
impl From<Option<u64>> for Wanted {
    fn from(id: Option<u64>) -> Self {
        id.map_or(Self::Nothing, Self::OfServer)
    }
}

impl From<Option<Owed>> for Wanted {
    fn from(owed: Option<Owed>) -> Self {
        owed.map_or(Self::Nothing, Self::OfClient)
    }
}

/// What of an event an extractor looks at.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// None of its arguments.
    Aside,
    /// All of its arguments, which it decodes; nothing comes of arguments that are no JSON.
    Decoding,
    /// Anything; the event was checked.
    Checked,
}

/// Something a handler can ask for.
pub trait FromEvent: Sized {
    #[doc(hidden)]
    const LOOK: Look = Look::Checked;

    /// Takes it from the event.
    ///
    /// # Errors
    /// When the event has no such thing; the handler is then not run.
    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError>;
}

/// An argument that this kind of handler does not have.
#[derive(Debug)]
struct Missing(&'static str);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Missing {}

/// What nobody is told: who does not check events is not called with one that was not checked.
const UNCHECKED: Missing = Missing("the event is not checked");

#[cfg(feature = "tokio")]
impl FromEvent for Socket {
    const LOOK: Look = Look::Aside;

    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        Ok(incoming.socket()?.clone())
    }
}

impl<K: ClientKind> FromEvent for Client<K> {
    const LOOK: Look = Look::Aside;

    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        let of_other = Missing("the client of this handler is of the other kind");
        Ok(Self::of(incoming.client()?).ok_or(of_other)?)
    }
}

#[cfg(feature = "tokio")]
impl FromEvent for Namespace {
    const LOOK: Look = Look::Aside;

    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        Ok(incoming.socket()?.namespace())
    }
}

/// The arguments of an event, decoded by serde: a tuple takes several, `()` none, any other type the
/// first one. Binary data is [`bytes::Bytes`] (or any type that asks serde for bytes), anywhere within;
/// [`Value`](crate::Value) takes what comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data<T>(pub T);

impl<T: DeserializeOwned> FromEvent for Data<T> {
    const LOOK: Look = Look::Decoding;

    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        incoming.decode().map(Self)
    }
}

/// The name of the event that a handler is called for; for the handlers of every event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventName(pub String);

impl FromEvent for EventName {
    const LOOK: Look = Look::Aside;

    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        match &incoming.kind {
            Kind::Event { packet, .. } => Ok(Self(packet.name().to_owned())),
            Kind::Unchecked { event, .. } => Ok(Self(event.name().to_owned())),
            Kind::Connect | Kind::Disconnect(_) | Kind::ConnectError(_) => {
                Err(Missing("only an event has a name").into())
            }
        }
    }
}

/// All arguments of an event or an acknowledgement as they came, binary data included: to be passed on
/// without a look at them ([`Socket::relay`], [`Ack::relay`]), or decoded later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Args(pub(crate) Packet<'static>);

impl Args {
    /// The arguments as types of the application, as [`Data`] decodes them.
    ///
    /// # Errors
    /// [`DecodeError`] when they do not fit.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        self.0.decode()
    }

    /// The arguments as a dynamic array.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.0.args_value()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// All arguments of an event as they came, lent by it: the last argument of a handler that returns at once and is not
/// async. Nothing is copied, and what is decoded may borrow its strings.
///
#[cfg_attr(feature = "tokio", doc = "```no_run")]
#[cfg_attr(not(feature = "tokio"), doc = "```ignore")]
/// # fn of(root: siox::Namespace) {
/// # use siox::{ArgsRef, BoxError, Socket};
/// #[derive(serde::Deserialize)]
/// struct Order<'a> {
///     #[serde(borrow)]
///     customer: std::borrow::Cow<'a, str>,
///     total: f64,
/// }
///
/// root.on("order", |socket: Socket, args: ArgsRef<'_>| -> Result<(), BoxError> {
///     let order: Order<'_> = args.decode()?;
///     Ok(socket.emit("ordered", &(order.customer, order.total))?)
/// });
/// root.on("echo", |socket: Socket, args: ArgsRef<'_>| socket.relay("echo", args));
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArgsRef<'a>(pub(crate) &'a Packet<'a>);

impl<'a> ArgsRef<'a> {
    pub(crate) fn of(incoming: &Incoming<'a>) -> Result<Self, BoxError> {
        match incoming.kind {
            Kind::Event { packet, .. } => Ok(Self(packet)),
            Kind::Unchecked { .. } => Err(UNCHECKED.into()),
            Kind::Connect | Kind::Disconnect(_) | Kind::ConnectError(_) => {
                Err(Missing("only an event has arguments").into())
            }
        }
    }

    /// The arguments as types of the application, as [`Data`] decodes them; its `&str` and `Cow<str>` borrow. A string
    /// with an escape in it is no `&str`.
    ///
    /// # Errors
    /// [`DecodeError`] when they do not fit.
    pub fn decode<T: Deserialize<'a>>(self) -> Result<T, DecodeError> {
        self.0.decode()
    }

    /// The arguments as a dynamic array.
    #[must_use]
    pub fn to_value(self) -> Value {
        self.0.args_value()
    }

    /// How many there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// A copy to keep. Attachments are shared.
    #[must_use]
    pub fn to_args(self) -> Args {
        Args(self.0.to_static())
    }
}

impl<'a> From<&'a Args> for ArgsRef<'a> {
    fn from(args: &'a Args) -> Self {
        Self(&args.0)
    }
}

impl FromEvent for Args {
    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        match &incoming.kind {
            Kind::Event { packet, .. } => Ok(Self(packet.to_static())),
            Kind::Unchecked { .. } => Err(UNCHECKED.into()),
            Kind::Connect | Kind::Disconnect(_) | Kind::ConnectError(_) => {
                Err(Missing("only an event has arguments").into())
            }
        }
    }
}

/// The payload of CONNECT (the client's `auth` option), decoded by serde; a client that sent none is
/// taken to have sent `{}`.
#[cfg(feature = "tokio")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth<T>(pub T);

#[cfg(feature = "tokio")]
impl<T: DeserializeOwned> FromEvent for Auth<T> {
    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        let auth: Value = incoming.socket()?.auth().parse()?;
        Ok(Self(auth.decode()?))
    }
}

/// A clone of what the server was built to share (see [`Builder::state`](crate::Builder::state)).
#[derive(Debug, Clone)]
pub struct State<T>(pub T);

impl<T: Clone + Send + Sync + 'static> FromEvent for State<T> {
    const LOOK: Look = Look::Aside;

    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        let states = match incoming.side {
            #[cfg(feature = "tokio")]
            Side::Server(socket) => socket.states(),
            Side::Client(client) => client.states(),
        };
        match states.get::<T>() {
            Some(value) => Ok(Self(value.clone())),
            None => Err(format!("there is no state of type {}", type_name::<T>()).into()),
        }
    }
}

/// Why a socket was disconnected, in a handler of `on_disconnect`.
impl FromEvent for DisconnectReason {
    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        match incoming.kind {
            Kind::Disconnect(ended) => Ok(ended.reason),
            Kind::Connect | Kind::Event { .. } | Kind::Unchecked { .. } | Kind::ConnectError(_) => {
                Err(Missing("only a disconnection has a reason").into())
            }
        }
    }
}

/// What else is known of the end of a connection, in a handler of `on_disconnect`.
impl FromEvent for CloseDetails {
    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        match incoming.kind {
            Kind::Disconnect(ended) => Ok(ended.details.cloned().unwrap_or_default()),
            Kind::Connect | Kind::Event { .. } | Kind::Unchecked { .. } | Kind::ConnectError(_) => {
                Err(Missing("only a disconnection has details").into())
            }
        }
    }
}

/// Why a client is not connected, in a handler of `on_connect_error`.
impl FromEvent for ConnectError {
    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        match incoming.kind {
            Kind::ConnectError(error) => Ok(error.clone()),
            Kind::Connect | Kind::Event { .. } | Kind::Unchecked { .. } | Kind::Disconnect(_) => {
                Err(Missing("only a connection that failed has an error").into())
            }
        }
    }
}

/// The acknowledgement that the peer asked for with this event, if it did.
#[derive(Debug)]
pub struct Ack(To);

#[derive(Debug)]
enum To {
    Nobody,
    #[cfg(feature = "tokio")]
    Socket(Socket, u64),
    Client(Core, Owed),
}

impl Ack {
    /// Of an event of a client.
    pub(crate) fn of_client(client: &Core, owed: Option<Owed>) -> Self {
        Self(owed.map_or(To::Nobody, |owed| To::Client(client.clone(), owed)))
    }

    /// Whether the peer waits for it.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        !matches!(self.0, To::Nobody)
    }

    /// Sends it, with one argument or, given a tuple, several. Does nothing when none was asked for.
    ///
    /// # Errors
    /// As [`SendError`] says.
    pub fn send<T: Serialize + ?Sized>(self, args: &T) -> Result<(), SendError> {
        match self.is_wanted() {
            true => scratch::args(args, |args| self.put(args)),
            false => Ok(()),
        }
    }

    /// Sends it with arguments passed through as they came.
    ///
    /// # Errors
    /// As [`SendError`] says.
    pub fn relay<'a>(self, args: impl Into<ArgsRef<'a>>) -> Result<(), SendError> {
        let args = args.into();
        match self.0 {
            To::Nobody => Ok(()),
            #[cfg(feature = "tokio")]
            To::Socket(socket, id) => socket.acknowledge_with(id, args),
            To::Client(client, owed) => client.acknowledge(owed, &Encoded::relay_args(args.0)),
        }
    }

    fn put(self, args: &Encoded) -> Result<(), SendError> {
        match self.0 {
            To::Nobody => Ok(()),
            #[cfg(feature = "tokio")]
            To::Socket(socket, id) => socket.acknowledge(id, args),
            To::Client(client, owed) => client.acknowledge(owed, args),
        }
    }
}

impl FromEvent for Ack {
    const LOOK: Look = Look::Aside;

    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        let ack = match incoming.kind {
            Kind::Event { ack, .. } | Kind::Unchecked { ack, .. } => ack,
            Kind::Connect | Kind::Disconnect(_) | Kind::ConnectError(_) => Wanted::Nothing,
        };
        Ok(Self(match (incoming.side, ack) {
            #[cfg(feature = "tokio")]
            (Side::Server(socket), Wanted::OfServer(id)) => To::Socket(socket.clone(), id),
            (Side::Client(client), Wanted::OfClient(owed)) => To::Client(client.clone(), owed),
            #[cfg(feature = "tokio")]
            (Side::Server(_), _) => To::Nobody,
            (Side::Client(_), _) => To::Nobody,
        }))
    }
}
