//! The settings of a connection, gathered by a builder.

use siox_engineio::Transport;
use siox_http1::proxy::Proxy;
use siox_socketio::ClientConfig;
use siox_stack::{ClientOptions, Manager as Machine, ManagerOptions};
#[cfg(feature = "tls")]
use std::sync::Arc;
use std::time::Duration;

/// What is not of one namespace, but of the connection that carries it.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) manager: ManagerOptions,
    pub(super) protocol: ClientConfig,
    pub(super) engine: ClientOptions,
    pub(super) remember_upgrade: bool,
    pub(super) proxy: Option<Proxy>,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<Arc<rustls::ClientConfig>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            manager: ManagerOptions::default(),
            protocol: ClientConfig::default(),
            engine: ClientOptions {
                path: "/socket.io".into(),
                ..ClientOptions::default()
            },
            remember_upgrade: false,
            proxy: None,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}

impl Options {
    /// For the next session; `worked` says whether the last one ended on a WebSocket.
    pub(super) fn client(&self, machine: &Machine, worked: bool) -> ClientOptions {
        let mut client = self.engine.clone();
        client.engine.tell_all = true;
        client.engine.open_timeout = machine.options().timeout.unwrap_or(Duration::MAX);
        let socket = client.engine.transports.contains(&Transport::WebSocket);
        client.engine.remembered_upgrade = self.remember_upgrade && worked && socket;
        client
    }

    /// For the machine.
    pub(super) fn manager(&self) -> ManagerOptions {
        ManagerOptions {
            client: self.protocol.clone().into(),
            ..self.manager.clone()
        }
    }

    /// Whether two clients may share a connection: it would be the same.
    pub(super) fn fits(&self, other: &Self) -> bool {
        self.engine == other.engine
            && self.protocol.revision == other.protocol.revision
            && self.protocol.limits.parser.is_none()
            && other.protocol.limits.parser.is_none()
            && self.proxy.is_none()
            && other.proxy.is_none()
            && self.same_tls(other)
    }

    #[cfg(feature = "tls")]
    fn same_tls(&self, other: &Self) -> bool {
        match (&self.tls, &other.tls) {
            (None, None) => true,
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    #[cfg(not(feature = "tls"))]
    fn same_tls(&self, _: &Self) -> bool {
        true
    }
}

/// The options of a session on either runtime, whose fields are the same.
macro_rules! connect_options {
    ($Options:ident, $shared:expr, $state:expr) => {
        $Options {
            client: $shared.options.client(&$state.machine, $state.worked),
            proxy: $shared.options.proxy.clone(),
            #[cfg(feature = "tls")]
            tls: $shared.options.tls.clone(),
            ..$Options::default()
        }
    };
}
pub(super) use connect_options;
