//! What a link does to the bytes that it carries.

use crate::Rng;
use std::time::Duration;

/// What a link does to the bytes. The default does nothing: no delay, and bytes arrive as they were
/// sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// How long every byte travels. 0 by default.
    pub delay: Duration,
    /// At most this is added to the delay, drawn anew for each piece sent; the order stays. 0 by default.
    pub jitter: Duration,
    /// How arriving bytes are cut. [`Cut::AsSent`] by default.
    pub cut: Cut,
    /// Pauses of the whole link. None by default.
    pub stall: Option<Stall>,
    /// Bytes a second; `None`, the default, is unbounded.
    pub bandwidth: Option<u64>,
    /// How many bytes may travel or wait for a reader, before the sender must wait. 256 KiB by default.
    pub window: usize,
    /// Where the link breaks: after so many bytes have arrived. `None` by default.
    pub breaks: Option<(u64, Break)>,
}

/// How arriving bytes are cut into pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// As they were sent, one write after the other.
    AsSent,
    /// All that has arrived together, in one piece.
    Joined,
    /// Joined, then in pieces of this many bytes (at least 1).
    Size(usize),
    /// Joined, then in pieces of 1 to this many bytes.
    Random(usize),
}

/// Pauses that come by chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stall {
    /// How often a piece sent begins a pause, in a thousand.
    pub permille: u32,
    /// How long nothing arrives.
    pub length: Duration,
}

/// How a link ends at a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The stream ends in this direction only.
    HalfClose,
    /// The connection is gone in both directions.
    Reset,
    /// Nothing arrives any more, and nobody is told; what is sent stays in the window.
    Silence,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            cut: Cut::AsSent,
            stall: None,
            bandwidth: None,
            window: 256 * 1024,
            breaks: None,
        }
    }
}

impl Profile {
    /// A bad mobile network: 40 ms, as much again by chance, pauses of a second, 200 kB a second, bytes
    /// cut anywhere.
    #[must_use]
    pub fn rough() -> Self {
        Self {
            delay: Duration::from_millis(40),
            jitter: Duration::from_millis(40),
            cut: Cut::Random(1460),
            stall: Some(Stall {
                permille: 10,
                length: Duration::from_secs(1),
            }),
            bandwidth: Some(200_000),
            ..Self::default()
        }
    }

    /// A profile drawn from `seed`, for tests that try many: any delay up to 200 ms, any way to cut, some
    /// with stalls and a narrow band. It never breaks.
    #[must_use]
    pub fn random(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let millis = |rng: &mut Rng, most| Duration::from_millis(rng.below(most));
        Self {
            delay: millis(&mut rng, 200),
            jitter: millis(&mut rng, 100),
            cut: match rng.below(4) {
                0 => Cut::AsSent,
                1 => Cut::Joined,
                2 => Cut::Size(1 + rng.index(20)),
                _ => Cut::Random(1 + rng.index(2000)),
            },
            stall: rng.chance(500).then(|| Stall {
                permille: rng.below(200) as u32,
                length: millis(&mut rng, 2000),
            }),
            bandwidth: rng.chance(500).then(|| 1_000 + rng.below(1_000_000)),
            window: 1 + rng.index(64 * 1024),
            breaks: None,
        }
    }

    /// The same, but it breaks after `at` bytes.
    #[must_use]
    pub fn breaking(self, at: u64, how: Break) -> Self {
        Self {
            breaks: Some((at, how)),
            ..self
        }
    }
}
