//! How much memory a queue makes at once. None is made here.

/// Where room comes from: what lately waited before all was written tells how much is made at once for
/// what comes next.
#[derive(Debug, Default)]
pub(super) struct Room {
    pub(super) packed: u16,
    pub(super) pieces: u8,
    /// The memory of `packed` is the caller's.
    pub(super) is_lent: bool,
}

impl Room {
    /// A room larger than this, in bytes and in pieces, grows out of a smaller one.
    const MOST: (usize, usize) = (32 * 1024, 64);
    /// The first memory for small pieces: one short frame.
    const FIRST: usize = 64;
    /// Their second: a dozen short messages.
    const SECOND: usize = 512;
    /// From here on, as much again is enough.
    const LARGE: usize = 4096;

    /// So much waited this time: of a larger room half is kept.
    #[inline]
    pub(super) fn was(&mut self, packed: usize, pieces: usize) {
        let (most_packed, most_pieces) = Self::MOST;
        self.packed = (self.packed / 2).max(packed.min(most_packed) as u16);
        self.pieces = (self.pieces / 2).max(pieces.min(most_pieces) as u8);
    }

    /// How much room to make for small pieces where there are `all` bytes of it: at first as much as was
    /// lately needed, then much more while it is little, then as much again.
    pub(super) fn growth(&self, all: usize) -> usize {
        match all {
            0 => Self::FIRST.max(self.packed.into()),
            1..Self::SECOND => Self::SECOND,
            Self::SECOND..Self::LARGE => all.saturating_mul(3),
            _ => all,
        }
    }
}
