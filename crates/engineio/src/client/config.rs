//! What a client wants and what it bears.

use crate::{Transport, Version, dialect::Dialect};
use alloc::vec::Vec;
use core::time::Duration;

/// The settings of a client's sessions. The defaults are those of the reference client, where it has
/// them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientConfig {
    /// The protocol spoken. Default: v4.
    pub version: Version,
    /// Whether the client takes and sends no bytes, but base64 (on polling v4 always does). Default:
    /// false.
    pub base64: bool,
    /// The transports in the order of trying: the first opens the session; a WebSocket behind polling
    /// is what polling upgrades to. Default: polling, WebSocket.
    pub transports: Vec<Transport>,
    /// Whether to try the next transport when one cannot open a session. Default: false.
    pub try_all_transports: bool,
    /// Whether to begin with a WebSocket, if it is among the transports, since an earlier session
    /// could use one ([`Client::websocket_works`](crate::Client::websocket_works)). Default: false.
    pub remembered_upgrade: bool,
    /// Whether polling upgrades. Default: true.
    pub upgrade: bool,
    /// How long an upgrade may take before its WebSocket is dropped. Keep it below the server's, so
    /// that the last word does not cross the server's giving up. Default: 8 s.
    pub upgrade_timeout: Duration,
    /// How long to wait for the server's handshake, over all transports tried. Default: 20 s.
    pub open_timeout: Duration,
    /// How long a GET or POST may take, a held poll included. Default: none.
    pub request_timeout: Option<Duration>,
    /// How many packets the body of a POST may carry, at least one. Those beyond follow in the next.
    /// Default: 16, beyond which a server of python-engineio ends the session (its
    /// `Payload.max_decode_packets`).
    pub max_packets: usize,
    /// The largest body of a response, in bytes. Default: 64 MiB.
    pub max_response: usize,
    /// Whether [`ClientEvent::Heartbeat`](crate::ClientEvent::Heartbeat) and
    /// [`ClientEvent::Upgrading`](crate::ClientEvent::Upgrading) are told: to those who take every event.
    /// Default: false.
    pub tell_all: bool,
    /// From how many queued bytes on (32 more for each packet) a normal message is refused.
    /// Default: 1 MiB.
    pub high_water: usize,
    /// From how many queued bytes on (32 more for each packet) whatever is put ends the session.
    /// Default: 4 MiB.
    pub hard_cap: usize,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            version: Version::V4,
            base64: false,
            transports: Vec::from([Transport::Polling, Transport::WebSocket]),
            try_all_transports: false,
            remembered_upgrade: false,
            upgrade: true,
            upgrade_timeout: Duration::from_secs(8),
            open_timeout: Duration::from_secs(20),
            request_timeout: None,
            max_packets: 16,
            max_response: 64 << 20,
            tell_all: false,
            high_water: 1 << 20,
            hard_cap: 4 << 20,
        }
    }
}

impl ClientConfig {
    pub(crate) const fn dialect(&self) -> Dialect {
        Dialect {
            version: self.version,
            base64: self.base64,
        }
    }

    /// The transport to try after `tried` of them.
    pub(crate) fn transport(&self, tried: usize) -> Option<Transport> {
        let websocket = Transport::WebSocket;
        let remembered = self.remembered_upgrade && self.transports.contains(&websocket);
        let first = remembered.then_some(websocket);
        let rest = self.transports.iter().copied();
        let rest = rest.filter(|transport| !remembered || *transport != websocket);
        first.into_iter().chain(rest).nth(tried)
    }
}
