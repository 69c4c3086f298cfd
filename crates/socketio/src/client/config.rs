//! What a client speaks, and what it allows the server.

use crate::{Config, Revision};

/// Settings of a [`Client`](crate::Client).
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// The protocol spoken. Default: revision 5; revision 4 goes with Engine.IO v3.
    pub revision: Revision,
    /// Limits and deadlines, as for a server's side; `connect_timeout` is not looked at.
    pub limits: Config,
    /// How many bytes (64 more for each packet) are kept of what arrives before the answer to the CONNECT
    /// of its namespace: a server that recovers a session sends what was missed first. Default: 16 MiB.
    pub held: usize,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            revision: Revision::default(),
            limits: Config::default(),
            held: 16 << 20,
        }
    }
}
