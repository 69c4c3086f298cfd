//! What was read and nobody has asked for yet.

use super::{Connection, Message, spare::Spare, warm};
use crate::scratch;
use siox_websocket::{Ahead, Error};
use siox_wire::{Input, Instant};
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
    /// From here on the thread's large buffer itself is kept: less is copied into a smaller one, so that at most
    /// eight times what came is held, or the 4 KiB into which little is read.
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

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether it begins with a whole message.
    #[inline]
    pub(super) fn has_message(&self) -> bool {
        self.ahead.is_some()
    }

    /// All of it, for whoever handles it `now`. To be followed by [`put_back`](Self::put_back).
    pub(super) fn take(&mut self, now: Instant) -> Taken {
        let Self { at, came, .. } = *self;
        Taken {
            bytes: mem::take(&mut mem::take(self).bytes),
            at,
            came,
            now,
        }
    }

    /// Takes the whole message that it begins with, if there is one that was found just now, or no deadline asks
    /// for another clock.
    #[inline]
    pub(super) fn next(
        &mut self,
        is_found: bool,
        connection: &mut Connection,
    ) -> Option<Result<Message<'static>, Error>> {
        if self.ahead.is_none() || !(self.is_quiet || is_found) {
            return None;
        }
        let mut input = Input::new(self.came, &mut self.bytes[self.at..]);
        let taken = connection.take_ahead(&mut self.ahead, &mut input, &mut self.spare);
        match input.len() {
            0 => *self = Self::default(),
            left => self.at = self.bytes.len().saturating_sub(left),
        }
        taken.transpose()
    }

    /// Makes `taken` the rest, if it begins with a whole message, which is to be taken by [`next`](Self::next)
    /// then; or else gives it back.
    #[inline]
    pub(super) fn hold(&mut self, mut taken: Taken, connection: &mut Connection) -> Option<Taken> {
        let bytes = &taken.bytes[taken.at..];
        let (ahead, left) = (connection.message_ahead(bytes), bytes.len());
        let Some(found) = ahead else {
            return Some(taken);
        };
        self.ahead = ahead;
        taken.came = taken.now;
        // The only message is taken before anyone else asks for the thread's buffer.
        self.keep(taken, left, found.size() == left, connection);
        warm::lend(connection, &mut self.spare);
        None
    }

    /// Makes all of `taken` the rest.
    pub(super) fn put_back_all(&mut self, taken: Taken, connection: &Connection) {
        let left = taken.bytes.len().saturating_sub(taken.at);
        self.put_back(taken, left, connection);
    }

    /// Makes the last `left` bytes of `taken` the rest.
    pub(super) fn put_back(&mut self, taken: Taken, left: usize, connection: &Connection) {
        if left == 0 {
            return give_back(taken.bytes);
        }
        let bytes = &taken.bytes;
        self.ahead = connection.message_ahead(&bytes[bytes.len().saturating_sub(left)..]);
        self.keep(taken, left, false, connection);
    }

    /// Keeps the last `left` bytes of `taken`, where they are if so wanted.
    #[inline]
    fn keep(&mut self, taken: Taken, left: usize, as_they_are: bool, connection: &Connection) {
        let Taken { bytes, came, .. } = taken;
        let at = bytes.len().saturating_sub(left);
        self.came = came;
        self.is_quiet = connection.poll_timeout().is_none();
        if !as_they_are && bytes.capacity() == scratch::SIZE && left < Self::KEPT {
            (self.bytes, self.at) = (warm::copied(&bytes[at..]), 0);
            scratch::put_back(bytes);
        } else {
            (self.bytes, self.at) = (bytes, at);
        }
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        if self.bytes.capacity() > 0 {
            give_back(mem::take(&mut self.bytes));
        }
    }
}

/// Gives the thread back what was read into.
#[inline]
pub(super) fn give_back(bytes: Vec<u8>) {
    match bytes.capacity() {
        scratch::SIZE => scratch::put_back(bytes),
        _ => warm::put_back(bytes),
    }
}

/// Bytes on their way through the connection.
pub(super) struct Taken {
    bytes: Vec<u8>,
    /// Where they begin.
    at: usize,
    /// When they came.
    came: Instant,
    /// When they are handled.
    now: Instant,
}

impl Taken {
    /// What was read just now.
    pub(super) fn read(bytes: Vec<u8>, now: Instant) -> Self {
        Self {
            bytes,
            at: 0,
            came: now,
            now,
        }
    }

    pub(super) fn input(&mut self) -> Input<'_> {
        Input::new(self.now, &mut self.bytes[self.at..])
    }
}
