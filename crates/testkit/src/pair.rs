//! Two endpoints over two links under one virtual clock: a whole connection as one value.

use crate::{Arrival, Clock, Endpoint, Link, Profile, Rng};
use siox_wire::Instant;
use std::{
    fmt::{Debug, Display, Write},
    time::Duration,
};

/// Two machines connected. `a` and `b` are open to the test: call a verb, then run.
#[derive(Debug)]
pub struct Pair<A: Endpoint, B: Endpoint> {
    /// One machine.
    pub a: A,
    /// The other.
    pub b: B,
    clock: Clock,
    ends: [End; 2],
    events_a: Vec<(Instant, A::Event)>,
    events_b: Vec<(Instant, B::Event)>,
    trace: String,
}

/// Which machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// [`Pair::a`].
    A,
    /// [`Pair::b`].
    B,
}

impl Side {
    const BOTH: [Self; 2] = [Self::A, Self::B];

    /// The other side.
    #[must_use]
    pub const fn peer(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    const fn index(self) -> usize {
        self as usize
    }
}

/// One side's end of the connection.
#[derive(Debug)]
struct End {
    /// What travels to this side.
    inbound: Link,
    /// Whether this side reads what arrives.
    reads: bool,
    /// Whether the driver of this side has closed the connection, or lost it.
    closed: bool,
}

/// What happens to an endpoint.
enum Happening {
    Bytes(Vec<u8>),
    Eof,
    Reset,
    Timeout,
}

impl<A: Endpoint, B: Endpoint> Pair<A, B> {
    /// Steps at one point in time before the pair is called stuck: those in which something arrives,
    /// and those in which only timers run.
    const STEPS: [u32; 2] = [1 << 22, 1 << 14];

    /// `a` and `b`, connected by two links of the same profile. Equal machines, profile and seed give
    /// the same run, to the byte of [`trace`](Self::trace).
    pub fn new(a: A, b: B, profile: Profile, seed: u64) -> Self {
        Self::with_links(a, b, profile.clone(), profile, seed)
    }

    /// The same with a profile for each direction.
    pub fn with_links(a: A, b: B, a_to_b: Profile, b_to_a: Profile, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut end = |profile| End {
            inbound: Link::new(profile, rng.next_u64()),
            reads: true,
            closed: false,
        };
        Self {
            a,
            b,
            clock: Clock::default(),
            ends: [end(b_to_a), end(a_to_b)],
            events_a: Vec::new(),
            events_b: Vec::new(),
            trace: String::new(),
        }
    }

    /// What the clock shows.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// What `a` told, and when.
    #[must_use]
    pub fn events_a(&self) -> &[(Instant, A::Event)] {
        &self.events_a
    }

    /// What `b` told, and when.
    #[must_use]
    pub fn events_b(&self) -> &[(Instant, B::Event)] {
        &self.events_b
    }

    /// Everything that happened, a line each: the time in microseconds, the side, and what was told,
    /// written, received or ended.
    #[must_use]
    pub fn trace(&self) -> &str {
        &self.trace
    }

    /// The link that carries what arrives at `side`.
    pub fn inbound(&mut self, side: Side) -> &mut Link {
        &mut self.ends[side.index()].inbound
    }

    /// Whether `side` reads what arrives; while it does not, the window fills and the peer must wait.
    pub fn set_reading(&mut self, side: Side, reads: bool) {
        self.ends[side.index()].reads = reads;
    }

    /// Whether the connection of `side` is closed: it finished, or the connection was reset.
    #[must_use]
    pub fn is_closed(&self, side: Side) -> bool {
        self.ends[side.index()].closed
    }

    /// The connection is gone, and both sides are told.
    pub fn reset(&mut self) {
        for side in Side::BOTH {
            self.lose(side);
        }
    }

    /// Moves the clock without running anything, as a suspended machine sees it.
    pub fn jump(&mut self, d: Duration) {
        self.clock.advance(d);
    }

    /// Runs until nothing travels that will be read, nothing can be written and no timer is overdue.
    /// Timers of the future stay.
    ///
    /// # Panics
    /// As all that runs: when the machines are stuck at one point in time: 2^14 timers run, or 2^22
    /// pieces arrive.
    pub fn run_until_quiet(&mut self) {
        self.run(|pair, next| pair.next_arrival().is_none() && next > pair.now());
    }

    /// Runs all that happens up to `end`, and moves the clock there.
    pub fn run_until(&mut self, end: Instant) {
        self.run(|_, next| next > end);
        self.clock.advance_to(end);
    }

    /// Runs for `d` from now.
    pub fn run_for(&mut self, d: Duration) {
        self.run_until(self.now().after(d));
    }

    /// Runs until `done` says so, at most up to `end`; returns whether it did.
    pub fn run_until_done(&mut self, end: Instant, mut done: impl FnMut(&Self) -> bool) -> bool {
        let mut is_done = false;
        self.run(|pair, next| {
            is_done = done(pair);
            is_done || next > end
        });
        is_done || done(self)
    }

    /// Steps, until `stop` (given the time of the next step) or until nothing is left to come.
    fn run(&mut self, mut stop: impl FnMut(&Self, Instant) -> bool) {
        let mut steps = [0; 2];
        loop {
            self.write(Side::A);
            self.write(Side::B);
            let Some(next) = self.next_step() else {
                stop(self, self.now());
                return;
            };
            let next = next.max(self.now());
            if stop(self, next) {
                return;
            }
            if next > self.now() {
                steps = [0; 2];
            }
            self.clock.advance_to(next);
            steps[usize::from(!self.step())] += 1;
            if steps[0] > Self::STEPS[0] || steps[1] > Self::STEPS[1] {
                let tail: Vec<_> = self.trace.lines().rev().take(20).collect();
                panic!("stuck at {:?}; the last steps first: {tail:#?}", self.now());
            }
        }
    }

    fn next_arrival(&self) -> Option<Instant> {
        let reading = self.ends.iter().filter(|e| e.reads && !e.closed);
        reading.filter_map(|e| e.inbound.next_due()).min()
    }

    fn next_step(&self) -> Option<Instant> {
        let timer = |side: Side| {
            let due = match side {
                Side::A => self.a.poll_timeout(),
                Side::B => self.b.poll_timeout(),
            };
            due.filter(|_| !self.ends[side.index()].closed)
        };
        let timers = Side::BOTH.into_iter().filter_map(timer).min();
        [self.next_arrival(), timers].into_iter().flatten().min()
    }

    /// One arrival and one overdue timer for each side. Returns whether anything arrived.
    fn step(&mut self) -> bool {
        let mut arrived = false;
        for side in Side::BOTH {
            let now = self.now();
            let end = &mut self.ends[side.index()];
            if end.closed {
                continue;
            }
            let arrival = end.reads.then(|| end.inbound.receive(now)).flatten();
            arrived |= arrival.is_some();
            match arrival {
                Some(Arrival::Bytes(bytes)) => self.tell(side, Happening::Bytes(bytes)),
                Some(Arrival::Eof) => self.tell(side, Happening::Eof),
                Some(Arrival::Reset) => self.reset(),
                None => {}
            }
            self.expire(side);
        }
        arrived
    }

    fn expire(&mut self, side: Side) {
        let due = match side {
            Side::A => self.a.poll_timeout(),
            Side::B => self.b.poll_timeout(),
        };
        if due.is_some_and(|at| at <= self.now()) && !self.ends[side.index()].closed {
            self.tell(side, Happening::Timeout);
        }
    }

    fn lose(&mut self, side: Side) {
        self.ends[side.index()].inbound.cut_off();
        if !self.ends[side.index()].closed {
            self.tell(side, Happening::Reset);
            self.ends[side.index()].closed = true;
        }
    }

    fn tell(&mut self, side: Side, what: Happening) {
        let now = self.now();
        match &what {
            Happening::Bytes(bytes) => self.note(side, format_args!("receives {}", bytes.len())),
            Happening::Eof => self.note(side, "sees the end"),
            Happening::Reset => self.note(side, "is reset"),
            Happening::Timeout => self.note(side, "times out"),
        }
        let told = match side {
            Side::A => happen(&mut self.a, now, what, &mut self.events_a),
            Side::B => happen(&mut self.b, now, what, &mut self.events_b),
        };
        for line in told {
            self.note(side, line);
        }
    }

    fn note(&mut self, side: Side, what: impl Display) {
        let at = self.now().as_micros();
        writeln!(self.trace, "{at:>10} {side:?} {what}").unwrap_or_default();
    }

    /// Writes what `side` has to write, as far as there is room, and closes its end when it is finished.
    fn write(&mut self, side: Side) {
        if self.ends[side.index()].closed {
            return;
        }
        let now = self.now();
        let link = &mut self.ends[side.peer().index()].inbound;
        let (written, finished) = match side {
            Side::A => write_all(&mut self.a, link, now),
            Side::B => write_all(&mut self.b, link, now),
        };
        if written > 0 {
            self.note(side, format_args!("writes {written}"));
        }
        if finished {
            self.ends[side.peer().index()].inbound.close(now);
            let end = &mut self.ends[side.index()];
            end.closed = true;
            end.inbound.cut_off();
            self.note(side, "closes");
        }
    }
}

fn write_all<M: Endpoint>(machine: &mut M, link: &mut Link, now: Instant) -> (usize, bool) {
    let mut total = 0;
    loop {
        let mut written = 0;
        for chunk in machine.poll_transmit() {
            let taken = link.send(now, chunk);
            written += taken;
            if taken < chunk.len() {
                break;
            }
        }
        if written == 0 {
            return (total, machine.is_finished());
        }
        machine.handle_written(written);
        total += written;
    }
}

fn happen<M: Endpoint>(
    machine: &mut M,
    now: Instant,
    what: Happening,
    events: &mut Vec<(Instant, M::Event)>,
) -> Vec<String> {
    let mut log = Vec::new();
    match what {
        Happening::Bytes(mut bytes) => machine.handle_input(now, &mut bytes, &mut log),
        Happening::Eof => machine.handle_eof(now, &mut log),
        Happening::Reset => machine.handle_reset(now, &mut log),
        Happening::Timeout => machine.handle_timeout(now, &mut log),
    }
    let lines = log.iter().map(|event| format!("tells {event:?}")).collect();
    events.extend(log.into_iter().map(|event| (now, event)));
    lines
}
