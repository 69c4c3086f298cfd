//! What a connection allows and how long it waits.

use crate::{Leniency, Parser};
use alloc::sync::Arc;
use core::time::Duration;

/// Limits and deadlines of a [`Connection`](crate::Connection) or [`Decoder`](crate::Decoder).
#[derive(Debug, Clone)]
pub struct Config {
    /// How packets are written; both ends must agree. Default: none, which is JSON.
    pub parser: Option<Arc<dyn Parser>>,
    /// What the reference takes although the protocol's document does not allow it. Default: nothing.
    pub leniency: Leniency,
    /// How long a peer may stay without any accepted namespace. Default: 45 s.
    pub connect_timeout: Duration,
    /// The most binary attachments in one packet, sent or received (0 to 9,999). Default: 10, beyond
    /// which the official client closes the connection.
    pub max_attachments: usize,
    /// How long a packet may wait for its next attachment. Default: 20 s, the ping timeout.
    pub attachments_deadline: Duration,
    /// The most namespaces that one connection may join or ask for at a time. Default: 64.
    pub namespaces: usize,
    /// The most acknowledgements that one connection may owe at a time. Default: 65,536.
    pub pending_acks: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            parser: None,
            leniency: Leniency::STRICT,
            connect_timeout: Duration::from_secs(45),
            max_attachments: 10,
            attachments_deadline: Duration::from_secs(20),
            namespaces: 64,
            pending_acks: 65_536,
        }
    }
}
