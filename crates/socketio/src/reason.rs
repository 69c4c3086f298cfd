//! Why a socket left its namespace, in the words that Socket.IO applications know.

use core::fmt;

/// Why a socket was disconnected. `Display` gives the text of the reference implementation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// The transport failed.
    TransportError,
    /// The transport was closed by the peer or the network.
    TransportClose,
    /// The Engine.IO session was closed from above.
    ForcedClose,
    /// The peer missed its heartbeat.
    PingTimeout,
    /// The peer sent what is not a packet.
    ParseError,
    /// The server is going away.
    ServerShuttingDown,
    /// The server closed the whole connection.
    ForcedServerClose,
    /// The peer left the namespace.
    ClientNamespaceDisconnect,
    /// The server removed the socket from the namespace.
    ServerNamespaceDisconnect,
    /// A handler of the application failed. Not of the reference.
    ServerError,
    /// The peer did not take what was sent to it. Not of the reference.
    SlowConsumer,
    /// At a client: the server removed it from the namespace.
    IoServerDisconnect,
    /// At a client: it left the namespace itself.
    IoClientDisconnect,
}

impl DisconnectReason {
    /// The text that applications compare with.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TransportError => "transport error",
            Self::TransportClose => "transport close",
            Self::ForcedClose => "forced close",
            Self::PingTimeout => "ping timeout",
            Self::ParseError => "parse error",
            Self::ServerShuttingDown => "server shutting down",
            Self::ForcedServerClose => "forced server close",
            Self::ClientNamespaceDisconnect => "client namespace disconnect",
            Self::ServerNamespaceDisconnect => "server namespace disconnect",
            Self::ServerError => "server error",
            Self::SlowConsumer => "slow consumer",
            Self::IoServerDisconnect => "io server disconnect",
            Self::IoClientDisconnect => "io client disconnect",
        }
    }

    /// Whether connection state recovery may restore a session that ended so.
    #[must_use]
    pub const fn is_recoverable(self) -> bool {
        match self {
            Self::TransportError
            | Self::TransportClose
            | Self::ForcedClose
            | Self::PingTimeout
            | Self::ServerShuttingDown
            | Self::ForcedServerClose
            | Self::SlowConsumer => true,
            Self::ParseError
            | Self::ClientNamespaceDisconnect
            | Self::ServerNamespaceDisconnect
            | Self::ServerError
            | Self::IoServerDisconnect
            | Self::IoClientDisconnect => false,
        }
    }
}

impl fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
