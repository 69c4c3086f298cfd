//! What waits, as slices for a vectored write.

use super::lent::Pieces;

/// What waits, slice by slice; none is empty.
pub(super) struct Chunks<'o> {
    pub(super) packed: &'o [u8],
    /// Where in `packed` the next slice begins.
    pub(super) from: usize,
    pub(super) lent: Pieces<'o>,
    /// A piece before which a slice of `packed` had to come.
    pub(super) next: Option<&'o [u8]>,
}

impl<'o> Iterator for Chunks<'o> {
    type Item = &'o [u8];

    #[inline]
    fn next(&mut self) -> Option<&'o [u8]> {
        if let Some(piece) = self.next.take() {
            return Some(piece);
        }
        let piece = self.lent.next();
        let to = piece.map_or(self.packed.len(), |piece| piece.after);
        let between = self.packed.get(self.from..to).unwrap_or_default();
        self.from = to;
        let piece = piece.map(|piece| &*piece.bytes);
        if between.is_empty() {
            return piece;
        }
        self.next = piece;
        Some(between)
    }
}
