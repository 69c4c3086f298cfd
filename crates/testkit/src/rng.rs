//! The one source of chance in tests: a small generator that gives the same numbers on every machine.

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): 64
/// bits of state, every seed is good, and two generators of nearby seeds are unrelated. Not for
/// secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// The step of the sequence: 2^64 divided by the golden ratio, made odd.
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

    /// The generator of `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(Self::STEP);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 where `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        // The high half of a product of 128 bits: a bias of at most n in 2^64.
        ((u128::from(self.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// An index or a length below `n`; 0 where `n` is 0.
    pub fn index(&mut self, n: usize) -> usize {
        self.below(n as u64) as usize
    }

    /// True `permille` times in 1,000.
    pub fn chance(&mut self, permille: u32) -> bool {
        self.below(1000) < u64::from(permille)
    }

    /// A generator of its own, so that what one part draws does not change what another does.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self::new(self.next_u64())
    }

    /// Fills `to` with bytes.
    pub fn fill(&mut self, to: &mut [u8]) {
        for part in to.chunks_mut(8) {
            let word = self.next_u64().to_le_bytes();
            part.copy_from_slice(&word[..part.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_published_sequence() {
        let mut rng = Rng::new(1_234_567);
        let got: Vec<_> = (0..3).map(|_| rng.next_u64()).collect();
        assert_eq!(
            got,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn below_stays_below_and_reaches_all() {
        let mut rng = Rng::new(1);
        let mut seen = [false; 7];
        for _ in 0..1000 {
            seen[rng.index(7)] = true;
        }
        assert_eq!(seen, [true; 7]);
        assert_eq!((rng.below(0), rng.below(1)), (0, 0));
    }

    #[test]
    fn chance_knows_never_and_always() {
        let mut rng = Rng::new(2);
        assert!((0..1000).all(|_| !rng.chance(0) && rng.chance(1000)));
        let half = (0..10_000).filter(|_| rng.chance(500)).count();
        assert!((4_500..5_500).contains(&half), "{half}");
    }

    #[test]
    fn fill_covers_every_length() {
        for len in 0..20 {
            let (mut a, mut b) = (vec![0; len], vec![0; len]);
            Rng::new(3).fill(&mut a);
            Rng::new(3).fill(&mut b);
            assert_eq!(a, b);
        }
    }
}
