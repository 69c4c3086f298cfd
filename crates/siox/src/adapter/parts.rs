//! What travels between the nodes of a cluster, from and into plain data: arguments, sessions that are kept,
//! sockets. No network, and no format of any.

use super::{Local, SavedSession};
use crate::{Args, Handshake, RemoteSocket, SendError, Value, View, data::Stored};
use bytes::Bytes;
use siox_socketio::{Error, Kind, Packet};
use std::borrow::Cow;

/// For an [`Adapter`](crate::Adapter): what other nodes said, and what they are told.
impl Args {
    /// Arguments that an [`Encoded`](crate::Encoded) had on another node, of an event (its name is left
    /// out) or an acknowledgement, by its [`json`](crate::Encoded::json) and
    /// [`attachments`](crate::Encoded::attachments).
    ///
    /// # Errors
    /// The rule of packets that they break.
    pub fn from_parts(kind: Kind, json: &str, attachments: Vec<Bytes>) -> Result<Self, Error> {
        Packet::from_parts(kind, json, attachments).map(|packet| Self(packet.into_owned()))
    }

    /// The JSON text of the array of arguments; binary values are placeholders.
    #[must_use]
    pub fn json(&self) -> String {
        siox_socketio::Encoded::relay_args(&self.0)
            .json()
            .to_owned()
    }

    /// The attachments, in the order of their placeholders' numbers.
    #[must_use]
    pub fn attachments(&self) -> &[Bytes] {
        self.0.attachments()
    }
}

impl SavedSession {
    /// A session that another node has kept.
    #[must_use]
    pub fn new(
        pid: impl Into<Box<str>>,
        sid: impl Into<Box<str>>,
        rooms: Vec<Box<str>>,
        data: Value,
        since: impl Into<Box<str>>,
    ) -> Self {
        Self {
            pid: pid.into(),
            sid: sid.into(),
            rooms,
            data: (!data.is_null()).then(|| data.into()),
            since: since.into(),
        }
    }

    /// What was attached to the socket, as a dynamic value; `null` for nothing.
    #[must_use]
    pub fn data(&self) -> Value {
        self.data
            .as_ref()
            .map_or_else(Value::null, Stored::to_value)
    }

    /// The offset at which the session began.
    #[must_use]
    pub fn since(&self) -> &str {
        &self.since
    }
}

impl RemoteSocket {
    /// What other nodes are told of it: an object of `id`, `handshake`, `rooms` and `data`, as the
    /// reference's adapters exchange it. The handshake's `time` is left out: `issued` says the same.
    ///
    /// # Errors
    /// [`SendError::Unencodable`] for data or credentials nested too deep.
    pub fn to_value(&self) -> Result<Value, SendError> {
        Value::object([
            ("id", self.id().into()),
            ("handshake", self.handshake().to_value(self.auth())?),
            (
                "rooms",
                Value::array(self.rooms().iter().map(String::as_str))?,
            ),
            ("data", self.data_value()),
        ])
    }
}

impl Local {
    /// A socket of another node, which [told](RemoteSocket::to_value) this of it. `None` for what is no such
    /// object, and when the server has gone.
    #[must_use]
    pub fn remote_socket(&self, value: &Value) -> Option<RemoteSocket> {
        let id = value.get("id")?.as_str()?;
        let rooms = value.get("rooms")?.items();
        let rooms = rooms.map(|room| room.as_str().map(Cow::into_owned));
        let data = value.get("data").map(View::to_value);
        let (handshake, auth) = Handshake::from_value(value.get("handshake")?)?;
        Some(RemoteSocket::elsewhere(
            self.nsp()?,
            &id,
            rooms.collect::<Option<_>>()?,
            (handshake, auth),
            data.filter(|data| !data.is_null()).map(Stored::from),
        ))
    }
}
