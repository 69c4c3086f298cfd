//! What a server offers and what it bears.

use core::time::Duration;
use siox_wire::Message;

/// One way of carrying packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// HTTP long-polling.
    Polling,
    /// A WebSocket.
    WebSocket,
}

impl Transport {
    /// The value of the query key `transport`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::WebSocket => "websocket",
        }
    }
}

/// Which transports a server offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transports {
    /// HTTP long-polling. Default: true.
    pub polling: bool,
    /// WebSocket. Default: true.
    pub websocket: bool,
}

impl Transports {
    /// Whether `transport` is offered.
    #[must_use]
    pub const fn has(self, transport: Transport) -> bool {
        match transport {
            Transport::Polling => self.polling,
            Transport::WebSocket => self.websocket,
        }
    }
}

/// The settings of a server's sessions. The defaults are those of the reference server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// How long after the handshake, and after each pong, the server pings. Announced in whole
    /// milliseconds. Default: 25 s.
    pub ping_interval: Duration,
    /// How long the server waits for the pong. Announced in whole milliseconds. Default: 20 s.
    pub ping_timeout: Duration,
    /// How long the heartbeat may rest at a time because the application does not read what the client
    /// sends; a client that is read no sooner is dead. Default: 10 minutes.
    pub max_hold: Duration,
    /// How long an upgrade may take before its WebSocket is dropped. Default: 10 s.
    pub upgrade_timeout: Duration,
    /// The largest body of a POST, in bytes; announced to the peer, and the limit the WebSocket below
    /// should be given. Default: 1,000,000.
    pub max_payload: usize,
    /// The transports offered. Default: both.
    pub transports: Transports,
    /// Whether a polling session may move to a WebSocket. Default: true.
    pub allow_upgrades: bool,
    /// Whether clients of v3 (`EIO=3`) are served too. Default: false.
    pub allow_eio3: bool,
    /// Whether base64 is read as Node's `Buffer` reads it: what is no digit is passed over, `-` and `_`
    /// are `+` and `/`, all ends at the first `=`, and bits that make no byte are dropped. Garbage is then
    /// bytes, or none. Default: false, what is not base64 is [`Error::Base64`](crate::Error::Base64).
    pub loose_base64: bool,
    /// A message that each session begins with. Default: none.
    pub initial_packet: Option<Message<'static>>,
    /// Whether [`Event::Heartbeat`](crate::Event::Heartbeat) and
    /// [`Event::Upgrading`](crate::Event::Upgrading) are told: to those who take every event. Default:
    /// false.
    pub tell_all: bool,
    /// From how many queued bytes on (32 more for each packet) a normal message is refused.
    /// Default: 1 MiB.
    pub high_water: usize,
    /// From how many queued bytes on (32 more for each packet) whatever is put ends the session.
    /// Default: 4 MiB.
    pub hard_cap: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            max_hold: Duration::from_secs(600),
            upgrade_timeout: Duration::from_secs(10),
            max_payload: 1_000_000,
            transports: Transports {
                polling: true,
                websocket: true,
            },
            allow_upgrades: true,
            allow_eio3: false,
            loose_base64: false,
            initial_packet: None,
            tell_all: false,
            high_water: 1 << 20,
            hard_cap: 4 << 20,
        }
    }
}

impl Config {
    /// Whether a polling session may move to a WebSocket.
    #[must_use]
    pub const fn upgrades(&self) -> bool {
        self.allow_upgrades && self.transports.websocket
    }
}
