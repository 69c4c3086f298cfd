//! A scenario out of a seed. Most faults are such that the session must survive them; some end it.

use super::{Line, Scenario};
use crate::{Break, Fault, Kind, Place, Side, Stray, pipe::SEGMENT};
use siox_engineio::Version;
use siox_testkit::Rng;
use std::time::Duration;

fn millis(rng: &mut Rng, from: u64, to: u64) -> Duration {
    Duration::from_millis(from + rng.below(to - from + 1))
}

fn part(rng: &mut Rng, of: Duration) -> Duration {
    Duration::from_micros(rng.below(of.as_micros() as u64 + 1))
}

fn pick<T: Copy, const N: usize>(rng: &mut Rng, from: [T; N]) -> T {
    from[rng.index(N)]
}

impl Scenario {
    /// The scenario of a seed: at least 20 messages each way and one fault.
    #[must_use]
    pub fn draw(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let rng = &mut rng;
        let timeout = millis(rng, 3_000, 20_000);
        let upgrade = pick(rng, [[10_000, 8_000], [3_000, 2_000], [20_000, 15_000]]);
        let small = rng.chance(100);
        let mut plan = Self {
            seed,
            version: pick(rng, [Version::V4, Version::V4, Version::V3]),
            base64: rng.chance(200),
            messages: [20 + rng.below(5) as u32, 20 + rng.below(5) as u32],
            spread: millis(rng, 50, 3_000),
            long: [None, None],
            largest: if rng.chance(100) { 3_000 } else { 150 },
            interval: millis(rng, 2_000, 25_000),
            timeout,
            upgrade: upgrade.map(Duration::from_millis),
            high_water: if small { 300 } else { 1 << 20 },
            hard_cap: if small { 20_000 } else { 4 << 20 },
            max_payload: if small { 8_000 } else { 1_000_000 },
            keep_alive: Duration::from_secs(pick(rng, [0, 2])),
            line: Line {
                delay: Duration::ZERO,
                jitter: Duration::ZERO,
                cut: match rng.below(10) {
                    0 => Some(7),
                    1..=5 => Some(pick(rng, [40, 100, 400])),
                    _ => None,
                },
                window: pick(rng, [1 << 20, 1 << 16, 300]),
                rate: None,
            },
            faults: Vec::new(),
            idle: Duration::ZERO,
            closer: pick(rng, [Side::Server, Side::Client]),
            closes_at: None,
        };
        let most = plan.short();
        plan.line.delay = part(rng, most);
        plan.line.jitter = part(rng, most / 2);
        if rng.chance(500) {
            plan.idle = part(rng, (plan.interval + plan.timeout) * 3);
        }
        if rng.chance(20) {
            plan.slow_down(rng);
        } else if rng.chance(80) {
            plan.closes_at = Some(part(rng, plan.spread.min(Duration::from_millis(800))));
        }
        for _ in 0..pick(rng, [1, 1, 1, 2, 3]) {
            let fault = plan.fault(rng);
            plan.faults.push(fault);
            if matches!(fault, Fault::Stray { .. }) && rng.chance(300) {
                // The client's own socket out of its way.
                plan.faults.push(Fault::Refuse {
                    nth: 0,
                    status: 502,
                });
            }
        }
        plan
    }

    /// A long message on a line so slow that it takes as long as a peer may be silent, and longer
    /// where it is the pong that has to wait behind it.
    fn slow_down(&mut self, rng: &mut Rng) {
        let len = 20_000 + rng.index(20_000);
        let up = self.version == Version::V4 && rng.chance(700);
        let (who, tenths) = if up {
            (Side::Client, 12 + rng.below(4))
        } else {
            (pick(rng, [Side::Server, Side::Client]), 2 + rng.below(3))
        };
        (self.max_payload, self.largest) = (1_000_000, 100);
        // A client whose upgrade waits for its POST does not poll, so hears no ping.
        self.upgrade = [Duration::from_secs(3), Duration::from_secs(2)];
        (self.high_water, self.hard_cap) = (1 << 20, 4 << 20);
        (self.line.cut, self.line.window) = (None, 1 << 20);
        self.interval = millis(rng, 1_000, 2_000);
        self.spread = millis(rng, 50, 1_000);
        // Text, which takes as many bytes in a POST.
        self.long[who as usize] = Some((rng.below(7) as u32 * 3, len));
        let takes = self.timeout.as_millis() as u64 * tenths / 10;
        let rate = (len as u64 * 1000 / takes.max(1)).max(1);
        self.line.rate = Some(rate);
        // Behind the packet that moves the session a long message may follow: both are in one segment, which takes its
        // time on such a line. A server that gives up before it is there ends a session that has moved.
        self.upgrade[0] += Duration::from_micros(SEGMENT as u64 * 1_000_000 / rate);
    }

    /// How long a byte may be under way for this or that, all the time: where little is under way at once, it
    /// must not be for long.
    fn short(&self) -> Duration {
        let most = if self.line.window < 1000 { 10 } else { 100 };
        (self.patience() / 6).min(Duration::from_millis(most))
    }

    fn fault(&self, rng: &mut Rng) -> Fault {
        let at = part(rng, self.spread);
        match rng.below(100) {
            0..=24 => {
                let place = self.place(rng, 6);
                Fault::Hold(place, self.while_(rng))
            }
            25..=42 => Fault::Sleep {
                who: pick(rng, [Side::Server, Side::Client]),
                at,
                length: self.while_(rng),
            },
            43..=54 => Fault::Jump {
                who: pick(rng, [Side::Server, Side::Client]),
                at,
                by: self.while_(rng),
            },
            55..=74 => Fault::Stray {
                at,
                how: pick(
                    rng,
                    [Stray::Silent, Stray::Probes, Stray::Babbles, Stray::Breaks],
                ),
                stays: if rng.chance(800) {
                    part(rng, Duration::from_secs(2))
                } else {
                    self.upgrade[0] * 5
                },
            },
            86..=88 => Fault::Gather {
                up: rng.chance(500),
                time: part(rng, self.short()),
            },
            75..=85 => {
                let most = pick(rng, [300, 600, 2_000]);
                let place = Place {
                    kind: Kind::Socket,
                    nth: 0,
                    up: rng.chance(500),
                    at: rng.below(most),
                };
                let how = pick(rng, [Break::HalfClose, Break::Reset, Break::Silence]);
                Fault::Break(place, how)
            }
            89..=92 => Fault::Refuse {
                nth: 0,
                status: pick(rng, [400, 403, 502]),
            },
            93..=95 => Fault::Double {
                nth: rng.below(4) as u32,
            },
            _ => {
                let place = self.place(rng, 4);
                let how = pick(rng, [Break::HalfClose, Break::Reset, Break::Silence]);
                Fault::Break(place, how)
            }
        }
    }

    fn place(&self, rng: &mut Rng, most: u64) -> Place {
        let far = pick(rng, [250, 2_000]);
        Place {
            kind: pick(rng, [Kind::Get, Kind::Get, Kind::Post, Kind::Socket]),
            nth: rng.below(most) as u32,
            up: rng.chance(500),
            at: rng.below(far),
        }
    }

    /// Mostly a time that nobody can be blamed for, at times one that ends a session.
    fn while_(&self, rng: &mut Rng) -> Duration {
        if rng.chance(930) {
            part(rng, self.patience())
        } else {
            part(rng, (self.interval + self.timeout) * 2)
        }
    }
}
