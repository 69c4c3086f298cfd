//! What the server keeps so that a client which was cut off can come back to its session.

use siox_socketio::recovery::Retention;
use std::time::Duration;

/// Connection state recovery: off unless given to [`Builder::recovery`](crate::Builder::recovery).
///
/// A client that loses its connection and comes back in time gets its id, its rooms, its data and what
/// it has missed. Events with an acknowledgement and volatile ones are not recovered. What is kept is
/// kept for each namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// How long a client may be away (default 2 minutes).
    pub max_disconnection: Duration,
    /// How long a client that comes back waits for its former connection to end, where the server still
    /// takes that for alive (default 1 second): what ends it may be overtaken by what the client sends on
    /// the new one. A client whose former connection outlasts that connects as new, so that two never
    /// have the same id; with zero, at once.
    pub overlap: Duration,
    /// Whether a client that is recovered is let in without asking the middleware (default yes).
    pub skip_middlewares: bool,
    /// The most bytes of events that are kept (default 16 MiB). A client that has missed what was let go
    /// is not recovered.
    pub max_bytes: usize,
    /// The most sessions that are kept (default 10,000).
    pub max_sessions: usize,
}

impl Default for Recovery {
    fn default() -> Self {
        Self {
            max_disconnection: Duration::from_secs(120),
            overlap: Self::OVERLAP,
            skip_middlewares: true,
            max_bytes: 16 << 20,
            max_sessions: 10_000,
        }
    }
}

impl Recovery {
    /// The default of `overlap`.
    pub(crate) const OVERLAP: Duration = Duration::from_secs(1);

    /// What the log of a namespace keeps.
    pub(crate) const fn retention(&self) -> Retention {
        Retention {
            time: self.max_disconnection,
            bytes: self.max_bytes,
            sessions: self.max_sessions,
        }
    }
}
