//! What a server did.

use crate::{Packet, Slot, Value};
use alloc::{boxed::Box, string::String};

/// What a server did. It borrows the message, not the machine.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientEvent<'b> {
    /// The server let the client into a namespace. What it sent before this word follows.
    Connected {
        /// The stay, as [`Client::connect`](crate::Client::connect) named it.
        slot: Slot,
        /// The public id of the client in this namespace.
        sid: Box<str>,
        /// The private id by which the session can be recovered, where the server does that.
        pid: Option<Box<str>>,
    },
    /// The server did not let the client in. The slot is forgotten.
    Refused {
        /// The stay that does not begin.
        slot: Slot,
        /// Why.
        message: String,
        /// What the application at the other end says beside.
        data: Option<Value>,
    },
    /// The server emitted an event.
    Event {
        /// To whom.
        slot: Slot,
        /// The id to [`ack`](crate::Client::ack), if the server wants that.
        id: Option<u64>,
        /// The name and arguments.
        packet: Packet<'b>,
    },
    /// The server acknowledged.
    Ack {
        /// To whom.
        slot: Slot,
        /// What [`emit_with_ack`](crate::Client::emit_with_ack) returned.
        id: u64,
        /// The arguments.
        packet: Packet<'b>,
    },
    /// The server did not acknowledge in time. It may still; that is then ignored.
    AckTimeout {
        /// Whose.
        slot: Slot,
        /// What [`emit_with_ack`](crate::Client::emit_with_ack) returned.
        id: u64,
    },
    /// The server's application reports an error to a client that is in, in revision 4 only.
    Error {
        /// To whom.
        slot: Slot,
        /// What it says.
        data: Value,
    },
    /// The server removed the client from a namespace. What it owed to acknowledge there ends with this
    /// event, without one of its own.
    Disconnected {
        /// Whose stay is over.
        slot: Slot,
    },
}

impl ClientEvent<'_> {
    /// Detaches the event from the buffer it borrows.
    #[must_use]
    pub fn into_owned(self) -> ClientEvent<'static> {
        match self {
            Self::Connected { slot, sid, pid } => ClientEvent::Connected { slot, sid, pid },
            Self::Refused {
                slot,
                message,
                data,
            } => ClientEvent::Refused {
                slot,
                message,
                data,
            },
            Self::Event { slot, id, packet } => ClientEvent::Event {
                slot,
                id,
                packet: packet.into_owned(),
            },
            Self::Ack { slot, id, packet } => ClientEvent::Ack {
                slot,
                id,
                packet: packet.into_owned(),
            },
            Self::AckTimeout { slot, id } => ClientEvent::AckTimeout { slot, id },
            Self::Error { slot, data } => ClientEvent::Error { slot, data },
            Self::Disconnected { slot } => ClientEvent::Disconnected { slot },
        }
    }
}
