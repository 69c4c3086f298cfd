//! Counting what costs a peer next to nothing: control frames without data, and the pongs we owe.

use crate::frame::MAX_CONTROL;
use alloc::boxed::Box;
use core::time::Duration;
use siox_wire::Instant;

/// Counts of control frames received, and of pongs not yet written.
#[derive(Debug, Default)]
pub(crate) struct Control {
    /// When the first of the frames counted came.
    since: Option<Instant>,
    /// The answer to the newest ping, for which there was no room.
    aside: Option<Box<Aside>>,
    /// Bytes to be written until `near` pongs have left.
    mark: usize,
    /// Control frames since then, with no data frame between.
    frames: u32,
    /// Pongs queued within the next `mark` bytes.
    near: u8,
    /// Pongs queued behind them.
    far: u8,
}

/// The payload of a pong.
struct Aside {
    bytes: [u8; MAX_CONTROL],
    len: u8,
}

impl core::fmt::Debug for Aside {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.bytes.get(..usize::from(self.len)).fmt(f)
    }
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

    /// Pongs queued and not known to be written.
    pub(crate) fn pongs(&self) -> u8 {
        self.near.saturating_add(self.far)
    }

    /// A pong was queued, and now `queued` bytes wait.
    ///
    /// Positions are kept for two groups of pongs, not for each: a group counts until the last byte
    /// that waited when it was formed is written, which is never too early.
    pub(crate) fn pong_queued(&mut self, queued: usize) {
        if self.near == 0 {
            self.near = 1;
            self.mark = queued;
        } else {
            self.far = self.far.saturating_add(1);
        }
    }

    /// The socket took `n` bytes, and now `queued` wait.
    pub(crate) fn written(&mut self, n: usize, queued: usize) {
        self.mark = self.mark.saturating_sub(n).min(queued);
        if self.mark == 0 {
            self.near = core::mem::take(&mut self.far);
            self.mark = queued;
        }
        if queued == 0 {
            self.near = 0;
        }
    }

    /// Keeps the newest answer until there is room; the one kept before need not be sent
    /// (RFC 6455 §5.5.3).
    pub(crate) fn set_aside(&mut self, payload: &[u8]) {
        let mut bytes = [0; MAX_CONTROL];
        let mut len = 0u8;
        for (to, from) in bytes.iter_mut().zip(payload) {
            *to = *from;
            len = len.saturating_add(1);
        }
        self.aside = Some(Box::new(Aside { bytes, len }));
    }

    /// Whether an answer waits for room.
    pub(crate) fn has_aside(&self) -> bool {
        self.aside.is_some()
    }

    /// Takes the answer that waited, for `put` to queue.
    pub(crate) fn take_aside(&mut self, put: impl FnOnce(&[u8])) {
        if let Some(aside) = self.aside.take() {
            put(aside
                .bytes
                .get(..usize::from(aside.len))
                .unwrap_or_default());
        }
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
        control.pong_queued(10);
        control.pong_queued(20);
        control.pong_queued(30);
        assert_eq!(control.pongs(), 3);
        control.written(9, 21);
        assert_eq!(control.pongs(), 3);
        control.written(1, 20);
        assert_eq!(control.pongs(), 2);
        control.written(20, 0);
        assert_eq!(control.pongs(), 0);
    }
}
