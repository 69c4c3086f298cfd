//! A party out of a seed: connections break much more often than in a plain session's scenario.

use super::Party;
use crate::{Break, Fault, Kind, Place, Scenario};
use siox_engineio::Version;
use siox_testkit::Rng;
use std::time::Duration;

impl Party {
    /// The party of a seed.
    #[must_use]
    pub fn draw(seed: u64) -> Self {
        let mut base = Scenario::draw(seed);
        let mut rng = Rng::new(seed ^ 0x5EED_50C1_E710_0001);
        // Of its own, so that the other parties are what they were.
        let is_old = Rng::new(seed ^ 0x5EED_E103_0000_0004).chance(250);
        base.version = if is_old { Version::V3 } else { Version::V4 };
        base.base64 &= is_old;
        (base.high_water, base.hard_cap, base.max_payload) = (1 << 20, 4 << 20, 1_000_000);
        base.line.rate = None;
        base.long = [None, None];
        base.spread = Duration::from_millis(2_000 + rng.below(28_000));
        base.interval = base.interval.min(Duration::from_secs(8));
        base.timeout = base.timeout.min(Duration::from_secs(8));
        for _ in 0..rng.below(5) {
            let kinds = [Kind::Socket, Kind::Socket, Kind::Get, Kind::Post];
            let far = [300, 2_000, 8_000][rng.index(3)];
            let place = Place {
                kind: kinds[rng.index(kinds.len())],
                nth: rng.below(6) as u32,
                up: rng.chance(500),
                at: rng.below(far),
            };
            let how = [Break::HalfClose, Break::Reset, Break::Silence][rng.index(3)];
            base.faults.push(Fault::Break(place, how));
        }
        Self {
            base,
            guests: 2 + rng.index(3),
            acts: [10 + rng.below(30) as u32, 10 + rng.below(20) as u32],
            kept: Duration::from_secs([5, 20, 120][rng.index(3)]),
            log: [2_000, 20_000, 1 << 20][rng.index(3)],
        }
    }
}
