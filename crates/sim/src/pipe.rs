//! One direction of a connection: an ordered stream of bytes with a delay, cut anywhere, that may be
//! held back or break behind a given byte. Made to be fast: no allocation for a piece.

use crate::{Break, scenario::Line};
use siox_testkit::Rng;
use siox_wire::Instant;
use std::{collections::VecDeque, time::Duration};

/// What a slow line delivers at once, in bytes: the payload of a TCP segment over Ethernet.
pub(crate) const SEGMENT: usize = 1460;

/// What came out of a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Bytes, which are in the buffer.
    Bytes,
    Eof,
    Reset,
}

/// What happens behind a byte of a pipe.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mishap {
    Break(Break),
    Hold(Duration),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Takes what fits, delivers nothing.
    Silent,
    /// Takes everything, delivers nothing.
    Ended,
}

#[derive(Debug)]
pub(crate) struct Pipe {
    /// What is under way begins at `read`.
    data: Vec<u8>,
    read: usize,
    /// When how many of these bytes arrive.
    pieces: VecDeque<(Instant, u32)>,
    arrived: usize,
    passed: u64,
    free: Instant,
    last: Instant,
    held_until: Option<Instant>,
    closed: Option<Instant>,
    /// What comes within such a time goes on together, at the end of it.
    gathers: Option<Duration>,
    state: State,
    mishap: Option<(u64, Mishap)>,
    /// The mishap, once it has happened.
    pub(crate) happened: Option<Mishap>,
}

/// The memory of a pipe, for another one.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    data: Vec<u8>,
    pieces: VecDeque<(Instant, u32)>,
}

impl Pipe {
    pub(crate) fn new(
        mishap: Option<(u64, Mishap)>,
        gathers: Option<Duration>,
        buffers: Buffers,
    ) -> Self {
        let Buffers { data, pieces } = buffers;
        Self {
            data,
            read: 0,
            pieces,
            arrived: 0,
            passed: 0,
            free: Instant::EPOCH,
            last: Instant::EPOCH,
            held_until: None,
            closed: None,
            gathers,
            state: State::Open,
            mishap,
            happened: None,
        }
    }

    pub(crate) fn into_buffers(self) -> Buffers {
        let Self {
            mut data,
            mut pieces,
            ..
        } = self;
        data.clear();
        pieces.clear();
        Buffers { data, pieces }
    }

    /// How many bytes have come out of it.
    pub(crate) fn passed(&self) -> u64 {
        self.passed
    }

    pub(crate) fn room(&self, line: &Line) -> usize {
        match self.state {
            State::Ended => usize::MAX,
            State::Open | State::Silent => line.window.saturating_sub(self.data.len() - self.read),
        }
    }

    /// Sends all of `bytes`; who wants to respect the window asks for [`room`](Self::room) first.
    pub(crate) fn send(&mut self, now: Instant, bytes: &[u8], line: &Line, rng: &mut Rng) {
        if self.state == State::Ended || self.closed.is_some() || bytes.is_empty() {
            return;
        }
        self.data.extend_from_slice(bytes);
        if self.state == State::Silent {
            return;
        }
        match line.rate {
            None => self.travel(now, bytes.len(), line, rng),
            Some(rate) => {
                for part in bytes.chunks(SEGMENT) {
                    let takes = (part.len() as u64 * 1_000_000).div_ceil(rate.max(1));
                    self.free = self.free.max(now).after(Duration::from_micros(takes));
                    self.travel(self.free, part.len(), line, rng);
                }
            }
        }
    }

    fn travel(&mut self, start: Instant, len: usize, line: &Line, rng: &mut Rng) {
        let due = start.after(line.delay).after(line.jitter(rng));
        let due = self.gathers.map_or(due, |time| end_of(time, due));
        self.last = self.last.max(due);
        self.pieces.push_back((self.last, len as u32));
    }

    /// What is under way arrives at once, whatever happens.
    pub(crate) fn hurry(&mut self) {
        self.mishap = None;
        for (due, _) in &mut self.pieces {
            *due = Instant::EPOCH;
        }
    }

    /// The sender sends no more.
    pub(crate) fn close(&mut self, now: Instant, line: &Line) {
        if self.closed.is_none() {
            self.closed = Some(self.last.max(now.after(line.delay)));
        }
    }

    /// The reader has gone.
    pub(crate) fn cut_off(&mut self) {
        self.forget(State::Ended);
    }

    fn forget(&mut self, state: State) {
        self.state = state;
        self.data.clear();
        self.pieces.clear();
        (self.read, self.arrived) = (0, 0);
    }

    pub(crate) fn next_due(&self) -> Option<Instant> {
        if self.state != State::Open {
            return None;
        }
        let due = if self.at_mishap().is_some() || self.arrived > 0 {
            Some(Instant::EPOCH)
        } else {
            self.pieces.front().map(|piece| piece.0).or(self.closed)
        };
        due.map(|due| due.max(self.held_until.unwrap_or(Instant::EPOCH)))
    }

    fn at_mishap(&self) -> Option<Mishap> {
        let (at, mishap) = self.mishap?;
        (self.passed >= at).then_some(mishap)
    }

    /// What has arrived by `now`, into the emptied `into`. Call until it returns `None`.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        line: &Line,
        rng: &mut Rng,
        into: &mut Vec<u8>,
    ) -> Option<Arrival> {
        into.clear();
        if self.next_due().is_none_or(|due| due > now) {
            return None;
        }
        if let Some(mishap) = self.at_mishap() {
            self.mishap = None;
            self.happened = Some(mishap);
            if let Some(told) = self.go_wrong(now, mishap) {
                return told;
            }
        }
        while let Some((due, len)) = self.pieces.front().copied()
            && due <= now
        {
            self.pieces.pop_front();
            self.arrived += len as usize;
            if line.cut.is_none() && self.gathers.is_none() {
                break;
            }
        }
        if self.arrived == 0 {
            self.state = State::Ended;
            return Some(Arrival::Eof);
        }
        self.read_some(line, rng, into);
        Some(Arrival::Bytes)
    }

    /// What a mishap tells the reader; `None` when it goes on reading.
    fn go_wrong(&mut self, now: Instant, mishap: Mishap) -> Option<Option<Arrival>> {
        match mishap {
            Mishap::Break(Break::Silence) => {
                self.forget(State::Silent);
                Some(None)
            }
            Mishap::Break(how) => {
                self.forget(State::Ended);
                let eof = how == Break::HalfClose;
                Some(Some(if eof { Arrival::Eof } else { Arrival::Reset }))
            }
            Mishap::Hold(length) => {
                self.held_until = Some(now.after(length));
                Some(None)
            }
        }
    }

    fn read_some(&mut self, line: &Line, rng: &mut Rng, into: &mut Vec<u8>) {
        let mut n = match line.cut {
            None => self.arrived,
            Some(most) => (1 + rng.index(most)).min(self.arrived),
        };
        if let Some((at, _)) = self.mishap {
            n = n.min(usize::try_from(at - self.passed).unwrap_or(usize::MAX));
        }
        into.extend_from_slice(&self.data[self.read..self.read + n]);
        self.read += n;
        self.arrived -= n;
        self.passed += n as u64;
        if self.read == self.data.len() {
            self.data.clear();
            self.read = 0;
        }
    }
}

/// The end of the span of `time` that `at` is in.
fn end_of(time: Duration, at: Instant) -> Instant {
    let span = (time.as_micros() as u64).max(1);
    Instant::from_micros(at.as_micros().div_ceil(span) * span)
}
