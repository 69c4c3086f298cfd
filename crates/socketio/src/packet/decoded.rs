//! A whole packet, whatever its kind.

use super::{Packet, Raw};
use alloc::{borrow::Cow, vec::Vec};
use bytes::Bytes;

/// A whole packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded<'b> {
    /// Joins a namespace, or says that it is joined.
    Connect {
        /// The namespace.
        nsp: Cow<'b, str>,
        /// An object.
        payload: Option<Raw<'b>>,
    },
    /// Leaves a namespace.
    Disconnect {
        /// The namespace.
        nsp: Cow<'b, str>,
    },
    /// An event.
    Event {
        /// The namespace.
        nsp: Cow<'b, str>,
        /// The id of the acknowledgement that the sender wants, at most 2^53 - 1.
        id: Option<u64>,
        /// The name and arguments.
        packet: Packet<'b>,
    },
    /// An acknowledgement.
    Ack {
        /// The namespace.
        nsp: Cow<'b, str>,
        /// Which event is acknowledged, at most 2^53 - 1.
        id: u64,
        /// The arguments.
        packet: Packet<'b>,
    },
    /// Refuses a CONNECT.
    ConnectError {
        /// The namespace.
        nsp: Cow<'b, str>,
        /// An object or a string.
        payload: Raw<'b>,
    },
}

impl<'b> Decoded<'b> {
    /// The namespace.
    #[must_use]
    pub fn nsp(&self) -> &str {
        match self {
            Self::Connect { nsp, .. }
            | Self::Disconnect { nsp }
            | Self::Event { nsp, .. }
            | Self::Ack { nsp, .. }
            | Self::ConnectError { nsp, .. } => nsp,
        }
    }

    /// Puts the attachments into their places.
    pub(crate) fn attach(&mut self, attachments: Vec<Bytes>) {
        if let Self::Event { packet, .. } | Self::Ack { packet, .. } = self
            && let Some(binary) = packet.extra.as_mut().and_then(|e| e.binary.as_mut())
        {
            binary.attachments = attachments;
        }
    }

    /// Detaches the packet from the buffer it borrows.
    #[must_use]
    pub fn into_owned(self) -> Decoded<'static> {
        let own = |nsp: Cow<'b, str>| match &*nsp {
            "/" => Cow::Borrowed("/"),
            _ => Cow::Owned(nsp.into_owned()),
        };
        match self {
            Self::Connect { nsp, payload } => Decoded::Connect {
                nsp: own(nsp),
                payload: payload.map(Raw::into_owned),
            },
            Self::Disconnect { nsp } => Decoded::Disconnect { nsp: own(nsp) },
            Self::Event { nsp, id, packet } => Decoded::Event {
                nsp: own(nsp),
                id,
                packet: packet.into_owned(),
            },
            Self::Ack { nsp, id, packet } => Decoded::Ack {
                nsp: own(nsp),
                id,
                packet: packet.into_owned(),
            },
            Self::ConnectError { nsp, payload } => Decoded::ConnectError {
                nsp: own(nsp),
                payload: payload.into_owned(),
            },
        }
    }
}
