//! Ways of cutting an input, all derived from the input itself: an input is nothing but the bytes of
//! the wire, and what the fuzzer finds can be replayed against anything.

use siox_testkit::Rng;
use std::fmt::Debug;

/// A number for `bytes` (FNV-1a, 64 bits), from which everything arbitrary about a run is drawn. Every
/// mutation of the fuzzer gives another one.
#[must_use]
pub fn seed(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// `bytes` in pieces of 1 to 64 bytes, with a few long ones between, by the chance of `rng`.
pub fn by_chance<'a>(bytes: &'a [u8], rng: &mut Rng) -> Vec<&'a [u8]> {
    let (mut pieces, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        let most = if rng.chance(125) { 4096 } else { 64 };
        let (piece, after) = rest.split_at((1 + rng.index(most)).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Gives a copy of each piece in turn, to be changed at will. One allocation for all: a sanitizer makes
/// them dear.
pub fn each(pieces: &[&[u8]], mut give: impl FnMut(&mut [u8])) {
    let mut copy = pieces.concat();
    let mut rest = &mut copy[..];
    for piece in pieces {
        let (piece, after) = rest.split_at_mut(piece.len());
        give(piece);
        rest = after;
    }
}

/// Runs `run` on the whole input, byte by byte, and cut twice by chance, and demands the same result.
///
/// # Panics
/// When two ways of cutting give different results.
pub fn agree<T: PartialEq + Debug>(bytes: &[u8], run: impl Fn(&[&[u8]]) -> T) -> T {
    let whole = run(&[bytes]);
    let mut rng = Rng::new(seed(bytes));
    let cuts = [
        bytes.chunks(1).collect(),
        by_chance(bytes, &mut rng),
        by_chance(bytes, &mut rng),
    ];
    for pieces in &cuts {
        let got = run(pieces);
        let lengths: Vec<_> = pieces.iter().map(|p| p.len()).collect();
        assert!(
            got == whole,
            "cut into {lengths:?}\n   got {got:?}\n whole {whole:?}"
        );
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_whole() {
        for len in [0, 1, 63, 5_000] {
            let bytes: Vec<u8> = (0..len).map(|i| i as u8).collect();
            let pieces = by_chance(&bytes, &mut Rng::new(seed(&bytes)));
            assert!(pieces.iter().all(|p| !p.is_empty()));
            assert_eq!(pieces.concat(), bytes);
        }
    }

    #[test]
    #[should_panic(expected = "cut into")]
    fn a_run_that_depends_on_the_cuts_is_found() {
        agree(b"ab", |pieces| pieces.len());
    }
}
