//! Playing a script against a machine.

use super::{Script, Step, What, compare};
use crate::{Clock, Endpoint, Rng, machine::STUCK};
use siox_wire::Instant;
use std::{collections::VecDeque, fmt::Write};

impl<M: Endpoint> Script<M> {
    /// Plays the script and returns the machine.
    ///
    /// # Panics
    /// At the first step that does not hold, naming it.
    #[track_caller]
    pub fn run(&self, machine: M) -> M {
        match self.check(machine) {
            Ok(machine) => machine,
            Err(why) => panic!("{why}"),
        }
    }

    /// Plays the script.
    ///
    /// # Errors
    /// The text of the failure, as [`run`](Self::run) shows it.
    pub fn check(&self, machine: M) -> Result<M, String> {
        self.play(machine, |bytes| vec![bytes.len()])
    }

    /// Plays the script against fresh machines with every `recv` cut: into pieces of 1, 2, 3 and 7
    /// bytes, and 16 times at random; first of all whole.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    #[track_caller]
    pub fn run_cut(&self, mut make: impl FnMut() -> M) {
        self.run(make());
        let even = [1, 2, 3, 7].map(|size| (format!("pieces of {size}"), size, None));
        let chance = (0..16).map(|seed| (format!("pieces of chance {seed}"), 40, Some(seed)));
        for (name, size, seed) in even.into_iter().chain(chance) {
            let mut rng = seed.map(Rng::new);
            let cut = |bytes: &[u8]| {
                let (mut lengths, mut left) = (Vec::new(), bytes.len());
                while left > 0 {
                    let length = rng.as_mut().map_or(size, |rng| 1 + rng.index(size));
                    lengths.push(length.min(left));
                    left = left.saturating_sub(length);
                }
                lengths
            };
            if let Err(why) = self.play(make(), cut) {
                panic!("cut into {name}: {why}");
            }
        }
    }

    fn play(&self, machine: M, mut cut: impl FnMut(&[u8]) -> Vec<usize>) -> Result<M, String> {
        let mut player = Player::new(machine);
        for (index, step) in self.steps.iter().enumerate() {
            let outcome = player.step(step, &mut cut);
            outcome.map_err(|why| self.failure(index, &why, &player))?;
        }
        let last = self.steps.len().saturating_sub(1);
        let outcome = player.nothing_left();
        outcome.map_err(|why| self.failure(last, &format!("at the end: {why}"), &player))?;
        Ok(player.machine)
    }

    fn failure(&self, index: usize, why: &str, player: &Player<M>) -> String {
        let mut text = String::new();
        let Some(step) = self.steps.get(index) else {
            return why.to_owned();
        };
        let write = write!(
            text,
            "step {index} ({}) {}\n {why}\n played:",
            step.at, step.what
        );
        write.unwrap_or_default();
        for step in &self.steps[..index] {
            write!(text, "\n   {}", step.what).unwrap_or_default();
        }
        write!(text, "\n unread events: {:?}", player.events).unwrap_or_default();
        text
    }
}

struct Player<M: Endpoint> {
    machine: M,
    clock: Clock,
    events: VecDeque<M::Event>,
    sent: Vec<u8>,
    /// What the connection still takes; `None` is everything.
    room: Option<usize>,
}

impl<M: Endpoint> Player<M> {
    fn new(machine: M) -> Self {
        Self {
            machine,
            clock: Clock::default(),
            events: VecDeque::new(),
            sent: Vec::new(),
            room: None,
        }
    }

    fn step(
        &mut self,
        step: &Step<M>,
        cut: &mut impl FnMut(&[u8]) -> Vec<usize>,
    ) -> Result<(), String> {
        let now = self.clock.now();
        match &step.what {
            What::At(time) => {
                if *time > now {
                    self.nothing_left()?;
                }
                return self.advance(*time);
            }
            What::Recv(bytes) => {
                let mut rest = &bytes[..];
                for length in cut(bytes) {
                    let (piece, after) = rest.split_at(length);
                    self.told(|m, log| m.handle_input(now, &mut piece.to_vec(), log));
                    rest = after;
                }
            }
            What::Eof => self.told(|m, log| m.handle_eof(now, log)),
            What::Reset => self.told(|m, log| m.handle_reset(now, log)),
            What::Call(_, verb) => {
                verb(&mut self.machine, now);
                self.write();
            }
            What::Write(room) => {
                self.room = Some(*room);
                self.write();
            }
            What::ExpectEvent(event) => return self.expect_event(event),
            What::ExpectSend(bytes) => {
                let got = std::mem::take(&mut self.sent);
                return same(&got == bytes, || compare::bytes(bytes, &got));
            }
            What::ExpectTimeout(time) => {
                let got = self.machine.poll_timeout();
                let us = got.map(Instant::as_micros);
                return same(got == *time, || format!("the timer is at {us:?} us"));
            }
            What::ExpectFinished(finished) => {
                let got = self.machine.is_finished();
                return same(got == *finished, || format!("is_finished() is {got}"));
            }
        }
        Ok(())
    }

    fn expect_event(&mut self, expected: &M::Event) -> Result<(), String> {
        match self.events.pop_front() {
            Some(got) if got == *expected => Ok(()),
            Some(got) => Err(format!("expected {expected:?}\n      got {got:?}")),
            None => Err(format!("expected {expected:?}\n      got no event")),
        }
    }

    /// Runs the timers up to `end`, each at its time, and moves the clock there.
    fn advance(&mut self, end: Instant) -> Result<(), String> {
        for _ in 0..STUCK {
            let Some(due) = self.machine.poll_timeout().filter(|due| *due <= end) else {
                self.clock.advance_to(end);
                return Ok(());
            };
            let now = self.clock.advance_to(due);
            self.told(|m, log| m.handle_timeout(now, log));
        }
        Err(format!("stuck: {STUCK} timers up to here"))
    }

    fn told(&mut self, tell: impl FnOnce(&mut M, &mut Vec<M::Event>)) {
        let mut log = Vec::new();
        tell(&mut self.machine, &mut log);
        self.events.extend(log);
        self.write();
    }

    fn write(&mut self) {
        let mut waiting = crate::machine::transmit(&self.machine);
        if let Some(room) = &mut self.room {
            waiting.truncate(*room);
            *room -= waiting.len();
        }
        if !waiting.is_empty() {
            self.machine.handle_written(waiting.len());
            self.sent.append(&mut waiting);
        }
    }

    fn nothing_left(&self) -> Result<(), String> {
        same(self.events.is_empty(), || {
            format!("events that no step expects: {:?}", self.events)
        })?;
        same(self.sent.is_empty(), || {
            format!(
                "output that no step expects: \"{}\"",
                self.sent.escape_ascii()
            )
        })
    }
}

fn same(is: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if is { Ok(()) } else { Err(why()) }
}
