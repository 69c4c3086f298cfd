//! The counters behind the numbers that only grow.

use super::Metrics;
use crate::{DisconnectReason, error::Fault};
use siox_engineio::{CloseReason, ErrorCode};
use siox_tokio::Tally;

/// What is counted one by one.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Count {
    EventIn,
    EventOut,
    AckIn,
    AckOut,
    AckTimeout,
    Full,
    Connect,
    Recovery,
    ConnectError,
    Upgrade,
    Argument,
    Refused,
    Returned,
    Panicked,
}

const ONES: usize = Count::Panicked as usize + 1;

const CLOSES: [CloseReason; 7] = [
    CloseReason::TransportError,
    CloseReason::TransportClose,
    CloseReason::ForcedClose,
    CloseReason::PingTimeout,
    CloseReason::ParseError,
    CloseReason::ServerShuttingDown,
    CloseReason::SlowConsumer,
];

const CODES: [ErrorCode; 6] = [
    ErrorCode::TransportUnknown,
    ErrorCode::UnknownSid,
    ErrorCode::BadHandshakeMethod,
    ErrorCode::BadRequest,
    ErrorCode::Forbidden,
    ErrorCode::UnsupportedVersion,
];

const REASONS: [DisconnectReason; 11] = [
    DisconnectReason::TransportError,
    DisconnectReason::TransportClose,
    DisconnectReason::ForcedClose,
    DisconnectReason::PingTimeout,
    DisconnectReason::ParseError,
    DisconnectReason::ServerShuttingDown,
    DisconnectReason::ForcedServerClose,
    DisconnectReason::ClientNamespaceDisconnect,
    DisconnectReason::ServerNamespaceDisconnect,
    DisconnectReason::ServerError,
    DisconnectReason::SlowConsumer,
];

const FIRST_CLOSE: usize = ONES;
const FIRST_CODE: usize = FIRST_CLOSE + CLOSES.len();
const FIRST_REASON: usize = FIRST_CODE + CODES.len();
const ALL: usize = FIRST_REASON + REASONS.len();

/// The counters of a server.
#[derive(Debug, Default)]
pub(crate) struct Counts(Tally<ALL>);

impl Counts {
    #[inline]
    pub(crate) fn add(&self, count: Count, n: u64) {
        self.0.add(count as usize, n);
    }

    #[inline]
    pub(crate) fn one(&self, count: Count) {
        self.add(count, 1);
    }

    pub(crate) fn closed(&self, reason: CloseReason) {
        self.of(FIRST_CLOSE, &CLOSES, &reason);
    }

    pub(crate) fn refused(&self, code: ErrorCode) {
        self.of(FIRST_CODE, &CODES, &code);
    }

    pub(crate) fn disconnected(&self, reason: DisconnectReason) {
        self.of(FIRST_REASON, &REASONS, &reason);
    }

    pub(crate) fn failed(&self, fault: &Fault) {
        self.one(match fault {
            Fault::Arguments(_) => Count::Argument,
            Fault::Refused(_) => Count::Refused,
            Fault::Returned(_) => Count::Returned,
            Fault::Panicked(_) | Fault::Watcher(_) => Count::Panicked,
        });
    }

    fn of<T: PartialEq>(&self, first: usize, all: &[T], one: &T) {
        if let Some(at) = all.iter().position(|t| t == one) {
            self.0.add(first + at, 1);
        }
    }

    pub(super) fn so_far(&self) -> Metrics {
        let all = self.0.read();
        let one = |count: Count| all[count as usize];
        Metrics {
            upgrades: one(Count::Upgrade),
            closed: zip(&CLOSES, &all[FIRST_CLOSE..]),
            refusals: zip(&CODES, &all[FIRST_CODE..]),
            connects: one(Count::Connect),
            recoveries: one(Count::Recovery),
            connect_errors: one(Count::ConnectError),
            disconnects: zip(&REASONS, &all[FIRST_REASON..]),
            events_in: one(Count::EventIn),
            events_out: one(Count::EventOut),
            acks_in: one(Count::AckIn),
            acks_out: one(Count::AckOut),
            ack_timeouts: one(Count::AckTimeout),
            full: one(Count::Full),
            argument_errors: one(Count::Argument),
            refused_events: one(Count::Refused),
            handler_errors: one(Count::Returned),
            panics: one(Count::Panicked),
            ..Metrics::default()
        }
    }
}

fn zip<T: Copy>(names: &[T], counts: &[u64]) -> Vec<(T, u64)> {
    names.iter().copied().zip(counts.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_has_a_counter_of_its_own() {
        let counts = Counts::default();
        for reason in CLOSES {
            counts.closed(reason);
        }
        for code in CODES {
            counts.refused(code);
        }
        for reason in REASONS {
            counts.disconnected(reason);
        }
        counts.add(Count::Panicked, 1);
        counts.add(Count::EventIn, 1);
        assert_eq!(counts.0.read().iter().sum::<u64>(), (ALL - ONES) as u64 + 2);
        assert!(counts.0.read().iter().all(|n| *n <= 1));
        let metrics = counts.so_far();
        assert!(metrics.closed.iter().all(|(_, n)| *n == 1));
        assert!(metrics.refusals.iter().all(|(_, n)| *n == 1));
        assert!(metrics.disconnects.iter().all(|(_, n)| *n == 1));
        assert_eq!((metrics.panics, metrics.events_in), (1, 1));
    }
}
