//! What a connection allows its peer. No rule of the protocol lives here.

use core::time::Duration;

/// What a connection allows its peer, and how long it waits. Shared by many connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The largest message received, in bytes, all its fragments together. A frame that would pass it
    /// is refused by its head alone, with 1009; of a compressed one, the inflated bytes count, while it is inflated. Of one
    /// that does not arrive at once, memory follows what came, of it or, put together, of the message before it. Default 1 MiB.
    pub message: usize,
    /// The largest message received while [streaming](crate::Connection::set_streaming), in bytes,
    /// instead of `message`: nothing of it is kept, so it need not fit into memory. Judged likewise,
    /// but up to the limit a compressed message is handed on. Default none: `u64::MAX`.
    pub streamed_message: u64,
    /// The most fragments in one message received; empty ones count. While streaming, only empty ones
    /// count: the others are paid for by their bytes. Beyond: 1008. Default 16,384.
    pub fragments: u32,
    /// From this many queued bytes on (see [`queued`](crate::Connection::queued)), normal sends are
    /// refused with [`SendError::Full`](siox_wire::SendError::Full). Default 1 MiB.
    pub high_water: usize,
    /// When this many bytes wait already, one more message closes the connection as a slow consumer,
    /// with 1008. An empty queue takes one message of any size. Default 4 MiB.
    pub hard_cap: usize,
    /// How long the closing handshake may take, and how long a failed connection may go on writing
    /// what it owes. Default 30 s.
    pub close_wait: Duration,
    /// The most control frames within a second with no data frame between them; beyond: 1008.
    /// Default 1,000.
    pub control_flood: u32,
    /// The most pongs of ours that wait to be written; of the pings beyond, only the newest is
    /// answered, when there is room (RFC 6455 §5.5.3 allows that). Default 16.
    pub pending_pongs: u8,
    /// Accept a payload length written in more bytes than it needs, which RFC 6455 §5.2 forbids but
    /// other implementations let pass. Default `false`: 1002.
    pub accept_non_minimal_length: bool,
    /// Send a ping after each such interval. Default none.
    pub ping_interval: Option<Duration>,
    /// How long after such a ping the peer may stay silent (any byte is a sign of life).
    /// Default none. Without `ping_interval` it has no effect.
    pub pong_timeout: Option<Duration>,
    /// How long a message may take from its first byte to its last; beyond: 1008. Default none.
    pub message_deadline: Option<Duration>,
    /// While a message or frame is incomplete: how long the peer may send no byte; beyond: 1008.
    /// Default none; [`Limits::server`] has 60 s. Of this, `message_rate` and `message_deadline`, what the
    /// caller tells by [`held_back`](crate::Connection::held_back) does not count.
    pub message_idle: Option<Duration>,
    /// The fewest payload bytes a second at which an incomplete message must grow once `message_idle`
    /// has passed since its first byte, counted over the whole message; below: 1008. In other words, each
    /// byte buys the message a `message_rate`th of a second beyond `message_idle`. Zero asks for
    /// none. Default 1,024. Without `message_idle` it has no effect.
    pub message_rate: u32,
}

impl Limits {
    /// The default, and the rule against a peer that trickles: `message_idle` is 60 s. For servers that
    /// expect no message to be left open for long.
    #[must_use]
    pub fn server() -> Self {
        Self {
            message_idle: Some(Duration::from_secs(60)),
            ..Self::default()
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: 1 << 20,
            streamed_message: u64::MAX,
            fragments: 16_384,
            high_water: 1 << 20,
            hard_cap: 4 << 20,
            close_wait: Duration::from_secs(30),
            control_flood: 1000,
            pending_pongs: 16,
            accept_non_minimal_length: false,
            ping_interval: None,
            pong_timeout: None,
            message_deadline: None,
            message_idle: None,
            message_rate: 1024,
        }
    }
}
