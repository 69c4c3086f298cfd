//! What ends a lane or a session, by the layer whose rule was broken.

use core::fmt;
use siox_engineio as engineio;
use siox_socketio as socketio;
use siox_websocket as websocket;

/// Why a step failed. What the peer is owed for it (a close frame, an HTTP status) is queued already;
/// what the application is owed (one `Closed`) comes with the next turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A rule of WebSocket, or one of its limits.
    WebSocket(websocket::Error),
    /// A rule of Engine.IO.
    Engine(engineio::Error),
    /// A rule of Socket.IO.
    Socket(socketio::Error),
    /// The word of a request or socket that is no longer the session's.
    Stale,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WebSocket(e) => write!(f, "WebSocket: {e}"),
            Self::Engine(e) => write!(f, "Engine.IO: {e}"),
            Self::Socket(e) => write!(f, "Socket.IO: {e}"),
            Self::Stale => f.write_str("this request or socket is no longer the session's"),
        }
    }
}

impl core::error::Error for Error {}

impl From<websocket::Error> for Error {
    fn from(e: websocket::Error) -> Self {
        Self::WebSocket(e)
    }
}

impl From<engineio::Error> for Error {
    fn from(e: engineio::Error) -> Self {
        Self::Engine(e)
    }
}

impl From<socketio::Error> for Error {
    fn from(e: socketio::Error) -> Self {
        Self::Socket(e)
    }
}
