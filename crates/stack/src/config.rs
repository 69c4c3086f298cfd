//! The settings of all layers, made consistent with one another.

use alloc::sync::Arc;
use siox_engineio as engineio;
use siox_socketio as socketio;
use siox_websocket as websocket;

/// The settings of a session's layers; cheap to clone.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) engine: Arc<engineio::Config>,
    pub(crate) websocket: Arc<websocket::Limits>,
    pub(crate) socket: Arc<socketio::Config>,
    pub(crate) unchecked: bool,
    #[cfg(feature = "deflate")]
    pub(crate) deflate: Option<Arc<websocket::deflate::Config>>,
}

impl Config {
    /// Settings for sessions of these protocols. The WebSocket layer takes its message limit from
    /// `max_payload` and its queue limits from `high_water` and `hard_cap`.
    #[must_use]
    pub fn new(engine: engineio::Config, socket: socketio::Config) -> Self {
        let websocket = websocket::Limits {
            message: engine.max_payload,
            high_water: engine.high_water,
            hard_cap: engine.hard_cap,
            ..websocket::Limits::server()
        };
        Self {
            engine: Arc::new(engine),
            websocket: Arc::new(websocket),
            socket: Arc::new(socket),
            unchecked: false,
            #[cfg(feature = "deflate")]
            deflate: None,
        }
    }

    /// With permessage-deflate for clients that offer it, on the WebSocket alone. Without this call it is
    /// declined.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn with_deflate(mut self, deflate: websocket::deflate::Config) -> Self {
        self.deflate = Some(Arc::new(deflate));
        self
    }

    /// Tells of common events before their arguments are checked, as
    /// [`Event::Unchecked`](crate::Event::Unchecked), for an application that knows the arguments' types.
    #[must_use]
    pub fn with_unchecked_events(mut self) -> Self {
        self.unchecked = true;
        self
    }

    /// The settings of Engine.IO.
    #[must_use]
    pub fn engine(&self) -> &Arc<engineio::Config> {
        &self.engine
    }

    /// The limits of the WebSocket below.
    #[must_use]
    pub fn websocket(&self) -> &Arc<websocket::Limits> {
        &self.websocket
    }

    /// The settings of Socket.IO.
    #[must_use]
    pub fn socket(&self) -> &Arc<socketio::Config> {
        &self.socket
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new(engineio::Config::default(), socketio::Config::default())
    }
}
