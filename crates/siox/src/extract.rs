//! The arguments of a handler, each taken from the event before the handler runs: here is the only copy.

use crate::{BoxError, Namespace, SendError, Socket};
use serde::{Serialize, de::DeserializeOwned};
use siox_socketio::{DecodeError, DisconnectReason, Encoded, Packet, Value};
use std::{any::type_name, fmt};

/// What a handler is called for.
#[derive(Debug)]
pub struct Incoming<'a> {
    pub(crate) socket: &'a Socket,
    pub(crate) kind: Kind<'a>,
}

#[derive(Debug)]
pub(crate) enum Kind<'a> {
    Connect,
    Event {
        packet: &'a Packet<'a>,
        id: Option<u64>,
    },
    Disconnect(DisconnectReason),
}

/// Something a handler can ask for.
pub trait FromEvent: Sized {
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

impl FromEvent for Socket {
    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        Ok(incoming.socket.clone())
    }
}

impl FromEvent for Namespace {
    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        Ok(incoming.socket.namespace())
    }
}

/// The arguments of an event, decoded by serde: a tuple takes several, `()` none, any other type the
/// first one. Binary data is [`bytes::Bytes`] (or any type that asks serde for bytes), anywhere within;
/// [`Value`](crate::Value) takes what comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data<T>(pub T);

impl<T: DeserializeOwned> FromEvent for Data<T> {
    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        match &incoming.kind {
            Kind::Event { packet, .. } => Ok(Self(packet.decode()?)),
            Kind::Connect | Kind::Disconnect(_) => {
                Err(Missing("only an event has arguments").into())
            }
        }
    }
}

/// The name of the event that a handler is called for; for the handlers of every event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventName(pub String);

impl FromEvent for EventName {
    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        match &incoming.kind {
            Kind::Event { packet, .. } => Ok(Self(packet.name().to_owned())),
            Kind::Connect | Kind::Disconnect(_) => Err(Missing("only an event has a name").into()),
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

impl FromEvent for Args {
    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        match &incoming.kind {
            Kind::Event { packet, .. } => Ok(Self(packet.to_static())),
            Kind::Connect | Kind::Disconnect(_) => {
                Err(Missing("only an event has arguments").into())
            }
        }
    }
}

/// The payload of CONNECT (the client's `auth` option), decoded by serde; a client that sent none is
/// taken to have sent `{}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth<T>(pub T);

impl<T: DeserializeOwned> FromEvent for Auth<T> {
    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        let auth: Value = incoming.socket.auth().parse()?;
        Ok(Self(auth.decode()?))
    }
}

/// A clone of what the server was built to share (see [`Builder::state`](crate::Builder::state)).
#[derive(Debug, Clone)]
pub struct State<T>(pub T);

impl<T: Clone + Send + Sync + 'static> FromEvent for State<T> {
    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        match incoming.socket.states().get::<T>() {
            Some(value) => Ok(Self(value.clone())),
            None => Err(format!("the server has no state of type {}", type_name::<T>()).into()),
        }
    }
}

/// Why a socket was disconnected, in a handler of `on_disconnect`.
impl FromEvent for DisconnectReason {
    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        match incoming.kind {
            Kind::Disconnect(reason) => Ok(reason),
            Kind::Connect | Kind::Event { .. } => {
                Err(Missing("only a disconnection has a reason").into())
            }
        }
    }
}

/// The acknowledgement that the client asked for with this event, if it did.
#[derive(Debug)]
pub struct Ack {
    socket: Socket,
    id: Option<u64>,
}

impl Ack {
    /// Whether the client waits for it.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.id.is_some()
    }

    /// Sends it, with one argument or, given a tuple, several. Does nothing when none was asked for.
    ///
    /// # Errors
    /// As [`SendError`] says.
    pub fn send<T: Serialize + ?Sized>(self, args: &T) -> Result<(), SendError> {
        match self.id {
            Some(id) => self.socket.acknowledge(id, &Encoded::args(args)?),
            None => Ok(()),
        }
    }

    /// Sends it with arguments passed through as they came.
    ///
    /// # Errors
    /// As [`SendError`] says.
    pub fn relay(self, args: &Args) -> Result<(), SendError> {
        match self.id {
            Some(id) => self.socket.acknowledge_with(id, args),
            None => Ok(()),
        }
    }
}

impl FromEvent for Ack {
    fn from_event(incoming: &Incoming<'_>) -> Result<Self, BoxError> {
        let id = match incoming.kind {
            Kind::Event { id, .. } => id,
            Kind::Connect | Kind::Disconnect(_) => None,
        };
        Ok(Self {
            socket: incoming.socket.clone(),
            id,
        })
    }
}
