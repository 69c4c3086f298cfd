//! One direction of a connection: an ordered stream of bytes under a virtual clock, with everything
//! that a network may do to it. What is drawn by chance comes from one seed.

mod profile;

pub use profile::{Break, Cut, Profile, Stall};

use crate::Rng;
use siox_wire::Instant;
use std::{collections::VecDeque, time::Duration};

/// What comes out of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// The next bytes, at least one.
    Bytes(Vec<u8>),
    /// The end of the stream.
    Eof,
    /// The connection is gone.
    Reset,
}

/// What travels: bytes of one write, or the end.
#[derive(Debug)]
struct Piece {
    due: Instant,
    bytes: Vec<u8>,
}

/// One direction of a connection.
#[derive(Debug)]
pub struct Link {
    profile: Profile,
    rng: Rng,
    travelling: VecDeque<Piece>,
    /// Arrived but not read, for the ways to cut that join.
    arrived: VecDeque<u8>,
    /// Bytes in `travelling` and `arrived`.
    held: usize,
    /// Bytes handed to the reader.
    passed: u64,
    /// When the line is free for the next piece, and when the piece before it arrives.
    free: Instant,
    last: Instant,
    /// When the end of the stream arrives.
    closed: Option<Instant>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// See [`Break::Silence`].
    Silent,
    /// Takes everything, delivers nothing.
    Ended,
}

impl Link {
    /// The largest piece on a line of bounded bandwidth, in bytes.
    const SEGMENT: usize = 1460;

    /// A link that does what `profile` says, with the chances of `seed`.
    #[must_use]
    pub fn new(profile: Profile, seed: u64) -> Self {
        Self {
            profile,
            rng: Rng::new(seed),
            travelling: VecDeque::new(),
            arrived: VecDeque::new(),
            held: 0,
            passed: 0,
            free: Instant::EPOCH,
            last: Instant::EPOCH,
            closed: None,
            state: State::Open,
        }
    }

    /// How many bytes the sender may give now.
    #[must_use]
    pub fn room(&self) -> usize {
        self.profile.window.saturating_sub(self.held)
    }

    /// Bytes that were sent and not yet received.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held
    }

    /// Bytes received so far.
    #[must_use]
    pub fn passed(&self) -> u64 {
        self.passed
    }

    /// Sends as much of `bytes` as there is room for; says how much. A link that has ended takes all and
    /// delivers nothing.
    pub fn send(&mut self, now: Instant, bytes: &[u8]) -> usize {
        if self.state == State::Ended || self.closed.is_some() {
            return bytes.len();
        }
        let taken = bytes.len().min(self.room());
        self.held += taken;
        if self.state == State::Silent {
            return taken;
        }
        let size = if self.profile.bandwidth.is_some() {
            Self::SEGMENT
        } else {
            usize::MAX
        };
        for part in bytes[..taken].chunks(size) {
            let due = self.schedule(now, part.len());
            self.travelling.push_back(Piece {
                due,
                bytes: part.to_vec(),
            });
        }
        taken
    }

    /// The sender sends no more: the end arrives behind what travels.
    pub fn close(&mut self, now: Instant) {
        if self.closed.is_none() {
            self.closed = Some(self.last.max(now.after(self.profile.delay)));
        }
    }

    /// The link is dead: what travels is lost, and nothing arrives any more.
    pub fn cut_off(&mut self) {
        self.state = State::Ended;
        self.held = 0;
        self.travelling.clear();
        self.arrived.clear();
    }

    /// From now on nothing arrives and nobody is told: see [`Break::Silence`].
    pub fn silence(&mut self) {
        self.state = State::Silent;
        self.travelling.clear();
        self.arrived.clear();
    }

    /// When the next thing arrives.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        if self.state != State::Open {
            return None;
        }
        if self.at_break().is_some() || !self.arrived.is_empty() {
            return Some(Instant::EPOCH);
        }
        self.travelling.front().map(|p| p.due).or(self.closed)
    }

    /// What has arrived by `now`. Call until it returns `None`.
    pub fn receive(&mut self, now: Instant) -> Option<Arrival> {
        if self.state != State::Open {
            return None;
        }
        if let Some(how) = self.at_break() {
            return self.break_down(how);
        }
        let mut bytes = self.next_bytes(now);
        if bytes.is_empty() {
            let ends = self.travelling.is_empty() && self.closed.is_some_and(|at| at <= now);
            if ends {
                self.state = State::Ended;
            }
            return ends.then_some(Arrival::Eof);
        }
        if let Some((at, _)) = self.profile.breaks {
            let left = at.saturating_sub(self.passed);
            bytes.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        }
        self.held -= bytes.len();
        self.passed += bytes.len() as u64;
        Some(Arrival::Bytes(bytes))
    }

    /// When a piece of `len` bytes sent now arrives.
    fn schedule(&mut self, now: Instant, len: usize) -> Instant {
        let mut start = self.free.max(now);
        if let Some(stall) = self.profile.stall
            && self.rng.chance(stall.permille)
        {
            start = start.after(stall.length);
        }
        if let Some(rate) = self.profile.bandwidth {
            let micros = (len as u64).saturating_mul(1_000_000).div_ceil(rate.max(1));
            start = start.after(Duration::from_micros(micros));
        }
        self.free = start;
        let jitter = u64::try_from(self.profile.jitter.as_micros()).unwrap_or(u64::MAX);
        let jitter = Duration::from_micros(self.rng.below(jitter.saturating_add(1)));
        self.last = self.last.max(start.after(self.profile.delay + jitter));
        self.last
    }

    /// How the link breaks, once all bytes before the break have passed.
    fn at_break(&self) -> Option<Break> {
        let (at, how) = self.profile.breaks?;
        (self.passed >= at).then_some(how)
    }

    fn break_down(&mut self, how: Break) -> Option<Arrival> {
        let told = match how {
            Break::HalfClose => Arrival::Eof,
            Break::Reset => Arrival::Reset,
            Break::Silence => {
                self.silence();
                return None;
            }
        };
        self.cut_off();
        Some(told)
    }

    fn next_bytes(&mut self, now: Instant) -> Vec<u8> {
        if self.profile.cut == Cut::AsSent {
            return self.next_piece(now).unwrap_or_default();
        }
        while let Some(bytes) = self.next_piece(now) {
            self.arrived.extend(bytes);
        }
        let have = self.arrived.len();
        let most = match self.profile.cut {
            Cut::AsSent | Cut::Joined => have,
            Cut::Size(size) => size.max(1),
            Cut::Random(most) if have > 0 => 1 + self.rng.index(most),
            Cut::Random(_) => 0,
        };
        self.arrived.drain(..most.min(have)).collect()
    }

    fn next_piece(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.travelling.front().filter(|p| p.due <= now)?;
        self.travelling.pop_front().map(|p| p.bytes)
    }
}
