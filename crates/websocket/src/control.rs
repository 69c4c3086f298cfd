//! What is counted of a peer: control frames without data, which cost it next to nothing, the pongs we owe,
//! and what it paid with its last message.

use crate::assembly::Paid;
use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use core::time::Duration;
use siox_wire::Instant;

/// Counts of control frames received, of pongs not yet written, and of what was paid.
#[derive(Debug, Default)]
pub(crate) struct Control {
    /// When the first of the frames counted came.
    since: Option<Instant>,
    /// Control frames since then, with no data frame between.
    frames: u32,
    /// What room for its next message is made by. It stands here, where it makes no connection larger.
    pub(crate) paid: Paid,
    /// The pongs we owe; nothing while none is.
    pongs: Option<Box<Pongs>>,
}

/// Pongs queued or kept aside.
#[derive(Debug, Default)]
struct Pongs {
    /// Bytes written since this was made.
    written: u64,
    /// Where each pong queued ends, counted likewise.
    ends: VecDeque<u64>,
    /// The answer to the newest ping, for which there was no room.
    aside: Option<Vec<u8>>,
}

impl Control {
    const WINDOW: Duration = Duration::from_secs(1);

    /// Counts a control frame; says whether it is one too many. A second begins with the first frame
    /// counted in it.
    pub(crate) fn is_flood(&mut self, now: Instant, limit: u32) -> bool {
        match self.since {
            Some(since) if self.frames > 0 && now.since(since) < Self::WINDOW => {}
            Some(_) | None => {
                self.since = Some(now);
                self.frames = 0;
            }
        }
        self.frames = self.frames.saturating_add(1);
        self.frames > limit
    }

    /// A data frame came: the count begins anew.
    #[inline]
    pub(crate) fn data(&mut self) {
        self.frames = 0;
    }

    /// Whether a pong is queued or kept aside.
    #[inline]
    pub(crate) fn owes_pongs(&self) -> bool {
        self.pongs.is_some()
    }

    /// Pongs queued and not wholly written.
    pub(crate) fn pongs(&self) -> usize {
        self.pongs.as_ref().map_or(0, |pongs| pongs.ends.len())
    }

    /// A pong was queued, and now `queued` bytes wait.
    pub(crate) fn pong_queued(&mut self, queued: usize) {
        let pongs = self.pongs.get_or_insert_default();
        let end = pongs.written.saturating_add(queued as u64);
        pongs.ends.push_back(end);
    }

    /// The socket took `n` bytes.
    #[inline]
    pub(crate) fn written(&mut self, n: usize) {
        let Some(pongs) = &mut self.pongs else {
            return;
        };
        pongs.written = pongs.written.saturating_add(n as u64);
        while pongs.ends.front().is_some_and(|end| *end <= pongs.written) {
            pongs.ends.pop_front();
        }
        if pongs.ends.is_empty() && pongs.aside.is_none() {
            self.pongs = None;
        }
    }

    /// Keeps the newest answer until there is room; the one kept before need not be sent
    /// (RFC 6455 §5.5.3).
    pub(crate) fn set_aside(&mut self, payload: &[u8]) {
        let pongs = self.pongs.get_or_insert_default();
        let aside = pongs.aside.get_or_insert_default();
        aside.clear();
        aside.extend_from_slice(payload);
    }

    /// Whether an answer waits for room.
    pub(crate) fn has_aside(&self) -> bool {
        self.pongs.as_ref().is_some_and(|p| p.aside.is_some())
    }

    /// The answer that waited for room.
    pub(crate) fn take_aside(&mut self) -> Option<Vec<u8>> {
        self.pongs.as_mut()?.aside.take()
    }

    /// Nothing more is answered.
    pub(crate) fn forget(&mut self) {
        self.pongs = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_millis(ms)
    }

    #[test]
    fn the_window_begins_with_its_first_frame() {
        let mut control = Control::default();
        let floods = |control: &mut Control, ms| control.is_flood(at(ms), 2);
        assert!(!floods(&mut control, 0));
        assert!(!floods(&mut control, 999));
        assert!(floods(&mut control, 999));
        assert!(!floods(&mut control, 1000));
        assert!(!floods(&mut control, 1999));
        control.data();
        assert!(!floods(&mut control, 1999));
        assert!(!floods(&mut control, 2000));
        assert!(floods(&mut control, 2000));
    }

    #[test]
    fn pongs_count_until_their_bytes_are_written() {
        let mut control = Control::default();
        for queued in [10, 20, 30] {
            control.pong_queued(queued);
        }
        for (n, left) in [(9, 3), (1, 2), (10, 1), (9, 1)] {
            control.written(n);
            assert_eq!(control.pongs(), left);
        }
        control.pong_queued(11);
        control.written(1);
        assert_eq!(control.pongs(), 1);
        control.written(10);
        assert_eq!(control.pongs(), 0);
        assert!(control.pongs.is_none());
    }
}
