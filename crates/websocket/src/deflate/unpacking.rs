//! A compressed message inflated a part at a time: its window is kept here, and nothing else of it.

use super::Inflater;
use crate::Error;
use alloc::vec::Vec;

/// What DEFLATE may refer back to (RFC 1951 §3.2.5).
const WINDOW: usize = 32 * 1024;
/// So much is inflated before it is handed on.
const PART: usize = 16 * 1024;
/// One byte inflates to less: it completes a match of 258 bytes, and brings one more for every two bits.
const SLACK: usize = 4 * 1024;
/// Compressed bytes looked at in one go.
const INPUT: usize = 4 * 1024;

/// A compressed message that is inflated a part at a time.
#[derive(Debug, Default)]
pub(crate) struct Unpacking {
    /// The end of what was inflated; longer than the window, so that it is seldom moved.
    window: Vec<u8>,
    /// Where in it the newest part begins.
    from: usize,
    /// The compressed bytes looked at.
    input: Vec<u8>,
}

impl Unpacking {
    /// Inflates the next part of the message. `copy` gives the compressed bytes that are there, so many
    /// at most; how many of them it took is told.
    ///
    /// While there is more to be made of what it took, it leaves a byte, so that its caller comes again.
    pub(crate) fn fill(
        &mut self,
        inflater: &mut Inflater,
        copy: impl FnOnce(&mut Vec<u8>, usize),
    ) -> (usize, Result<(), Error>) {
        if self.window.len() > WINDOW + PART {
            let old = self.window.len().saturating_sub(WINDOW);
            self.window.drain(..old);
        }
        self.from = self.window.len();
        self.input.clear();
        copy(&mut self.input, INPUT);
        let Some((last, body)) = self.input.split_last() else {
            return (0, Ok(()));
        };
        let most = self.from.saturating_add(PART);
        let taken = match inflater.inflate_up_to(body, &mut self.window, most) {
            Ok(taken) if taken == body.len() && self.window.len() < most => taken,
            Ok(taken) => return (taken, Ok(())),
            Err(e) => return (0, Err(e)),
        };
        self.window.reserve_exact(SLACK);
        let most = self.window.len().saturating_add(SLACK);
        let last = inflater.inflate_up_to(core::slice::from_ref(last), &mut self.window, most);
        match last {
            Ok(last) => (taken.saturating_add(last), Ok(())),
            Err(e) => (0, Err(e)),
        }
    }

    /// What the last [`fill`](Self::fill) made.
    pub(crate) fn new_bytes(&self) -> &[u8] {
        self.window.get(self.from..).unwrap_or_default()
    }
}
