//! What a server has done and what it holds, as numbers.

mod counts;
mod prometheus;

pub(crate) use counts::{Count, Counts};

use crate::{DisconnectReason, app::Io};
use siox_engineio::{CloseReason, ErrorCode};
use siox_tokio::{Host, Traffic};

/// A server's numbers at one moment ([`Server::metrics`](crate::Server::metrics)). Those of which the
/// documentation says "ever" only grow; the others tell what is there now, on this node.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// Sessions by transport, bytes, and what waits for clients.
    pub traffic: Traffic,
    /// Sessions that went from polling to a WebSocket, ever.
    pub upgrades: u64,
    /// Sessions that have ended, ever, by reason.
    pub closed: Vec<(CloseReason, u64)>,
    /// Requests that were refused, ever, by code.
    pub refusals: Vec<(ErrorCode, u64)>,
    /// Namespaces, the dynamic ones too.
    pub namespaces: usize,
    /// Sockets that are connected, of all namespaces.
    pub sockets: usize,
    /// Rooms that have members, of all namespaces; each socket has one of its own.
    pub rooms: usize,
    /// Sockets that were let into a namespace, ever.
    pub connects: u64,
    /// Those of them that came back to their session, ever.
    pub recoveries: u64,
    /// Sockets that a namespace refused, ever.
    pub connect_errors: u64,
    /// Sockets that have left a namespace, ever, by reason.
    pub disconnects: Vec<(DisconnectReason, u64)>,
    /// Events that came, ever.
    pub events_in: u64,
    /// Events that were queued, ever: a broadcast counts once for each receiver.
    pub events_out: u64,
    /// Acknowledgements that came, ever.
    pub acks_in: u64,
    /// Acknowledgements that were queued, ever.
    pub acks_out: u64,
    /// Acknowledgements that did not come in time, ever.
    pub ack_timeouts: u64,
    /// Events that were refused or dropped because too much waited for their client, ever.
    pub full: u64,
    /// Events whose arguments did not fit a handler, ever.
    pub argument_errors: u64,
    /// Events that a packet middleware refused, ever.
    pub refused_events: u64,
    /// Handlers that returned an error, ever.
    pub handler_errors: u64,
    /// Handlers and watchers that panicked, ever.
    pub panics: u64,
}

impl Metrics {
    pub(crate) fn of(host: &Host<Io>) -> Self {
        let io = host.app();
        let mut metrics = io.shared.counts.so_far();
        metrics.traffic = host.traffic();
        for nsp in io.namespaces.all() {
            let members = nsp.0.members();
            metrics.namespaces += 1;
            metrics.sockets += members.len();
            metrics.rooms += members.room_count();
        }
        metrics
    }

    /// Sessions there are, on whatever transport.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.traffic.polling + self.traffic.websocket
    }

    /// The text that Prometheus reads (exposition format 0.0.4); answer it as
    /// [`PROMETHEUS`](Self::PROMETHEUS).
    #[must_use]
    pub fn to_prometheus(&self) -> String {
        self.to_prometheus_with(&[])
    }

    /// As [`to_prometheus`](Self::to_prometheus), with these labels on every line. A name that is not of
    /// letters, digits and `_` is written with `_` in the place of what does not belong.
    #[must_use]
    pub fn to_prometheus_with(&self, labels: &[(&str, &str)]) -> String {
        prometheus::text(self, labels)
    }

    /// The media type of [`to_prometheus`](Self::to_prometheus).
    pub const PROMETHEUS: &'static str = "text/plain; version=0.0.4; charset=utf-8";
}
