//! What goes through a host: sessions, bytes, what waits. What the bytes mean is counted above.

use crate::Tally;
use siox_engineio::Transport;
use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// What has gone through a [`Host`](crate::Host), and what is there now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Sessions that poll now, those on their way to a WebSocket among them.
    pub polling: usize,
    /// Sessions that are on a WebSocket now.
    pub websocket: usize,
    /// Sessions that were opened by a poll, ever.
    pub opened_polling: u64,
    /// Sessions that were opened by a WebSocket, ever.
    pub opened_websocket: u64,
    /// Bytes read, ever: of connections as far as they are the host's own, of bodies and WebSockets behind a
    /// foreign HTTP server.
    pub bytes_in: u64,
    /// Bytes written, ever; as [`bytes_in`](Self::bytes_in).
    pub bytes_out: u64,
    /// What waits for all clients now, in bytes, and 32 for each piece.
    pub queued: usize,
    /// The most that has ever been seen to wait for one client when something was written to it.
    pub queue_high_water: usize,
}

const POLLING: usize = 0;
const WEBSOCKET: usize = 1;
const BYTES_IN: usize = 2;
const BYTES_OUT: usize = 3;

/// Counts it.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    tally: Tally<4>,
    high_water: AtomicUsize,
}

impl Meter {
    pub(crate) fn opened(&self, transport: Transport) {
        let index = match transport {
            Transport::Polling => POLLING,
            Transport::WebSocket => WEBSOCKET,
        };
        self.tally.add(index, 1);
    }

    #[inline]
    pub(crate) fn read(&self, bytes: usize) {
        self.tally.add(BYTES_IN, bytes as u64);
    }

    #[inline]
    pub(crate) fn wrote(&self, bytes: usize) {
        self.tally.add(BYTES_OUT, bytes as u64);
    }

    /// So much waits for one client.
    #[inline]
    pub(crate) fn waits(&self, bytes: usize) {
        if bytes > self.high_water.load(Relaxed) {
            self.high_water.fetch_max(bytes, Relaxed);
        }
    }

    /// What was counted; what is there now is the host's to tell.
    pub(crate) fn so_far(&self) -> Traffic {
        let [opened_polling, opened_websocket, bytes_in, bytes_out] = self.tally.read();
        Traffic {
            opened_polling,
            opened_websocket,
            bytes_in,
            bytes_out,
            queue_high_water: self.high_water.load(Relaxed),
            ..Traffic::default()
        }
    }
}

/// What is written to many in a row, counted at once when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Sum {
    meter: Option<Arc<Meter>>,
    bytes: usize,
    most: usize,
}

impl Sum {
    /// `bytes` were written to a client of the host of `meter`, for which `waiting` waited.
    #[inline]
    pub(crate) fn wrote(&mut self, meter: &Arc<Meter>, waiting: usize, bytes: usize) {
        if !self
            .meter
            .as_ref()
            .is_some_and(|own| Arc::ptr_eq(own, meter))
        {
            self.settle();
            self.meter = Some(meter.clone());
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.most = self.most.max(waiting);
    }

    #[cold]
    fn settle(&mut self) {
        if let Some(meter) = self.meter.take() {
            meter.wrote(mem::take(&mut self.bytes));
            meter.waits(mem::take(&mut self.most));
        }
    }
}

impl Drop for Sum {
    fn drop(&mut self) {
        self.settle();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_told_to_each_host_of_its_own() {
        let (one, other) = (Arc::<Meter>::default(), Arc::<Meter>::default());
        let mut sum = Sum::default();
        for (meter, waiting, bytes) in [(&one, 7, 5), (&one, 9, 9), (&other, 3, 2), (&one, 1, 1)] {
            sum.wrote(meter, waiting, bytes);
        }
        drop(sum);
        let told = |meter: &Meter| {
            let traffic = meter.so_far();
            (traffic.bytes_out, traffic.queue_high_water)
        };
        assert_eq!((told(&one), told(&other)), ((15, 9), (2, 3)));
    }
}
