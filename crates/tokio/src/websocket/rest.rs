//! What was read and nobody has asked for yet.

use super::{Connection, spare::Spare};
use crate::scratch;
use siox_websocket::Ahead;
use siox_wire::Instant;
use std::mem;

/// Bytes that were read, and that nobody has asked for yet. No memory while there are none.
pub(super) struct Rest {
    bytes: Vec<u8>,
    /// Where they begin.
    at: usize,
    /// When they came.
    came: Instant,
    /// The whole message that they begin with.
    ahead: Option<Ahead>,
    /// No deadline ran when they came.
    is_quiet: bool,
    pub(super) spare: Spare,
}

impl Default for Rest {
    fn default() -> Self {
        Self::early(Vec::new())
    }
}

impl Rest {
    /// From here on the thread's buffer itself is kept: less is copied into a buffer of its size, so that
    /// at most eight times what came is held.
    const KEPT: usize = scratch::SIZE / 8;

    /// What came with the handshake.
    pub(super) fn early(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            at: 0,
            came: Instant::EPOCH,
            ahead: None,
            is_quiet: false,
            spare: Spare::default(),
        }
    }

    /// What was read just now.
    pub(super) fn read(bytes: Vec<u8>, came: Instant) -> Self {
        Self {
            bytes,
            at: 0,
            came,
            ahead: None,
            is_quiet: false,
            spare: Spare::default(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    /// The whole message that it begins with, and when that came, if no deadline asks for another clock.
    #[inline]
    pub(super) fn ready(&self) -> Option<(Ahead, Instant)> {
        let ahead = self.ahead.filter(|_| self.is_quiet)?;
        Some((ahead, self.came))
    }

    /// Whether it begins with a whole message.
    #[inline]
    pub(super) fn has_message(&self) -> bool {
        self.ahead.is_some()
    }

    /// All of it. To be followed by [`put_back`](Self::put_back).
    pub(super) fn take(&mut self) -> Self {
        mem::take(self)
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.bytes[self.at..]
    }

    /// The bytes, and what a message made of them may be put into.
    #[inline]
    pub(super) fn parts(&mut self) -> (&mut [u8], &mut Spare) {
        (&mut self.bytes[self.at..], &mut self.spare)
    }

    /// Leaves the last `left` bytes.
    #[inline]
    pub(super) fn leave(&mut self, left: usize, connection: &Connection) {
        if left == 0 {
            *self = Self::default();
            return;
        }
        self.at = self.bytes.len().saturating_sub(left);
        self.ahead = connection.message_ahead(&self.bytes[self.at..]);
    }

    /// Makes the last `left` bytes of `taken` the rest.
    pub(super) fn put_back(&mut self, mut taken: Self, left: usize, connection: &Connection) {
        if left == 0 {
            return;
        }
        taken.at = taken.bytes.len().saturating_sub(left);
        taken.is_quiet = connection.poll_timeout().is_none();
        taken.ahead = connection.message_ahead(&taken.bytes[taken.at..]);
        if taken.bytes.capacity() == scratch::SIZE && left < Self::KEPT {
            let copy = taken.bytes[taken.at..].to_vec();
            scratch::put_back(mem::replace(&mut taken.bytes, copy));
            taken.at = 0;
        }
        *self = taken;
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        scratch::put_back(mem::take(&mut self.bytes));
    }
}
