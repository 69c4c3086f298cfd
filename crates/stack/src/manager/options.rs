//! What a manager does when its connection goes, and what it keeps meanwhile.

use alloc::sync::Arc;
use core::time::Duration;
use siox_socketio::{ClientConfig, Value};

/// What happens to an event that finds no more room among those that wait for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overflow {
    /// It is refused: [`SendError::Full`](siox_wire::SendError::Full).
    #[default]
    Refuse,
    /// The oldest ones that wait give way.
    DropOldest,
    /// It is dropped.
    DropNewest,
}

/// Settings of a [`Manager`](super::Manager); names and defaults are those of the reference where it has
/// them.
#[derive(Debug, Clone)]
pub struct ManagerOptions {
    /// Whether a connection that was lost, or could not be made, is tried again. Default: true.
    pub reconnection: bool,
    /// How often before it gives up; `None` never. Default: `None`.
    pub reconnection_attempts: Option<u32>,
    /// How long to wait before the first attempt, give or take the randomization. It doubles with each.
    /// Default: 1 s.
    pub reconnection_delay: Duration,
    /// The most that this grows to, before the randomization. Default: 5 s.
    pub reconnection_delay_max: Duration,
    /// The part of the delay, from 0 to 1, by which the wait is shorter or longer, so that a crowd does
    /// not come back in step. Unlike the reference's it applies to the longest delay too. Default: 0.5.
    pub randomization_factor: f64,
    /// The longest that a server which refuses with a 503 can keep the client away by `Retry-After`; zero
    /// means that it is not asked. The header may say 136 years, and only a restart would end them: the
    /// word of an overloaded server counts, the slip of a proxy does not. Default: 5 min, which leaves a
    /// crowd time to spread, and is not long for those who wait.
    pub retry_after_max: Duration,
    /// How long a connection may take to open; `None` forever. Default: 20 s.
    pub timeout: Option<Duration>,
    /// The settings of the protocol.
    pub client: Arc<ClientConfig>,
    /// From how many bytes on (32 more for each message), waiting to be taken by the layer below, an
    /// event is refused. Default: 1 MiB.
    pub high_water: usize,
    /// From how many on the connection is given up, since the server does not take what it is owed.
    /// Default: 16 MiB.
    pub hard_cap: usize,
    /// How many bytes (64 more for each event) each socket keeps while there is no connection. One event
    /// is always kept. Keep it below `hard_cap`. Default: 8 MiB.
    pub buffer: usize,
    /// What happens to events beyond that. Default: refused.
    pub overflow: Overflow,
}

impl Default for ManagerOptions {
    fn default() -> Self {
        Self {
            reconnection: true,
            reconnection_attempts: None,
            reconnection_delay: Duration::from_secs(1),
            reconnection_delay_max: Duration::from_secs(5),
            randomization_factor: 0.5,
            retry_after_max: Duration::from_secs(300),
            timeout: Some(Duration::from_secs(20)),
            client: Arc::default(),
            high_water: 1 << 20,
            hard_cap: 16 << 20,
            buffer: 8 << 20,
            overflow: Overflow::default(),
        }
    }
}

/// What a socket says of itself to the server.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Auth {
    /// Nothing.
    #[default]
    None,
    /// The same each time: an object.
    Value(Value),
    /// The application is asked each time: [`ManagerEvent::Auth`](super::ManagerEvent::Auth).
    Ask,
}

/// Settings of one socket of a [`Manager`](super::Manager).
#[derive(Debug, Clone, Default)]
pub struct SocketOptions {
    /// What is sent with each CONNECT. Default: nothing.
    pub auth: Auth,
    /// How often an event that the server does not acknowledge is sent again. With it, events are sent
    /// one after the other, each until it is acknowledged: at least once, in order. A lost connection
    /// does not count. Default: none, which sends each event at most once.
    pub retries: Option<u32>,
    /// How long to wait for an acknowledgement where an event says nothing else. Default: as long as
    /// there is a connection.
    pub ack_timeout: Option<Duration>,
}
