//! The namespaces that a client is in, asks for, or was in.

use crate::{Packet, Slot};
use alloc::{boxed::Box, string::String, vec::Vec};

/// How far a stay has come.
#[derive(Debug)]
pub(super) enum State {
    /// Revision 4 and `/` only: the server joins the client on its own, and nobody here wanted that yet.
    /// Says whether it has.
    Unwanted(bool),
    /// The CONNECT waits for its answer; what comes before that is kept. `None` where the client was in
    /// before, on this connection, and left: what comes before the answer was said to that stay.
    Asked(Option<Vec<Early>>),
    /// It was left before the answer came: that answer is not for the next stay, whose CONNECT waits.
    Leaving(Option<Next>),
    Joined,
    /// Either side has left. Remembered, since packets of the server may have crossed.
    Left {
        /// Whether some may still come: the server has not said that it is over.
        crossing: bool,
    },
}

/// An event that came before the answer to the CONNECT.
#[derive(Debug)]
pub(super) struct Early {
    pub(super) id: Option<u64>,
    pub(super) packet: Packet<'static>,
}

impl Early {
    /// What it counts for.
    pub(super) fn weight(packet: &Packet<'_>) -> usize {
        let attachments = packet.attachments().iter().map(bytes::Bytes::len);
        attachments.fold(
            packet.args().len().saturating_add(64),
            usize::saturating_add,
        )
    }
}

/// A CONNECT that waits until the stay before it has ended.
#[derive(Debug)]
pub(super) struct Next {
    pub(super) slot: Slot,
    pub(super) body: String,
}

#[derive(Debug)]
pub(super) struct Stay {
    pub(super) slot: Slot,
    pub(super) state: State,
    /// The id of the next acknowledgement that is asked for.
    pub(super) next_ack: u64,
    /// As it stands in packets.
    pub(super) nsp: Box<str>,
    /// What stands behind its question mark in a CONNECT of revision 4.
    pub(super) query: Box<str>,
}

impl Stay {
    /// Whether this is the slot of the stay, or of the one that follows it.
    pub(super) fn has(&self, slot: Slot) -> bool {
        match &self.state {
            State::Leaving(Some(next)) => next.slot == slot,
            State::Unwanted(_) | State::Leaving(None) | State::Left { .. } => false,
            State::Asked(_) | State::Joined => self.slot == slot,
        }
    }
}
