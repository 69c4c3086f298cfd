//! Hostile frames, C1 to C18: one test a class, named after it. Each row goes through [`Row::check`]: a good
//! message, the attack, another good message, in every cutting (C17), and nothing of what lies behind the
//! attack may come out (C18).
//!
//! The memory rule holds for all of them: while under attack a connection holds at most twice what it
//! received and 16 KiB, with compression the message limit and 64 KiB; afterwards nothing.

#[path = "../common/mod.rs"]
mod common;
#[cfg(feature = "deflate")]
mod deflate;
mod rows;
mod time;

use common::*;
use siox_testkit::{
    alloc::{CountingAllocator, allowance, measure},
    split::oracle,
};
use siox_websocket::{Connection, Error, Limits, Violation, frame::Role};
use siox_wire::{Input, Instant};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// One attack.
struct Row {
    what: String,
    role: Role,
    limits: Limits,
    /// Makes the connection under attack.
    make: fn(Role, &Limits) -> Connection,
    attack: Vec<u8>,
    /// How it must end.
    error: Error,
    code: u16,
    /// The most that may be held after so many bytes.
    allowed: fn(usize, &Limits) -> isize,
}

impl Row {
    fn new(what: impl Into<String>, role: Role, attack: Vec<u8>, error: Error, code: u16) -> Self {
        Self {
            what: what.into(),
            role,
            limits: Limits::default(),
            make: connection,
            attack,
            error,
            code,
            allowed: |received, _| allowance(received),
        }
    }

    /// Against a server, that breaks a rule.
    fn broken(what: impl Into<String>, attack: Vec<u8>, rule: Violation, code: u16) -> Self {
        Self::new(what, Role::Server, attack, rule.into(), code)
    }

    fn with(mut self, set: impl FnOnce(&mut Limits)) -> Self {
        set(&mut self.limits);
        self
    }

    fn machine(&self) -> Connection {
        (self.make)(self.role, &self.limits)
    }

    fn check(&self) {
        let what = &self.what;
        let good = frame(FIN | TEXT, b"good", self.role == Role::Server);
        let bytes = [&good[..], &self.attack, &good].concat();
        let outcome = self.outcome(&bytes);
        assert_eq!(outcome.events, [text("good")], "{what}");
        assert_eq!(outcome.error, Some(self.error), "{what}");
        assert_eq!(self.error.close_code().get(), self.code, "{what}");
        let said = close_payload(self.code, self.error.reason());
        assert_eq!(outcome.frames, [(FIN | CLOSE, said)], "{what}");
        for piece in [1, 7, 1000, usize::MAX] {
            // Byte by byte only what is short: the rest would take long and show no more.
            if piece > 1 || bytes.len() < 5000 {
                self.holds_little(&mut bytes.clone(), piece);
            }
        }
    }

    /// What comes of it, the same however it is cut: a long attack in fewer ways than a short one.
    fn outcome(&self, bytes: &[u8]) -> Outcome {
        let run = |pieces: &[&[u8]]| run(self.machine(), pieces);
        if bytes.len() < 2000 {
            return oracle(bytes, run);
        }
        let whole = run(&[bytes]);
        for size in [7, 1000, 4096] {
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            assert_eq!(run(&pieces), whole, "{} in {size}", self.what);
        }
        whole
    }

    /// The memory rule, from the first byte to the end.
    fn holds_little(&self, bytes: &mut [u8], piece: usize) {
        let (mut machine, mut received, mut held) = (self.machine(), 0, 0);
        for piece in bytes.chunks_mut(piece) {
            received += piece.len();
            let (_, usage) = measure(|| feed_in_place(&mut machine, piece));
            let (peak, most) = (held + usage.peak, (self.allowed)(received, &self.limits));
            assert!(
                peak <= most,
                "{}: held {peak} of {most} after {received}",
                self.what
            );
            held += usage.kept;
        }
        let (_, usage) = measure(|| machine.handle_written(machine.queued()));
        assert_eq!(held + usage.kept, 0, "{}: something is left", self.what);
        assert!(machine.is_finished() && machine.poll_timeout().is_none());
    }
}

/// Feeds without a copy of the test's own; events are dropped at once.
fn feed_in_place(machine: &mut Connection, bytes: &mut [u8]) -> Result<usize, Error> {
    let (mut input, mut n) = (Input::new(Instant::EPOCH, bytes), 0);
    while machine.handle_input(&mut input)?.is_some() {
        n += 1;
    }
    Ok(n)
}

/// A head alone: what it announces never comes.
fn head(first: u8, len: u64, masked: bool) -> Vec<u8> {
    let bit = if masked { 0x80 } else { 0 };
    let mut out = vec![first];
    match len {
        0..=125 => out.push(bit | len as u8),
        126..=0xffff => {
            out.push(bit | 126);
            out.extend((len as u16).to_be_bytes());
        }
        _ => {
            out.push(bit | 127);
            out.extend(len.to_be_bytes());
        }
    }
    if masked {
        out.extend(KEY);
    }
    out
}
