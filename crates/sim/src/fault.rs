//! What may go wrong in a scenario, as plain values: each can be left out of it.

use std::time::Duration;

pub use siox_testkit::Break;

/// One end of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The server.
    Server,
    /// The client.
    Client,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A poll.
    Get,
    /// A request with packets.
    Post,
    /// A WebSocket.
    Socket,
    /// A WebSocket of somebody else, who knows the session's id.
    Stray,
}

/// A direction of a connection: the `nth` of its kind, counted from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Of which connections.
    pub kind: Kind,
    /// Which one of these.
    pub nth: u32,
    /// Whether on the way to the server.
    pub up: bool,
    /// Behind how many bytes.
    pub at: u64,
}

/// How far a stray WebSocket goes before it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stray {
    /// It says nothing.
    Silent,
    /// It probes.
    Probes,
    /// It says what is no probe.
    Babbles,
    /// It sends what is no frame.
    Breaks,
}

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A connection breaks.
    Break(Place, Break),
    /// Somebody on the way holds all bytes back for a while.
    Hold(Place, Duration),
    /// A proxy gathers what it passes on, on every connection: all that comes within such a time goes on
    /// together at the end of it.
    Gather {
        /// Whether on the way to the server.
        up: bool,
        /// Within which time.
        time: Duration,
    },
    /// A proxy refuses a WebSocket.
    Refuse {
        /// Which.
        nth: u32,
        /// With this status.
        status: u16,
    },
    /// A proxy sends a GET twice; the first answer counts. The first GET opens the session.
    Double {
        /// Which.
        nth: u32,
    },
    /// One end does nothing for a while.
    Sleep {
        /// Who.
        who: Side,
        /// From when on.
        at: Duration,
        /// For how long.
        length: Duration,
    },
    /// The clock of one end jumps forward.
    Jump {
        /// Whose.
        who: Side,
        /// When.
        at: Duration,
        /// How far.
        by: Duration,
    },
    /// Somebody else's WebSocket tries to take the session over.
    Stray {
        /// When.
        at: Duration,
        /// What it does.
        how: Stray,
        /// How long it stays.
        stays: Duration,
    },
}
